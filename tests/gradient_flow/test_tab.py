"""The handlers and the public function, called as the page and clients call them."""

from __future__ import annotations

import json
import math

import pytest

from explorer.errors import InputError
from explorer.gradient_flow import tab
from explorer.gradient_flow.api import gradient_norms
from explorer.gradient_flow.maths import Settings, measure_gradient_norms
from explorer.page.style import ROLES
from explorer.text import LANGUAGES, text_in


def test_light_settings_answer_at_once():
    earlier = tab.Run(Settings())
    shown = tab.on_change(earlier, "weights", language="en", **vars(Settings(depth=10, seeds=20)))
    assert "With 10 blocks" in shown["look_for"]
    assert len(shown["blocks"].data) >= 4
    assert list(shown["depths"].data[-1].x) == [1, 2, 5, 10]
    assert earlier.is_stopped


def test_heavy_settings_are_handed_on_and_streamed():
    settings = Settings(12, 8, "conv", "default", "relu", 3)
    started = tab.on_change(None, "weights", language="en", **vars(settings))
    assert "3 networks" in started["look_for"]["value"] and "stale" in started["look_for"]["value"]
    assert started["run"].job == settings and started.keys() == {"look_for", "run", "stop"}
    *steps, last = tab.on_run(started["run"], language="en")
    assert len(steps) == 3
    assert steps[0]["look_for"].startswith("1 of 3 seeds so far.")
    assert steps[-1]["look_for"].startswith("With 12 blocks")
    assert last.keys() == {"stop"} and not last["stop"].visible


def test_a_stopped_run_draws_nothing_more():
    run = tab.Run(Settings(12, 8, "conv", seeds=3))
    steps = tab.on_run(run, language="en")
    next(steps)
    stopped = tab.on_stop(run, language="zh")["look_for"]["value"]
    assert text_in("zh")("gradient_flow.stopped", done=1, seeds=3) in stopped and "stale" not in stopped
    assert list(steps) == [{}]
    tab.on_stop(None, language="en")


def test_a_run_stopped_before_its_first_part_leaves_the_old_charts_dimmed():
    run = tab.Run(Settings(12, 8, "conv", seeds=3))
    stopped = tab.on_stop(run, language="en")
    line = stopped["look_for"]["value"]
    assert text_in("en")("gradient_flow.stopped_before") in line and "stale" in line
    assert not stopped["stop"].visible
    assert list(tab.on_run(run, language="en")) == [{}]


def test_a_run_that_the_server_has_forgotten_is_told_and_its_stop_button_goes():
    steps = tab.on_run(None, language="en")
    assert not next(steps)["stop"].visible
    with pytest.raises(InputError, match="has lost the measurement"):
        next(steps)


