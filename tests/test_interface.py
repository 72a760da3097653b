"""The roof: what is public, what the two pages say of themselves, what links may set, and that nothing asks outside."""

from __future__ import annotations

import re
import socket
from dataclasses import replace

import gradio as gr
import httpx
import pytest

from explorer.convolution.session import read_cells
from explorer.errors import InputError
from explorer.interface import API, HEAVY, WINGS, build_app, build_head, launch_settings, refuse_clearly
from explorer.page.language import localise
from explorer.page.layout import Wing
from explorer.page.links import SEPARATORS, parse_setting, read_settings
from explorer.patience import TRAINING
from explorer.receptive_field.session import read_compared, read_layers, read_model, read_place
from explorer.receptive_field.tab import read_layer
from explorer.settings import Settings
from explorer.text import LANGUAGES, translate

PUBLIC = {
    "convolve",
    "receptive_field",
    "trace_shapes",
    "gradient_norms",
    "train_here",
    "classify",
    "explain",
    "figure",
    "handout",
}


@pytest.fixture(scope="module")
def demo():
    return build_app(Settings())


@pytest.fixture(scope="module")
def client(demo):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _, address, _ = demo.launch(**launch_settings(Settings(port=port)), prevent_thread_lock=True, quiet=True)
    with httpx.Client(base_url=address, timeout=60, follow_redirects=True) as client:
        yield client
    demo.close()


def test_exactly_six_names_are_public_and_documented(demo):
    endpoints = demo.get_api_info()["named_endpoints"]
    assert set(endpoints) == {f"/{name}" for name in PUBLIC} == {f"/{name}" for name in API}
    for name, endpoint in endpoints.items():
        assert len(endpoint["description"]) > 20, name
        assert all(parameter["type"] for parameter in endpoint["parameters"]), name
        assert endpoint["parameters"][-1]["parameter_name"] == "language", name
    assert demo.get_api_info()["unnamed_endpoints"] == {}


def test_everything_else_is_private(demo):
    visible = [each for each in demo.config["dependencies"] if each["api_visibility"] != "private"]
    assert {each["api_name"] for each in visible} == PUBLIC


def test_opening_a_page_calls_nothing(demo):
    asking = [each for each in demo.config["dependencies"] if each["backend_fn"]]
    targets = [target for each in asking for target in each["targets"]]
    assert "load" not in {event for _, event in targets}
    # A component that is empty at first fires no change when the page opens.
    assert [demo.blocks[number] for number, event in targets if event == "change" and demo.blocks[number].value] == []


def test_heavy_calls_take_turns(demo):
    limits = {each.api_name: each.concurrency_limit for each in demo.fns.values() if each.api_name in HEAVY}
    assert limits == dict.fromkeys(HEAVY, 1)


def test_so_many_trainings_run_at_once_as_the_settings_say():
    demo = build_app(Settings(trainings=3), wings=("gradient_flow",))
    training = [each for each in demo.fns.values() if each.concurrency_id == TRAINING]
    assert {each.name for each in training} == {"on_run", "train_here"}
    assert {each.concurrency_limit for each in training} == {3}


def test_what_takes_long_waits_its_turn_also_when_a_link_asks_for_it(demo):
    """Or thirty students who open one link would be computed for all at once."""
    slow = {
        "classifier": {"on_source", "on_compare"},
        "gradient_flow": {"on_change", "on_run"},
        "convolution": {"on_open"},
        "receptive_field": {"on_open", "on_check"},
        "shapes": {"on_open", "on_setup"},
    }
    for wing, names in slow.items():
        found = [
            each for each in demo.fns.values() if each.name in names and each.fn.__module__ == f"explorer.{wing}.tab"
        ]
        assert {each.name for each in found} == names and all(each.queue for each in found)


def test_pictures_that_readers_bring_are_forgotten(demo):
    frequency, age = demo.delete_cache
    assert frequency <= age <= 4 * 3600


