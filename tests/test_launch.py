"""The app on one's own networks: from Python, and from the command line."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from torch import nn

from explorer import show
from explorer.errors import InputError
from explorer.launch import load_model, open_models
from explorer.models.handed_over import hand_over, take_back
from explorer.models.networks import NETWORKS
from explorer.receptive_field.effective_tab import draw_measured, measure_kinds, on_measure
from explorer.receptive_field.sentences import describe_layer
from explorer.receptive_field.session import View, find_spot
from explorer.text import text_in

ROOT = Path(__file__).parents[1]
CODE = """
from torch import nn

def build(width=4):
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 2))

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 2, 3))

made = build(8)
number = 5

class Needy(Net):
    def __init__(self, depth, *, width):
        super().__init__()

def wrong():
    return "no network"

def raises():
    raise KeyError("of its own")
"""


@pytest.fixture
def file(tmp_path, monkeypatch) -> str:
    path = tmp_path / "network_of_mine.py"
    path.write_text(CODE)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield str(path)
    sys.modules.pop("network_of_mine", None)


def test_show_opens_the_tabs_of_networks_on_ones_own_and_closes_them_again(capsys):
    models = [nn.Sequential(nn.Conv2d(2, channels, 3), nn.ReLU()) for channels in (4, 6)]
    shown = show(*models, (2, 9, 9), browser=False, block=False)
    try:
        assert shown.url in capsys.readouterr().out
        page = httpx.get(shown.url).text
        config = httpx.get(f"{shown.url}config").json()
        tabs = [each["props"]["id"] for each in config["components"] if each["type"] == "tabitem"]
        assert tabs[:2] == ["shapes", "receptive_field"] and set(tabs) == set(tabs[:2])
        dropdowns = [each["props"] for each in config["components"] if each["type"] == "dropdown"]
        assert dropdowns[0]["value"] == "mine/Sequential-1"
        assert ["Sequential 2", "mine/Sequential-2"] in [list(choice) for choice in dropdowns[0]["choices"]]
        assert "Your networks side by side" in page and "2×9×9" in page
    finally:
        shown.close()
    assert not [name for name in NETWORKS if name.startswith("mine/")]
    with pytest.raises(httpx.ConnectError):
        httpx.get(shown.url)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (nn.ReLU(), (1, 9, 9)),
        (nn.Conv2d(16, 2, 3), (16, 9, 9)),
        (nn.Sequential(nn.Flatten(), nn.Linear(32, 2)), (2, 4, 4)),
        (nn.Conv2d(3, 2, 1), (3, 1, 1)),
        (nn.Sequential(nn.Upsample(scale_factor=1.5), nn.AdaptiveAvgPool2d(1)), (3, 8, 8)),
    ],
)
def test_networks_of_few_layers_and_small_images_are_shown(model, shape):
    shown = show(model, shape, browser=False, block=False)
    try:
        assert httpx.get(shown.url).status_code == 200
    finally:
        shown.close()


@pytest.mark.parametrize(
    ("given", "settings", "key"),
    [
        ((), {}, "models.none_given"),
        (((3, 8, 8),), {}, "models.none_given"),
        ((nn.ReLU(),), {}, "models.no_shape"),
        ((nn.ReLU(), (3, 8, 8)), {"titles": ["a", "b"]}, "models.titles"),
        ((nn.ReLU(), 5), {"input_shape": (3, 8, 8)}, "models.no_module"),
        ((nn.ReLU(), nn.Conv2d(1, 1, 1), (3, 8, 8)), {}, "trace.channels"),
    ],
)
def test_show_refuses_in_words_before_anything_is_served(given, settings, key):
    with pytest.raises(InputError) as refused:
        show(*given, browser=False, block=False, **settings)
    assert refused.value.key == key
    assert not [name for name in NETWORKS if name.startswith("mine/")]


def test_importing_the_package_imports_neither_torch_nor_gradio():
    code = "import sys, explorer; print({'torch', 'gradio'} & set(sys.modules)); explorer.nothing"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.strip() == "set()"
    assert "has no attribute 'nothing'" in ran.stderr


@pytest.mark.parametrize(("name", "params"), [("build", 122), ("Net", 20), ("made", 242)])
def test_the_command_line_names_a_network_its_class_or_what_builds_it(file, name, params):
    assert sum(each.numel() for each in load_model(f"{file}:{name}").parameters()) == params


def test_modules_are_found_on_the_path_and_in_the_working_directory(file, monkeypatch):
    assert isinstance(load_model("torch.nn:ReLU"), nn.ReLU)
    monkeypatch.chdir(Path(file).parent)
    assert len(load_model("network_of_mine:build")) == 5


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("build", "models.model_words"),
        (":build", "models.model_words"),
        ("{file}:", "models.model_words"),
        ("{file}:nothing", "models.no_name"),
        ("{file}:number", "models.no_module"),
        ("{file}:Needy", "models.needs_arguments"),
        ("{file}.py:build", "models.no_file"),
        ("no.such.module:build", "models.no_import"),
        ("torch.no_such:build", "models.no_import"),
    ],
)
def test_what_the_command_line_cannot_find_is_told(file, words, key):
    with pytest.raises(InputError) as refused:
        load_model(words.format(file=file))
    assert refused.value.key == key


def test_what_its_own_code_raises_goes_on_as_it_is(file):
    with pytest.raises(KeyError, match="of its own"):
        load_model(f"{file}:raises")


def test_models_of_the_command_line_are_handed_over(file):
    assert open_models([]) == ()
    networks = open_models(["--model", f"{file}:build", "--model", f"{file}:made", "--input", "3,16,16"])
    try:
        assert [each.record().trace((3, 16, 16)).num_params for each in networks] == [122, 242]
    finally:
        for network in networks:
            take_back(network)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "{file}:build"], "go together"),
        (["--input", "3,16,16"], "go together"),
        (["--model", "{file}:build", "--input", "3x16x16"], "three whole numbers"),
        (["--model", "{file}:build", "--input", "1,16,16"], "expects 3 channels, but gets 1"),
        (["--model", "{file}:wrong", "--input", "1,16,16"], "must be a torch.nn.Module, got str"),
        (["--modle", "x"], "unrecognized"),
    ],
)
def test_the_command_line_says_what_is_wrong_with_it(file, arguments, said, capsys):
    with pytest.raises(SystemExit) as left:
        open_models([each.format(file=file) for each in arguments])
    assert left.value.code == 2 and said in capsys.readouterr().err


class Sly(nn.Sequential):
    """Its layers have names that are HTML."""

    def __init__(self):
        super().__init__()
        self.add_module("<img src=x onerror=alert(1)>", nn.Conv2d(1, 2, 3))
        self.add_module("<b>b</b>", nn.Conv2d(2, 2, 3))


def test_titles_and_names_of_layers_are_words_and_no_html():
    network = hand_over(Sly(), (1, 9, 9), "<img src=x onerror=alert(1)>")
    try:
        view = View(network.name, 9, layer=1)
        spot = find_spot(view)
        values = {name: getattr(view, name) for name in View.__dataclass_fields__}
        said = [on_measure(1, None, language="en", **values)["look_for"], describe_layer(spot, text_in("en"))]
        for measured, done in [*measure_kinds(spot, 1)]:
            for share in (done, 0.5):
                drawn = draw_measured(spot, measured, share, 1, text_in("zh"))
                said += [drawn["look_for"], drawn["table"]]
        assert all(said) and not any("<img" in each for each in said)
        assert sum("&lt;img" in each for each in said) >= 4
    finally:
        take_back(network)


def test_a_port_that_is_taken_is_told_and_nothing_is_kept(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("CNN_EXPLORER_PORT", str(port))
        monkeypatch.setenv("CNN_EXPLORER_HOST", "127.0.0.1")
        with pytest.raises(InputError, match=f"Port {port} is already used"):
            show(nn.ReLU(), (1, 9, 9), browser=False, block=False)
    assert not [name for name in NETWORKS if name.startswith("mine/")]
