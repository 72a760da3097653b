"""Figures hold the very numbers that the page shows, for what is set; programs get the same files as the page."""

from __future__ import annotations

import base64
import csv
import io
from contextlib import suppress
from dataclasses import asdict
from typing import NoReturn

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from gradio.context import LocalContext

from explorer import take_away
from explorer.convolution import session as convolution
from explorer.convolution.prints import gather_prints
from explorer.convolution.session import Settings
from explorer.errors import InputError
from explorer.models.catalogue import create_model
from explorer.page.layout import Wing
from explorer.prints import paper
from explorer.prints.keeping import on_offer, on_save
from explorer.receptive_field.session import TABLE, View, find_spot
from explorer.take_away import figure, find_wing, gather, read_values
from explorer.text import translate


def draw(sheet):
    """The figure, before it becomes a file."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=sheet.size)
    sheet.draw(drawn)
    return drawn


def find(prints, name: str):
    return next(each for each in prints if each.name == name)


def read(file: dict) -> list[list[str]]:
    return [*csv.reader(io.StringIO(base64.b64decode(file["bytes"]).decode("utf-8-sig")))]


def test_the_maps_of_a_convolution_are_those_that_pytorch_gives():
    prints = gather("convolution", "input=sample&sample=7&kernel=sobel_x&padding=1&stride=2", "en")
    shown = [axes.images[0].get_array() for axes in draw(find(prints, "maps")).axes if axes.images]
    settings = Settings(source="sample", sample=7)
    picture = convolution.read_picture(settings)
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    assert np.allclose(shown[1], kernel)
    expected = F.conv2d(picture[None, None], kernel[None, None], stride=2, padding=1)[0, 0]
    assert len(shown) == 3 and np.allclose(shown[2], expected, atol=1e-5)


def test_the_products_of_a_window_add_up_to_its_cell():
    (head, *rows) = read(figure("convolution", "window", "csv", "input=sample&kernel=sobel_y&dilation=2"))
    assert head[2:] == ["Window", "Kernel", "Products"]
    numbers = np.array([[float(cell) for cell in row] for row in rows])
    assert numbers[:, 4] == pytest.approx(numbers[:, 2] * numbers[:, 3], abs=1e-6)
    prints = gather("convolution", "input=sample&kernel=sobel_y&dilation=2", "en")
    strongest = max(find(prints, "maps").rows(), key=lambda row: abs(row[3]) if row[0] == "Result" else -1)
    assert numbers[:, 4].sum() == pytest.approx(strongest[3], abs=1e-5)


def test_a_window_is_cut_with_every_setting_and_the_transposed_convolution_is_shown():
    setting = (
        "input=sample&sample=7&kernel=sobel_x&flip=true&mode=reflect&sides=padding,2,0,1,3;stride,2,1&transposed=true"
    )
    prints = gather("convolution", setting, "en")
    shown = [axes.images[0].get_array() for axes in draw(find(prints, "maps")).axes if axes.images]
    picture = convolution.read_picture(Settings(source="sample", sample=7))
    padded = F.pad(picture[None, None], (1, 3, 2, 0), mode="reflect")
    kernel = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    expected = F.conv2d(padded, kernel[None, None], stride=(2, 1))[0, 0]
    assert np.allclose(shown[0], padded[0, 0]) and np.allclose(shown[2], expected, atol=1e-5)
    assert shown[3].shape == picture.shape
    (_, *rows) = read(figure("convolution", "window", "csv", setting))
    assert sum(float(row[4]) for row in rows) == pytest.approx(
        float(expected.flatten()[expected.abs().argmax()]), abs=1e-4
    )


def test_a_program_that_calls_the_server_gets_the_same_file():
    """There a tab is built within an event, where Gradio makes no components unless it is told to."""
    alone = figure("convolution", "maps", "csv", "kernel=sobel_x")
    take_away._build.cache_clear()
    within = LocalContext.in_event_listener.set(True)
    try:
        assert figure("convolution", "maps", "csv", "kernel=sobel_x") == alone
        assert LocalContext.in_event_listener.get()
    finally:
        LocalContext.in_event_listener.reset(within)


def test_nothing_is_computed_again(monkeypatch):
    values = {**asdict(Settings()), "cells": Settings().cells, "padding": 5}
    convolution.run(convolution.read_state(Settings(**values)))
    monkeypatch.setattr(convolution, "run_experiment", None)
    assert gather_prints(kernel="own", language="en", **values)


def test_the_growth_of_a_field_is_that_of_the_rows():
    prints = gather("receptive_field", "model=resnet18&layer=5&compared=resnet34", "en")
    drawn = draw(find(prints, "growth"))
    lines = {line.get_label(): line.get_ydata() for line in drawn.axes[0].lines}
    rows = find_spot(View(model="resnet18", layer=5)).rows
    sizes = [row.size for row in rows]
    assert [*lines["ResNet-18"]][: len(sizes) - 1] == sizes[:-1] and "ResNet-34" in lines
    (legend,) = drawn.legends
    named = {words.get_text() for words in legend.get_texts()}
    assert named == {"ResNet-18", "ResNet-34", *(translate("en", f"receptive_field.kind_{row.kind}") for row in rows)}


def test_the_field_has_its_holes():
    layers = ";".join(["conv,3,1,2,2"] * 3)
    (_, *rows) = read(figure("receptive_field", "field", "csv", f"model={TABLE}&layers={layers}&layer=3"))
    seen = np.array([int(row[2]) for row in rows]).reshape(28, 28)
    assert seen.sum() == 7 * 7  # three layers with gaps see every second of 13 pixels


def test_the_table_of_shapes_adds_up_to_the_network():
    (head, *rows) = read(figure("shapes", "table", "csv", "model=resnet18"))
    count = sum(int(row[head.index("num_params")]) for row in rows)
    assert count == sum(each.numel() for each in create_model("resnet18").parameters())
    words = [each.get_text() for each in draw(find(gather("shapes", "model=resnet18", "en"), "table")).axes[0].texts]
    assert f"{count:,}" in words


def test_the_slabs_are_those_of_the_page():
    words = [each.get_text() for each in draw(find(gather("shapes", "model=lenet5", "en"), "slabs")).axes[0].texts]
    assert {"6×28×28", "16×10×10", "78%"} <= set(words)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_of_every_tab_can_be_drawn(language):
    for tab in ("convolution", "receptive_field", "shapes"):
        for sheet in gather(tab, "", language):
            assert draw(sheet).axes and len([*sheet.rows()]) > 1, sheet.name


def test_charts_lie_where_matplotlib_itself_would_put_them(monkeypatch):
    """What stands around a chart is measured once; its own layout measures it again after it has placed the axes."""
    settle, moved = paper._settle, {}

    class LookedAt(Exception):
        """The figure need not be saved."""

    def look(figure) -> NoReturn:
        engine = figure.get_layout_engine()
        settle(figure)
        if any(axes.get_aspect() != "auto" or axes.get_box_aspect() for axes in figure.axes):
            raise LookedAt  # maps, which matplotlib moves each time that it is asked
        placed = [axes.get_window_extent().extents for axes in figure.axes]
        engine.execute(figure)
        shifts = [np.abs(axes.get_window_extent().extents - each).max() for axes, each in zip(figure.axes, placed)]
        moved[figure.subfigs[0]._suptitle.get_text()] = 72 / figure.dpi * max(shifts)
        raise LookedAt

    monkeypatch.setattr(paper, "_settle", look)
    for tab in ("receptive_field", "classifier"):
        for sheet in gather(tab, "", "en"):
            with suppress(LookedAt):
                paper.render(sheet, "svg", "en")
    assert len(moved) > 3 and max(moved.values()) < 2.5, moved  # points, which nobody sees


@pytest.mark.parametrize(
    ("tab", "settings", "words"),
    [
        ("nothing", "", "Tab must be one of"),
        ("claims", "", "Tab must be one of"),
        ("shapes", "modle=lenet5", "“modle” is not a known name"),
        ("shapes", "model=nothing", "setting model cannot be 'nothing'"),
        ("convolution", "stride=99", "setting stride cannot be '99'"),
        ("convolution", "input=upload", "picture"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(tab, settings, words):
    with pytest.raises(InputError, match=words):
        figure(tab, settings=settings)


def test_figures_and_kinds_that_there_are_not():
    with pytest.raises(InputError, match="maps, window"):
        figure("convolution", "nothing")
    with pytest.raises(InputError, match="maps, window, pooling, parameters, ways"):
        figure("convolution", "learn")  # which only a page computes
    with pytest.raises(InputError, match="png, svg, pdf, csv"):
        figure("convolution", kind="gif")


@pytest.fixture(scope="module")
def wing() -> Wing:
    return find_wing("convolution", "en")


def set_apart(values: dict) -> dict:
    return {f"of_tab_{name}": value for name, value in values.items()}


def test_only_figures_that_there_are_can_be_chosen(wing):
    values = set_apart(read_values(wing, ""))
    offered = on_offer(wing.keeps.gather, None, language="en", **values)["offered"]
    assert [name for _, name in offered["choices"]] == ["maps", "window", "pooling", "parameters", "ways"]
    assert offered["value"] == "maps"
    learned = on_offer(wing.keeps.gather, "pooling", language="en", **{**values, "of_tab_kernel": "lenet5"})["offered"]
    assert "filters" in [name for _, name in learned["choices"]] and learned["value"] == "pooling"
    nothing = on_offer(wing.keeps.gather, "maps", language="zh", **{**values, "of_tab_source": "upload"})
    assert nothing["offered"]["choices"] == [] and "图" in nothing["look_for"]["value"]


def test_the_page_gets_the_same_file_as_a_program(wing):
    values = set_apart(read_values(wing, "kernel=box"))
    saved = on_save("convolution", wing.keeps.gather, None, "parameters", "csv", language="en", **values)["saved"]
    program = figure("convolution", "parameters", "csv", "kernel=box")
    assert {name: program[name] for name in saved} == saved and saved["name"] == "convolution-parameters.csv"


@pytest.mark.parametrize(
    ("figure_name", "kind"), [("filters", "png"), (None, "png"), (["maps"], "png"), ("maps", "exe"), ("maps", None)]
)
def test_what_is_not_there_is_not_saved(wing, figure_name, kind):
    values = set_apart(read_values(wing, ""))
    with pytest.raises(InputError):
        on_save("convolution", wing.keeps.gather, "http://x/", figure_name, kind, language="en", **values)
