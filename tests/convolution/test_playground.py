"""What the page computes without the server, run by Node: numbers against PyTorch, problems against the server's own words."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from explorer.convolution import tab
from explorer.convolution.kernels import parse_kernel
from explorer.convolution.session import MAX_PADDING_APART, OWN, TUTORIAL, Settings, read_picture, read_state, run
from explorer.convolution.tab import FOLLOWED
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.page.samples import encode_sprite
from explorer.text import LANGUAGES, text_in

RUN = Path(__file__).with_name("run_playground.mjs")
ROOT = Path(__file__).parents[2]
MODES = ("zeros", "reflect", "replicate", "circular")
NUMBERS = ("1", "-2", "0.5", "1/9", "−1", ".25", "1e-2", "007", "0", "-3 / 4", "+2.", "12.345")


def tell_node(language: str = "en") -> dict:
    """What the page gets from Python, read from the component as the page reads it."""
    with tab.gr.Blocks():
        template = tab._build_stage({"of": {}}, text_in(language)).html_template
    attribute = template.split('data-known="')[1].split('"')[0]
    return json.loads(tab.html.unescape(attribute))


def run_in_node(cases: list[dict], language: str = "en") -> list:
    """What the page's scripts make of these cases."""
    sent = json.dumps({"known": tell_node(language), "cases": cases})
    answer = subprocess.run(["node", RUN], input=sent, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(answer.stdout)


def state_of(settings: Settings) -> dict:
    return {name: OWN if name == "kernel" else getattr(settings, name) for name in FOLLOWED}


def encode(picture: torch.Tensor) -> dict:
    pixels = (picture * 255).round().byte().numpy().tobytes()
    return {"shape": list(picture.shape), "pixels": base64.b64encode(pixels).decode()}


def draw_settings(chance: random.Random) -> Settings:
    """Anything that a reader could set; not all of it fits."""
    sizes = [chance.randint(1, 5) for _ in range(2)]
    cells = [[chance.choice(NUMBERS) for _ in range(sizes[1])] for _ in range(sizes[0])]
    rows = {
        "stride": [chance.randint(1, 4) for _ in range(2)],
        "padding": [chance.randint(0, MAX_PADDING_APART if chance.random() < 0.3 else 4) for _ in range(4)],
        "dilation": [chance.randint(1, 3) for _ in range(2)],
    }
    sides = [[name, *numbers] for name, numbers in rows.items() if chance.random() < 0.5]
    return Settings(
        source=chance.choice(("tutorial", "sample")),
        sample=chance.randrange(200),
        cells=cells,
        stride=chance.randint(1, 4),
        padding=chance.randint(0, 6),
        dilation=chance.randint(1, 3),
        flip=chance.random() < 0.5,
        mode=chance.choice(MODES),
        sides=sides,
        transposed=chance.random() < 0.5,
    )


def by_pytorch(settings: Settings) -> dict[str, torch.Tensor]:
    """The numbers of settings that fit, written out from the fields themselves."""
    apart = {name: numbers for name, *numbers in settings.sides}
    top, bottom, left, right = apart.get("padding", [settings.padding] * 4)
    stride, dilation = (apart.get(name, [getattr(settings, name)] * 2) for name in ("stride", "dilation"))
    kernel = parse_kernel(settings.cells)
    kernel = kernel.flip(0, 1) if settings.flip else kernel
    picture = read_picture(settings)[None, None].requires_grad_()
    padded = F.pad(picture, (left, right, top, bottom), mode={"zeros": "constant"}.get(settings.mode, settings.mode))
    result = F.conv2d(padded, kernel[None, None], None, stride, 0, dilation)
    back = torch.autograd.grad(result, picture, result)[0]
    # Autograd alone knows which inputs a weight meets: those that get a gradient where only this weight is not 0.
    leaf = padded.detach().requires_grad_()
    weight = torch.zeros_like(kernel)
    weight[-1, 0] = kernel[-1, 0]
    share = F.conv2d(leaf, weight[None, None], None, stride, 0, dilation)
    ones = torch.where(weight != 0, 1.0, 0.0)
    ones[-1, 0] = 1
    met = torch.autograd.grad(F.conv2d(leaf, ones[None, None], None, stride, 0, dilation).sum(), leaf)[0]
    shown = {"result": result, "back": back, "padded": padded, "share": share, "met": met}
    return {name: values[0, 0].detach() for name, values in shown.items()}


def test_300_settings_are_computed_as_by_pytorch_or_refused_in_the_servers_words():
    chance = random.Random(0)
    settings = [draw_settings(chance) for _ in range(345)]
    pictures = [encode(read_picture(each)) for each in settings]
    cases = [
        {
            "kind": "state",
            "state": state_of(each),
            "picture": picture,
            "cell": [0, 0],
            "weight": [len(each.cells) - 1, 0],
        }
        for each, picture in zip(settings, pictures, strict=True)
    ]
    fits = 0
    for each, got in zip(settings, run_in_node(cases), strict=True):
        try:
            run(read_state(each))
        except InputError as error:
            assert got == {"problem": str(error)}, each
            continue
        fits += 1
        assert got["problem"] is None, each
        expected = by_pytorch(each)
        for name in ("result", "padded", "share") + (("back",) if each.transposed else ()):
            found = torch.tensor(got[name]["values"], dtype=torch.float32).reshape(got[name]["shape"])
            torch.testing.assert_close(found, expected[name], rtol=1e-5, atol=1e-5)
        assert (each.transposed, got["sum"]) == (
            got["back"] is not None,
            pytest.approx(float(expected["result"][0, 0]), abs=2e-5),
        )
        assert got["met"] == [int(value) for value in expected["met"].flatten()]
        assert got["formula"].count(f"<b>{expected['result'].shape[0]}</b>") >= 1
    assert fits >= 300 and len(settings) - fits > 20


def test_the_code_to_take_away_runs_and_gives_the_servers_numbers(tmp_path):
    chance = random.Random(1)
    settings = [draw_settings(chance) for _ in range(60)]
    large = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 20), dtype=np.uint8))
    large.save(tmp_path / "own.png")
    settings += [replace(each, source="upload", upload=str(tmp_path / "own.png")) for each in settings[:10]]
    cases = [
        {
            "kind": "state",
            "state": state_of(each),
            "picture": encode(read_picture(each)),
            "cell": [0, 0],
            "weight": [0, 0],
        }
        for each in settings
    ]
    before, ran = Path.cwd(), 0
    os.chdir(ROOT)  # the code says so where it opens the samples
    try:
        for each, got in zip(settings, run_in_node(cases), strict=True):
            if got["problem"]:
                continue
            names: dict = {}
            with contextlib.redirect_stdout(io.StringIO()):
                exec(got["code"], names)
            expected = by_pytorch(each)
            torch.testing.assert_close(names["result"].detach(), run(read_state(each)).comparison.torch_result)
            if each.transposed:
                torch.testing.assert_close(names["back"], expected["back"], rtol=1e-5, atol=1e-5)
            ran += 1
    finally:
        os.chdir(before)
    assert ran > 30


