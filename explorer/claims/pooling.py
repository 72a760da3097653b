"""Section 5: pooling and shifts."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from explorer.claims.chance import is_greater, summarise_runs
from explorer.claims.convolutions import PHOTO, count_multiply_adds, count_parameters
from explorer.claims.experiments import load_experiments
from explorer.claims.mlp import NUM_TEST, find_accuracies, tell_training
from explorer.claims.records import Case, Claim
from explorer.convolution.maths import measure_shift
from explorer.data import load_sample
from explorer.models.catalogue import create_model

SIDE = 28
MOVED = 2  # pixels


# ---- section 5.1 --------------------------------------------------------------------------------------------------


def measure_example() -> tuple[Case, ...]:
    """The 4x4 example of section 5.1 in PyTorch's modules."""
    numbers = torch.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    largest, mean = (layer(numbers).flatten().tolist() for layer in (nn.MaxPool2d(2), nn.AvgPool2d(2)))
    return (
        Case("max", largest == [6, 8, 14, 16], {"found": [int(each) for each in largest]}),
        Case("average", mean == [3.5, 5.5, 11.5, 13.5], {"found": mean}),
    )


def measure_global() -> tuple[Case, ...]:
    """Global average pooling of maps of four sizes: one number a channel, and it is the mean."""
    sides, channels, pool = [1, 5, 7, 14], 512, nn.AdaptiveAvgPool2d((1, 1))
    maps = [torch.rand(4, channels, side, side, generator=torch.Generator().manual_seed(0)) for side in sides]
    holds = all(
        pool(each).shape == (4, channels, 1, 1) and torch.allclose(pool(each).flatten(1), each.mean((2, 3)), atol=1e-6)
        for each in maps
    )
    return (Case("sides", holds, {"sides": sides, "channels": channels}),)


