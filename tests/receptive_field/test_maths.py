"""Receptive fields against autograd's footprint: what a unit's gradient touches is what it sees."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.errors import InputError
from explorer.models.catalogue import MODELS, create_model
from explorer.receptive_field.maths import (
    COLUMN_LIMITS,
    MAX_LAYERS,
    calculate_receptive_field,
    compute_field_box,
    compute_path_counts,
    find_first_as_wide,
    find_last_local,
    find_unit,
    parse_layers,
    summarise_stack,
    trace_layer_table,
    trace_uniform_stack,
)
from explorer.receptive_field.networks import trace_model

LENET = [
    {"type": "conv", "kernel": 5, "stride": 1},
    {"type": "pool", "kernel": 2, "stride": 2},
    {"type": "conv", "kernel": 5, "stride": 1},
    {"type": "pool", "kernel": 2, "stride": 2},
]


def build_positive_stack(layers) -> nn.Sequential:
    """The layers as torch modules, all weights 1 and poolings averaged, so that no gradient is hidden."""
    modules = []
    for layer in layers:
        window = {key: layer.get(key, default) for key, default in (("stride", 1), ("padding", 0), ("dilation", 1))}
        if layer.get("type") == "pool" and window["dilation"] == 1:
            modules.append(nn.AvgPool2d(layer["kernel"], stride=window["stride"], padding=window["padding"]))
        else:
            conv = nn.Conv2d(1, 1, layer["kernel"], bias=False, **window)
            nn.init.ones_(conv.weight)
            modules.append(conv)
    return nn.Sequential(*modules).double()


def measure_footprint(model: nn.Module, input_size: int, unit: tuple[int, int]) -> np.ndarray:
    """Gradient of one unit of the last map with respect to every pixel."""
    image = torch.ones(1, 1, input_size, input_size, dtype=torch.float64, requires_grad=True)
    output = model(image)
    return torch.autograd.grad(output[0, 0, unit[0], unit[1]], image)[0][0, 0].numpy()


def find_bounds(footprint: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(footprint)
    return rows.min(), columns.min(), rows.max() + 1, columns.max() + 1


layer_strategy = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["conv", "pool"]),
        "kernel": st.integers(1, 5),
        "stride": st.integers(1, 3),
        "padding": st.integers(0, 3),
        "dilation": st.integers(1, 3),
    }
).filter(lambda layer: layer["type"] == "conv" or 2 * layer["padding"] <= layer["kernel"])


def test_the_tutorials_own_lists():
    assert calculate_receptive_field(LENET) == [1, 5, 6, 14, 16]
    assert calculate_receptive_field([{"type": "conv", "kernel": 3}] * 2) == [1, 3, 5]
    assert calculate_receptive_field([{"type": "conv", "kernel": 5}]) == [1, 5]
    assert calculate_receptive_field([{"kernel": 3, "dilation": 2}]) == [1, 5]
    assert calculate_receptive_field([]) == [1]


@pytest.mark.parametrize("layers", [1, 3, 5, 10, 20])
def test_a_stack_of_3x3_layers_at_stride_1_grows_by_two_pixels_a_layer(layers):
    assert calculate_receptive_field([{"kernel": 3}] * layers)[-1] == 2 * layers + 1


@settings(max_examples=60, deadline=None)
@given(layers=st.lists(layer_strategy, min_size=1, max_size=4))
def test_sizes_equal_autograds_footprint(layers):
    layers = [{**layer, "padding": 0} for layer in layers]
    sizes = calculate_receptive_field(layers)
    assume(sizes[-1] <= 150)
    footprint = measure_footprint(build_positive_stack(layers), sizes[-1], (0, 0))
    rows, columns = np.nonzero(footprint)
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == sizes[-1]


@settings(max_examples=50, deadline=None)
@given(
    layers=st.lists(layer_strategy, min_size=1, max_size=4),
    input_size=st.integers(12, 40),
    across=st.floats(0, 1),
    down=st.floats(0, 1),
)
def test_boxes_equal_autograds_footprint_also_at_the_edges(layers, input_size, across, down):
    # Dilation and strides larger than the kernel leave holes, and a hole at the image's edge makes the
    # footprint smaller than the box: those are in the test below, whose units lie inside. A padding as wide as
    # the kernel makes units that see nothing at all.
    layers = [
        {
            **layer,
            "dilation": 1,
            "stride": min(layer["stride"], layer["kernel"]),
            "padding": min(layer["padding"], layer["kernel"] - 1),
        }
        for layer in layers
    ]
    try:
        row = trace_layer_table(layers, input_size)[-1]
    except InputError:
        assume(False)
    model = build_positive_stack(layers)
    assert model(torch.zeros(1, 1, input_size, input_size, dtype=torch.float64)).shape[-1] == row.num_units
    unit = (round(down * (row.num_units - 1)), round(across * (row.num_units - 1)))
    field = compute_field_box(row, unit, input_size)
    footprint = measure_footprint(model, input_size, unit)
    assert field.clipped == find_bounds(footprint)
    in_image = [sum(0 <= pixel < input_size for pixel in range(*field.box[axis::2])) for axis in (0, 1)]
    assert field.padding_share == pytest.approx(1 - math.prod(in_image) / row.size**2)


@settings(max_examples=60, deadline=None)
@given(layers=st.lists(layer_strategy, min_size=1, max_size=4))
def test_boxes_of_dilated_stacks_equal_autograds_footprint_inside_the_image(layers):
    input_size = 90
    try:
        row = trace_layer_table(layers, input_size)[-1]
    except InputError:
        assume(False)
    unit = (row.num_units // 2, row.num_units // 3)
    field = compute_field_box(row, unit, input_size)
    assume(field.padding_share == 0)
    footprint = measure_footprint(build_positive_stack(layers), input_size, unit)
    assert field.box == field.clipped == find_bounds(footprint)


@pytest.mark.parametrize(
    "layers",
    [
        [{"kernel": 3}] * 3,
        [{"kernel": 3, "dilation": 2}] * 3,
        [{"kernel": 3, "dilation": d} for d in (1, 2, 5)],
        [{"kernel": 3, "stride": 2}] * 3,
        [{"kernel": 2, "stride": 3}, {"kernel": 4, "stride": 2, "dilation": 2}],
    ],
)
def test_path_counts_equal_autograds_gradient_with_all_weights_one(layers):
    counts = compute_path_counts(layers)
    np.testing.assert_allclose(counts, measure_footprint(build_positive_stack(layers), len(counts), (0, 0)))


def test_lenets_table_by_hand():
    rows = trace_layer_table([{**LENET[0], "padding": 2}, *LENET[1:]])
    assert [row.name for row in rows] == ["", "conv1", "pool1", "conv2", "pool2"]
    assert [row.size for row in rows] == [1, 5, 6, 14, 16]
    assert [row.jump for row in rows] == [1, 1, 2, 2, 4]
    assert [row.start for row in rows] == [0, 0, 0.5, 4.5, 5.5]
    assert [row.num_units for row in rows] == [28, 28, 14, 10, 5]


def test_the_box_of_a_corner_unit_lies_partly_in_the_padding():
    row = trace_layer_table([{"kernel": 5, "padding": 2}])[-1]
    field = compute_field_box(row, (0, 27), 28)
    assert field.box == (-2, 25, 3, 30)
    assert field.clipped == (0, 25, 3, 28)
    assert field.padding_share == pytest.approx(1 - 9 / 25)
    assert compute_field_box(row, (13, 13), 28).padding_share == 0
    with pytest.raises(InputError):
        compute_field_box(row, (28, 0), 28)


def test_pixels_that_strides_skip_are_not_padding():
    """The poolings leave out the last pixel of 29; the convolution pads on its right, where nothing of the image is."""
    row = trace_layer_table([{"type": "pool", "kernel": 2, "stride": 2}, {"kernel": 3, "padding": 1}], 29)[-1]
    field = compute_field_box(row, (13, 13), 29)
    assert (field.box, field.clipped) == ((24, 24, 30, 30), (24, 24, 28, 28))
    assert field.padding_share == pytest.approx(1 - 25 / 36)


@settings(max_examples=50, deadline=None)
@given(
    layers=st.lists(layer_strategy, min_size=1, max_size=3),
    pixel=st.tuples(st.floats(-3, 31), st.floats(-3, 31)),
)
def test_the_unit_found_for_a_pixel_has_the_nearest_centre(layers, pixel):
    try:
        row = trace_layer_table(layers)[-1]
    except InputError:
        assume(False)
    centres = row.start + row.jump * np.arange(row.num_units)
    for index, position in zip(find_unit(row, pixel), pixel):
        assert abs(centres[index] - position) <= np.abs(centres - position).min() + 1e-9


def test_two_3x3_cost_18_weights_where_one_5x5_costs_25():
    small, large = (summarise_stack([{"kernel": k}] * n, channels=64) for k, n in ((3, 2), (5, 1)))
    assert small.size == large.size == 5
    assert (small.weights_per_pair, large.weights_per_pair) == (18, 25)
    assert (small.num_nonlinearities, large.num_nonlinearities) == (2, 1)
    built = nn.Sequential(*[nn.Conv2d(64, 64, 3, bias=False)] * 1, nn.Conv2d(64, 64, 3, bias=False))
    assert small.num_params == sum(p.numel() for p in built.parameters()) == 18 * 64**2
    assert large.num_params == sum(p.numel() for p in nn.Conv2d(64, 64, 5, bias=False).parameters())


def test_equal_dilations_leave_holes_and_mixed_ones_do_not():
    assert summarise_stack([{"kernel": 3, "dilation": 2}] * 3).seen_share == pytest.approx((7 / 13) ** 2)
    assert summarise_stack([{"kernel": 3, "dilation": d} for d in (1, 2, 5)]).seen_share == 1


@pytest.mark.parametrize("column", COLUMN_LIMITS)
@pytest.mark.parametrize("cell", ["three", "", " ", None, "nan", "inf", "1e30", -1, 2.5, "3_0", True, [3], {"a": 1}])
def test_a_cell_with_nonsense_is_named_by_row_and_column(column, cell):
    table = [*LENET, {**LENET[0], column: cell}]
    with pytest.raises(InputError) as caught:
        parse_layers(table)
    assert "5" in str(caught.value)
    for language in ("en", "zh"):
        said = caught.value.sentence(language)
        assert "{" not in said or "{'a'" in said
    assert len(caught.value.sentence("en")) < 160


@pytest.mark.parametrize("column", ["kernel", "stride", "dilation"])
def test_zero_is_refused_except_as_padding(column):
    with pytest.raises(InputError):
        parse_layers([{"type": "conv", "kernel": 3, "stride": 1, "dilation": 1, "padding": 0, column: "0"}])
    assert parse_layers([{"type": "conv", "kernel": "3", "padding": "0"}])[0]["padding"] == 0


@pytest.mark.parametrize(
    "table", [None, [], "conv", 3, {}, [None], ["conv"], [{"type": "lstm"}], [{"type": ["conv"]}], [[]]]
)
def test_a_table_that_is_none_is_refused(table):
    with pytest.raises(InputError):
        parse_layers(table)


def test_limits_of_the_table():
    assert len(parse_layers([{"type": "conv", "kernel": 1}] * MAX_LAYERS)) == MAX_LAYERS
    with pytest.raises(InputError, match=str(MAX_LAYERS + 1)):
        parse_layers([{"type": "conv", "kernel": 1}] * (MAX_LAYERS + 1))
    with pytest.raises(InputError):
        trace_layer_table([{"type": "conv", "kernel": 31, "stride": 16, "padding": 31}] * MAX_LAYERS)
    with pytest.raises(InputError):
        parse_layers([{"type": "pool", "kernel": 2, "padding": 2}])


def test_a_kernel_that_does_not_fit_is_named_with_its_row():
    with pytest.raises(InputError, match="Row 3"):
        trace_layer_table([{"kernel": 3}, {"type": "pool", "kernel": 9, "stride": 9}, {"kernel": 5}])


def test_cells_as_text_are_read():
    assert parse_layers([{"type": "conv", "kernel": "5", "stride": " 2 ", "padding": "２", "dilation": 1.0}]) == [
        {"type": "conv", "kernel": 5, "stride": 2, "padding": 2, "dilation": 1}
    ]


@pytest.mark.parametrize(
    ("kernel", "least", "layers", "size"), [(3, 28, 14, 29), (5, 5, 1, 5), (3, 1, 1, 3), (3, 900, 64, 129)]
)
def test_a_stack_to_compare_with_is_as_deep_as_it_takes_up_to_the_tables_limit(kernel, least, layers, size):
    rows = trace_uniform_stack(kernel, least, 224)
    assert (len(rows) - 1, rows[-1].size, rows[-1].num_units) == (layers, size, 224)


def test_bad_layers_of_calculate_receptive_field_raise_value_errors():
    for layer in ({"kernel": 0}, {"kernel": 3, "stride": 0}, {"kernel": 3, "dilation": "x"}, {"kernel": None}):
        with pytest.raises(ValueError):
            calculate_receptive_field([layer])


# ---- networks of the catalogue -------------------------------------------------------------------------------

FINAL_FIELDS = {"lenet5": (16, 4), "resnet18": (109, 8), "resnet34": (225, 8), "resnet50": (107, 8)}


@pytest.mark.parametrize("name", FINAL_FIELDS)
def test_final_fields_of_the_catalogue(name):
    row = find_last_local(trace_model(name))
    assert (row.size, row.jump) == FINAL_FIELDS[name]


def test_the_traced_lenet_equals_the_tutorials_list_and_its_table():
    rows = trace_model("lenet5")
    table = trace_layer_table([{**LENET[0], "padding": 2}, *LENET[1:]])
    assert rows[-1].kind == "global"
    assert [replace(row, name="") for row in rows[:-1]] == [replace(row, name="") for row in table]
    assert [row.size for row in rows if row.kind != "global"] == calculate_receptive_field(LENET)


def test_resnet18s_field_first_exceeds_the_image_in_layer3():
    row = find_first_as_wide(trace_model("resnet18"))
    assert (row.name, row.size) == ("layer3.0.conv1", 29)


def test_a_network_without_convolutions_sees_everything_at_once():
    rows = trace_model("mlp")
    assert rows[1].kind == "global"
    assert compute_field_box(rows[1], (0, 0), 28).clipped == (0, 0, 28, 28)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_model_of_the_catalogue_has_rows(name):
    rows = trace_model(name)
    sizes = [row.size for row in rows if row.kind != "global"]
    assert rows[0].size == 1 and rows[-1].kind == "global" and sizes == sorted(sizes)


def test_a_box_inside_resnet18_equals_autograds_footprint():
    torch.manual_seed(0)
    model = create_model("resnet18", width=2).double().eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 0.1)
    local = nn.Sequential(model.stem, model.layer1, model.layer2[0])
    row = next(row for row in trace_model("resnet18", 64) if row.name == "layer2.0.conv2")
    unit = (17, 12)
    bounds = find_bounds(measure_footprint(local, 64, unit))
    assert compute_field_box(row, unit, 64).box == bounds


def test_impossible_models_and_sizes_are_refused():
    for name, size in (("nonsense", 28), ("lenet5", 32), ("resnet18", 0), ("resnet18", math.nan), (None, 28)):
        with pytest.raises(InputError):
            trace_model(name, size)


def test_whole_numbers_that_are_told_otherwise_count_as_such():
    told, whole = [{"kernel": "3", "stride": 2.0}, {"kernel": 3, "dilation": "2"}], [(3, 2, 1), (3, 1, 2)]
    whole = [dict(zip(("kernel", "stride", "dilation"), row)) for row in whole]
    assert np.array_equal(compute_path_counts(told), compute_path_counts(whole))
    first, second = summarise_stack(told), summarise_stack(whole)
    assert (first.size, first.jump, first.num_params) == (second.size, second.jump, second.num_params)


@pytest.mark.parametrize("layers", [["conv"], [None], [{"kernal": 3}], [{"kernel": 0}]])
def test_a_stack_of_what_are_no_layers_is_refused(layers):
    for call in (compute_path_counts, summarise_stack):
        with pytest.raises(InputError):
            call(layers)


@pytest.mark.parametrize("kernel_size", [0, 1, 32, None, "x"])
def test_a_uniform_stack_needs_a_kernel_that_widens_the_field(kernel_size):
    with pytest.raises(InputError):
        trace_uniform_stack(kernel_size, 20, 28)
