"""Handlers are called by name and change by name; what goes wrong becomes a sentence in the line above the picture."""

from __future__ import annotations

import inspect
import logging
import re

import gradio as gr
import pytest

from explorer.errors import InputError
from explorer.page.drawings import SHOWN, Drawing
from explorer.page.events import draw_look_for, explain_problems
from explorer.text import LANGUAGES, translate

INPUTS = {"stride": gr.Number(), "padding": gr.Number()}
OUTPUTS = {"look_for": gr.HTML(), "maps": gr.HTML(), "table": gr.HTML()}


def wrap(handler, inputs=INPUTS, outputs=OUTPUTS, language="en"):
    return explain_problems(handler, inputs, outputs, language)


def test_values_come_and_changes_go_by_name():
    def handler(padding, stride, *, language):
        return {"table": (stride, padding, language), "look_for": "Look."}

    line, maps, table = wrap(handler)(3, 5)
    assert "Look." in line and "look-for" in line and maps == gr.skip() and table == (3, 5, "en")


def test_gradio_finds_a_parameter_for_each_input():
    parameters = inspect.signature(wrap(lambda **values: {})).parameters.values()
    assert [each.name for each in parameters] == [*INPUTS] and all(each.default is each.empty for each in parameters)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_said_and_changes_nothing_else(language):
    def handler(**values):
        raise InputError("classifier.blank")

    line, *rest = wrap(handler, language=language)(1, 2)
    assert InputError("classifier.blank").sentence(language) in line["value"] and rest == [gr.skip()] * 2


def test_an_output_that_is_none_is_a_defect_and_not_left_out_silently(caplog):
    with caplog.at_level(logging.ERROR):
        line, *rest = wrap(lambda **values: {"look_for": "Look.", "chart": 1})(1, 2)
    assert translate("en", "errors.unexpected") in line["value"] and rest == [gr.skip()] * 2
    assert "chart" in caplog.text and "maps" in caplog.text


def test_a_stream_says_what_went_wrong_after_its_first_part():
    def handler(**values):
        yield {"look_for": "One."}
        raise InputError("classifier.blank")

    first, (line, *rest) = list(wrap(handler)(1, 2))
    assert "One." in first[0] and "problem" in line["value"] and rest == [gr.skip()] * 2


def test_a_page_is_sent_only_what_it_does_not_show():
    inputs, outputs = {**INPUTS, SHOWN: gr.HTML()}, {**OUTPUTS, SHOWN: gr.HTML()}

    def handler(stride, padding, *, language):
        return {"look_for": "Look.", "maps": Drawing(stride, lambda: f"stride {stride}")}

    call = wrap(handler, inputs, outputs)
    _, maps, _, shown = call(1, 0, None)
    assert maps == "stride 1"
    _, maps, _, shown = call(1, 1, shown)
    assert maps == gr.skip()
    assert call(2, 1, shown)[1] == "stride 2"


def test_a_drawing_that_cannot_be_made_is_told_like_anything_else():
    def refuse():
        raise InputError("classifier.blank")

    line, *rest = wrap(lambda **values: {"look_for": "Look.", "maps": Drawing(1, refuse)})(1, 2)
    assert "problem" in line["value"] and rest == [gr.skip()] * 2


def test_values_of_a_sentence_are_kept_whole_and_tags_are_left_alone():
    line = draw_look_for('<b title="2 × 2">2 × 2</b>, 1.2e-07 and 3 × 5 × 5 = 75, x × y')
    kept = re.findall('<span class="whole-value">(.*?)</span>', line)
    assert kept == ["2 × 2", "1.2e-07", "3 × 5 × 5"] and '<b title="2 × 2">' in line
    assert re.sub("<.*?>", "", line) == "2 × 2, 1.2e-07 and 3 × 5 × 5 = 75, x × y"
