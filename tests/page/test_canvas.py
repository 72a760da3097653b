"""What reaches the page is what was computed: the payload is decoded here as the page decodes it."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from explorer.page.canvas import Map, draw_maps, format_number, make_sheet
from explorer.page.style import ROLES


def decode(encoded: dict) -> np.ndarray:
    codes = np.frombuffer(base64.b64decode(encoded["codes"]), dtype="<u2").astype(float)
    values = encoded["low"] + (encoded["high"] - encoded["low"]) * codes / 65534
    values[codes == 65535] = np.nan
    return values.reshape(encoded["rows"], encoded["columns"])


@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(-1e6, 1e6)))
def test_values_come_back_within_half_a_step(values):
    encoded = json.loads(json.dumps(draw_maps([Map(values)])))["maps"][0]
    step = (values.max() - values.min()) / 65534
    assert np.abs(decode(encoded) - values).max() <= 0.5001 * step + 1e-9 * np.abs(values).max()
    assert encoded["limit"] == pytest.approx(np.abs(values).max() or 1.0)


def test_what_is_not_finite_is_marked_and_leaves_the_rest_as_it_is():
    values = torch.tensor([[1.0, float("nan")], [float("inf"), -3.0]])
    encoded = draw_maps([Map(values)])["maps"][0]
    assert np.allclose(decode(encoded), [[1, np.nan], [np.nan, -3]], equal_nan=True)
    assert encoded["numbers"] == [["1", "—"], ["—", "−3"]]


def test_a_map_keeps_its_gradient_and_its_type_to_itself():
    weights = torch.ones(3, 3, requires_grad=True)
    assert decode(draw_maps([Map(weights)])["maps"][0]).tolist() == [[1.0] * 3] * 3
    assert decode(draw_maps([Map([[0, 255]], scale="grey")])["maps"][0]).tolist() == [[0.0, 255.0]]


def test_numbers_stand_in_small_maps_only_unless_told():
    small, large = draw_maps([Map(np.zeros((12, 12))), Map(np.zeros((13, 2)))])["maps"]
    assert small["numbers"] and large["numbers"] is None
    assert draw_maps([Map(np.zeros((13, 2)), numbers=True)])["maps"][0]["numbers"][12] == ["0", "0"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.0, "0"), (-1.0, "−1"), (1 / 3, "0.333"), (1234.5, "1.23e+03"), (2e-7, "2e−07")]
)
def test_numbers_are_short(value, text):
    assert format_number(value) == text


def test_boxes_lines_and_overlays_travel_with_their_map():
    payload = draw_maps(
        [
            Map(
                np.zeros((4, 4)),
                scale="grey",
                boxes=[(0, 1, 2, 3, "kernel")],
                lines=[(0, 0, 4, 4, "input")],
                overlay=-np.eye(2),
            )
        ]
    )
    encoded = payload["maps"][0]
    assert encoded["boxes"] == [[0, 1, 2, 3, ROLES["kernel"]]]
    assert encoded["lines"] == [[0, 0, 4, 4, ROLES["input"]]]
    assert np.allclose(decode(encoded["overlay"]), -np.eye(2))
    assert encoded["limit"] == 1.0
    assert set(payload["scales"]) == {"grey", "signed"}


@pytest.mark.parametrize("values", [torch.zeros(3), torch.zeros(2, 3, 3), torch.zeros(0, 3)])
def test_only_maps_are_drawn(values):
    with pytest.raises(ValueError, match="rows and columns"):
        draw_maps([Map(values)])


def test_a_sheet_holds_all_kernels_in_order():
    kernels = torch.arange(6 * 4.0).reshape(6, 2, 2)
    sheet = make_sheet(kernels, 3)
    assert sheet.shape == (5, 8)
    assert torch.equal(sheet[:2, :2], kernels[0]) and torch.equal(sheet[3:, 6:], kernels[5])
    assert int(sheet.isnan().sum()) == 5 * 8 - 6 * 4
