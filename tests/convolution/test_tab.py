"""The handlers, called as the page calls them: good settings, bad settings, pictures that people bring."""

from __future__ import annotations

import base64
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from explorer.convolution import session
from explorer.convolution.api import convolve
from explorer.convolution.kernels import PRESETS, preset_cells, write_cells
from explorer.convolution.session import (
    CHOICES,
    DEFAULT_SAMPLE,
    LEARNED,
    OWN,
    Settings,
    choose_kernel,
    read_picture,
    read_sides,
)
from explorer.convolution.tab import FOLLOWED, draw_pictures, on_open, on_setup
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.models.checkpoints import CheckpointError
from explorer.page.drawings import SHOWN, find_marks, make_all, make_new
from explorer.text import LANGUAGES, text_in


def draw(language: str = "en", **changes) -> dict:
    """The pictures of these settings, made."""
    return make_all(draw_pictures(replace(Settings(), **changes), OWN, text_in(language)))


def result_of(confirmed: dict) -> torch.Tensor:
    """The numbers of F.conv2d that the server sends."""
    values = np.frombuffer(base64.b64decode(confirmed["result"]), dtype="<f4")
    return torch.from_numpy(values.copy()).reshape(confirmed["shape"])


def setup(kernel: str, handler=on_setup, language: str = "en", **changes) -> dict:
    """What a handler changes, with all drawings made."""
    return make_all(handler(kernel, language=language, **vars(replace(Settings(), **changes))))


@pytest.fixture
def small_networks(monkeypatch):
    """Networks with known first filters; one of them has lost its weights."""
    networks = {name: nn.Conv2d(1, count, size) for name, count, size in [("lenet5", 6, 5), ("resnet18", 64, 3)]}

    def load(name):
        if name not in networks:
            raise CheckpointError("alexnet_small.safetensors: missing")
        return networks[name]

    monkeypatch.setattr(session, "load_trained", load)
    return networks


def test_first_picture_tells_the_tutorials_story():
    shown = draw()
    sentence, confirmed = shown["look_for"], shown["stage"]
    assert result_of(confirmed).tolist() == [[0] * 4, [-3] * 4, [-3] * 4, [0] * 4]
    assert "−3" in sentence and "8 of 16" in sentence
    assert confirmed["difference"] == 0 and "picture" not in confirmed and confirmed["back"] is None
    assert "F.conv2d needed" in confirmed["times"]


def test_pooling_and_parameters_in_the_tutorials_case():
    shown = draw()
    assert "6 of 6" in shown["pool_look"] and [each["rows"] for each in shown["pool_maps"]["maps"]] == [6, 3, 3, 1]
    assert all(number in shown["counts"] for number in (">448<", ">29,503,488<", ">12,544<", ">29,516,032<"))
    assert "65,884 times" in shown["count_look"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_draws_clothes_and_says_something(preset, language):
    padded = draw(language, source="sample", cells=preset_cells(preset), padding=1)
    sentence = padded["look_for"]
    assert padded["stage"]["shape"][0] in (26, 28)
    plain = draw(language, source="sample", cells=preset_cells(preset))["look_for"]
    assert "{" not in sentence + plain and plain != sentence
    kernel = torch.tensor(
        [[float(Fraction(cell)) for cell in row] for row in preset_cells(preset)], dtype=torch.float64
    )
    picture = load_sample().images[DEFAULT_SAMPLE].double()[None, None] / 255
    result = torch.nn.functional.conv2d(picture, kernel[None, None])
    strongest = f"{result.flatten()[result.abs().argmax()]:.3g}".replace("-", "−")
    assert strongest in plain
    known = {"box": "details blur", "gaussian": "details blur", "identity": "a copy of the pixel"}
    told = known.get(preset, "add up to 0" if kernel.sum().abs() < 1e-9 else "the sum of")
    assert language != "en" or told in plain


def test_what_is_set_changes_the_sentence():
    settings = [{}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"flip": True}, {"cells": preset_cells("box")}]
    sentences = [draw(**each)["look_for"] for each in settings]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(("corner", "is_grey"), [("1", True), ("-1", False)])
