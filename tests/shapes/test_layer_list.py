"""Lists of layers: read without being run, refused clearly, written as code that real PyTorch agrees with."""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import os
import time
import tracemalloc
from contextlib import contextmanager, suppress

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.errors import InputError
from explorer.models.trace import ShapeError, trace
from explorer.shapes.layer_list import (
    LAYERS,
    MAX_DEPTH,
    MAX_LAYERS,
    MAX_PARAMS,
    MAX_TEXT,
    REQUIRED,
    LayerList,
    LayerSpec,
    build_network,
    describe_module,
    iterate_layers,
    make_layer,
    parse_layer_list,
    write_layer,
    write_network,
)
from explorer.shapes.layers import brief_code
from explorer.text import LANGUAGES, text_in

LENET = """
import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(1, 6, kernel_size=5, padding=2),  # 第一层
    torch.nn.ReLU(),
    nn.MaxPool2d(2, stride=2),
    Conv2d(6, 16, (5, 5)),
    nn.ReLU(inplace=True),
    nn.MaxPool2d(kernel_size=2),
    nn.Sequential(nn.Flatten(), nn.Linear(16*5*5, 120), nn.ReLU()),
    nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)
"""


def refuse(text) -> InputError:
    """The refusal of a text, which must be one clear sentence in each language."""
    with pytest.raises(InputError) as caught:
        parse_layer_list(text)
    for language in LANGUAGES:
        sentence = caught.value.sentence(language)
        assert sentence and "\n" not in sentence and len(sentence) < 600 and "Traceback" not in sentence
    return caught.value


def test_a_pasted_network_is_the_one_that_pytorch_would_build():
    names = {}
    exec(LENET.replace("Conv2d(6", "nn.Conv2d(6"), names)
    network = build_network(parse_layer_list(LENET))
    assert repr(network) == repr(names["model"].eval())
    assert trace(network, (1, 28, 28)).num_params == 61_706


@pytest.mark.parametrize(
    "text",
    [
        "nn.Flatten(), nn.Linear(784, 10)",
        "nn.Flatten(),\nnn.Linear(784, 10),",
        "nn.Flatten()\nnn.Linear(784, 10)",
        "[nn.Flatten(), nn.Linear(28 * 28, 10)]",
        "  nn.Flatten(),\n      nn.Linear(2 * (400 - 8), 10),",
        "nn.Flatten(),\n    nn.Linear(7 * 112, 10)",
        "net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(in_features=784, out_features=10))",
        "nn.Sequential(\r\n\tnn.Flatten(1, -1),\r\n\tnn.Linear(1569 // 2, 10, True),\r\n)",
    ],
)
def test_every_way_of_writing_it_is_read(text):
    assert parse_layer_list(text).layers == (
        make_layer("Flatten"),
        make_layer("Linear", in_features=784, out_features=10),
    )