BAD = [
    {"stride": 0}, {"stride": 9}, {"stride": None}, {"padding": 1.5}, {"dilation": -1}, {"padding": 6, "mode": "reflect"},
    {"sides": [["padding", 0, 7, 0, 0]], "mode": "circular"}, {"sides": [["padding", 13, 0, 0, 0]]}, {"dilation": 4},
    {"sides": [["dilation", 1, 4]]}, {"sides": [["padding", 0, 1, 0, 0], ["dilation", 4, 1]]}, {"cells": [["1", ""]]},
    {"cells": [["abc"]]}, {"cells": [["1001"]]}, {"cells": [["1"], ["1/0"]]}, {"cells": [["inf"]]}, {"cells": [["1e999"]]},
    {"cells": [["1"] * 7] * 7}, {"cells": [["1_0"]]}, {"cells": [["x" * 30]]}, {"cells": [["0x10"]]}, {"cells": [["nan", "x"]]},
]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_said_in_the_servers_words(language):
    settings = [replace(Settings(), **each) for each in BAD]
    picture = encode(torch.tensor(TUTORIAL, dtype=torch.float32))
    cases = [{"kind": "problem", "state": state_of(each), "picture": picture} for each in settings]
    for each, got in zip(settings, run_in_node(cases, language), strict=True):
        with pytest.raises(InputError) as caught:
            run(read_state(each))
        assert got["problem"] == caught.value.sentence(language)


def test_same_keeps_the_size_as_pytorchs_same_does():
    settings = [
        Settings(cells=[["1"] * columns] * rows, dilation=dilation, padding=2)
        for rows, columns, dilation in [(3, 3, 1), (7, 7, 4), (4, 3, 1), (2, 5, 3), (1, 1, 1)]
    ]
    for each, got in zip(
        settings, run_in_node([{"kind": "same", "state": state_of(each)} for each in settings]), strict=True
    ):
        kernel = (len(each.cells), len(each.cells[0]))
        layer = torch.nn.Conv2d(1, 1, kernel, padding="same", dilation=each.dilation)
        top, bottom, left, right = got["moves"]["padding"]
        assert [left, right, top, bottom] == list(layer._reversed_padding_repeated_twice)
        read_state(replace(each, padding=got["padding"], sides=got["sides"]))  # the server takes it


def test_drawings_and_samples_are_the_servers():
    ink = np.random.default_rng(0).integers(0, 256, (56, 56), dtype=np.uint8)
    drawing = base64.b64encode(ink.tobytes()).decode()
    sheet = Image.open(io.BytesIO(base64.b64decode(encode_sprite().partition(",")[2])))
    grey = {"grey": base64.b64encode(sheet.tobytes()).decode(), "width": sheet.width}
    samples = (0, 19, 20, 183)
    halved, *cut = run_in_node(
        [
            {"kind": "halve", "pixels": drawing, "side": 56},
            *({"kind": "sample", **grey, "index": each} for each in samples),
        ]
    )
    expected = read_picture(Settings(source="drawing", drawing=drawing))
    assert halved == (expected * 255).round().int().flatten().tolist()
    assert [torch.tensor(each).tolist() for each in cut] == [
        load_sample().images[each].flatten().tolist() for each in samples
    ]
