"""What `print(model)` shows, and what stands around a pasted text: read exactly, or told apart in one sentence."""

from __future__ import annotations

import pytest
import torch
import torchinfo
import torchvision
from hypothesis import given, settings
from torch import nn

from explorer.errors import InputError
from explorer.models.trace import ShapeError, trace
from explorer.shapes.edit import OWN, open_network
from explorer.shapes.layer_list import LAYERS, build_layer, build_network, describe_module, make_layer, parse_layer_list
from explorer.shapes.layers import LayerList
from explorer.shapes.tab import on_setup
from explorer.text import LANGUAGES, text_in
from tests.shapes.pasted_classes import LENET, SKIP
from tests.shapes.test_layer_list import NETWORK, refuse

# One of each kind, built by PyTorch itself.
SAMPLES = [
    nn.Conv2d(4, 8, (3, 5), 2, (1, 0), bias=False), nn.Conv2d(4, 4, 3, padding="same", dilation=2, groups=4),
    nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.ConvTranspose2d(4, 2, 3, 2, 1, 1, groups=2, dilation=2),
    nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d((2, 3)), nn.AdaptiveAvgPool2d((6, 5)), nn.AdaptiveMaxPool2d(3),
    nn.BatchNorm2d(3, affine=False), nn.BatchNorm1d(3, momentum=None), nn.Flatten(), nn.Linear(3, 4, bias=False),
    nn.Dropout(0.25), nn.Dropout2d(), nn.AlphaDropout(), nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6(True),
    nn.LeakyReLU(0.2), nn.ELU(), nn.CELU(2.0), nn.GELU("tanh"), nn.SiLU(True), nn.Hardswish(), nn.SELU(), nn.Mish(),
    nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(), nn.Softsign(), nn.LogSigmoid(), nn.PReLU(8), nn.Hardtanh(-2, 2),
    nn.Softplus(2), nn.Softmax(dim=1), nn.LogSoftmax(1), nn.Identity(), nn.Upsample(scale_factor=2),
    nn.Upsample(size=(3, 4), mode="bilinear"), nn.UpsamplingNearest2d(scale_factor=3), nn.UpsamplingBilinear2d(size=7),
    nn.GroupNorm(2, 8), nn.InstanceNorm2d(3, affine=True), nn.LayerNorm((3, 4)), nn.LayerNorm(5),
    nn.LocalResponseNorm(5, k=2.0), nn.Unflatten(1, (2, 3)),
]  # fmt: skip


def test_there_is_a_sample_of_every_layer():
    assert {type(each).__name__ for each in SAMPLES} == set(LAYERS)


@pytest.mark.parametrize("layer", SAMPLES, ids=repr)
def test_every_layer_is_read_as_it_is_printed(layer):
    (spec,) = parse_layer_list(repr(nn.Sequential(layer))).layers
    built = build_layer(spec)
    assert repr(built) == repr(layer) or describe_module(built) == describe_module(layer)
    assert [tuple(each.shape) for each in built.parameters()] == [tuple(each.shape) for each in layer.parameters()]


@settings(max_examples=80, deadline=None)
@given(NETWORK)
def test_a_printed_sequential_is_read_as_exactly_that_network(network):
    model = build_network(network)
    read = parse_layer_list(f">>> print(model)\n{model!r}\n")
    assert repr(build_network(read)) == repr(model)
    averages = "AvgPool2d" in repr(model).replace("AdaptiveAvgPool2d", "")
    assert read.notes == ((("shapes.list_note_averages", {}),) if averages else ())


def test_names_of_a_sequential_are_kept():
    model = nn.Sequential()
    model.add_module("conv1", nn.Conv2d(1, 2, 3))
    model.add_module("rest", nn.Sequential(nn.ReLU(), nn.Flatten()))
    read = parse_layer_list(repr(model))
    assert read.names == ("conv1", "rest") and read.notes == ()
    assert [each.name for each in trace(build_network(read), (1, 5, 5)).layers] == ["conv1", "rest.0", "rest.1"]


