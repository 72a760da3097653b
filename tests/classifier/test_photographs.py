"""Photos made by rule, and what networks say of them once they are prepared."""

from __future__ import annotations

import pytest

from explorer.classifier.photograph_figures import describe_photographs
from explorer.classifier.photographs import (
    KINDS,
    MODELS,
    answer_photos,
    load_photographs,
    make_photo,
    share_right,
    ways_of,
)
from explorer.data import load_sample
from explorer.text import LANGUAGES, text_in


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stored_is_what_the_network_says(kind):
    stored = load_photographs()["lenet5"][kind]
    assert stored.keys() == ways_of(kind).keys()
    for way, answers in stored.items():
        assert len(answers) == len(load_sample().images)
        assert answer_photos("lenet5", kind, way, range(3)) == answers[:3]


def test_all_networks_were_measured_with_the_weights_that_are_here():
    assert load_photographs().keys() == set(MODELS)


def test_the_preparation_undoes_what_it_is_said_to_undo():
    pixels = load_sample().images[0].float() / 255
    assert make_photo(pixels, "sloping").shape == (280, 280)
    for name, kinds in load_photographs().items():
        for kind in ("plain", "light_on_dark", "sloping", "second_piece", "small"):
            assert share_right(kinds[kind]["auto"]) > share_right(kinds[kind]["none"]), (name, kind)
        assert share_right(kinds["turned"]["hand"]) > 0.5 > share_right(kinds["turned"]["auto"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_a_row_for_each_kind_and_each_setting_by_hand(language):
    measured = load_photographs()
    table = describe_photographs(measured, text_in(language))
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + sum(1 + ("hand" in ways_of(kind)) for kind in KINDS)
    assert describe_photographs({}, text_in(language)) == ""
    share = f"{100 * share_right(measured['lenet5']['plain']['auto']):.0f}"
    assert share in rows[2]
