"""Pasted classes: what is read is what PyTorch makes of them, and nothing of a text is ever run."""

from __future__ import annotations

import ast
import copy
import inspect
import os
import re
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.errors import InputError
from explorer.models.operations import find_operation
from explorer.models.trace import trace
from explorer.shapes import (
    class_texts,
    interpreter,
    layer_list,
    pasted_calls,
    pasted_expressions,
    pasted_values,
    printouts,
)
from explorer.shapes.edit import OWN, Edit, open_network
from explorer.shapes.known_calls import FUNCTIONS, METHODS
from explorer.shapes.layer_list import ClassText, LineError, build_network, parse_layer_list
from explorer.text import LANGUAGES, sentences
from tests.shapes.pasted_classes import CLASSES, LENET, MADE_BY, SKIP


def run_class(name: str) -> nn.Module:
    """The reference: Python runs the text, which is ours."""
    names: dict = {"__name__": "pasted"}
    exec(CLASSES[name][0], names)
    return eval(MADE_BY[name], names).eval()


@pytest.mark.parametrize("name", CLASSES)
def test_a_pasted_class_is_the_network_that_python_would_make_of_it(name):
    text, shape = CLASSES[name]
    model = run_class(name)
    pasted = build_network(parse_layer_list(text))
    assert repr(pasted) == repr(model)
    walk = open_network(OWN, text=text).walk(shape)
    assert walk.trace == trace(model, shape)  # every name, shape, field and number
    assert walk.trace.num_params_total == sum(each.numel() for each in model.parameters())
    with torch.no_grad():
        output = model(torch.zeros(1, *shape))
    assert walk.trace.output_shape == tuple(output.shape[1:])


def source_of(module: str, *names: str, end: str = "") -> str:
    """The source of torchvision's own classes, as someone would copy it."""
    place = import_module(f"torchvision.models.{module}")
    parts = [inspect.getsource(getattr(place, name)) for name in names]
    text = "import torch\nfrom torch import nn, Tensor\nimport torch.nn.functional as F\n" + "\n\n".join(parts)
    return text.replace("        _log_api_usage_once(self)\n", "") + end


