"""Presets, learned filters, and what people type into a matrix."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch import nn

from explorer.convolution import kernels
from explorer.convolution.kernels import (
    PRESETS,
    compute_gaussian,
    first_filters,
    parse_image,
    parse_kernel,
    preset_cells,
)
from explorer.errors import InputError


def test_presets_are_what_their_names_say():
    kernels = {name: parse_kernel(preset_cells(name)) for name in PRESETS}
    for name in ("horizontal", "vertical", "sobel_x", "sobel_y", "scharr", "laplacian"):
        assert kernels[name].sum() == 0, name
    for name in ("box", "gaussian", "sharpen", "identity", "emboss"):
        assert kernels[name].sum() == pytest.approx(1, abs=5e-4), name
    assert torch.equal(kernels["sobel_x"], kernels["sobel_y"].T)
    assert torch.equal(kernels["horizontal"], kernels["vertical"].T)
    assert kernels["horizontal"].tolist() == [[-1] * 3, [0] * 3, [1] * 3]


def test_gaussian_follows_its_formula():
    kernel = compute_gaussian(5, sigma=1.5)
    assert kernel.sum() == pytest.approx(1)
    assert kernel[0, 1] / kernel[2, 2] == pytest.approx(math.exp(-(2**2 + 1**2) / (2 * 1.5**2)))


def test_what_is_typed_is_read():
    cells = [["-1", " 2.5 ", "1/9"], ["\N{MINUS SIGN}3", "1e2", 0]]
    assert parse_kernel(cells).tolist() == [[-1, 2.5, pytest.approx(1 / 9)], [-3, 100, 0]]


@pytest.mark.parametrize(
    "bad", ["abc", "", " ", None, True, "nan", float("nan"), "inf", "1e30", -1e30, "1/0", "1/", "/2", "1,5", [1]]
)
def test_a_bad_cell_is_named_by_row_and_column(bad):
    cells = [["1", "2", "3"], ["4", "5", bad]]
    with pytest.raises(InputError) as caught:
        parse_kernel(cells)
    assert "row 2, column 3" in caught.value.sentence("en")
    assert "第 2 行第 3 列" in caught.value.sentence("zh")


@pytest.mark.parametrize("bad", [None, 3, "abc", [], [[]], [1, 2], [[1], [1, 2]], [[0] * 8], [[0]] * 8, {"a": 1}])
def test_what_is_no_matrix_is_refused_in_both_languages(bad):
    with pytest.raises(InputError) as caught:
        parse_kernel(bad)
    assert caught.value.sentence("en").startswith("Kernel") and caught.value.sentence("zh").startswith("卷积核")


def test_a_long_text_that_is_no_number_is_refused_at_once():
    """Where two parts of the pattern share digits, a million of them take days to part in every way."""
    with pytest.raises(InputError, match="row 1, column 1"):
        parse_kernel([["1" * 1_000_000 + "x"]])


@pytest.mark.skipif(shutil.which("node") is None and os.environ.get("CI") != "true", reason="no Node")
def test_the_page_takes_the_same_for_a_number():
    written = ["1", "-1.5", "+.5", "5.", ".", "", "1e3", "1E-2", "1/9", " 2 / 4 ", "1/0", "\u22122", "1_0", "1,5", "0x1", "--1",
               "1/2/3", "1e400", "1001", "-1000", "inf", "nan", "1 2", "\uff11"]  # fmt: skip
    script = (Path(kernels.__file__).parent / "editor.js").as_uri()
    grammar = json.dumps({"decimal": kernels.DECIMAL, "limit": kernels.MAX_KERNEL_VALUE})
    program = f"""import {{ numberOf }} from {json.dumps(script)};
    console.log(JSON.stringify({json.dumps(written)}.map((each) => numberOf(each, {grammar}))));"""
    told = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, check=True, text=True)
    for each, number in zip(written, json.loads(told.stdout), strict=True):
        try:
            assert number == pytest.approx(float(parse_kernel([[each]])), rel=1e-6), each
        except InputError:
            assert number is None, each  # NaN


def test_the_grammar_survives_gradios_templates():
    assert not set(kernels.DECIMAL) & set("\\`$")


def test_images_may_be_larger_than_kernels_but_not_without_end():
    assert parse_image([[0.5] * 128] * 20).shape == (20, 128)
    with pytest.raises(InputError, match="128"):
        parse_image([[0.5] * 129])


def test_first_filters_of_a_network():
    model = nn.Sequential(nn.Flatten(0, 0), nn.Conv2d(1, 6, 5), nn.Conv2d(6, 3, 3))
    filters = first_filters(model)
    assert torch.equal(filters, model[1].weight[:, 0]) and not filters.requires_grad
    with pytest.raises(ValueError, match="no convolution"):
        first_filters(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="got 3"):
        first_filters(nn.Conv2d(3, 6, 5))
