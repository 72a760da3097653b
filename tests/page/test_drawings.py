"""What a page shows already is neither made nor sent again, and two answers at once leave no mixture."""

from __future__ import annotations

import gradio as gr
import pytest

from explorer.page.drawings import SHOWN, Drawing, build_shown, find_marks, make_all, make_new

OUTPUTS = ("look_for", "chart", "table", SHOWN)


class Made:
    """Counts what is made."""

    def __init__(self):
        self.names: list[str] = []

    def drawing(self, name: str, of) -> Drawing:
        return Drawing(of, lambda: self.names.append(name) or f"{name} of {of}")


@pytest.fixture
def made() -> Made:
    return Made()


def test_only_what_is_not_shown_is_made_and_sent(made):
    first = make_new(
        {"look_for": "a", "chart": made.drawing("chart", 1), "table": made.drawing("table", 1)}, None, OUTPUTS
    )
    assert first.keys() == set(OUTPUTS) and made.names == ["chart", "table"]
    second = make_new(
        {"look_for": "b", "chart": made.drawing("chart", 1), "table": made.drawing("table", 2)}, first[SHOWN], OUTPUTS
    )
    assert second.keys() == {"look_for", "table", SHOWN} and made.names == ["chart", "table", "table"]
    third = make_new({"chart": made.drawing("chart", 1)}, second[SHOWN], OUTPUTS)
    assert third.keys() == {SHOWN} and third[SHOWN]["marks"] == second[SHOWN]["marks"]


def test_an_answer_says_which_drawings_it_brings(made):
    first = make_new({"chart": made.drawing("chart", 1), "table": made.drawing("table", 1)}, None, OUTPUTS)[SHOWN]
    assert first["sent"] == ["chart", "table"]
    second = make_new({"chart": made.drawing("chart", 1), "table": made.drawing("table", 2)}, first, OUTPUTS)[SHOWN]
    assert second["sent"] == ["table"] and second["marks"]["chart"] == first["marks"]["chart"]


def test_what_a_handler_sets_by_itself_is_no_drawing_any_more(made):
    shown = make_new({"chart": made.drawing("chart", 1), "table": made.drawing("table", 1)}, None, OUTPUTS)[SHOWN]
    shown = make_new({"chart": "gone", "table": made.drawing("table", 1)}, shown, OUTPUTS)[SHOWN]
    assert shown["marks"].keys() == {"table"}
    assert "chart" in make_new({"chart": made.drawing("chart", 1)}, shown, OUTPUTS)
    shown = make_new({"chart": made.drawing("chart", 1), "table": made.drawing("table", 1)}, None, OUTPUTS)[SHOWN]
    shown = make_new({"look_for": "refused", "chart": None}, shown, OUTPUTS)[SHOWN]
    assert shown["marks"].keys() == {"table"} and shown["sent"] == []
    assert "chart" in make_new({"chart": made.drawing("chart", 1)}, shown, OUTPUTS)


def test_a_refusal_leaves_the_marks_alone():
    assert make_new({"look_for": "refused"}, {"marks": {"chart": "y"}}, OUTPUTS) == {"look_for": "refused"}


@pytest.mark.parametrize(
    "shown", [None, "", 5, [], {}, {"marks": 5}, {"marks": {"chart": 5}}, {"marks": {"chart": ["x"]}}]
)
def test_forged_marks_mean_that_nothing_is_shown(made, shown):
    sent = make_new({"chart": made.drawing("chart", 1)}, shown, OUTPUTS)
    assert sent["chart"] == "chart of 1" and sent[SHOWN]["sent"] == ["chart"]
    assert sent[SHOWN]["marks"].keys() == {"chart"}


def test_forged_marks_do_not_come_back():
    forged = {"marks": {"chart": "x" * 100_000, "unknown": "x"}}
    sent = make_new({"table": Drawing(1, str)}, forged, OUTPUTS)
    assert sent[SHOWN]["marks"].keys() == {"table"}


def test_marks_differ_where_what_is_drawn_does():
    marks = [Drawing(of, str).mark for of in (1, "1", 1.0, (1,), None, "\ud800", True)]
    assert len(set(marks)) == len(marks) and Drawing((1, "a"), str).mark == Drawing((1, "a"), int).mark


def test_a_page_opens_with_the_marks_of_what_it_shows(made):
    changes = {"look_for": "a", "chart": made.drawing("chart", 1)}
    with gr.Blocks():
        shown = build_shown(changes).value
    assert shown["marks"] == find_marks(changes) and make_all(changes) == {"look_for": "a", "chart": "chart of 1"}
    assert make_new(changes, shown, OUTPUTS).keys() == {"look_for", SHOWN}
