"""The chart of degradation on curves whose answers are known."""

from __future__ import annotations

import math

import gradio as gr
import pytest

from explorer.gradient_flow import tab
from explorer.gradient_flow.degradation import CONFIDENCE, compute_interval, read_curves
from explorer.gradient_flow.figures import caption_degradation, describe_degradation, draw_degradation
from explorer.models import checkpoints
from explorer.models.catalogue import create_model
from explorer.text import LANGUAGES, text_in
from explorer.training.recipe import recipe_for

FINAL = {"plain20": (0.90, 0.88), "plain56": (0.85, 0.84), "resnet20": (0.91, 0.89), "resnet56": (0.93, 0.90)}


def record_of(name: str, **changes) -> dict:
    train, validation = FINAL[name]
    curve = [{"train_accuracy": 0.5, "validation_accuracy": 0.4},
             {"train_accuracy": train, "validation_accuracy": validation}]  # fmt: skip
    facts = {"num_params": 271_000 if name.endswith("20") else 855_000, "seed": 42}
    return {"recipe": {"epochs": 2, "peak_lr": 0.05}, "curve": curve, **facts, **changes}


RECORDS = {name: record_of(name) for name in FINAL}


def test_names_say_the_depth():
    """Layers with weights on the main path, counted in the networks themselves."""
    from torch import nn

    for curve, name in zip(read_curves(RECORDS), ("plain20", "plain56", "resnet20", "resnet56"), strict=True):
        kinds = (nn.Conv2d, nn.Linear)
        weighted = [key for key, module in create_model(name).named_modules() if isinstance(module, kinds)]
        assert len([key for key in weighted if "shortcut" not in key]) == curve.depth
        assert curve.kind == ("plain" if name.startswith("plain") else "residual")


def test_curves_are_errors_epoch_by_epoch():
    deep_plain = next(curve for curve in read_curves(RECORDS) if (curve.kind, curve.depth) == ("plain", 56))
    assert deep_plain.train_error == pytest.approx((0.5, 0.15))
    assert deep_plain.validation_error == pytest.approx((0.6, 0.16))


@pytest.mark.parametrize(
    "records",
    [
        {},
        {name: RECORDS[name] for name in list(RECORDS)[:3]},
        {**RECORDS, "plain56": record_of("plain56", recipe={})},
        {name: record_of(name, cycles=[{}, {}]) for name in FINAL},
    ],
)
def test_nothing_is_compared_unless_all_four_were_trained_alike(records):
    assert read_curves(records) == ()


def test_what_follows_the_machine_or_was_not_done_makes_no_other_recipe():
    recipe = {"epochs": 2, "peak_lr": 0.05, "autocast": True, "gce_q": 0.0}
    records = {**RECORDS, "resnet56": record_of("resnet56", recipe=recipe)}
    assert read_curves(records) == read_curves(RECORDS) != ()


@pytest.mark.parametrize(
    ("shallow", "deep", "verdict"),
    [(0.05051, 0.05049, "better"), (0.0501, 0.0504, "same"), (0.0506, 0.0513, "same"), (0.0501, 0.0513, "worse")],
)
def test_the_verdict_agrees_with_the_numbers_beside_it(shallow, deep, verdict):
    errors = {"plain20": shallow, "plain56": deep}
    records = {
        name: record_of(name, curve=[{"train_accuracy": 1 - errors.get(name, 0.1), "validation_accuracy": 0.9}])
        for name in FINAL
    }
    text = text_in("en")
    said = {
        "kind": text("gradient_flow.degradation_plain"),
        "shallow": f"{100 * shallow:.1f}",
        "deep": f"{100 * deep:.1f}",
        "few": 20,
        "many": 56,
    }
    assert text(f"gradient_flow.degradation_{verdict}", **said) in describe_degradation(read_curves(records), text)


def test_beside_the_curves_one_run_is_told_from_the_one_in_the_middle():
    text = text_in("en")
    runs = [{"seed": seed, "test_accuracy": 0.9, "validation_accuracy": 0.8 + seed / 1000} for seed in (1, 2, 42)]
    several = {name: record_of(name, runs=runs) for name in FINAL}
    for records, key in ((RECORDS, "once"), (several, "median")):
        assert text(f"gradient_flow.degradation_{key}", seeds=[42]) in describe_degradation(read_curves(records), text)
    deep = read_curves(several)[1]
    assert deep.num_seeds == 3 and deep.last_errors == pytest.approx((0.158, 0.199))
    bar = draw_degradation(read_curves(several), "validation_error", text).data[5].error_y
    assert (bar.arrayminus[-1], bar.array[-1]) == pytest.approx((0.2, 3.9)) and bar.array[0] == 0  # around 16 %
    assert draw_degradation(read_curves(RECORDS), "validation_error", text).data[5].error_y.array is None


@pytest.mark.parametrize(("share", "count"), [(0.0, 50), (0.02, 6000), (0.3, 10), (1.0, 200)])
def test_the_interval_ends_where_the_count_would_be_two_deviations_off(share, count):
    """What defines Wilson's interval: its ends are the shares from which the count lies 1.96 of their deviations away."""
    for end, sign in zip(compute_interval(share, count), (1, -1), strict=True):
        deviation = math.sqrt(max(end * (1 - end), 0) / count)
        assert share - end == pytest.approx(sign * 1.959964 * deviation, abs=1e-7)
    assert math.erf(1.959964 / math.sqrt(2)) == pytest.approx(CONFIDENCE / 100)


@pytest.mark.parametrize("language", LANGUAGES)
def test_chart_and_sentence(language):
    curves, text = read_curves(RECORDS), text_in(language)
    sentence, depths = describe_degradation(curves, text), {"few": 20, "many": 56}
    once = text("gradient_flow.degradation_once", seeds=[42])
    assert sentence.startswith(text("gradient_flow.degradation_said", epochs=2, training=once))
    said = {"kind": text("gradient_flow.degradation_plain"), "shallow": "10.0", "deep": "15.0", **depths}
    assert text("gradient_flow.degradation_worse", **said) in sentence
    said = {"kind": text("gradient_flow.degradation_residual"), "shallow": "9.0", "deep": "7.0", **depths}
    assert text("gradient_flow.degradation_better", **said) in sentence
    caption = caption_degradation(curves, text)
    assert all(value in caption for value in ("271,000", "855,000", "0.05", "20", "56"))
    figure = draw_degradation(curves, "validation_error", text)
    bands, lines = figure.data[:4], figure.data[4:]
    assert [round(line.y[-1], 3) for line in lines] == [12.0, 16.0, 11.0, 10.0]
    assert len({(line.line.color, line.line.dash) for line in lines}) == 4
    for band, line in zip(bands, lines, strict=True):
        assert band.y[1] > line.y[-1] > band.y[2] > line.y[-1] - 1  # of 6,000 images, within a point
    assert figure.layout.xaxis.title.text == text("gradient_flow.axis_epoch", epochs=2, seeds=[1])
    assert figure.layout.yaxis.title.text == text("gradient_flow.axis_validation_error")


def test_the_tab_shows_it_where_it_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)

    def plots() -> int:
        with gr.Blocks() as page:
            tab.build_tab("en")
        return sum(isinstance(block, gr.Plot) for block in page.blocks.values())

    before = plots()
    for name, record in RECORDS.items():
        checkpoints.save_record(name, record, tmp_path)
    assert plots() == before + 2
    (tmp_path / "results.json").write_text("{")
    assert plots() == before


def test_the_four_share_a_recipe():
    assert len({recipe_for(name) for name in FINAL}) == 1