RESNET = ("resnet", "conv3x3", "conv1x1", "BasicBlock", "Bottleneck", "ResNet")
SOURCES = {
    "resnet18": source_of(*RESNET, end="\nmodel = ResNet(BasicBlock, [2, 2, 2, 2])"),
    "resnext50_32x4d": source_of(
        *RESNET, end="\nmodel = ResNet(Bottleneck, [3, 4, 6, 3], groups=32, width_per_group=4)"
    ),
    "alexnet": source_of("alexnet", "AlexNet"),
    "squeezenet1_0": source_of("squeezenet", "Fire", "SqueezeNet"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_torchvisions_own_classes_are_read_as_they_stand(name):
    walk = open_network(OWN, text=SOURCES[name]).walk((3, 224, 224))
    with torch.device("meta"):
        model = getattr(import_module("torchvision.models"), name)(weights=None).eval()
    assert walk.trace == trace(model, (3, 224, 224))


def test_a_branch_takes_the_side_that_the_size_of_the_image_takes():
    text = (
        "class A(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.c = nn.Conv2d(1, 2, 3)\n"
        "  def forward(self, x):\n    return self.c(x) if x.shape[-1] > 10 else x"
    )
    network = open_network(OWN, text=text)
    assert network.walk((1, 12, 12)).trace.output_shape == (2, 10, 10)
    with pytest.raises(InputError):
        network.walk((1, 9, 9))  # no layer at all
    assert network.walk((1, 14, 14)).trace.output_shape == (2, 12, 12)


def test_a_layer_of_a_class_is_changed_like_any_other_and_the_rest_is_mended():
    network = open_network(OWN, text=LENET)
    walk = network.walk((3, 32, 32), [Edit("conv1", "out_channels", 8)])
    assert walk.broken.name == "conv2"
    edits = network.mend((3, 32, 32), [Edit("conv1", "kernel_size", 9)])
    assert network.walk((3, 32, 32), edits).trace.output_shape == (10,)
    assert {each.layer for each in edits} == {"conv1", "fc1"}


def test_a_layer_is_changed_also_where_forward_depends_on_the_size():
    text, shape = CLASSES["flat_features"]
    network = open_network(OWN, text=text)
    walk = network.walk(shape, [Edit("conv1", "out_channels", 9), Edit("conv2", "in_channels", 9)])
    model = run_class("flat_features")
    model.conv1, model.conv2 = nn.Conv2d(1, 9, 5), nn.Conv2d(9, 16, 5)
    assert walk.trace == trace(model, shape) and walk.specs["conv1"].get("out_channels") == 9
    assert network.walk(shape).trace == trace(run_class("flat_features"), shape)


def test_where_a_class_does_not_fit_its_image_the_layer_is_named():
    walk = open_network(OWN, text=LENET).walk((3, 28, 28))
    assert walk.broken.name == "fc1" and str(walk.broken.error).startswith("fc1 (Linear) expects 400 inputs")
    assert walk.broken.mended.get("in_features") == 256


def test_what_only_sets_numbers_is_passed_over():
    text = LENET.replace(
        "        self.fc3 = nn.Linear(84, 10)\n",
        "        self.fc3 = nn.Linear(84, 10)\n        self.apply(self._init)\n        nn.init.zeros_(self.fc3.bias)\n"
        "        for m in self.modules():\n            if isinstance(m, nn.Conv2d):\n"
        "                n = m.kernel_size[0] * m.out_channels\n                m.weight.data.normal_(0, 2. / n)\n\n"
        '    def _init(self, m):\n        """Small weights."""\n        if isinstance(m, nn.Linear):\n'
        "            nn.init.normal_(m.weight, std=0.01)\n",
    )
    assert open_network(OWN, text=text).walk((3, 32, 32)).trace == open_network(OWN, text=LENET).walk((3, 32, 32)).trace


def test_which_of_several_classes_is_meant_is_told_where_it_is_not_certain():
    two = SKIP + "\n\nclass Other(nn.Module):\n    def __init__(self, size):\n        super().__init__()\n" + (
        "        self.fc = nn.Linear(size, 1)\n    def forward(self, x):\n        return self.fc(x.flatten(1))\n"
    )  # fmt: skip
    assert parse_layer_list(SKIP).notes == ()
    with pytest.raises(LineError, match=r"Other needs size.*model = Other\(size=…\)"):
        parse_layer_list(two)
    chosen = parse_layer_list(two + "\nmodel = SmallResNet(num_blocks=1)\n")
    assert chosen.notes == () and len(build_network(chosen).blocks) == 1
    (key, values) = parse_layer_list(CLASSES["cifar_resnet"][0]).notes[0]
    assert (key, values) == ("shapes.list_note_class", {"call": "ResNet18()"})
    assert isinstance(chosen, ClassText)


# ---- what is refused ----------------------------------------------------------------------------------------------

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def in_init(code: str) -> str:
    """A class with this line in `__init__`."""
    return (
        f"{HEAD}class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.c = nn.Conv2d(1, 2, 3)\n        {code}\n    def forward(self, x):\n        return self.c(x)\n"
    )


def in_forward(code: str) -> str:
    """A class with this line in `forward`."""
    return (
        f"{HEAD}class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.c = nn.Conv2d(1, 2, 3)\n    def forward(self, x):\n        {code}\n        return self.c(x)\n"
    )


def beside(code: str) -> str:
    """A class with this beside it."""
    return in_init("pass") + code + "\n"


# Each tries to run code, to reach something else than a layer, or to use up memory or time.
HOSTILE = [
    in_init("eval('1')"),
    in_init("exec('import os')"),
    in_init("__import__('os').system('touch was_run')"),
    in_init("open('/etc/passwd').read()"),
    in_init("compile('1', '', 'eval')"),
    in_init("getattr(self, 'c')"),
    in_init("setattr(self, 'd', 1)"),
    in_init("globals()['os']"),
    in_init("vars(self)"),
    in_init("breakpoint()"),
    in_init("input()"),
    in_init("os.system('touch was_run')"),
    in_init("import os"),
    in_init("from os import system"),
    in_init("self.__class__ = 1"),
    in_init("self.__dict__['x'] = 1"),
    in_init("self._modules = 1; self._modules.clear()"),
    in_init("self.c.__class__"),
    in_init("self.c.__init__(1, 2, 3)"),
    in_init("self.c.forward = 1"),
    in_init("self.c.register_forward_hook(print)"),
    in_init("self.c.weight.data.fill_(0)"),
    in_init("x = ().__class__.__bases__[0].__subclasses__()"),
    in_init("f = lambda: 0"),
    in_init("(y := 5)"),
    in_init("x = f'{self}'"),
    in_init("x = '%s' % self"),
    in_init("x = '{0.__class__}'.format(self)"),
    in_init("global z"),
    in_init("del self.c"),
    in_init("with open('x') as f: pass"),
    in_init("try: pass\n        except Exception: pass"),
    in_init("while True: pass"),
    in_init("def g(): pass"),
    in_init("class B: pass"),
    in_init("yield 1"),
    in_init("await self.c"),
    in_init("async def g(): pass"),
    in_init("x = {1, 2}"),
    in_init("x = {a: 1 for a in range(9)}"),
    in_init("nn.Linear(*range(2), **{'bias': True})"),
    in_init("self.d = torch.load('weights.pt')"),
    in_init("self.d = torch.hub.load('a', 'b')"),
    in_init("self.d = nn.modules.linear.Linear(1, 2)"),
    in_init("self.d = nn.Module()"),
    in_init("self.d = nn.LSTM(1, 2)"),
    in_init("self.d = nn.Linear(10**11, 10**11)"),
    in_init("self.d = nn.Linear(65536 * 256, 65536)"),
    in_init("self.d = nn.Linear(2 ** 2 ** 40, 2)"),
    in_init("self.d = nn.Linear(1e999, 2)"),
    in_init("self.d = nn.Linear(1 // 0, 2)"),
    in_init("x = 9 ** 9 ** 9 ** 9"),
    in_init("x = [0] * 10 ** 9"),
    in_init("x = [0] * 2000; x = x + x"),
    in_init("x = 'a' * 10 ** 9"),
    in_init("x = [[[0] * 999] * 999] * 9999"),
    in_init("for i in range(10 ** 12): pass"),
    in_init("for i in range(1999):\n            for j in range(1999):\n                pass"),
    in_init("x = [a for a in range(1999) for b in range(1999)]"),
    in_init("x = [1]\n        for i in x:\n            x.append(i)"),
    in_init("x = [1]\n        for i in range(1999):\n            x.extend(x)"),
    in_init("x = []\n        x.append(x)\n        y = x == x"),
    in_forward("y = [0]\n        for i in range(60):\n            y = [y, y]\n        x = F.relu(y)"),
    in_forward("y = []\n        y.append(y)\n        x = F.relu(y)"),
    in_forward("y = []\n        y.append(y)\n        return y"),
    in_forward("y = [x]\n        for i in range(40):\n            y = [y, y]\n        return y"),
    in_init("x = [0]\n        y = [0]\n        for i in range(60):\n            x = [x, x]\n            y = [y, y]\n        z = x == y"),
    in_init("x = [0]\n        for i in range(60):\n            x = [x, x]\n        self.x = x"),
    in_init("self.x = []\n        self.x.append(self.x)"),
    in_init("x = {}\n        x['x'] = x\n        self.x = x"),
    in_init("y = torch.zeros(3) == 1"),
    in_init("if torch.zeros(3): pass"),
    in_init("x = -torch.zeros(3)[9]"),
    in_init("for m in self.modules():\n            m.stride = (2, 2)"),
    in_init("for m in self.modules():\n            if isinstance(m, nn.Conv2d):\n                self.d = m"),
    in_init("for name, m in self.named_modules():\n            self.add_module(name, nn.ReLU())"),
    in_init("for m in self.modules():\n            return"),
    in_init("self.apply(print)"),
    in_init("self.apply(self.forward)"),
    beside("def change(m):\n    m.stride = (2, 2)\nclass B(A):\n    def __init__(self):\n        super().__init__()\n        self.apply(change)"),
    in_init("self.layers = [nn.ReLU() for i in range(9)]"),
    in_init("self.layers = nn.ModuleList([nn.ReLU() for i in range(1999)])"),
    in_init("self.d = self"),
    in_init("self.d = A()"),
    in_init("self.c.add_module('c', self)"),
    in_init("self.forward = 1"),
    in_init("self.add_module('forward', nn.ReLU())"),
    in_init("self.add_module('__class__', nn.ReLU())"),
    in_init("self.training = nn.ReLU()"),
    in_init("self.d = nn.Parameter(torch.zeros(10 ** 9, 10 ** 9))"),
    in_init("self.d = nn.Parameter(torch.zeros(999999, 999999))"),
    in_init("self.d = nn.Parameter(torch.from_numpy(1))"),
    in_init("self.d = self.c(torch.zeros(1, 1, 9, 9))"),
    in_init("self.x, self.y = 1"),
    in_init("print.__self__"),
    in_init("super().__init__.__globals__"),
    in_init("super().__setattr__('x', 1)"),
    in_init("x = " + "(" * 40 + "1" + ")" * 40),
    in_init("x = " + "-" * 5000 + "1"),
    in_init("x = 1" + " + 1" * 5000),
    in_init("x = self" + ".c" * 5000),
    in_init("x = " + "not " * 3000 + "1"),
    in_init("x = " + " if 1 else ".join(["1"] * 500)),
    in_init("x = 0\n" + "        if x:\n            pass\n" * 1 + "".join(f"        elif x == {i}: pass\n" for i in range(900))),
    in_forward("return self.forward(x)"),
    in_forward("return self(x)"),
    in_forward("eval('1')"),
    in_forward("x = x.__class__(1)"),
    in_forward("x = x.data.numpy()"),
    in_forward("x.requires_grad = True"),
    in_forward("x = x.apply_(print)"),
    in_forward("x = x.map_(x, print)"),
    in_forward("x = x.to('cuda')"),
    in_forward("x = x.cpu().numpy().tofile('was_run')"),
    in_forward("torch.save(x, 'was_run')"),
    in_forward("x = torch.ops.aten.add(x, x)"),
    in_forward("x = torch.jit.script(x)"),
    in_forward("x = torch.compile(x)"),
    in_forward("x = F.relu.__globals__['os']"),
    in_forward("x = F.relu(print)"),
    in_forward("x = F._canonical_mask(x)"),
    in_forward("x = F.conv2d(x, nn.Parameter(x))"),
    in_forward("self.d = x"),
    in_forward("self.d = nn.Conv2d(1, 2, 3)"),
    in_forward("x = nn.ReLU()(x)"),
    in_forward("for i in range(1999): x = F.relu(x)"),
    in_forward("for i in range(1999):\n            for j in range(1999):\n                i = j"),
    in_forward("while x is not None: x = F.relu(x)"),
    in_forward("x = x.split(1, 1)"),
    in_forward("x = torch.split(x, 1, dim=2)"),
    in_forward("x = x.chunk(10 ** 9)"),
    in_forward("x = F.adaptive_avg_pool2d(x, 10 ** 7)"),
    in_forward("x = F.pad(x, (10 ** 7, 10 ** 7, 10 ** 7, 10 ** 7))"),
    in_forward("x = F.interpolate(x, scale_factor=10 ** 6)"),
    in_forward("for i in range(9): x = F.interpolate(x, scale_factor=64)"),
    in_init("self.u = nn.Upsample(scale_factor=64)").replace("return", "for i in range(9): x = self.u(x)\n        return"),
    in_init("self.u = nn.Sequential(*[nn.Upsample(scale_factor=64) for i in range(9)])").replace("self.c(x)", "self.u(x)"),
    in_init("self.u = nn.ConvTranspose2d(1, 1, 1, 1024)").replace("return", "for i in range(9): x = self.u(x)\n        return"),
    in_init("x = self.c\n        for i in range(900): x = nn.Sequential(x, x)\n        self.x = x"),
    in_init("x = self.c\n        for i in range(40): x = nn.Sequential(x, x)\n        self.x = x").replace("c(x)", "x(x)"),
    in_init("self.x = nn.Sequential()\n        self.x.append(self.x)").replace("self.c(x)", "self.x(x)"),
    in_init("a = nn.Sequential()\n        b = nn.Sequential(a)\n        a.append(b)\n        self.a = a"),
    in_init("a = nn.ModuleList()\n        b = nn.ModuleList([a])\n        a.append(b)\n        self.a = a"),
    beside("class B(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = A()\n        self.a.add_module('b', self)\n    def forward(self, x):\n        return self.a(x)"),
    in_forward("x = x.repeat(1, 10 ** 7, 10 ** 7, 10 ** 7)"),
    in_forward("x = x.expand(10 ** 7, 10 ** 7, 10 ** 7, 10 ** 7)"),
    in_forward("x = x.view(10 ** 13)"),
    in_forward("raise SystemExit"),
    in_forward("assert False, exit()"),
    in_forward("print(exit())"),
    in_forward("x = self.nothing(x)"),
    in_forward("x = nothing(x)"),
    in_forward("x = x[10 ** 11]"),
    in_forward("return"),
    in_forward("return 5"),
    beside("import os"),
    beside("from subprocess import run"),
    beside("import torch, sys"),
    beside("from torch import *"),
    beside("from . import x"),
    beside("os.system('touch was_run')"),
    beside("while True: pass"),
    beside("for i in range(9): pass"),
    beside("a = b = A.__subclasses__()"),
    beside("a.b = A()"),
    beside("x = y\ny = x\nmodel = A(x)"),
    beside("def make():\n    return make()\nmodel = make()"),
    beside("model = A(1, 2, 3)"),
    beside("model = A(a=1)"),
    beside("def make():\n    return 5\nmodel = make()"),
    beside("@torch.no_grad()\ndef f(): pass"),
    beside("class B(nn.Module, metaclass=A): pass"),
    beside("class B(A, nn.Module): pass"),
    beside("class B(B):\n    pass\nmodel = B()"),
    beside("class C(D):\n    pass\nclass D(C):\n    pass\nmodel = C()"),
    beside("class B(object):\n    pass\nmodel = B()"),
    beside("class B(torch.utils.data.Dataset):\n    pass\nmodel = B()"),
    beside("class B(nn.Module):\n    x = eval('1')\n    def forward(self, x): return x\nmodel = B()"),
    beside("class B(nn.Module):\n    def __new__(cls): pass\nmodel = B()"),
    beside("class B(nn.Module):\n    def __getattr__(self, name): pass\nmodel = B()"),
    beside("class B(nn.Module):\n    def __init__(self, *args): pass\nmodel = B()"),
    beside("class B(nn.Module):\n    def forward(self, **x): return x\nmodel = B()"),
    beside("class B(nn.Module):\n    def __init__(self, x=exit()): pass\nmodel = B()"),
    beside("class B(nn.Module):\n    pass\nmodel = B()"),
    beside("class __B__(nn.Module):\n    pass"),
    "class A(nn.Module): pass",
    "class A(nn.Module)",
    "def f(x): return x",
    "class A(nn.Module):\n" + "    def f(self): pass\n" * 1500 + "    x = ​1",
    in_init("x = “1”"),
    in_init("x = （1）"),
    in_init("self.卷积 = 1"),
    in_init("x = 1\x00"),
    in_init("x = 0x" + "F" * 9000),
    "class " + "A" * 30000 + "(nn.Module): pass",
    "class A(nn.Module):\n    def forward(self, x):\n        return x" + "\n" * 39000,
]  # fmt: skip


class Trap:
    """Stands for what must not be called."""

    def __call__(self, *args, **kwargs):
        raise AssertionError("the text was run")


@pytest.fixture(scope="module")
def loaded():
    """What is loaded when it is first needed, is."""
    for name in ("lenet", "flat_features", "branches"):
        open_network(OWN, text=CLASSES[name][0]).walk(CLASSES[name][1])
    for language in LANGUAGES:
        sentences(language)


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text)[-60:])
def test_a_hostile_class_gets_a_sentence_and_nothing_else_happens(text, loaded, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("eval", "exec", "open", "input", "breakpoint"):
        monkeypatch.setattr(f"builtins.{name}", Trap())
    monkeypatch.setattr(os, "system", Trap())
    modules, start = set(sys.modules), time.thread_time()
    with pytest.raises(InputError) as caught:
        open_network(OWN, text=text).walk((1, 28, 28))
    assert time.thread_time() - start < 0.5 * PATIENCE
    assert set(sys.modules) == modules and not list(tmp_path.iterdir())
    for language in LANGUAGES:
        sentence = caught.value.sentence(language)
        assert sentence and "\n" not in sentence and len(sentence) < 600


PATIENCE = 10  # a busy machine gets so many times the half second; what hangs takes minutes


def expressions_of(tree: ast.AST) -> list[tuple[ast.AST, str, int | None]]:
    """Every place of an expression: its parent, the field, and where in a list."""
    places: list[tuple[ast.AST, str, int | None]] = []
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "bases", "targets", "target"):
                continue
            if isinstance(value, ast.expr):
                places.append((node, name, None))
            elif isinstance(value, list):
                places += [(node, name, number) for number, each in enumerate(value) if isinstance(each, ast.expr)]
    return places