def test_colours_are_named_only_where_they_are_drawn(corner, is_grey):
    cells = [["1", "1", "1"], ["1", "1", "1"], ["1", "1", corner]]
    sentence = draw(cells=cells)["look_for"]
    assert is_grey == ("Orange" not in sentence)
    assert ("9, the sum" if is_grey else "7, the sum") in sentence


@pytest.mark.parametrize(
    "change",
    [
        {"stride": 0}, {"stride": 1.5}, {"stride": None}, {"stride": True}, {"stride": float("nan")}, {"stride": 99},
        {"padding": -1}, {"dilation": "x"}, {"dilation": 4}, {"source": "none"}, {"source": "sample", "sample": 200},
        {"source": "sample", "sample": None}, {"cells": [["1", "abc"]]}, {"cells": None}, {"cells": [["1e30"]]},
        {"cells": [["0"] * 7] * 7}, {"cells": [["1_0"]]}, {"cells": [["0x10"]]}, {"cells": [["\uff11"]]}, {"cells": [["1/2/3"]]},
        {"source": "upload"}, {"source": "drawing"}, {"source": "drawing", "drawing": "AAAA"},
        {"source": "drawing", "drawing": [1]}, {"source": "drawing", "drawing": "é"},
        {"source": "upload", "upload": "/nowhere.png"},
        {"mode": "same"}, {"mode": None}, {"transposed": "true"}, {"sides": "stride"}, {"sides": [["stride", 1]]}, {"sides": [[]]},
        {"sides": [["strides", 1, 1]]}, {"sides": [["stride", 0, 1]]}, {"sides": [["padding", 0, 0, 0, 13]]}, {"sides": [None]},
        {"sides": [["dilation", 1, "x"]]}, {"sides": [[["stride"], 1, 1]]}, {"mode": "reflect", "padding": 6},
        {"mode": "circular", "sides": [["padding", 0, 7, 0, 0]]}, {"sides": [["dilation", 4, 1]]},
    ],
)  # fmt: skip
def test_bad_values_become_a_sentence_and_the_next_click_works(change):
    with pytest.raises(InputError) as caught:
        draw("zh", **change)
    assert not caught.value.sentence("zh").isascii()
    assert draw("zh")["look_for"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("change", [{"pool_size": 0}, {"in_channels": 0}, {"out_channels": 2.5}, {"side": 10**9}])
def test_what_is_wrong_below_is_said_there_and_the_convolution_stays(change, language):
    right, wrong = (draw(language, **each) for each in ({}, change))
    line, picture = ("pool_look", "pool_maps") if "pool_size" in change else ("count_look", "counts")
    assert 'class="look-for problem stale"' in wrong[line] and picture not in wrong
    measured = {"stage": {**right["stage"], "times": ""}}
    assert {**wrong, line: "", picture: "", "stage": {**wrong["stage"], "times": ""}} == {
        **right,
        line: "",
        picture: "",
        **measured,
    }


def test_a_pooling_window_larger_than_the_picture_is_named_as_such(tmp_path):
    path = tmp_path / "tiny.png"
    Image.fromarray(np.array([[0, 200, 0], [90, 0, 0], [0, 0, 7]], dtype=np.uint8)).save(path)
    shown = draw(source="upload", upload=str(path), pool_size=4)
    assert "window of 4 × 4 is larger than the picture of 3 × 3" in shown["pool_look"]
    assert shown["stage"]["shape"] == [1, 1]


@pytest.mark.parametrize(
    ("cells", "said", "unsaid"),
    [
        ([["0.00002", "0.00002"]], "4e−05, the sum of", "add up to 0"),
        ([["1.00004"]], "the sum of", "a copy of"),
        ([["0.9995"]], "the sum of", "blur"),
        ([["1"]], "a copy of", "the sum of"),
        ([["1/9"] * 3] * 3, "details blur", "the sum of"),
    ],
)
def test_what_is_nearly_so_is_not_said_to_be_so(cells, said, unsaid):
    sentence = draw(cells=cells, source="sample")["look_for"]
    assert said in sentence and unsaid not in sentence


def test_a_result_that_varies_a_little_is_not_called_constant(tmp_path):
    path = tmp_path / "even.png"
    values = np.full((20, 20), 128, dtype=np.uint8)
    values[10, 10] = 129
    Image.fromarray(values).save(path)
    sevenths = [[str(round(1 / 49, 6))] * 7] * 7
    said = draw(source="upload", upload=str(path), cells=sevenths)["look_for"]
    assert said != draw(source="upload", upload=str(path), cells=[["0"]])["look_for"]
    assert "finds no difference" not in said


def test_setup_fills_the_matrix():
    shown = setup("sobel_x", source="sample")
    assert shown["cells"] == preset_cells("sobel_x")
    assert shown["filters"] is None and not shown["filters_place"]["visible"]
    assert shown["stage"]["shape"] == [26, 26]
    with pytest.raises(InputError):
        setup("no such kernel")


def test_the_controls_follow_a_choice_that_cannot_be_computed(tmp_path):
    """Else the page would go on with the kernel before, under the name of the new one."""
    shown = setup("gaussian", dilation=2)  # 5 x 5 spread over 9 x 9, on 6 x 6
    assert "does not fit" in shown["look_for"]["value"] and shown["cells"] == preset_cells("gaussian")
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(b"no picture")
    shown = setup("box", language="zh", source="upload", upload=str(damaged))
    assert 'role="alert"' in shown["look_for"]["value"] and shown["stage"] == {"problem": True}


def test_setup_without_a_picture_yet_asks_for_one():
    for source in ("upload", "drawing"):
        shown = setup("box", source=source)
        line = shown["look_for"]
        assert "yet" in line["value"] and "look-for stale" in line["value"] and shown["pool_look"] == line


def test_typed_numbers_are_the_readers_own_and_not_sent_back():
    shown = setup(OWN, cells=[["2"]])
    assert "cells" not in shown and result_of(shown["stage"]).tolist() == [[2.0] * 6] * 3 + [[0.0] * 6] * 3
    assert choose_kernel(OWN, [["2"]])[0] == [["2"]]
    assert set(CHOICES) == {*PRESETS, *LEARNED, OWN}


def test_a_link_with_numbers_alone_means_those_numbers():
    shown = setup("horizontal", on_open, cells=[["2", "1"]])
    assert shown["kernel"] == shown["stage"]["of"]["kernel"] == OWN and shown["stage"]["of"]["cells"] == [["2", "1"]]
    shown = setup("sobel_x", on_open, cells=preset_cells("horizontal"))
    assert shown["kernel"] == "sobel_x" and shown["cells"] == preset_cells("sobel_x")
    assert setup("horizontal", on_open)["kernel"] == "horizontal"


def test_learned_filters_can_be_taken(small_networks):
    filters = small_networks["resnet18"].weight.detach()[:, 0]
    shown = setup("resnet18")
    assert shown["cells"] == write_cells(filters[0])
    cells = [write_cells(each) for each in filters]
    assert shown["filters"]["filters"] == {"cells": cells, "perRow": 11, "pitch": 4}
    # The filter that the page took stays, with any picture; one of another network does not.
    kept = setup("resnet18", cells=write_cells(filters[27]), source="sample")
    assert "cells" not in kept
    assert kept["filters"]["maps"][0]["boxes"][0][:4] == [4 * 2, 4 * 5, 4 * 2 + 3, 4 * 5 + 3]
    other = setup("lenet5", cells=write_cells(filters[27]))
    assert other["cells"] == write_cells(small_networks["lenet5"].weight.detach()[0, 0])


def test_filters_that_went_with_a_refusal_come_again(small_networks):
    """The page that lost its picture of filters must not go on with their mark."""
    page: dict = {}

    def send(kernel: str, **changes) -> dict:
        changed = on_setup(kernel, language="en", **vars(replace(Settings(), **changes)))
        sent = make_new(changed, page.get(SHOWN), [*changed, SHOWN])
        page.update(sent)
        return sent

    assert send("lenet5")["filters"]
    for source in ("upload", "drawing"):
        assert send("horizontal", source=source)["filters"] is None
        assert send("lenet5", source=source)["filters"]
    assert "filters" not in send("lenet5")


def test_missing_weights_are_said(small_networks):
    with pytest.raises(InputError, match="AlexNet-Small"):
        setup("alexnet_small")
    assert setup("lenet5")["cells"]


def test_pictures_that_stay_are_marked_as_such():
    """What does not concern a picture leaves its mark as it is, so that it is neither made nor sent again."""

    def marks(**changes) -> dict:
        return find_marks(draw_pictures(replace(Settings(), **changes), OWN, text_in("en")))

    first = marks()
    assert first.keys() == {"pool_maps", "counts"}

    def changed(**changes) -> set:
        return {name for name, mark in marks(**changes).items() if mark != first[name]}

    assert changed() == set()
    assert changed(pool_size=3) == {"pool_maps"}
    assert changed(side=30) == changed(in_channels=5) == changed(out_channels=5) == {"counts"}
    assert changed(stride=2) == changed(padding=2) == changed(dilation=2) == changed(flip=True) == set()
    assert changed(cells=preset_cells("sobel_x")) == set()
    assert changed(cells=[["1"]]) == {"counts"}
    assert changed(source="sample") == {"pool_maps"}


def test_pictures_that_people_bring(tmp_path):
    path = tmp_path / "wide.png"
    Image.fromarray(np.tile(np.linspace(0, 255, 800).astype(np.uint8), (200, 1))).save(path)
    picture = read_picture(Settings(source="upload", upload=str(path)))
    assert picture.shape == (14, 56) and picture[0, 0] < 0.02 and picture[0, -1] > 0.98
    (tmp_path / "bad.svg").write_text("<svg></svg>")
    with pytest.raises(InputError, match="SVG"):
        read_picture(Settings(source="upload", upload=str(tmp_path / "bad.svg")))

    drawing = base64.b64encode(b"\xff" * 28 * 56 + bytes(28 * 56)).decode()
    half = read_picture(Settings(source="drawing", drawing=drawing))
    assert half.shape == (28, 28) and half[:14].min() == 1 and half[14:].max() == 0

    boot = read_picture(Settings(source="sample"))
    assert torch.equal((boot * 255).byte(), load_sample().images[DEFAULT_SAMPLE])


def test_all_black_picture_gives_all_zeros():
    black = base64.b64encode(bytes(56 * 56)).decode()
    shown = draw(source="drawing", drawing=black)
    assert not result_of(shown["stage"]).any() and "nothing" in shown["pool_look"] and "0 of 0" in shown["pool_look"]


def test_the_server_tells_what_its_answer_is_about(tmp_path):
    """The page compares it with its own state, and takes no answer about another one."""
    of = draw(source="sample", sample=3, stride=2, sides=[["stride", 2, 1]])["stage"]["of"]
    assert list(of) == list(FOLLOWED) and (of["sample"], of["upload"], of["drawing"]) == (3, None, None)
    assert of["kernel"] == OWN and of["sides"] == [["stride", 2, 1]]
    # A network's filter is chosen here: the answer is about the cells that come with it.
    told = setup("sobel_x")
    assert told["stage"]["of"]["cells"] == told["cells"] and told["stage"]["of"]["kernel"] == "sobel_x"
    path = tmp_path / "own.png"
    Image.fromarray(np.arange(60, dtype=np.uint8).reshape(6, 10)).save(path)
    picture = draw(source="upload", upload=str(path))["stage"]["picture"]
    assert base64.b64decode(picture["pixels"]) == bytes(range(60)) and (picture["shape"], picture["path"]) == (
        [6, 10],
        str(path),
    )


def test_all_that_can_be_set_is_what_pytorch_computes():
    sides = [["stride", 2, 1], ["padding", 1, 0, 3, 2], ["dilation", 1, 2]]
    cells = [["1", "2"], ["-1", "1/4"]]
    shown = draw(source="sample", cells=cells, sides=sides, mode="reflect", transposed=True, flip=True)
    kernel = torch.tensor([[1.0, 2], [-1, 0.25]]).flip(0, 1)[None, None]
    picture = (load_sample().images[DEFAULT_SAMPLE].float() / 255)[None, None].requires_grad_()
    padded = torch.nn.functional.pad(picture, (3, 2, 1, 0), mode="reflect")
    result = torch.nn.functional.conv2d(padded, kernel, None, (2, 1), 0, (1, 2))
    torch.testing.assert_close(result_of(shown["stage"]), result[0, 0].detach())
    back = torch.autograd.grad(result, picture, result)[0]
    found = np.frombuffer(base64.b64decode(shown["stage"]["back"]), dtype="<f4").reshape(28, 28)
    torch.testing.assert_close(torch.from_numpy(found.copy()), back[0, 0])
    assert "2 px down and 1 px to the right" in shown["look_for"] and shown["stage"]["difference"] < 1e-5


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("", []),
        ("stride,2,1;padding,0,1,0,12", [["stride", 2, 1], ["padding", 0, 1, 0, 12]]),
        ("stride,5,1", None),
        ("x", None),
        (";", None),
    ],
)
def test_sides_in_a_link(words, rows):
    assert read_sides(words) == rows