def measure_heads() -> tuple[Case, ...]:
    """Whether torchvision's networks end with global average pooling: four since 2015, and two from before."""
    from torchvision import models  # slow

    groups = {
        "modern": ("resnet50", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny"),
        "before": ("alexnet", "vgg16"),
    }
    with torch.device("meta"):
        found = {
            group: [getattr(models, name)().avgpool.output_size in (1, (1, 1)) for name in names]
            for group, names in groups.items()
        }
    return (
        Case("modern", all(found["modern"]), {"count": sum(found["modern"]), "total": len(found["modern"])}),
        Case("before", not any(found["before"]), {"count": sum(found["before"]), "total": len(found["before"])}),
    )


# ---- section 5.2 --------------------------------------------------------------------------------------------------


def measure_work() -> tuple[Case, ...]:
    """Multiply-adds of a 3x3 convolution behind a 2x2 pooling and without it."""
    layer = nn.Conv2d(16, 16, 3, padding=1)
    before, after = (count_multiply_adds(layer, 1, 16, side, side) for side in (SIDE, SIDE // 2))
    return (Case("counted", after == before / 4, {"before": before, "after": after, "factor": before // after}),)


def find_halvings(model: nn.Module, channels: int, side: int) -> dict[int, set[str]]:
    """Where maps become smaller, and by which kinds of layer; what joins all positions does not count.

    Args:
        model: on the meta device, in eval mode.
        channels: of the image.
        side: of the image in pixels.

    Returns:
        Side behind the layer -> "conv" or "pool" or both.
    """
    found: dict[int, set[str]] = {}

    def look(layer: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        if output.shape[-1] < inputs[0].shape[-1]:
            found.setdefault(output.shape[-1], set()).add("conv" if isinstance(layer, nn.Conv2d) else "pool")

    layers = [each for each in model.modules() if isinstance(each, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d)]
    hooks = [each.register_forward_hook(look) for each in layers]
    try:
        model(torch.empty(1, channels, side, side, device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def find_all_halvings() -> dict[str, dict[int, set[str]]]:
    """Those of torchvision's ResNet-18 and EfficientNet-B0 for photographs, and of our ResNet-18 for small pictures."""
    from torchvision.models import efficientnet_b0, resnet18  # slow

    with torch.device("meta"):
        models = {"resnet18": resnet18(), "efficientnet": efficientnet_b0(), "small": create_model("resnet18")}
    sizes = {"resnet18": (3, PHOTO), "efficientnet": (3, PHOTO), "small": (1, SIDE)}
    return {name: find_halvings(model.eval(), *sizes[name]) for name, model in models.items()}


def measure_halvings() -> tuple[Case, ...]:
    """The sides of the maps of ResNet-18: five halvings to 7, for photographs and for small pictures."""
    found = find_all_halvings()
    return tuple(
        Case(name, len(found[name]) == 5 and min(found[name]) == 7, {"side": side, "sides": list(found[name])})
        for name, side in (("resnet18", PHOTO), ("small", SIDE))
    )


def measure_ways() -> tuple[Case, ...]:
    """By how many of their halvings networks use a convolution."""
    cases = []
    for name, halvings in find_all_halvings().items():
        convolved = sum(kinds == {"conv"} for kinds in halvings.values())
        cases.append(Case(name, convolved == len(halvings), {"convolved": convolved, "total": len(halvings)}))
    return tuple(cases)


def measure_inside() -> Case:
    """One bright pixel that moves by one pixel inside of a 2x2 window, in every way."""
    places = [(row, column) for row in (0, 1) for column in (0, 1)]
    answers = []
    for row, column in places:
        picture = torch.zeros(1, 1, 6, 6)
        picture[0, 0, 2 + row, 2 + column] = 1.0
        answers.append(F.max_pool2d(picture, 2))
    moves = [
        (first, second)
        for first, here in enumerate(places)
        for second, there in enumerate(places)
        if abs(here[0] - there[0]) + abs(here[1] - there[1]) == 1
    ]
    same = sum(torch.equal(answers[first], answers[second]) for first, second in moves)
    return Case("inside", same == len(moves), {"same": same, "moves": len(moves)})


def measure_max_shift() -> tuple[Case, ...]:
    """The maximum of windows when a bright pixel moves in its window, and when clothes move."""
    found = measure_shift(load_sample().images / 255, 2)
    numbers = {"unchanged": found.unchanged, "windows": found.windows}
    clothes = Case("clothes", found.unchanged == found.windows, numbers, {"share": found.unchanged / found.windows})
    return (measure_inside(), clothes)


def measure_steadiness() -> tuple[Case, ...]:
    """How much maxima, averages and pixels change when clothes move by a pixel; and what moves cost three LeNet-5."""
    found = measure_shift(load_sample().images / 255, 2)
    changes = {"max": found.max_change, "average": found.average_change, "pixels": found.pixel_change}
    return (
        Case("pixels", found.max_change < found.pixel_change, {}, changes),
        Case("average", found.max_change < found.average_change, {}, changes),
        _compare_losses("lenet5_strided", "strided"),
        _compare_losses("lenet5_average", "averaged"),
    )


def _compare_losses(other: str, case: str) -> Case:
    """Share of the test images that LeNet-5 loses when they move, beside a variant of it, with several seeds."""
    losses = [
        [(row[0] - row[MOVED]) / NUM_TEST for row in load_experiments()[each]["right"]]
        for each in ("lenet5_own", other)
    ]
    own, theirs = losses
    numbers = {"distance": MOVED, **tell_training(other)}
    return Case(case, is_greater(theirs, own), numbers, summarise_runs(own=own, other=theirs))


def measure_information() -> tuple[Case, ...]:
    """Max pooling beside convolutions with stride 2: the accuracy of LeNet-5, and how well pictures can be rebuilt."""
    found = load_experiments()["rebuilding"]
    return (
        _compare_accuracy("lenet5_strided", "strided"),
        Case(
            "rebuilt",
            found["kernel"] < found["max"],
            {"kernel_numbers": found["kernel_numbers"]},
            {name: found[name] for name in ("kernel", "max", "average")},
        ),
    )


def _compare_accuracy(other: str, case: str) -> Case:
    pooled, convolved = find_accuracies("lenet5_own"), find_accuracies(other)
    shares = summarise_runs(pooled=pooled, convolved=convolved)
    return Case(case, is_greater(convolved, pooled), tell_training(other), shares)


def measure_learnable() -> tuple[Case, ...]:
    """Parameters of a max pooling and of a convolution in its place, for 16 channels."""
    pooling, convolution = nn.MaxPool2d(2), nn.Conv2d(16, 16, 2, stride=2)
    numbers = {"channels": 16, "pooling": count_parameters(pooling), "convolution": count_parameters(convolution)}
    return (Case("counted", numbers["pooling"] == 0 < numbers["convolution"], numbers),)


POOLED = {"input": "sample", "pool_size": "2"}
PHOTOGRAPHS = {"model": "resnet18", "size": "224", "channels": "3", "stem": "large"}
CLAIMS = (
    Claim("pool_example", "5.1", "convolution", POOLED, measure_example),
    Claim("global_pooling", "5.1", "convolution", POOLED, measure_global),
    Claim("global_standard", "5.1", "shapes", {"model": "resnet18"}, measure_heads),
    Claim("pool_work", "5.2", "shapes", {"model": "lenet5"}, measure_work),
    Claim("five_halvings", "5.2", "shapes", PHOTOGRAPHS, measure_halvings),
    Claim("max_shift", "5.2", "convolution", POOLED, measure_max_shift),
    Claim("max_steadier", "5.2", "convolution", POOLED, measure_steadiness),
    Claim("stride_modern", "5.2", "shapes", PHOTOGRAPHS, measure_ways),
    Claim("stride_keeps", "5.2", "convolution", {"input": "sample", "stride": "2"}, measure_information),
    Claim("pool_learns_nothing", "5.2", "shapes", {"model": "lenet5"}, measure_learnable),
)