WRONG = [
    ast.parse(each, mode="eval").body
    for each in "x None 0 -1 10**9 1e300 [] () {} 'a' x.shape len(x) range(5) nn F torch nn.Conv2d F.relu super() x[0]"
    " x==x int(x) [x,x] self self.forward self.modules() nn.ModuleList() torch.zeros(2) x@x [1]*3 x.view(-1) print"
    " torch.cat isinstance x//0 2**x".split()
]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(CLASSES)), st.randoms(use_true_random=False))
def test_a_slip_anywhere_in_a_class_is_read_or_refused(loaded, name, random):
    text, shape = CLASSES[name]
    tree = ast.parse(text)
    parent, field, number = random.choice(expressions_of(tree))
    wrong = copy.deepcopy(random.choice(WRONG))
    if number is None:
        setattr(parent, field, wrong)
    else:
        getattr(parent, field)[number] = wrong
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
    except ValueError:  # no text could mean this
        return
    try:
        walk = open_network(OWN, text=text).walk(shape)
        if walk.broken is None:
            walk.write_code()
    except InputError as error:
        assert all(error.sentence(language) for language in LANGUAGES)


READERS = (class_texts, interpreter, layer_list, pasted_calls, pasted_expressions, pasted_values, printouts)


def test_no_name_of_a_text_is_looked_up_on_an_object_of_python():
    """`getattr` is called with names from our own lists and classes of syntax alone."""
    for module in READERS:
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
        assert not {call.func.id for call in calls} & {"eval", "exec", "compile", "__import__", "globals", "setattr"}
        found = [ast.unparse(call.args[1]) for call in calls if call.func.id == "getattr"]
        assert set(found) <= {
            "f'_check_{type(node).__name__}'", "f'_run_{type(statement).__name__}'", "f'_evaluate_{type(node).__name__}'",
            "f'_builtin_{name}'", "name", "'value'", "'lineno'", "'target'", "'attr'", "'id'",
        }  # fmt: skip


def test_every_function_that_a_text_may_call_is_known_to_the_tracer():
    assert {name for name, function in FUNCTIONS.items() if find_operation(function) is None} == set()
    shapes = {"size", "dim", "numel"}
    assert {name for name in METHODS - shapes if find_operation(name) is None} == set()
    assert all(hasattr(torch.Tensor, name) for name in METHODS)


def test_every_refusal_has_its_sentence():
    for module in READERS:
        source = Path(module.__file__).read_text(encoding="utf-8")
        keys = set(re.findall(r'"(list_\w+)"', source)) | set(re.findall(r'"shapes\.(list_\w+)"', source))
        assert {f"shapes.{key}" for key in keys} <= sentences("en").keys()
