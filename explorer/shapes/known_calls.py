"""Every function, method and class that a pasted class may name, beside the layers of `LAYERS`. What is not here is refused.

They take tensors, plain numbers and short words, reach no file and no network, and run nothing that they are given. Names
are keys of these tables, which are made once, here: nothing is looked up by a name that came with a text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F

_OF_F = (
    F.relu, F.relu6, F.leaky_relu, F.elu, F.selu, F.celu, F.gelu, F.silu, F.mish, F.hardswish, F.hardsigmoid, F.hardtanh,
    F.softplus, F.softsign, F.logsigmoid, F.sigmoid, F.tanh, F.softmax, F.log_softmax, F.dropout, F.dropout2d,
    F.alpha_dropout, F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d, F.interpolate, F.pad,
    F.normalize, F.layer_norm, F.pixel_shuffle, F.pixel_unshuffle, F.channel_shuffle, F.glu, F.linear,
)  # fmt: skip
_OF_TORCH = (
    torch.flatten, torch.cat, torch.concat, torch.relu, torch.sigmoid, torch.tanh, torch.softmax, torch.add, torch.sub,
    torch.mul, torch.div, torch.mean, torch.sum, torch.amax, torch.reshape, torch.permute, torch.transpose, torch.swapaxes,
    torch.squeeze, torch.unsqueeze, torch.stack, torch.chunk, torch.split, torch.max_pool2d, torch.maximum, torch.minimum,
    torch.matmul, torch.bmm, torch.exp, torch.log, torch.sqrt, torch.abs, torch.pow, torch.square, torch.clamp, torch.roll,
    torch.flip,
)  # fmt: skip

# Full name -> function. F.relu_ and the like have the names of functions too, but change what they are given.
FUNCTIONS: Mapping[str, Callable] = {
    **{f"torch.nn.functional.{each.__name__}": each for each in _OF_F},
    "torch.nn.functional.adaptive_max_pool2d": F.adaptive_max_pool2d,  # these two are called otherwise inside PyTorch
    "torch.nn.functional.max_pool2d": F.max_pool2d,
    **{f"torch.{each.__name__}": each for each in _OF_TORCH},
}

# Name of a method of tensors -> the same.
METHODS = frozenset(
    """
    view reshape flatten size dim numel mean sum amax permute transpose swapaxes squeeze unsqueeze contiguous clone float
    detach relu relu_ sigmoid sigmoid_ tanh softmax add add_ sub sub_ mul mul_ div div_ neg clamp chunk split expand roll
    flip repeat matmul bmm exp log sqrt abs pow square unflatten masked_fill expand_as view_as type_as
    """.split()
)
ATTRIBUTES = frozenset(("shape", "ndim"))
SPLITS = frozenset(("split", "torch.split"))  # only into as many parts as are written

FACTORIES: Mapping[str, Callable] = {
    f"torch.{each.__name__}": each for each in (torch.zeros, torch.ones, torch.empty, torch.rand, torch.randn)
}  # fmt: skip

# What works on plain numbers and on lists.
MATHS: Mapping[str, Callable] = {
    f"math.{each.__name__}": each for each in (math.sqrt, math.floor, math.ceil, math.log2, math.log)
}  # fmt: skip
BUILTINS = frozenset(
    "range len int float bool abs min max sum round enumerate zip reversed list tuple dict isinstance print super".split()
)

# What the usual imports call the parts of PyTorch; further names come from the imports of a text.
USUAL_NAMES: Mapping[str, str] = {
    "torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "init": "torch.nn.init", "math": "math",
    "OrderedDict": "collections.OrderedDict",
}  # fmt: skip
IMPORTED = ("torch", "torchvision", "torchinfo", "torchsummary", "collections", "math", "typing", "__future__")

# Calls that set numbers, or show something: shapes do not depend on them, so they are passed over.
PASSED_OVER = ("torch.nn.init.", "torch.manual_seed", "torch.set_")
LOOPS_OVER_WEIGHTS = frozenset(("modules", "parameters", "named_modules", "named_parameters"))
NUMBERS = frozenset(
    ("data", "requires_grad", "eps", "momentum", "inplace")
)  # attributes of layers that shapes do not need