# Each tries to run code, to reach something else than a layer, or to exhaust memory or time.
ATTACKS = [
    "__import__('os').system('touch was_run')",
    "open('/etc/passwd').read()",
    "exec('x')",
    "eval(\"__import__('os')\")",
    "nn.Linear(__import__('os').getpid(), 10)",
    "nn.Linear(*[1, 2])",
    "nn.Linear(**dict(in_features=1))",
    "nn.Linear(1, 2, bias=lambda: 0)",
    "nn.Linear(1, 2, bias=(lambda: 0)())",
    "nn.Linear([1 for i in range(9)], 2)",
    "nn.Linear(in_features=1, out_features=2, device='cuda')",
    "nn.Linear(1, 2, dtype=torch.float64)",
    "nn.Conv2d(1, 2, 3, kind='x')",
    "nn.Conv2d(1, 2, 3, self=1)",
    "nn.__class__('x')",
    "nn.Module.__subclasses__()",
    "nn.Conv2d.__init__(1)",
    "().__class__.__bases__[0].__subclasses__()",
    "nn.modules.linear.Linear(1, 2)",
    "os.nn.Linear(1, 2)",
    "torch.nn.functional.relu()",
    "torch.load('weights.pt')",
    "nn.Module()",
    "nn.ModuleList()",
    "nn.Parameter(1)",
    "nn.Linear",
    "nn",
    "nn.Linear(1, 2)(3)",
    "nn.Linear(1, 2).forward()",
    "nn.Linear(1, 2) + nn.Linear(1, 2)",
    "import os",
    "from os import system\nnn.ReLU()",
    "import torch, os\nnn.ReLU()",
    "x = y = nn.ReLU()",
    "nn.x = nn.ReLU()",
    "def f(): pass",
    "while True: pass",
    "class A: pass",
    "del nn",
    "assert nn.ReLU()",
    "f'{nn}'",
    "nn.Linear(1, '2')",
    "nn.Linear(1, 2, bias='__import__')",
    "nn.Linear('9' * 999999999, 2)",
    "nn.Linear(10**10**10, 2)",
    "nn.Linear(9999999999 * 9999999999 * 9999999999, 2)",
    f"nn.Linear({'9' * 4000}, 2)",
    "nn.Linear(0xFFFFFFFFFFFFFFFF, 2)",
    "nn.Linear(1_000_000_000_000, 2)",
    "nn.Linear(1 << 99, 2)",
    "nn.Linear(1 // 0, 2)",
    "nn.Linear(1e308 * 10, 2)",
    "nn.Linear(1e999, 2)",
    "nn.Linear(2.0, 2)",
    "nn.Linear(True, 2)",
    "nn.Linear(-1, 2)",
    "nn.Linear(0, 2)",
    "nn.Linear(None, 2)",
    "nn.Linear((1, 2), 2)",
    "nn.Linear(1j, 2)",
    "nn.Linear(16777216, 16777216)",
    "nn.Conv2d(65536, 65536, 1024)",
    "nn.Conv2d(1, 2, (3, 3, 3))",
    "nn.Conv2d(1, 2, ())",
    "nn.Conv2d(3, 4, 3, groups=2)",
    "nn.Conv2d(1, 2, 3, padding='same', stride=2)",
    "nn.Conv2d(1, 2, 3, padding='mirror')",
    "nn.Conv2d(1, 2, 3, 1, 1, 1, 1, True, 'zeros')",
    "nn.Conv2d(1, 2)",
    "nn.Conv2d()",
    "nn.Conv2d(1, 2, 3, kernel_size=3)",
    "nn.MaxPool2d(2, 2, 0, 1, True)",
    "nn.Dropout(float('nan'))",
    "nn.Dropout(2)",
    "nn.Softmax()",
    "nn.Sequential()",
    "nn.Sequential(a=nn.ReLU())",
    "nn.Sequential(*[nn.ReLU()])",
    "(" * 3000,
    "[" * 200 + "]" * 200,
    "-" * 5000 + "1",
    "1" + "+1" * 2900,
    "nn.Linear(" + "-" * 3000 + "1, 2)",
    "nn.Linear(1" + "+1" * 2500 + ", 2)",
    "a" + ".a" * 2900,
    "nn.Sequential(nn.ReLU(), " * 11 + "nn.ReLU()" + ")" * 11,
    "nn.ReLU()," * 500,
    "x" * (MAX_TEXT + 1),
    "nn.ReLU()\x00",
    "nn.ReLU()\\\n",
    "nn。ReLU()",
    "nn.ReLU（）",
    "ｎｎ.ReLU()",
    "nn.𝐋inear(1, 2)",
    "nn.Li\u200bnear(1, 2)",
    "nn.Linear(１, 2)",
    "nn.Linear(٣, 2)",
    "\u202enn.ReLU()",
    "{nn.ReLU()}",
    "nn.ReLU() if 1 else 2",
    "nn.ReLU(); nn.ReLU() :",
    "nn.ReLU(",
    "nn.ReLU)",
    "",
    "   \n  ",
    "# nothing but a comment",
    "import torch",
    None,
    7,
    b"nn.ReLU()",
]


HANG = 20  # seconds; what hangs takes minutes, and a busy machine ten times the tenth of a second


def test_what_is_many_levels_deep_is_not_written_again():
    deep, flat = (ast.parse(text).body[0].value for text in ("1" + "+1" * 2500, f"f({', '.join('1' * 2500)})"))
    assert brief_code(deep) == "…"
    assert brief_code(flat) == "f(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1…"