@pytest.mark.parametrize(("path", "tag", "language"), [(each.path, each.tag, code) for code, each in LANGUAGES.items()])
def test_a_page_speaks_its_language_and_asks_nothing_outside(client, path, tag, language):
    page = client.get(path)
    assert page.status_code == 200
    assert (page.headers["content-language"], page.headers["vary"]) == (tag, "Accept-Encoding")
    assert f'<html\n\tlang="{tag}"' in page.text
    title = translate(language, "app.title")
    assert f"<title>{title}</title>" in page.text
    assert "og:" not in page.text and "twitter:" not in page.text and "manifest.json" not in page.text
    assert "<base" not in page.text
    asked = re.findall(r"""<(?:script|link|img)[^>]*(?:src|href)=["'](https?:|//)""", page.text)
    assert asked == []
    # The language is set before Gradio's own script runs, and after its config is there to be changed.
    assert (
        page.text.index("window.gradio_config =")
        < page.text.index("cnnExplorerPage")
        < page.text.index('<script type="module" src="./scripts/')
        < page.text.index('<script type="module" crossorigin src="./assets/')
    )
    (address,) = re.findall(r'"\./(scripts/[^"]+)"', page.text)
    assert client.get(f"/{address}").status_code == 200
    assert client.get("/scripts/nothing.js").json()["detail"]


def test_both_pages_hold_the_first_pictures(client):
    for path in (each.path for each in LANGUAGES.values()):
        page = client.get(path).text
        assert page.count('"codes":"') + page.count('"codes": "') > 3
        assert all(f'"{wing}"' in page for wing in WINGS)


def test_other_addresses_pass_untouched(client):
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.text == client.get("/").text
    assert client.get("/config").json()["title"] == translate("en", "app.title")
    assert client.get("/zh/").status_code == 200
    moved = client.get("/zh/?tab=shapes&model=resnet34", follow_redirects=False)
    assert moved.headers["location"] == "../zh?tab=shapes&model=resnet34"
    assert str(client.get("/zh/?tab=shapes").url).endswith("/zh?tab=shapes")
    assert client.get("/xx").status_code == 404
    assert client.get("/gradio_api/runs").status_code == 404


def test_a_page_that_gradio_changed_still_comes_through():
    assert localise(b"<html><body>new</body></html>", "zh", "build") == b"<html><body>new</body></html>"


def test_styles_need_nothing_outside_and_scripts_are_served_once():
    head = build_head()
    assert not re.search(r"https?://|@import|src=", head)
    assert head.count("<style>") == head.count("</style>") == 1 and "<script" not in head


def test_clients_learn_in_their_language_why_an_input_is_refused():
    def stretch(size: int, language: str = "en") -> int:
        raise InputError("errors.too_small", name="terms.stride", value=size, minimum=1)

    call = refuse_clearly(stretch)
    with pytest.raises(gr.Error, match="Stride must be at least 1, got 0"):
        call(0)
    with pytest.raises(gr.Error, match="步长不能小于 1"):
        call(0, language="zh")
    known = ", ".join(LANGUAGES)
    with pytest.raises(gr.Error, match=f"language must be one of {known}, got 'xx'"):
        call(0, "xx")
    with pytest.raises(gr.Error, match=rf"language must be one of {known}, got \[\]"):
        call(0, [])


@pytest.mark.parametrize(
    ("component", "text", "value"),
    [
        (gr.Dropdown([("ResNet-18", "resnet18"), ("MLP", "mlp")]), "resnet18", "resnet18"),
        (gr.Dropdown([("ResNet-18", "resnet18")]), "<script>", None),
        (gr.Radio([("3", 3), ("5", 5)]), "5", 5),
        (gr.Slider(1, 5, step=1), "3", 3),
        (gr.Slider(1, 5, step=1), "9", None),
        (gr.Slider(1, 5, step=1), "nan", None),
        (gr.Number(), "-0.5", -0.5),
        (gr.Number(), "1e999", None),
        (gr.Checkbox(), "true", True),
        (gr.Checkbox(), "yes", None),
        (gr.Textbox(), "3,1,1", "3,1,1"),
        (gr.Textbox(), "x" * 2001, None),
        (gr.HTML(0), "199", 199),
        (gr.HTML(0), "200", None),
    ],
)
def test_a_link_sets_what_makes_sense_and_nothing_else(component, text, value):
    assert parse_setting(component, text) == value