@pytest.mark.parametrize("name", ["alexnet", "vgg11", "vgg16_bn"])
def test_a_class_whose_layers_follow_each_other_is_read_as_what_it_is(name):
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(weights=None)
    read = parse_layer_list(repr(model))
    assert [key for key, _ in read.notes] == ["shapes.list_note_printout", "shapes.list_note_flattened"]
    found, real = trace(build_network(read), (3, 224, 224)), trace(model.eval(), (3, 224, 224))
    assert found.num_params == real.num_params and found.mult_adds == real.mult_adds
    kept = [(layer.name, layer.output_shape) for layer in found.layers if layer.kind != "Flatten"]
    assert kept[-3:] == [(layer.name, layer.output_shape) for layer in real.layers if layer.kind != "flatten"][-3:]


@pytest.mark.parametrize("wrap", [nn.DataParallel, lambda model: model], ids=["DataParallel", "plain"])
def test_where_the_printed_order_cannot_be_that_of_forward_the_layer_is_named(wrap):
    model = torchvision.models.resnet18(weights=None)
    shown = repr(wrap(model))
    walk = open_network(OWN, text=shown).walk((3, 224, 224))
    assert walk.broken.name == "layer2.0.downsample.0"
    for language in LANGUAGES:
        answer = on_setup(
            model=OWN, size=224, channels=3, stem="small", own=shown, state=None, sample=120, view="flow", actions=[],
            language=language,
        )  # fmt: skip
        assert text_in(language)("shapes.list_printout_broken") in answer["look_for"]["value"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("efficientnet_b0", "leaves only one place of the map"),
        ("vit_b_16", "MultiheadAttention does not run its inner layers"),
        ("convnext_tiny", "“LayerNorm2d” is not a known layer"),
    ],
)
def test_a_printout_from_which_nothing_can_be_told_is_refused(name, words):
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(weights=None)
    assert words in str(refuse(repr(model)))


def test_layers_that_are_printed_together_are_read_one_by_one():
    model = nn.ModuleList([nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU()) for _ in range(4)])
    shown = repr(model)
    assert "(0-3): 4 x Sequential(" in shown
    read = parse_layer_list(shown)
    assert read.count() == 8 and [key for key, _ in read.notes] == ["shapes.list_note_printout"]
    assert trace(build_network(read), (3, 20, 20)).output_shape == (3, 12, 12)


def test_an_empty_sequential_and_what_does_nothing_in_evaluation_are_passed_over():
    text = (
        "Net(\n  (conv): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))\n  (shortcut): Sequential()\n"
        "  (drop): StochasticDepth(p=0.2, mode=row)\n)"
    )
    assert [each.kind for each in parse_layer_list(text).layers] == ["Conv2d", "Identity"]


SHOWN = repr(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()))


@pytest.mark.parametrize(
    "text",
    [
        f">>> print(model)\n{SHOWN}\n>>> ",
        f">>> model\n{SHOWN}",
        f"In [3]: print(model)\n{SHOWN}",
        f"In [3]: model.eval()\nOut[3]: {SHOWN}",
        f"```\n{SHOWN}\n```",
        f"```python\nprint(net)\n```\n\n```text\n{SHOWN}\n```",
        SHOWN.replace(" ", "\u00a0"),
        SHOWN.replace("  ", "\t"),
        SHOWN.replace("\n", "\r\n"),
        "\ufeff" + SHOWN,
        "\n".join(f"{number:3d}  {line}" for number, line in enumerate(SHOWN.split("\n"), start=1)),
        "\n".join(f"{number}: {line}" for number, line in enumerate(SHOWN.split("\n"), start=7)),
        repr(nn.DataParallel(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()))),
        ">>> nn.Sequential(\n...     nn.Conv2d(1, 2, 3),\n...     nn.ReLU(),\n... )",
        "In [1]: net = nn.Sequential(\n   ...:     nn.Conv2d(1, 2, 3),\n   ...:     nn.ReLU(),\n   ...: )",
        "```py\nnn.Conv2d(1, 2, 3), nn.ReLU()\n```",
        'nn.Sequential(OrderedDict([("0", nn.Conv2d(1, 2, 3)), ("1", nn.ReLU())]))',
        "nn.Conv2d(1, 2, 3, padding_mode='zeros'), nn.ReLU(inplace=False)",
    ],
)
def test_what_stands_around_a_text_is_taken_away(text):
    assert parse_layer_list(text).layers == (
        make_layer("Conv2d", in_channels=1, out_channels=2, kernel_size=3),
        make_layer("ReLU"),
    )


