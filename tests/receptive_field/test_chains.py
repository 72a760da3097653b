"""Chains with transposed layers, holes and borders: every mask against autograd on PyTorch's own layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.errors import InputError
from explorer.models.trace import trace
from explorer.receptive_field.maths import (
    CellError,
    compute_box_reach,
    compute_chain_field,
    compute_chain_reach,
    compute_mean_brightness,
    find_problems,
    parse_layers,
    trace_layer_table,
)
from explorer.receptive_field.networks import build_chain


def build_positive_chain(layers) -> nn.Sequential:
    """All weights 1; an average with dilation is a convolution with ones."""
    modules = []
    for layer in layers:
        kind = nn.ConvTranspose2d if layer["type"] == "transposed" else nn.Conv2d
        window = {name: layer[name] for name in ("stride", "padding", "dilation")}
        module = kind(1, 1, layer["kernel"], bias=False, **window)
        nn.init.ones_(module.weight)
        modules.append(module)
    return nn.Sequential(*modules).double()


def measure_mask(model: nn.Module, input_size: int, unit) -> np.ndarray:
    image = torch.ones(1, 1, input_size, input_size, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(model(image)[0, 0, unit[0], unit[1]], image)[0][0, 0].numpy() > 0


layer_strategy = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["conv", "pool", "transposed"]),
        "kernel": st.integers(1, 4),
        "stride": st.integers(1, 3),
        "padding": st.integers(0, 3),
        "dilation": st.integers(1, 3),
    }
).filter(lambda layer: layer["type"] != "pool" or 2 * layer["padding"] <= layer["kernel"])


@settings(max_examples=80, deadline=None)
@given(
    layers=st.lists(layer_strategy, min_size=1, max_size=4),
    input_size=st.integers(5, 24),
    down=st.floats(0, 1),
    across=st.floats(0, 1),
)
def test_every_pixel_of_a_mask_agrees_with_autograd(layers, input_size, down, across):
    try:
        rows = trace_layer_table(layers, input_size)
    except InputError:
        assume(False)
    model, count = build_positive_chain(layers), rows[-1].num_units
    assert model(torch.zeros(1, 1, input_size, input_size, dtype=torch.float64)).shape[-1] == count
    unit = (round(down * (count - 1)), round(across * (count - 1)))
    field = compute_chain_field(layers, rows, len(layers), unit)
    mask = measure_mask(model, input_size, unit)
    np.testing.assert_array_equal(field.mask, mask)
    reach = compute_chain_reach(layers, rows, len(layers))
    np.testing.assert_array_equal(np.outer(reach[unit[0]], reach[unit[1]]), mask)


@settings(max_examples=60, deadline=None)
@given(layers=st.lists(layer_strategy, min_size=1, max_size=3))
def test_the_size_of_a_row_is_that_of_the_largest_field_inside(layers):
    input_size = 60
    try:
        rows = trace_layer_table(layers, input_size)
    except InputError:
        assume(False)
    count = rows[-1].num_units
    assume(rows[-1].size <= 20 and count <= 400)
    model = build_positive_chain(layers)
    image = torch.ones(1, 1, input_size, input_size, dtype=torch.float64, requires_grad=True)
    diagonal = model(image)[0, 0].diagonal()
    sizes = []
    for index in range(count):
        pixels = torch.autograd.grad(diagonal[index], image, retain_graph=True)[0][0, 0].any(0).nonzero()
        if len(pixels) and pixels.min() > 0 and pixels.max() < input_size - 1:
            sizes.append(int(pixels.max() - pixels.min()) + 1)
    if sizes:
        # Without a transposed layer all units inside see as much; with one the largest does, unless its place
        # is only met at the border.
        assert max(sizes) <= rows[-1].size
        period = np.prod([layer["stride"] for layer in layers if layer["type"] == "transposed"])
        if len(sizes) >= period and all(layer["padding"] <= layer["kernel"] for layer in layers):
            assert max(sizes) == rows[-1].size


@settings(max_examples=40, deadline=None)
@given(
    layers=st.lists(layer_strategy.filter(lambda layer: layer["type"] != "transposed"), min_size=1, max_size=6),
    input_size=st.integers(5, 60),
)
def test_the_rows_of_a_chain_are_those_of_its_recording(layers, input_size):
    """Where recordings tell all, the other follower of fields must agree; see the docstring of the maths."""
    try:
        rows = trace_layer_table(layers, input_size)
    except InputError:
        assume(False)
    recorded = trace(build_chain(parse_layers(layers)), (1, input_size, input_size)).layers
    for row, layer in zip(rows[1:], recorded, strict=True):
        field = layer.receptive_field
        assert (row.size, row.jump, row.start) == (field.size[0], field.jump[0], field.start[0])
        assert (row.num_units, row.note) == (layer.output_shape[-1], layer.field_note)


def test_a_transposed_convolution_by_hand():
    layers = parse_layers([{"type": "transposed", "kernel": 4, "stride": 2, "padding": 1}])
    rows = trace_layer_table(layers, 4)
    assert (rows[1].num_units, rows[1].size, rows[1].jump, rows[1].name) == (8, 2, 0.5, "transposed1")
    # Output 3 = 2 i - 1 + t: i = 2 with t = 0, i = 1 with t = 2.
    assert compute_chain_field(layers, rows, 1, (3, 0)).box == (1, -1, 3, 1)
    assert compute_chain_field(layers, rows, 1, (3, 0)).clipped == (1, 0, 3, 1)
    assert compute_chain_field(layers, rows, 1, (3, 0)).padding_share == 0.5


def test_equal_dilations_leave_holes_in_the_mask():
    layers = [{"type": "conv", "kernel": 3, "padding": 2, "dilation": 2}] * 3
    layers = parse_layers(layers)
    field = compute_chain_field(layers, trace_layer_table(layers, 28), 3, (14, 14))
    assert field.box == (8, 8, 21, 21) and field.mask.sum() == 49
    assert field.holes_share == pytest.approx(1 - 49 / 169)


def test_the_image_and_units_that_are_not_there():
    layers = parse_layers([{"kernel": 3}])
    rows = trace_layer_table(layers, 9)
    assert compute_chain_field(layers, rows, 0, (2, 3)).box == (2, 3, 3, 4)
    assert compute_chain_field(layers, rows, 0, (2, 3)).mask.sum() == 1
    for unit in ((7, 0), (-1, 0), (0, 0.5)):
        with pytest.raises(InputError):
            compute_chain_field(layers, rows, 1, unit)


def test_the_map_of_mean_brightness_is_an_average_pooling():
    image = torch.rand(1, 1, 12, 12, dtype=torch.float64)
    rows = trace_layer_table([{"type": "pool", "kernel": 3, "stride": 2}], 12)
    wanted = nn.functional.avg_pool2d(image, 3, 2)[0, 0].numpy()
    chain_reach = compute_chain_reach([{"type": "pool", "kernel": 3, "stride": 2}], rows, 1)
    for reach in (compute_box_reach(rows[1], 12), chain_reach):
        np.testing.assert_allclose(compute_mean_brightness(image[0, 0].numpy(), reach, reach), wanted)


def test_all_broken_cells_are_found_with_their_places():
    table = [
        {"type": "conv", "kernel": "abc", "stride": "", "padding": "0", "dilation": "1"},
        {"type": "lstm", "kernel": "3", "stride": "1", "padding": "0", "dilation": "99"},
        {"type": "pool", "kernel": "2", "stride": "2", "padding": "2", "dilation": "1"},
    ]
    problems = find_problems(table)
    assert [(problem.row, problem.column) for problem in problems] == [
        (1, "kernel"), (1, "stride"), (2, "type"), (2, "dilation"), (3, "padding"),
    ]  # fmt: skip
    for problem in problems:
        assert problem.remark("en") != problem.remark("zh")
        assert "{" not in problem.remark("en") + problem.remark("zh")
    assert find_problems([{"kernel": 3}]) == []


@pytest.mark.parametrize(
    ("layers", "place"),
    [
        ([{"kernel": 3}, {"type": "pool", "kernel": 9, "stride": 9}, {"kernel": 5}], (3, "kernel")),
        ([{"type": "transposed", "kernel": 1, "padding": 20}], (1, "padding")),
        # Jumps alone, with kernels of one, would need gigabytes to be followed pixel by pixel.
        ([{"type": "transposed", "kernel": 2}, *[{"kernel": 1, "stride": 16, "padding": 31}] * 8], (5, "stride")),
        ([{"type": "transposed", "kernel": 2, "stride": 16}] * 2, (2, "stride")),
        ([{"kernel": 31, "stride": 1, "padding": 31, "dilation": 16}] * 64, (1, "kernel")),
    ],
)
def test_what_does_not_fit_is_laid_at_a_cell(layers, place):
    (problem,) = find_problems(layers)
    assert (problem.row, problem.column) == place
    assert isinstance(problem, CellError) and problem.sentence("zh") != problem.sentence("en")
