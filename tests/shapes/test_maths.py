"""Formulas with their numbers, stages and the CSV of the shapes wing."""

from __future__ import annotations

import csv
import io
import re
from math import ceil, floor

import pytest
from torch import nn

from explorer.models.catalogue import MODELS
from explorer.models.torchvision_models import TORCHVISION_CLASSIFIERS, trace_torchvision
from explorer.models.trace import trace, trace_catalogue
from explorer.shapes.maths import (
    bin_widths,
    gather_stages,
    mult_adds_arithmetic,
    output_arithmetic,
    params_arithmetic,
    write_csv,
)


def evaluate(formula: str) -> float:
    """Work out a formula as it is written on the page."""
    code = formula.replace(",", "").replace("·", "*").replace("×", "*").replace("−", "-").strip()
    code = code.replace("⌊", "floor(").replace("⌋", ")").replace("⌈", "ceil(").replace("⌉", ")")
    assert re.fullmatch(r"[\d\s()+*/floorceil-]+", code), formula
    return eval(code, {"floor": floor, "ceil": ceil})


@pytest.mark.parametrize("name, size", [(name, 28) for name in MODELS] + [("alexnet_small", 32), ("resnet18", 224)])
def test_every_formula_on_the_page_works_out_to_the_number_beside_it(name, size):
    changes = {"small_input": False} if size == 224 else {}
    for layer in trace_catalogue(name, (1, size, size), **changes).layers:
        if params_arithmetic(layer) or layer.num_params:
            assert evaluate(params_arithmetic(layer)) == layer.num_params
        if mult_adds_arithmetic(layer):
            assert evaluate(mult_adds_arithmetic(layer)) == layer.mult_adds
        else:
            assert layer.mult_adds == layer.num_params
        formula = output_arithmetic(layer)
        if "=" in formula:
            left, right = formula.split("=")
            assert evaluate(left) == evaluate(right)
            assert evaluate(right) in layer.output_shape
        elif formula == "":
            assert layer.output_shape == layer.input_shape


VARIED = (
    "shufflenet_v2_x0_5", "mnasnet0_5", "densenet121", "convnext_tiny", "vit_b_32", "swin_t", "googlenet",
    "squeezenet1_0", "regnet_y_400mf", "efficientnet_b0", "maxvit_t", "inception_v3",
)  # fmt: skip


@pytest.mark.parametrize("name", VARIED)
def test_every_formula_of_torchvisions_networks_works_out_too(name):
    side, checked = TORCHVISION_CLASSIFIERS[name].input_size, 0
    for layer in trace_torchvision(name, (3, side, side)).layers:
        if params_arithmetic(layer):
            assert evaluate(params_arithmetic(layer)) == layer.num_params, layer.name
        if mult_adds_arithmetic(layer):
            assert evaluate(mult_adds_arithmetic(layer)) == layer.mult_adds, layer.name
        for formula in output_arithmetic(layer).split("; "):
            if "=" in formula:
                left, right = formula.split("=")
                assert evaluate(left) == evaluate(right) and evaluate(right) in layer.output_shape, layer.name
                checked += 1
    assert checked > 0


def test_the_tutorials_first_convolution_by_hand():
    first = trace_catalogue("lenet5", (1, 28, 28)).layers[0]
    assert output_arithmetic(first) == "⌊(28 + 2·2 − 5)/1⌋ + 1 = 28"
    assert params_arithmetic(first) == "6·1·5·5 + 6"
    assert mult_adds_arithmetic(first) == "156·28·28"


@pytest.mark.parametrize(
    "layer, shape, formula",
    [
        (nn.Conv2d(1, 1, 3, dilation=2), (1, 9, 9), "⌊(9 − 2·(3 − 1) − 1)/1⌋ + 1 = 5"),
        (nn.Conv2d(1, 1, (3, 1)), (1, 9, 9), "⌊(9 − 3)/1⌋ + 1 = 7; ⌊(9 − 1)/1⌋ + 1 = 9"),
        (nn.MaxPool2d(2, ceil_mode=True), (1, 9, 9), "⌈(9 − 2)/2⌉ + 1 = 5"),
        (nn.AdaptiveAvgPool2d(4), (8, 7, 7), "7 → 4 (2 | 3 | 3 | 2)"),
        (nn.AdaptiveAvgPool2d(1), (8, 7, 7), "7 × 7 → 1"),
        (nn.Flatten(), (16, 5, 5), "16 × 5 × 5 = 400"),
        (nn.ReLU(), (16, 5, 5), ""),
    ],
)
def test_output_formulas_by_hand(layer, shape, formula):
    assert output_arithmetic(trace(nn.Sequential(layer), shape).layers[0]) == formula