def test_a_class_out_of_a_notebook_is_read():
    lines = SKIP.strip().split("\n")
    for text in (
        "In [2]: " + "\n   ...: ".join(lines),
        ">>> " + "\n... ".join(lines),
        "```python\n" + SKIP + "\n```",
        "\n".join(f"{number} {line}" for number, line in enumerate(lines, start=1)),
        SKIP.replace("    ", "\u00a0\u00a0\u00a0\u00a0"),
    ):
        assert open_network(OWN, text=text).walk((1, 28, 28)).trace.output_shape == (10,)


def test_an_ordered_dict_gives_its_names_and_comes_back():
    text = (
        "from collections import OrderedDict\nmodel = nn.Sequential(OrderedDict([\n"
        "  ('conv1', nn.Conv2d(1, 20, 5)),\n  ('relu1', nn.ReLU()),\n"
        "  ('tail', nn.Sequential(OrderedDict([('flat', nn.Flatten())]))),\n]))"
    )
    names: dict = {"nn": nn}
    exec(text, names)
    assert repr(build_network(parse_layer_list(text))) == repr(names["model"].eval())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('nn.Sequential(OrderedDict([("conv 1", nn.ReLU())]))', "“conv 1” cannot be the name of a layer"),
        ('nn.Sequential(OrderedDict([("forward", nn.ReLU())]))', "“forward” cannot be the name of a layer"),
        ('nn.Sequential(OrderedDict([("a.b", nn.ReLU())]))', "“a.b” cannot be the name of a layer"),
        ('nn.Sequential(OrderedDict([("__class__", nn.ReLU())]))', "“__class__” cannot be"),
        ('nn.Sequential(OrderedDict([("a", nn.ReLU()), ("a", nn.ReLU())]))', "OrderedDict gets a twice"),
        ("nn.Sequential(OrderedDict([nn.ReLU()]))", 'Write OrderedDict([("conv1"'),
        ("nn.Sequential(OrderedDict(a=nn.ReLU()))", 'Write OrderedDict([("conv1"'),
        ("nn.GroupNorm(3, 8)", "GroupNorm: num_channels = 8 cannot be divided into 3 groups"),
        ("nn.Upsample()", "Upsample needs either size or scale_factor"),
        ("nn.Upsample(2, 2)", "Upsample needs either size or scale_factor"),
        ("nn.Upsample(scale_factor=1e9)", "from 0.01 to 64"),
        ("nn.Upsample(scale_factor=2, align_corners=True)", "align_corners works only with the modes bilinear"),
        ("nn.ConvTranspose2d(1, 1, 3, 2, 1, 2)", "output_padding must be smaller"),
        ("nn.Conv2d(1, 2, 3, padding_mode='mirror')", "must be one of zeros, reflect"),
        ("nn.LayerNorm(())", "LayerNorm: normalized_shape must be a whole number"),
        ("nn.LayerNorm((1, 0))", "or up to 4 of them"),
        ("nn.PReLU(0)", "from 1 to 65,536"),
        ("nn.Conv2D(1, 2, 3)", "Did you mean Conv2d"),
    ],
)
def test_what_does_not_go_together_is_said(text, words):
    assert words in str(refuse(text))


def test_layers_that_enlarge_without_end_are_refused_before_they_run():
    with pytest.raises(InputError, match="enlarge the image 4,096 times"):
        build_network(parse_layer_list("nn.Upsample(scale_factor=64), nn.Upsample(scale_factor=64)"))


KERAS_TABLE = """Model: "sequential"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
 conv2d (Conv2D)             (None, 26, 26, 32)        320
"""
TORCHSUMMARY = """----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1            [-1, 6, 28, 28]             156
"""
KERAS = """from tensorflow.keras import layers, models
model = models.Sequential()
model.add(layers.Conv2D(32, (3, 3), activation='relu', input_shape=(32, 32, 3)))
model.add(layers.Dense(10))
"""


