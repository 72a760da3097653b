"""Section 4: receptive fields."""

from __future__ import annotations

import torch
from torch import nn

from explorer.claims.chance import is_greater, summarise_runs
from explorer.claims.convolutions import count_multiply_adds, count_parameters
from explorer.claims.experiments import load_experiments
from explorer.claims.mlp import find_accuracies, tell_training
from explorer.claims.records import Case, Claim, no_cases
from explorer.receptive_field.maths import CLAIMED_AT_LEAST, CLAIMED_DEPTHS
from explorer.receptive_field.networks import PHOTO_SIZE, find_depth_sizes

SIDE = 28


def find_field(*layers: nn.Module) -> int:
    """Side of the pixels that reach a unit in the middle of the last layer, by autograd.

    All weights are 1 and nothing saturates, so that nothing cancels; for a maximum take the average of the window, to
    which the same pixels lead.

    Args:
        *layers: from one channel to one.
    """
    model = nn.Sequential(*layers).double()
    for weights in model.parameters():
        nn.init.ones_(weights)
    image = torch.ones(1, 1, 64, 64, dtype=torch.double, requires_grad=True)
    maps = model(image)[0, 0]
    (gradient,) = torch.autograd.grad(maps[len(maps) // 2, len(maps) // 2], image)
    rows, columns = gradient[0, 0].nonzero().T
    height, width = (int(each.max() - each.min()) + 1 for each in (rows, columns))
    assert height == width
    return height


def measure_lenet_fields() -> list[int]:
    """Fields of LeNet-5 behind its convolutions and poolings."""
    layers = (nn.Conv2d(1, 1, 5, padding=2), nn.AvgPool2d(2), nn.Conv2d(1, 1, 5), nn.AvgPool2d(2))
    return [find_field(*layers[: number + 1]) for number in range(len(layers))]


def measure_lenet() -> tuple[Case, ...]:
    """The four sizes."""
    found = measure_lenet_fields()
    return (Case("autograd", found == [5, 6, 14, 16], {"found": found}),)


def measure_pool() -> tuple[Case, ...]:
    """What the first pooling of LeNet-5 adds."""
    first, pooled, second, last = measure_lenet_fields()
    numbers = {"before": first, "after": pooled, "added": pooled - first, "later": last - second}
    return (Case("first", pooled - first == 2, numbers),)


def measure_two_fields() -> tuple[Case, ...]:
    """Two 3x3 convolutions beside one 5x5."""
    one, two = find_field(nn.Conv2d(1, 1, 5)), find_field(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3))
    return (Case("autograd", one == two, {"two": two, "one": one}),)


def measure_two_costs() -> tuple[Case, ...]:
    """Weights and multiply-adds of two 3x3 and of one 5x5: one channel, equal channels, few channels that come in."""
    cases = {"single": (1, 1), "equal": (64, 64), "first": (1, 64)}
    return tuple(_compare_costs(name, *channels) for name, channels in cases.items())


def _compare_costs(name: str, channels_in: int, channels_out: int) -> Case:
    two = nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
    )
    one = nn.Conv2d(channels_in, channels_out, 5, padding=2, bias=False)
    weights = {"two": count_parameters(two), "one": count_parameters(one)}
    work = {f"{key}_work": count_multiply_adds(each, 1, channels_in, SIDE, SIDE) for key, each in
            (("two", two), ("one", one))}  # fmt: skip
    channels = {"channels_in": channels_in, "channels_out": channels_out, "side": SIDE}
    return Case(name, weights["two"] < weights["one"], {**weights, **work, **channels})


def measure_two_learn() -> tuple[Case, ...]:
    """LeNet-5 with two 3x3 convolutions in place of its second 5x5, and not more weights: is it right more often?"""
    one, two = find_accuracies("lenet5_own"), find_accuracies("lenet5_two_3x3")
    return (Case("lenet5", is_greater(two, one), tell_training("lenet5_own"), summarise_runs(one=one, two=two)),)


def measure_growth() -> tuple[Case, ...]:
    """The sketch of growth beside three networks; sizes up to twice and down to half of its own count as right."""
    claimed = list(CLAIMED_DEPTHS.values())
    cases = []
    for name, sizes in find_depth_sizes().items():
        known = [(depth, size) for depth, size in zip(CLAIMED_DEPTHS, sizes, strict=True) if size is not None]
        holds = len(known) == len(claimed) and all(_is_near(depth, size) for depth, size in known)
        numbers = {"depths": [depth for depth, _ in known], "found": [size for _, size in known], "side": PHOTO_SIZE}
        cases.append(Case(name, holds, numbers))
    return tuple(cases)


def _is_near(depth: int, size: int) -> bool:
    claimed = CLAIMED_DEPTHS[depth]
    return claimed / 2 <= size and (size <= 2 * claimed or depth >= CLAIMED_AT_LEAST)


def measure_whole() -> tuple[Case, ...]:
    """Whether a unit sees the whole photograph after 20 convolutions; VGG-16 does not have so many."""
    place = list(CLAIMED_DEPTHS).index(CLAIMED_AT_LEAST)
    sizes = {name: found[place] for name, found in find_depth_sizes().items()}
    return tuple(
        Case(name, size >= PHOTO_SIZE, {"depth": CLAIMED_AT_LEAST, "found": size, "side": PHOTO_SIZE})
        for name, size in sizes.items()
        if size is not None
    )


def measure_depths() -> tuple[Case, ...]:
    """Whether the means of the maps of ResNet-18 tell clothes apart the better, the deeper the stage."""
    found = load_experiments()["depths"]
    _, *right = (each / found["images"] for each in found["right"])
    pixels = found["right"][0] / found["images"]
    numbers = {"count": found["images"], "stages": len(right)}
    return (Case("resnet18", right == sorted(right), numbers, {"right": right, "pixels": pixels}),)


LENET = {"model": "lenet5"}
TWO_LAYERS = {"model": "table", "layers": "conv,3,1,1,1;conv,3,1,1,1", "layer": "2", "compared": "stack5x5"}
CLAIMS = (
    Claim("lenet_fields", "4.1", "receptive_field", {**LENET, "layer": "4"}, measure_lenet),
    Claim("pool_adds", "4.1", "receptive_field", {**LENET, "layer": "2"}, measure_pool),
    Claim("two_fields", "4.1", "receptive_field", TWO_LAYERS, measure_two_fields),
    Claim("two_costs", "4.1", "receptive_field", TWO_LAYERS, measure_two_costs),
    Claim("two_learn", "4.1", "receptive_field", TWO_LAYERS, measure_two_learn),
    Claim("growth", "4.2", "receptive_field", {"model": "resnet34", "size": "224"}, measure_growth),
    Claim("whole_at_twenty", "4.2", "receptive_field", {"model": "resnet34", "size": "224"}, measure_whole),
    Claim("parts", "4.2", "shapes", {"model": "resnet18", "view": "layer"}, no_cases),
    Claim("depth_tells", "4.2", "shapes", {"model": "resnet18", "view": "layer"}, measure_depths),
)