def test_bins_are_those_that_pytorch_averages():
    """Average pooling of a one-hot row is 1 / width in the bins that hold it: the widths follow."""
    import torch

    for size, bins in ((7, 4), (5, 2), (9, 4), (8, 4), (3, 4)):
        pooled = nn.functional.adaptive_avg_pool1d(torch.eye(size)[None], bins)[0]
        assert bin_widths(size, bins) == [round(1 / column[column > 0].max().item()) for column in pooled.T]


@pytest.mark.parametrize("name", MODELS)
def test_stages_hold_every_layer_once_in_order(name):
    record = trace_catalogue(name, (1, 28, 28))
    stages = gather_stages(record)
    assert [layer for stage in stages for step in stage.steps for layer in step.layers] == list(record.layers)
    assert sum(stage.num_params for stage in stages) == record.num_params
    assert sum(stage.mult_adds for stage in stages) == record.mult_adds


@pytest.mark.parametrize(
    "name, role, blocks",
    [("resnet152", "residual", [3, 8, 36, 3]), ("plain34", "plain", [3, 4, 6, 3]), ("resnet56", "residual", [9, 9, 9])],
)
def test_blocks_are_gathered_by_stage(name, role, blocks):
    stages = [stage for stage in gather_stages(trace_catalogue(name, (1, 28, 28))) if stage.is_blocks]
    assert [len(stage.steps) for stage in stages] == blocks
    assert {step.role for stage in stages for step in stage.steps} == {role}
    assert [step.changes_shape for step in stages[1].steps][:2] == [True, False]


@pytest.mark.parametrize(
    ("name", "block", "role"),
    [
        ("resnet50", "layer2.0", "residual"),
        ("mobilenet_v2", "features.2", "plain"),  # no shortcut: it halves the side
        ("mobilenet_v2", "features.3", "residual"),
        ("efficientnet_b0", "features.2", "block"),  # two MBConv blocks, of which the second has a shortcut
        ("shufflenet_v2_x1_0", "stage2.1", "block"),  # half of the channels pass it by
        ("maxvit_t", "blocks.0", "block"),
    ],
)
def test_a_block_is_called_residual_where_a_shortcut_goes_around_all_of_it(name, block, role):
    steps = [step for stage in gather_stages(trace_torchvision(name, (3, 224, 224))) for step in stage.steps]
    assert next(step.role for step in steps if step.name == block) == role


def test_the_csv_holds_every_layer_and_its_columns_sum_to_the_totals():
    record = trace_catalogue("resnet18", (3, 28, 28))
    rows = list(csv.DictReader(io.StringIO(write_csv(record))))
    assert [row["name"] for row in rows] == [layer.name for layer in record.layers]
    assert sum(int(row["num_params"]) for row in rows) == 11_173_962
    assert sum(int(row["mult_adds"]) for row in rows) == record.mult_adds
    assert (rows[0]["kind"], rows[0]["input_shape"], rows[0]["output_shape"]) == ("Conv2d", "3x28x28", "64x28x28")
    assert (rows[-1]["output_shape"], rows[-1]["spans_image"]) == ("10", "True")


def test_a_layer_behind_strides_that_skip_pixels_does_not_see_everything():
    network = nn.Sequential(nn.Conv2d(1, 2, 4, stride=4), nn.AdaptiveAvgPool2d(1))
    for side, sees in ((8, "True"), (9, "False")):
        *_, row = csv.DictReader(io.StringIO(write_csv(trace(network, (1, side, side)))))
        assert (row["receptive_field_height"], row["spans_image"]) == ("8", sees)