def torchinfo_table(*columns: str) -> str:
    model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU())
    return str(torchinfo.summary(model, (1, 1, 28, 28), verbose=0, col_names=columns))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (torchinfo_table("output_size", "num_params"), "This is the table of torchinfo"),
        (torchinfo_table("input_size", "kernel_size"), "This is the table of torchinfo"),
        (TORCHSUMMARY, "This is the table of torchsummary"),
        (KERAS_TABLE, "This is the table of a Keras model"),
        (KERAS, "Conv2D(32, 3) is nn.Conv2d"),
        ("Dense(10, activation='relu'), Flatten()", "This is code for Keras"),
        ("OrderedDict([('conv.weight', tensor([[1.]]))])", "These are the weights of a model"),
        ("nn.Conv2d(1, 2, 3), padding=“same”", "code does not use curly quotes"),
        ("nn.Conv2d(1, 2, 3, padding=‘same’)", "code does not use curly quotes"),
        ("nn.ReLU（）", "the character “（” is not used in code; write ( instead"),
        ("nn.Linear(１, 2)", "write 1 instead"),
        ("nn.ReLU()， nn.ReLU()", "write , instead"),
        ("nn.Conv2d(1, 2, 3) → nn.ReLU()", "the character “→” does not belong"),
        (LENET.replace("6, 5)", "6，5)"), "Line 10: the character “，”"),
        (SHOWN[:-2], "the printout is cut off here"),
        (SHOWN[:-9] + "\n...", "the printout is cut off here"),
        (SHOWN.replace("  (1): ReLU()", "  ..."), "Line 3: the printout is cut off here"),
        (SHOWN[:30], "the printout is cut off here"),
        (SHOWN + "\n)", "“)” is not a line of a printout"),
        (SHOWN.replace("ReLU()", "ReLU() hello"), "is not a line of a printout"),
        (SHOWN.replace("ReLU()", "Mine()"), "Line 3: “Mine” is not a known layer"),
        (SHOWN.replace("(1, 1)", "exit()"), "Line 2: Conv2d: “exit()” is not a plain number"),
        (SHOWN.replace("(1, 1)", "(exit(), 1)"), "Line 2: Conv2d: “(exit(), 1)” is not a plain number"),
        (SHOWN.replace("(3, 3)", "(3, 3, 3)"), "Line 2: Conv2d: kernel_size must be"),
        (SHOWN.replace("(1): ReLU", "(0): ReLU"), "Sequential gets 0 twice"),
        (SHOWN.replace("(1): ReLU", "(__class__): ReLU"), "“__class__” cannot be the name of a layer"),
        (SHOWN.replace("(1): ReLU", "(0-9): 999999 x ReLU"), "“0-9” cannot be the name of a layer"),
        ("(0-999): 1000 x A(\n" * 11 + "(0): ReLU()" + "\n)" * 11, "has 1001 layers; at most 1000"),
        ("(0): A(\n" * 40 + "(0): ReLU()" + "\n)" * 40, "nested too deeply"),
        ("(0): ReLU(" + "-" * 30000 + "1)", "is not a plain number"),
        ("(0): ReLU()\n" * 3300, "has 1001 layers; at most 1000"),
        ("Net(\n  (0): Sequential()\n)", "There are no layers yet"),
        ("Net(\n  (lstm): LSTM(1, 2)\n)", "“LSTM” is not a known layer"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_apart_and_what_to_do_is_said(text, words):
    assert words in str(refuse(text))


def test_a_printout_is_shown_with_what_it_does_not_tell():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.AvgPool2d(2))
    for language in LANGUAGES:
        text = text_in(language)
        for shown, key in ((repr(model), "list_note_averages"), ("Net" + repr(model)[10:], "list_note_printout")):
            answer = on_setup(
                model=OWN, size=28, channels=1, stem="small", own=shown, state=None, sample=120, view="flow",
                actions=[], language=language,
            )  # fmt: skip
            assert text(f"shapes.{key}") in answer["look_for"]


def test_a_printout_may_break_like_any_list():
    with pytest.raises(ShapeError):
        trace(build_network(parse_layer_list("Net(\n  (a): Conv2d(3, 2, kernel_size=(3, 3))\n)")), (1, 9, 9))
    assert isinstance(parse_layer_list(SHOWN), LayerList)