def test_a_drawing_is_scaled_as_pillow_does():
    ink = np.random.default_rng(0).integers(0, 256, (56, 56), dtype=np.uint8)
    picture = read_picture(Settings(source="drawing", drawing=base64.b64encode(ink.tobytes()).decode()))
    expected = np.array(Image.fromarray(ink).resize((28, 28), Image.Resampling.BOX))
    assert (picture * 255).round().byte().tolist() == expected.tolist()


def test_api():
    image = [[1.0] * 6] * 3 + [[0.0] * 6] * 3
    answer = convolve(image, [[-1, -1, -1], [0, 0, 0], [1, 1, 1]])
    assert answer["output"] == [[0] * 4, [-3] * 4, [-3] * 4, [0] * 4] and (answer["height"], answer["width"]) == (4, 4)
    assert convolve(image, [["-1"], ["1"]], flip=True)["output"][2] == [1.0] * 6
    assert convolve(image, [[1]], stride=[3, 1], padding=[1, 0, 0, 0], mode="circular")["output"] == [
        [0.0] * 6,
        [1.0] * 6,
        [0.0] * 6,
    ]
    for bad in (
        {"kernel": [["a"]]}, {"stride": 0}, {"stride": 1e30}, {"stride": 10**400}, {"flip": "false"}, {"flip": 1},
        {"padding": 7}, {"dilation": 10}, {"stride": [1]}, {"stride": [1, 0]}, {"padding": [1, 1]}, {"padding": [0, 0, 0, 13]},
        {"mode": "same"}, {"mode": "reflect", "padding": 6}, {"image": [[None]]}, {"image": "abc"}, {"image": [[1.0] * 200]}, {"kernel": [[1] * 7] * 7},
    ):  # fmt: skip
        with pytest.raises(InputError):
            convolve(**{"image": image, "kernel": [[1, 0], [0, 1]], **bad})
