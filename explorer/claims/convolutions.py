"""Sections 1.2 to 3: convolutions, their parameters and their settings."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.claims.mlp import count_linear
from explorer.claims.records import Case, Claim
from explorer.convolution.kernels import PRESETS, parse_kernel
from explorer.convolution.maths import conv2d_manual
from explorer.data import load_sample
from explorer.models.catalogue import create_model
from explorer.models.lenet import LeNet5

CHANNELS_IN, CHANNELS_OUT, SIDE = 3, 16, 28  # of the example of section 2.2
PHOTO = 224  # pixels a side


def count_parameters(model: nn.Module) -> int:
    """Parameters of a network, as PyTorch holds them."""
    return sum(each.numel() for each in model.parameters())


def count_multiply_adds(layer: nn.Module, *shape: int) -> int:
    """Multiplications with a following addition, as PyTorch's own counter finds them, for an input of this shape."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        layer.to("meta")(torch.empty(shape))
    return counter.get_total_flops() // 2


# ---- section 1.2 --------------------------------------------------------------------------------------------------


def measure_size_free() -> tuple[Case, ...]:
    """Whether one and the same module takes images of two sizes: a convolution, ResNet-18, LeNet-5."""
    sides = [SIDE, PHOTO]
    with torch.device("meta"):
        convolution, resnet = nn.Conv2d(CHANNELS_IN, CHANNELS_OUT, 3, padding=1), create_model("resnet18").eval()
    counts = [_count_lenet(side) for side in sides]
    return (
        Case(
            "convolution",
            _takes_all(convolution, CHANNELS_IN, sides),
            {"sides": sides, "count": count_parameters(convolution)},
        ),
        Case("resnet18", _takes_all(resnet, 1, sides), {"sides": sides, "count": count_parameters(resnet)}),
        Case("lenet5", len(set(counts)) == 1, {"sides": sides, "counts": counts}),
    )


def _takes_all(model: nn.Module, channels: int, sides: list[int]) -> bool:
    try:
        for side in sides:
            model(torch.empty(1, channels, side, side, device="meta"))
    except RuntimeError:
        return False
    return True


def _count_lenet(side: int) -> int:
    """Parameters of LeNet-5 if its first linear layer is made for images of that size."""
    with torch.device("meta"):
        model = LeNet5()
        features = model.features(torch.empty(1, 1, side, side)).numel()
        model.classifier[1] = nn.Linear(features, model.classifier[1].out_features)
    return count_parameters(model)


def draw_whole_kernel() -> torch.Tensor:
    """(1, 1, 3, 3) whole numbers from -3 to 3: with whole pixels every sum is exact."""
    return torch.randint(-3, 4, (1, 1, 3, 3), generator=torch.Generator().manual_seed(0)).float()