def test_a_link_leaves_alone_what_it_does_not_name():
    components = {"stride": gr.Slider(1, 5, step=1), "model": gr.Dropdown(["mlp"])}
    wing = Wing("wing", components, print)
    assert read_settings(wing, {"stride": "2", "other": "1"})[0] == 2
    for nonsense in (None, "stride=2", {"stride": None}, {"stride": ["2"]}):
        assert all(isinstance(value, dict) for value in read_settings(wing, nonsense)), nonsense


@pytest.mark.parametrize(
    ("words", "cells"),
    [
        ("1,0,-1;2,0,-2", [["1", "0", "-1"], ["2", "0", "-2"]]),
        ("abc", [["abc"]]),  # said where all wrong cells are said
        ("", None),
        ("1,2;3", None),
        (",".join("1" * 8), None),
        (";".join("1" * 8), None),
    ],
)
def test_a_link_carries_the_cells_of_a_kernel(words, cells):
    wing = Wing("wing", {"cells": gr.HTML([["0"]])}, print, link_parsers={"cells": read_cells})
    (value,) = read_settings(wing, {"cells": words})
    assert value == cells if cells else isinstance(value, dict)


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("layer", "40", gr.update(value=40, maximum=40)),  # deeper than the first network, of which the slider knows
        ("layer", "0", gr.update(value=0, maximum=1)),
        ("layer", "-1", None),
        ("layer", "2.5", None),
        ("layer", "10000", None),
        ("layer", "conv1", None),
        ("model", "torchvision/vgg16", "torchvision/vgg16"),
        ("model", "torchvision:vgg16", "torchvision/vgg16"),  # of links that were copied once
        ("model", "table", "table"),
        ("model", "vgg16", None),
        ("place", "0.25;0.5", [0.25, 0.5]),
        ("place", "", None),
        ("place", "0.5", None),
        ("place", "0.5;0.5;0.5", None),
        ("place", "0.5;nan", None),
        ("place", "0.5;1e9", None),
    ],
)
def test_a_link_carries_the_layer_and_what_the_unit_looks_at(name, words, value):
    parsers = {"model": read_model, "layer": read_layer, "place": read_place}
    wing = Wing("wing", {name: gr.HTML()}, print, link_parsers=parsers)
    assert read_settings(wing, {name: words}) == [gr.skip() if value is None else value]


def write_link(value) -> str:
    """As address.js writes a setting into the address."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, list):
        return str(value)
    rows = (row.values() if isinstance(row, dict) else row if isinstance(row, list) else [row] for row in value)
    between_rows, between_cells = SEPARATORS
    return between_rows.join(between_cells.join(map(str, row)) for row in rows)


def test_every_linked_setting_can_be_set_by_a_link(demo):
    readers = [block for block in demo.blocks.values() if "link-reader" in (block.elem_classes or [])]
    assert len(readers) == len(LANGUAGES) * len(WINGS)
    with gr.Blocks():
        for build in WINGS.values():
            wing = build.build_tab("en")
            for name, component in wing.link_settings.items():
                if component.value is None:  # which no link names
                    continue
                (value,) = read_settings(
                    replace(wing, link_settings={name: component}), {name: write_link(component.value)}
                )
                assert (value.get("value") if isinstance(value, dict) else value) == component.value, name
    longest = [
        dict(zip(("type", "kernel", "stride", "padding", "dilation"), ("transposed", "31", "16", "31", "16")))
    ] * 64
    words = {"layers": write_link(longest), "compared": ""}
    wing = Wing(
        "wing",
        dict.fromkeys(words, gr.HTML([])),
        print,
        link_parsers={"layers": read_layers, "compared": read_compared},
    )
    assert read_settings(wing, words) == [longest, []]
    assert all(isinstance(value, dict) for value in read_settings(wing, {}))  # nothing is named: nothing changes
