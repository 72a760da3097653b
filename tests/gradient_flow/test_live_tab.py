"""The section in which a reader trains: its handlers as the page calls them, its charts and its sentences."""

from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
import torch
from safetensors.torch import load

from explorer.errors import InputError
from explorer.gradient_flow import live_tab, live_training
from explorer.gradient_flow.api import train_here
from explorer.gradient_flow.live_charts import Chart, Line, draw_charts, find_decades, find_ticks
from explorer.gradient_flow.live_figures import describe, draw_curves, draw_pictures
from explorer.gradient_flow.live_tab import STORIES, on_cancel, on_pause, on_resume, on_run, on_start
from explorer.gradient_flow.live_training import Check, Curves, Progress, Settings, Training
from explorer.models.variants import Variant
from explorer.page.streaming import Run
from explorer.text import LANGUAGES, text_in
from explorer.training.packed_sample import TrainingSample, load_training_sample
from explorer.training.splits import Split

FIRST = vars(Settings(epochs=2))


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    """150 images to learn from, three steps an epoch, and 100 to validate on."""
    sample, chosen = load_training_sample(), torch.arange(0, 5000, 33)[:150]
    training = Split(sample.training.images[chosen], sample.training.labels[chosen])
    validation = Split(sample.validation.images[::10], sample.validation.labels[::10])
    few = TrainingSample(training, validation, sample.indices)
    monkeypatch.setattr(live_training, "load_training_sample", lambda: few)
    monkeypatch.setattr(live_training, "PART", 0.0)  # a part for each step


def buttons_of(shown: dict) -> set[str]:
    return {name for name in live_tab.BUTTONS if name in shown and shown[name].visible}


def links_of(shown: dict) -> list[dict]:
    return [load(base64.b64decode(each)) for each in re.findall(r"base64,([\w+/=]+)", shown["links"])]


def test_a_run_streams_and_ends_with_weights_to_save():
    started = on_start(None, "50", language="en", **FIRST)
    assert "your turn: 1 can run" in started["look_for"] and buttons_of(started) == {"pause", "cancel"}
    *parts, last, end = on_run(started["run"], language="en")
    assert [re.match(r"Step (\d)", each["look_for"]).group(1) for each in parts] == list("012345")
    assert "Done: 6 steps." in last["look_for"] and "You guessed 50\u00a0%" in last["look_for"]
    assert buttons_of(last) == buttons_of(end) == {"to_classifier", "to_convolution"} and "look_for" not in end
    [saved], [model] = links_of(last), started["run"].job.training.export().values()
    assert all(torch.equal(saved[name], tensor) for name, tensor in model.state_dict().items())
    assert len(list(on_run(started["run"], language="en"))) == 2  # a page that asks again gets the end, and no new step
    assert on_pause(started["run"], language="en") == {}


def test_a_run_that_is_paused_goes_on_where_it_was():
    run = on_start(None, None, language="en", **FIRST)["run"]
    parts = on_run(run, language="en")
    for _ in range(3):
        next(parts)
    paused = on_pause(run, language="en")
    assert "Paused after step 2 of 6" in paused["look_for"]
    assert buttons_of(paused) == {"resume", "cancel", "to_classifier", "to_convolution"} and links_of(paused)
    assert list(parts) == [{}] and run.job.training.step == 2  # the worker is free, and no step was done since
    resumed = on_resume(run, language="zh")["run"]
    *_, last, _ = on_run(resumed, language="zh")
    assert "训练完成：一共 6 步" in last["look_for"]
    whole = on_start(None, None, language="en", **FIRST)["run"]
    *_, _ = on_run(whole, language="en")
    assert whole.job.training.progress().curves[0].losses == run.job.training.progress().curves[0].losses


def test_a_run_that_is_cancelled_does_no_further_step():
    run = on_start(None, None, language="en", **FIRST)["run"]
    parts = on_run(run, language="en")
    next(parts), next(parts)
    cancelled = on_cancel(run, language="en")
    assert "Cancelled after step 1 of 6" in cancelled["look_for"] and buttons_of(cancelled) == set()
    assert list(parts) == [{}] and run.job.training.step == 1
    assert buttons_of(on_cancel(None, language="en")) == set()


def test_a_new_run_ends_the_one_before_and_so_do_settings_that_are_refused():
    earlier = on_start(None, None, language="en", **FIRST)["run"]
    later = on_start(earlier, None, language="en", **FIRST)["run"]
    with pytest.raises(InputError, match="Epochs must be at most"):
        on_start(later, None, language="en", **{**FIRST, "epochs": 1000})
    with pytest.raises(InputError, match="Your guess"):
        on_start(later, "a lot", language="en", **FIRST)
    assert earlier.is_stopped and later.is_stopped


def test_a_turn_that_is_over_frees_the_worker(monkeypatch):
    monkeypatch.setattr(live_training, "TURN", 0.0)
    run = on_start(None, None, language="en", **FIRST)["run"]
    *_, last, _ = on_run(run, language="en")
    assert "because others may be waiting" in last["look_for"] and "resume" in buttons_of(last) and run.is_stopped