def find_misses(pixels: int, stride: int, padding: int) -> torch.Tensor:
    """Move the sample pictures to the right: in which cells is the result not the old one, moved along?

    Args:
        pixels: by how many they move.
        stride: of the convolution.
        padding: of the convolution, zeros.

    Returns:
        (N, 1, H, W) bool, of all cells that both results have; the old one is moved by pixels / stride cells, rounded up.
    """
    pictures, kernel = load_sample().images[:, None].float(), draw_whole_kernel()
    before = F.conv2d(pictures, kernel, stride=stride, padding=padding)
    after = F.conv2d(F.pad(pictures, (pixels, -pixels)), kernel, stride=stride, padding=padding)
    cells = -(-pixels // stride)
    return after[..., cells:] != before[..., :-cells]


def measure_equivariance() -> tuple[Case, ...]:
    """Away from the border, with stride 2, and with zeros around."""
    cases = {"inside": (1, 1, 0), "stride": (1, 2, 0), "by_stride": (2, 2, 0), "padding": (1, 1, 1)}
    return tuple(_judge_misses(name, pixels, find_misses(pixels, *rest)) for name, (pixels, *rest) in cases.items())


def _judge_misses(name: str, pixels: int, misses: torch.Tensor) -> Case:
    numbers = {
        "pixels": pixels,
        "misses": int(misses.sum()),
        "border": int(misses[..., -1].sum()),  # the last column, where clothes leave the picture
        "cells": misses.numel(),
    }
    return Case(name, not misses.any(), numbers)


def measure_invariance() -> tuple[Case, ...]:
    """In how many cells the result stays as it was where it moves along with the picture; blank windows do not count."""
    pictures, kernel = load_sample().images[:, None].float(), draw_whole_kernel()
    before, after = (F.conv2d(each, kernel) for each in (pictures, F.pad(pictures, (1, -1))))
    seen = (F.max_pool2d(pictures, 3, 1) + F.max_pool2d(F.pad(pictures, (1, -1)), 3, 1)) > 0
    changed = (before != after) & seen
    is_equivariant = not find_misses(1, 1, 0).any()
    numbers = {"changed": int(changed.sum()), "cells": int(seen.sum())}
    return (Case("convolution", not (is_equivariant and changed.any()), numbers),)


# ---- section 2 ----------------------------------------------------------------------------------------------------


def build_tutorial_picture() -> torch.Tensor:
    """(6, 6): the upper half is bright."""
    picture = torch.zeros(6, 6)
    picture[:3] = 1.0
    return picture


def measure_edge() -> tuple[Case, ...]:
    """The answer of the edge kernel to the tutorial's picture, and to the same picture upside down."""
    kernel, picture = parse_kernel(PRESETS["horizontal"]), build_tutorial_picture()
    cases = []
    for name, shown in (("picture", picture), ("reverse", picture.flip(0))):
        answer = F.conv2d(shown[None, None], kernel[None, None])[0, 0]
        rows = answer.amax(1).tolist()
        holds = bool((answer.abs() == torch.tensor([0.0, 3.0, 3.0, 0.0])[:, None]).all())
        cases.append(Case(name, holds, {"rows": [int(each) for each in rows]}))
    return tuple(cases)


def measure_correlation() -> tuple[Case, ...]:
    """PyTorch's convolution of a row of whole numbers beside NumPy's two functions."""
    generator = np.random.default_rng(0)
    row, kernel = generator.integers(-9, 10, 28), generator.integers(-9, 10, 5)
    found = F.conv1d(torch.tensor(row)[None, None].double(), torch.tensor(kernel)[None, None].double())[0, 0].numpy()
    correlated, convolved = np.correlate(row, kernel, "valid"), np.convolve(row, kernel, "valid")
    numbers = {
        "places": len(found),
        "correlated": int((found == correlated).sum()),
        "convolved": int((found == convolved).sum()),
    }
    return (Case("numpy", numbers["correlated"] == len(found) > numbers["convolved"], numbers),)


def measure_loop() -> tuple[Case, ...]:
    """The tutorial's loop beside F.conv2d on its own picture, and on a sample picture with a kernel of fractions."""
    kernel, picture = parse_kernel(PRESETS["horizontal"]), build_tutorial_picture()
    exact = torch.equal(conv2d_manual(picture, kernel), F.conv2d(picture[None, None], kernel[None, None])[0, 0])
    shown, random = load_sample().images[0] / 255, parse_kernel(PRESETS["random"])
    gap = (conv2d_manual(shown, random) - F.conv2d(shown[None, None], random[None, None])[0, 0]).abs().max()
    return (
        Case("picture", exact),
        Case("rounding", float(gap) < 1e-5, {"gap": float(gap)}),
    )


def measure_example() -> tuple[Case, ...]:
    """The parameters of the example's convolution, counted in PyTorch's module."""
    count = count_parameters(nn.Conv2d(CHANNELS_IN, CHANNELS_OUT, 3))
    return (Case("counted", count == 448, {"count": count}),)


def measure_dense_example() -> tuple[Case, ...]:
    """A linear layer between tensors of the same sizes."""
    cells = SIDE * SIDE
    weights, biases = count_linear(CHANNELS_IN * cells, CHANNELS_OUT * cells)
    return (Case("counted", weights == 29_503_488, {"weights": weights, "biases": biases}),)


# ---- section 3 ----------------------------------------------------------------------------------------------------


def find_side(side: int, **settings) -> int:
    """Side of what comes out of PyTorch's convolution of one channel."""
    return nn.Conv2d(1, 1, **settings, device="meta")(torch.empty(1, 1, side, side, device="meta")).shape[-1]


def measure_sizes() -> tuple[Case, ...]:
    """The four settings of section 3.1 on 28 pixels."""
    settings = [(3, 1, 0), (3, 1, 1), (3, 2, 1), (1, 1, 0)]
    found = [find_side(SIDE, kernel_size=k, stride=s, padding=p) for k, s, p in settings]
    return (Case("torch", found == [26, 28, 14, 28], {"found": found}),)


def measure_stride() -> tuple[Case, ...]:
    """Whether stride 2 halves the side, to within a pixel: even and odd sides, and a kernel without padding."""
    cases = {
        "even": ([14, 28, 224], {"kernel_size": 3, "padding": 1}),
        "odd": ([7, 27, 225], {"kernel_size": 3, "padding": 1}),
        "unpadded": ([14, 28, 224], {"kernel_size": 7}),
    }
    return tuple(_measure_half(name, sides, settings) for name, (sides, settings) in cases.items())


def _measure_half(name: str, sides: list[int], settings: dict[str, int]) -> Case:
    found = [find_side(side, stride=2, **settings) for side in sides]
    holds = all(abs(half - side / 2) < 1 for half, side in zip(found, sides, strict=True))
    return Case(name, holds, {"sides": sides, "found": found})


def measure_unpadded() -> tuple[Case, ...]:
    """What is lost without padding, by kernels of several sizes; and by one that is spread out."""
    kernels = [1, 3, 5, 7]
    plain = [SIDE - find_side(SIDE, kernel_size=each) for each in kernels]
    spread = [SIDE - find_side(SIDE, kernel_size=each, dilation=2) for each in kernels]
    claimed = [each - 1 for each in kernels]
    return (
        Case("plain", plain == claimed, {"kernels": kernels, "lost": plain}),
        Case("dilated", spread == claimed, {"kernels": kernels, "lost": spread}),
    )


def measure_padding() -> tuple[Case, ...]:
    """The size after padding by half the kernel, for odd and for even kernels, as PyTorch computes it."""
    sizes = {k: find_side(SIDE, kernel_size=k, padding=k // 2) for k in (1, 2, 3, 4, 5, 6, 7)}
    odd, even = ([size for kernel, size in sizes.items() if kernel % 2 == rest] for rest in (1, 0))
    return (
        Case("odd", set(odd) == {SIDE}, {"kernels": [1, 3, 5, 7], "sizes": odd, "side": SIDE}),
        Case("even", set(even) == {SIDE}, {"kernels": [2, 4, 6], "sizes": even, "side": SIDE}),
    )


def measure_pointwise() -> tuple[Case, ...]:
    """Weights of the 1x1 convolution of section 3.2."""
    layer = nn.Conv2d(64, 32, kernel_size=1)
    numbers = {"weights": layer.weight.numel(), "biases": layer.bias.numel()}  # type: ignore[union-attr]
    return (Case("counted", numbers["weights"] == 2_048, numbers),)


def measure_pointwise_size() -> tuple[Case, ...]:
    """Height and width behind a 1x1 convolution, with stride 1 and with stride 2."""
    found = {name: find_side(14, kernel_size=1, stride=stride) for name, stride in (("stride1", 1), ("stride2", 2))}
    return tuple(Case(name, side == 14, {"side": 14, "found": side}) for name, side in found.items())


def measure_pointwise_work() -> tuple[Case, ...]:
    """Multiply-adds of a 1x1 convolution beside a 3x3, and of all 1x1 in ResNet-50. Little is less than half."""
    one = count_multiply_adds(nn.Conv2d(64, 32, 1), 1, 64, 14, 14)
    three = count_multiply_adds(nn.Conv2d(64, 32, 3, padding=1), 1, 64, 14, 14)
    share, total = _share_of_pointwise()
    return (
        Case("beside", one < three / 2, {"side": 14, "one": one, "three": three, "factor": three // one}),
        Case("resnet50", share < 0.5, {"side": PHOTO, "total": total}, {"share": share}),
    )


def _share_of_pointwise() -> tuple[float, int]:
    from torchvision.models import resnet50  # slow

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        model = resnet50()
        model(torch.empty(1, 3, PHOTO, PHOTO))
    counts = counter.get_flop_counts()
    work = {
        name: sum(counts[f"ResNet.{name}"].values()) // 2
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Conv2d)
    }
    pointwise = sum(each for name, each in work.items() if model.get_submodule(name).kernel_size == (1, 1))
    return pointwise / sum(work.values()), sum(work.values())


def measure_dilation() -> tuple[Case, ...]:
    """How far a 3x3 convolution with dilation 2 sees, by autograd, and how many pixels it reads."""
    plain, spread = (nn.Conv2d(1, 1, 3, dilation=each, bias=False) for each in (1, 2))
    image = torch.ones(1, 1, 5, 5, requires_grad=True)
    nn.init.ones_(spread.weight)
    (gradient,) = torch.autograd.grad(spread(image).sum(), image)
    rows, columns = gradient[0, 0].nonzero().T
    side, read = int(rows.max() - rows.min()) + 1, len(rows)
    same = count_parameters(plain) == count_parameters(spread)
    numbers = {"side": side, "read": read, "pixels": side * side, "weights": count_parameters(spread)}
    return (
        Case("extent", same and side == 5 == int(columns.max() - columns.min()) + 1, numbers),
        Case("pixels", read == side * side, numbers),
    )


EXAMPLE = {"in_channels": str(CHANNELS_IN), "out_channels": str(CHANNELS_OUT), "side": str(SIDE)}
CLAIMS = (
    Claim("size_free", "1.2", "convolution", {**EXAMPLE, "side": str(PHOTO)}, measure_size_free),
    Claim("equivariance", "1.2", "convolution", {"input": "sample", "kernel": "horizontal"}, measure_equivariance),
    Claim("equivariance_is_invariance", "1.2", "convolution", {"input": "sample"}, measure_invariance),
    Claim("edge", "2.1", "convolution", {"input": "tutorial", "kernel": "horizontal"}, measure_edge),
    Claim("loop", "2.1", "convolution", {"input": "tutorial"}, measure_loop),
    Claim("cross_correlation", "2.1", "convolution", {"input": "sample", "flip": "true"}, measure_correlation),
    Claim("conv_parameters", "2.2", "convolution", EXAMPLE, measure_example),
    Claim("dense_parameters", "2.2", "convolution", EXAMPLE, measure_dense_example),
    Claim("output_sizes", "3.1", "convolution", {"input": "sample", "stride": "2", "padding": "1"}, measure_sizes),
    Claim("stride_halves", "3.2", "convolution", {"input": "sample", "stride": "2", "padding": "1"}, measure_stride),
    Claim("unpadded", "3.2", "convolution", {"input": "sample", "padding": "0"}, measure_unpadded),
    Claim("same_padding", "3.2", "convolution", {"padding": "1"}, measure_padding),
    Claim("pointwise", "3.2", "shapes", {"model": "resnet50"}, measure_pointwise),
    Claim("pointwise_size", "3.2", "shapes", {"model": "resnet50"}, measure_pointwise_size),
    Claim("pointwise_work", "3.2", "shapes", {"model": "resnet50"}, measure_pointwise_work),
    Claim("dilation", "3.2", "convolution", {"input": "sample", "dilation": "2"}, measure_dilation),
)