@contextmanager
def nothing_can_run():
    """While it lasts, whatever would run code, open a file or import a module raises."""

    def must_not_run(*args, **kwargs):
        raise AssertionError("the text was run")

    for language in LANGUAGES:
        text_in(language)  # the sentences are loaded when one is first asked for
    places = [(builtins, name) for name in ("eval", "exec", "open", "__import__")] + [(os, "system")]
    kept = [getattr(module, name) for module, name in places]
    try:
        for module, name in places:
            setattr(module, name, must_not_run)
        yield
    finally:
        for (module, name), function in zip(places, kept):
            setattr(module, name, function)


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text)[:40])
def test_what_is_no_list_of_layers_gets_a_sentence_and_nothing_else_happens(text):
    error, start = None, time.thread_time()
    with nothing_can_run():
        try:
            layers = parse_layer_list(text)
        except InputError as refusal:
            error = refusal
    if error is None:  # what is read, and is too large to be built
        with pytest.raises(InputError) as caught:
            build_network(layers)
        error = caught.value
    assert time.thread_time() - start < HANG
    for language in LANGUAGES:
        sentence = error.sentence(language)
        assert sentence and "\n" not in sentence and len(sentence) < 600


def test_refusals_name_the_line_and_what_would_be_right():
    assert str(refuse("nn.ReLU(),\nnn.Conv2d(1, 2)")) == "Line 2: Conv2d needs kernel_size."
    assert "Line 2: “Relu” is not a known layer" in str(refuse("nn.ReLU(),\nnn.Relu()"))
    assert "Line 4: “Relu” is not" in str(refuse("\n# mine\n nn.ReLU(),\n nn.Relu(),"))
    assert "Line 5: " in str(refuse("# mine\n\n\nnn.Sequential(\n  nn.Relu(),\n)"))
    assert "Line 4" in str(refuse("# mine\n\nnn.ReLU(),\nnn.ReLU(,"))
    assert "character “，”" in str(refuse("nn.ReLU()，nn.ReLU()"))
    assert "from 1 to 65,536, got 0" in str(refuse("nn.BatchNorm2d(0)"))
    assert "nothing is executed" in str(refuse("nn.Linear(getpid(), 2)"))
    assert str(MAX_LAYERS) in str(refuse("nn.ReLU()," * (MAX_LAYERS + 1)))
    assert str(MAX_DEPTH) in str(refuse("nn.Sequential(nn.ReLU(), " * 6 + ")" * 6))


@settings(max_examples=200, deadline=1000 * HANG)
@given(st.text(max_size=200) | st.text(alphabet="nn.Sequtial(),[]=-+*/ 0129\n'\"#", max_size=200))
def test_any_text_is_read_or_refused(text):
    with suppress(InputError):
        parse_layer_list(text)


def test_the_largest_list_needs_little_memory_and_time():
    text = ",\n".join(["nn.Conv2d(1024, 1024, 2)"] * MAX_LAYERS)
    assert len(text) < MAX_TEXT
    tracemalloc.start()
    start = time.thread_time()
    build_network(parse_layer_list(text))
    assert time.thread_time() - start < HANG
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    with pytest.raises(InputError, match=f"{MAX_PARAMS:,}"):
        build_network(parse_layer_list(text.replace("2)", "20)")))


@pytest.mark.parametrize("kind", LAYERS)
def test_settings_have_the_names_the_order_and_the_defaults_of_pytorch(kind):
    parameters = inspect.signature(getattr(nn, kind)).parameters
    order = [setting.name for setting in LAYERS[kind]]
    assert [name for name in parameters if name in order] == order
    for setting in LAYERS[kind]:
        default = parameters[setting.name].default
        if setting.default is REQUIRED:
            assert default in (inspect.Parameter.empty, None)
        else:
            assert setting.default == default


NUMBER = st.integers(1, 12)
PAIR = NUMBER | st.tuples(NUMBER, NUMBER)
SIDES = st.integers(0, 3) | st.tuples(st.integers(0, 3), st.integers(0, 3))


@st.composite
def convs(draw):
    groups = draw(st.integers(1, 3))
    padding = draw(SIDES | st.sampled_from(["valid", "same"]))
    return make_layer(
        "Conv2d",
        in_channels=groups * draw(NUMBER), out_channels=groups * draw(NUMBER), kernel_size=draw(PAIR),
        stride=1 if padding == "same" else draw(PAIR), padding=padding, dilation=draw(PAIR), groups=groups,
        bias=draw(st.booleans()),
    )  # fmt: skip


