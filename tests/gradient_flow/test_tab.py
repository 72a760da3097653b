"""The handlers and the public function, called as the page and clients call them."""

from __future__ import annotations

import json
import math

import pytest

from explorer.errors import InputError
from explorer.gradient_flow import tab
from explorer.gradient_flow.maths import Settings, measure_gradient_norms
from explorer.text import LANGUAGES, text_in


def test_light_settings_answer_at_once():
    earlier = tab.Run(Settings())
    sentence, blocks, depths, *_ = tab.on_change(10, 10, "linear", "default", "relu", 20, earlier, language="en")
    assert "At 10 blocks" in sentence
    assert len(blocks.data) >= 4
    assert list(depths.data[-1].x) == [1, 2, 5, 10]
    assert earlier.is_stopped


def is_skipped(output) -> bool:
    return output == {"__type__": "update"}


def test_heavy_settings_are_handed_on_and_streamed():
    starting, *_, run, _ = tab.on_change(12, 8, "conv", "default", "relu", 3, None, language="en")
    assert "3 networks" in starting["value"] and "stale" in starting["value"]
    assert run.job == Settings(12, 8, "conv", "default", "relu", 3)
    *steps, last = tab.on_run(run, language="en")
    assert len(steps) == 3
    assert steps[0][0].startswith("1 of 3 seeds so far.")
    assert steps[-1][0].startswith("At 12 blocks")
    assert all(is_skipped(output) for output in last[:-1]) and not last[-1].visible


def test_a_stopped_run_draws_nothing_more():
    run = tab.Run(Settings(12, 8, "conv", seeds=3))
    steps = tab.on_run(run, language="en")
    next(steps)
    stopped, _ = tab.on_stop(run, language="zh")
    assert (
        text_in("zh")("gradient_flow.stopped", done=1, seeds=3) in stopped["value"] and "stale" not in stopped["value"]
    )
    rest = list(steps)
    assert len(rest) == 1
    assert all(is_skipped(output) for output in rest[0])
    tab.on_stop(None, language="en")


def test_a_run_stopped_before_its_first_part_leaves_the_old_charts_dimmed():
    run = tab.Run(Settings(12, 8, "conv", seeds=3))
    stopped, button = tab.on_stop(run, language="en")
    assert text_in("en")("gradient_flow.stopped_before") in stopped["value"] and "stale" in stopped["value"]
    assert not button.visible
    assert [is_skipped(output) for outputs in tab.on_run(run, language="en") for output in outputs] == [True] * 4


def test_refused_settings_stop_the_run_under_way_as_well():
    run = tab.Run(Settings())
    with pytest.raises(InputError):
        tab.on_change(200, 64, "conv", "default", "relu", 500, run, language="en")
    assert run.is_stopped


@pytest.mark.parametrize("story", tab.STORIES)
def test_every_story_is_allowed(story):
    values = [getattr(tab.STORIES[story], name) for name in tab.CONTROLS]
    assert tab.on_change(*values, None, language="zh")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "value"),
    [("depth", 0), ("depth", 1e9), ("depth", "abc"), ("depth", None), ("depth", math.nan), ("depth", -(10**400)),
     ("seeds", 0), ("width", 2.5), ("block", "lstm"), ("activation", ["relu"]), ("initialisation", None)],
    ids=lambda each: str(each)[:12],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence_and_the_next_call_works(name, value, language):
    good = {"depth": 3, "width": 4, "block": "linear", "initialisation": "default", "activation": "relu", "seeds": 2}
    for call in (tab.gradient_norms, lambda language, **values: tab.on_change(**values, run=None, language=language)):
        with pytest.raises(InputError) as caught:
            call(**{**good, name: value}, language=language)
        sentence = caught.value.sentence(language)
        assert len(sentence) > 8
        assert language not in ("en", "zh") or sentence.isascii() == (language == "en")
        call(**good, language=language)


def test_the_public_function_gives_json_that_agrees_with_the_measurement():
    answer = json.loads(json.dumps(tab.gradient_norms(depth=100, initialisation="he", seeds=20), allow_nan=False))
    norms = measure_gradient_norms(Settings(depth=100, initialisation="he", seeds=20))
    assert answer["depths"] == [1, 2, 5, 10, 20, 50, 100]
    assert answer["residual"]["first_block"]["median"][-1] is None
    assert answer["residual"]["first_block"]["num_not_finite"][-1] >= 15
    expected = sorted(norms.plain.blocks[:, 99].tolist())[9]
    assert answer["plain"]["blocks"]["median"][99] == pytest.approx(expected)
    assert len(answer["plain_double"]["blocks"]["low"]) == 100
    assert "100" in answer["sentence"]