def test_another_view_of_a_run_draws_what_there_is_and_does_not_begin_again():
    settings = vars(Settings(12, 8, "conv", seeds=3))
    run = tab.on_change(None, "weights", language="en", **settings)["run"]
    assert tab.on_change(run, "signals", language="en", **settings) == {}  # nothing is there yet
    steps, text = tab.on_run(run, language="en"), text_in("en")
    shown = next(steps)
    assert shown["blocks"].layout.title.text == text("gradient_flow.forward_title")
    changed = tab.on_change(run, "weights", language="en", **settings)
    assert changed["blocks"].layout.title.text == text("gradient_flow.blocks_title", depth=12) and "run" not in changed
    assert next(steps)["depths"].layout.title.text == text("gradient_flow.depths_title")
    tab.on_stop(run, language="en")
    assert tab.on_change(run, "signals", language="en", **settings)["look_for"].startswith("2 of 3 seeds so far.")
    tab.on_change(run, "signals", language="en", **vars(Settings(depth=2)))  # something else in between
    assert tab.on_change(run, "weights", language="en", **settings)["run"] is not run


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_view_of_signals_shows_both_directions_and_theory(language):
    text, settings = text_in(language), Settings(depth=6, seeds=9)
    shown, norms = tab.on_change(None, "signals", language=language, **vars(settings)), measure_gradient_norms(settings)
    for chart, part in (("blocks", "activations"), ("depths", "backward")):
        lines = {line.name: line for line in shown[chart].data if line.name}
        for kind in ("plain", "residual"):
            median = getattr(getattr(norms, kind), part).sort(0).values[4].log10().tolist()
            assert list(lines[text(f"gradient_flow.{kind}")].y) == pytest.approx(median)
    grey = {line.name: line.y for line in shown["blocks"].data if line.name and line.line.color == ROLES["theory"]}
    plain = grey[text("gradient_flow.theory", kind=text("gradient_flow.plain"))]
    assert len(grey) == 2 and 10 ** plain[0] == pytest.approx(math.sqrt(10 * (1.1 / 6 + 0.1) / 6), rel=1e-3)
    assert text("gradient_flow.caption_signals") in shown["caption"]
    conv = tab.on_change(
        None, "signals", language=language, **vars(Settings(depth=2, width=2, block="conv_ln", seeds=2))
    )
    assert not any(line.line.color == ROLES["theory"] for line in conv["blocks"].data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_view_of_jacobians_shows_singular_values(language):
    text = text_in(language)
    settings = Settings(depth=5, seeds=3, initialisation="orthogonal", activation="identity")
    shown = tab.on_change(None, "jacobian", language=language, **vars(settings))
    lines = [line for line in shown["depths"].data if line.line.color == ROLES["plain"]]
    assert len(lines) == 3 and all(list(line.y) == pytest.approx([0] * 5, abs=1e-4) for line in lines)  # factors of 1
    assert len([line for line in shown["depths"].data if line.line.color == ROLES["theory"]]) == 2
    relu = tab.on_change(None, "jacobian", language=language, **vars(Settings(depth=5, seeds=3)))
    assert len([line for line in relu["depths"].data if line.line.color == ROLES["theory"]]) == 1  # only of plain ones
    assert text("gradient_flow.caption_jacobian") in shown["caption"]
    few = tab.on_change(None, "jacobian", language=language, **vars(Settings(depth=50, width=64, seeds=20)))
    assert text("gradient_flow.jacobian_fewer", done=2, seeds=20) in few["look_for"]
    with pytest.raises(InputError):
        tab.on_change(None, "sideways", language=language, **vars(Settings(depth=2, seeds=2)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_convolutions_the_view_of_jacobians_shows_root_mean_square_and_largest(language):
    text = text_in(language)
    settings = Settings(depth=3, width=2, block="conv_bn", seeds=2, initialisation="he", zero_last=True)
    shown = tab.on_change(None, "jacobian", language=language, **vars(settings))
    for name, counts in (
        ("blocks", [3, 3]),
        ("depths", [3, 1]),
    ):  # at depths 1, 2 and 3; of the stack only behind the last
        lines = [line for line in shown[name].data if line.line.color == ROLES["residual"]]
        assert sorted(len(line.x) for line in lines) == sorted(counts)
    assert text("gradient_flow.jacobian_nothing", kind=text("gradient_flow.plain")) in shown["look_for"]
    assert text("gradient_flow.caption_jacobian_conv") in shown["caption"]


def test_branches_that_start_at_zero_are_said_to():
    shown = tab.on_change(None, "weights", language="en", **vars(Settings(depth=5, seeds=3, zero_last=True)))
    assert shown["look_for"] == text_in("en")("gradient_flow.said_zero_last")
    answer = gradient_norms(depth=5, seeds=3, zero_last=True, preactivation=True)
    assert set(answer["residual"]["blocks"]["high"]) == {0.0} and min(answer["residual"]["backward"]["low"]) > 3


def test_refused_settings_stop_the_run_under_way_as_well():
    run = tab.Run(Settings())
    with pytest.raises(InputError):
        tab.on_change(
            run,
            "weights",
            language="en",
            **vars(Settings()) | {"depth": 200, "width": 64, "block": "conv", "seeds": 500},
        )
    assert run.is_stopped


@pytest.mark.parametrize("story", tab.STORIES)
def test_every_story_is_allowed(story):
    assert tab.on_change(None, "signals", language="zh", **vars(tab.STORIES[story]))["look_for"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "value"),
    [("depth", 0), ("depth", 1e9), ("depth", "abc"), ("depth", None), ("depth", math.nan), ("depth", -(10**400)),
     ("seeds", 0), ("width", 2.5), ("block", "lstm"), ("activation", ["relu"]), ("initialisation", None)],
    ids=lambda each: str(each)[:12],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence_and_the_next_call_works(name, value, language):
    good = {"depth": 3, "width": 4, "block": "linear", "initialisation": "default", "activation": "relu", "seeds": 2}
    for call in (
        gradient_norms,
        lambda language, **values: tab.on_change(**values, run=None, view="weights", language=language),
    ):
        with pytest.raises(InputError) as caught:
            call(**{**good, name: value}, language=language)
        sentence = caught.value.sentence(language)
        assert len(sentence) > 8
        assert language not in ("en", "zh") or sentence.isascii() == (language == "en")
        call(**good, language=language)


def test_the_public_function_gives_json_that_agrees_with_the_measurement():
    answer = json.loads(json.dumps(gradient_norms(depth=100, initialisation="he", seeds=20), allow_nan=False))
    norms = measure_gradient_norms(Settings(depth=100, initialisation="he", seeds=20))
    assert answer["depths"] == [1, 2, 5, 10, 20, 50, 100]
    assert answer["residual"]["first_block"]["median"][-1] is None
    assert answer["residual"]["first_block"]["num_not_finite"][-1] >= 15
    expected = sorted(norms.plain.blocks[:, 99].tolist())[9]
    assert answer["plain"]["blocks"]["median"][99] == pytest.approx(expected)
    assert len(answer["plain_double"]["blocks"]["low"]) == 100
    assert "100" in answer["sentence"]