LAYER = st.one_of(
    convs(),
    st.builds(lambda k, s, c: make_layer("MaxPool2d", kernel_size=k, stride=s, ceil_mode=c), PAIR, PAIR, st.booleans()),
    st.builds(lambda k, p: make_layer("AvgPool2d", kernel_size=k, padding=p), PAIR, SIDES),
    st.builds(lambda size: make_layer("AdaptiveAvgPool2d", output_size=size), PAIR),
    st.builds(lambda n, a: make_layer("BatchNorm2d", num_features=n, affine=a), NUMBER, st.booleans()),
    st.builds(lambda i, o: make_layer("Linear", in_features=i, out_features=o, bias=o % 2 == 0), NUMBER, NUMBER),
    st.builds(lambda p: make_layer("Dropout", p=p), st.floats(0, 1)),
    st.builds(lambda slope: make_layer("LeakyReLU", negative_slope=slope), st.floats(-100, 100)),
    st.sampled_from([make_layer(kind) for kind in ("ReLU", "Flatten", "Identity", "Sigmoid", "GELU", "ReLU6")]),
)
NETWORK = st.recursive(
    st.lists(LAYER, min_size=1, max_size=5).map(lambda layers: LayerList(tuple(layers))),
    lambda inner: st.lists(LAYER | inner, min_size=2, max_size=3).map(lambda layers: LayerList(tuple(layers))),
    max_leaves=3,
).filter(lambda network: depth_of(network) < MAX_DEPTH and network.count() > 1)


def depth_of(network: LayerList) -> int:
    return 1 + max((depth_of(each) for each in network.layers if isinstance(each, LayerList)), default=0)


@settings(max_examples=150, deadline=None)
@given(NETWORK)
def test_what_is_written_is_read_back_as_the_same_network(network):
    code = write_network(network)
    if len(code) <= MAX_TEXT:
        assert parse_layer_list(code) == network
    names: dict = {}
    exec(code, names)  # our own code, of numbers that hypothesis drew
    built = [module for module in names["model"].modules() if not isinstance(module, nn.Sequential)]
    assert list(map(describe_module, built)) == list(iterate_layers(network))


@st.composite
def fitting_networks(draw):
    """A network that takes images of (2, side, side), for which PyTorch itself is asked for shapes."""
    side, channels, layers = draw(st.integers(8, 20)), 2, []
    for _ in range(draw(st.integers(1, 4))):
        out = draw(NUMBER)
        kernel, stride, padding = draw(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(0, 1)))
        window = {"kernel_size": kernel, "stride": stride, "padding": padding}
        layers.append(make_layer("Conv2d", in_channels=channels, out_channels=out, **window))
        layers.append(draw(st.sampled_from([make_layer("ReLU"), make_layer("BatchNorm2d", num_features=out)])))
        channels = out
    layers.append(make_layer("AdaptiveAvgPool2d", output_size=draw(st.integers(1, 3))))
    bins = layers[-1].get("output_size")
    layers += [make_layer("Flatten"), make_layer("Linear", in_features=channels * bins**2, out_features=draw(NUMBER))]
    return side, LayerList(tuple(layers))


@settings(max_examples=60, deadline=None)
@given(fitting_networks())
def test_real_pytorch_agrees_on_shapes_and_parameters(drawn):
    side, network = drawn
    names: dict = {}
    exec(write_network(network), names)
    model = names["model"].eval()
    try:
        found = trace(build_network(parse_layer_list(write_network(network))), (2, side, side))
    except ShapeError:
        with pytest.raises(RuntimeError):
            model(torch.zeros(1, 2, side, side))
        return
    shapes = []
    for module in model:
        module.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.zeros(1, 2, side, side))
    assert [layer.output_shape for layer in found.layers] == shapes
    assert found.num_params == sum(parameter.numel() for parameter in model.parameters())


def test_written_code_leaves_out_what_is_as_by_default():
    assert write_layer(make_layer("MaxPool2d", kernel_size=2)) == "nn.MaxPool2d(kernel_size=2)"
    assert write_layer(make_layer("MaxPool2d", kernel_size=3, stride=2)) == "nn.MaxPool2d(kernel_size=3, stride=2)"
    assert write_layer(make_layer("Linear", in_features=4, out_features=2, bias=False)) == "nn.Linear(4, 2, bias=False)"
    assert write_layer(LayerSpec("ReLU", (("inplace", False),))) == "nn.ReLU()"


def test_modules_that_cannot_be_written_are_not():
    assert describe_module(nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect")) is None
    assert describe_module(nn.MaxPool2d(2, return_indices=True)) is None
    assert describe_module(nn.LSTM(1, 2)) is None

    class Linear(nn.Linear):
        pass

    assert describe_module(Linear(1, 2)) is None
    assert math.isclose(describe_module(nn.Dropout(0.3)).get("p"), 0.3)