def test_a_run_that_the_server_has_forgotten_is_told():
    steps = on_run(None, language="en")
    assert buttons_of(next(steps)) == set()
    with pytest.raises(InputError, match="has lost the measurement"):
        next(steps)
    with pytest.raises(InputError):
        on_resume(None, language="en")
    assert on_pause(None, language="en") == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("story", STORIES)
def test_every_story_starts_and_is_told(story, language):
    run = on_start(None, "", language=language, **vars(STORIES[story]))["run"]
    assert isinstance(run, Run)
    shown = next(on_run(run, language=language))
    titles = [each.title for each in STORIES[story].variants]
    assert all(title in shown["look_for"] and title in shown["charts"] for title in titles)


def forge(**changes) -> Progress:
    """A run that is done, of one network with two layers."""
    checks = (Check(0, None, 0.1, ()), Check(1, 0.2, 0.3, (1e-3, 0.5)), Check(2, 0.4, 0.6, (2e-3, 0.25)))
    values = {"losses": (2.0, 1.0), "checks": checks, "has_diverged": False, **changes}
    curves = Curves(Variant(), filters=torch.ones(6, 5, 5), layers=("first", "second"), **values)
    return Progress(Settings(epochs=1), 2, 2, (curves,), torch.zeros(8, 28, 28))


def test_the_sentence_says_what_is_wrong():
    text = text_in("en")
    by_chance = (Check(2, 0.1, 0.1, (1e-3, 0.5)),)
    dead = (Check(2, 0.1, 0.1, (0.0, 0.5)),)
    assert "60.0\u00a0%" in describe(forge(), text) and "guessing" not in describe(forge(), text)
    assert "not better than guessing: one class of 10 is right by chance in 10\u00a0%" in describe(
        forge(checks=by_chance), text
    )
    assert "exactly 0" in describe(forge(checks=dead), text) and "exactly 0" not in describe(
        forge(checks=by_chance), text
    )
    diverged = describe(forge(losses=(2.0, math.nan), has_diverged=True), text, guess=50.0)
    assert "has diverged: after step 2" in diverged and "guessed" not in diverged and "by chance" not in diverged


def test_charts_put_each_value_in_its_place():
    tree = ElementTree.fromstring(draw_curves(forge(), text_in("en")))
    losses, accuracies, norms = tree.findall("figure")
    smooth = losses.findall("svg/polyline")[1].get("points").split()
    assert smooth == ["185.0,47.2", "312.0,84.4"]  # 2.0 and then 1.5 of 2.5, over 186 px that end at 196
    heights = [
        [float(each.split(",")[1]) for each in line.get("points").split()]
        for line in accuracies.findall("svg/polyline")
    ]
    assert heights == [[158.8, 121.6], [177.4, 140.2, 84.4]]  # percent of 186 px
    circles = norms.findall("svg/circle")
    assert [each.get("cy") for each in circles] == ["196.0", "28.7", "177.3", "47.3"]  # three decades, from 0.001 to 1
    assert circles[0].find("title").text == "LeNet-5, first: 0.001"


def test_charts_survive_what_cannot_be_drawn():
    odd = forge(losses=(2.0, math.inf, math.nan), checks=(Check(1, 0.2, 0.3, (0.0, math.inf)),), has_diverged=True)
    assert "nan" not in draw_curves(odd, text_in("zh")) and "inf" not in draw_curves(odd, text_in("zh"))
    gap = draw_charts([Chart([Line([(0, 1), (1, math.nan), (2, 1)], "#000000", 1)], "x", "<y>", (0, 2), (0, 1))])
    assert gap.count("<polyline") == 2 and "&lt;y&gt;" in gap
    hollow = replace(odd, curves=tuple(replace(each, filters=torch.full((6, 5, 5), math.nan)) for each in odd.curves))
    assert len(draw_pictures(hollow, text_in("en"))["maps"]) == 1


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 2.5), (0, 100), (0, 7), (0, 1200), (0, 19.3)])
def test_ticks_are_few_and_round(low, high):
    ticks = find_ticks(low, high)
    assert 2 <= len(ticks) <= 6 and ticks[0] == low and ticks[-1] <= high
    assert len({round(b - a, 9) for a, b in pairwise(ticks)}) == 1
    assert len(find_decades(1e-30, 1.0)) <= 6


def test_programs_train_as_the_page_does():
    answer = json.loads(json.dumps(train_here(epochs=1, seed=4), allow_nan=False))
    training = Training(Settings(epochs=1, seed=4))
    while not training.is_done:
        training.advance()
    [network], [curves] = answer["networks"], training.progress().curves
    assert answer["steps"] == answer["num_steps"] == 3 and network["losses"] == list(curves.losses)
    assert network["checks"][-1]["validation_accuracy"] == curves.checks[-1].validation_accuracy
    [model] = training.export().values()
    weights = load(base64.b64decode(network["weights"]))
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())
    with pytest.raises(InputError):
        train_here(network="vgg")
