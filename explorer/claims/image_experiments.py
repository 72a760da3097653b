"""Experiments on pictures: shifted, rotated, shuffled, pooled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from explorer.claims.experiments import learn
from explorer.data import load_split, normalise
from explorer.models.catalogue import create_model
from explorer.models.checkpoints import load_trained, model_lock
from explorer.models.lenet import LeNet5
from explorer.randomness import seeded
from explorer.training.recipe import recipe_for
from explorer.training.splits import Split, load_images

NETWORKS = ("softmax", "mlp", "lenet5", "alexnet_small", "resnet18")
DISTANCES = (1, 2, 3, 4, 5, 6)  # pixels
DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # (down, right)
DEGREES = (15, 30, 90, 180)
NUM_IMAGES = 2_000  # of the test
SEEDS = (42, 43, 44, 45, 46)
EPOCHS, NUM_TRAINING = 5, 20_000  # a short training on a part of the images: only its kinds are compared
SHUFFLE_SEED = 0
MOVED_BY = (1, 2)  # pixels: how the variants of LeNet-5 are tested beside the images as they are


def shift(images: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """Move pictures; what leaves them is lost, and zeros come in.

    Args:
        images: (N, C, H, W).
        down: pixels, negative for up.
        right: pixels, negative for left.
    """
    return F.pad(images, (right, -right, down, -down))


def shift_in_turn(images: torch.Tensor, distance: int) -> torch.Tensor:
    """Move the first picture to the right, the next down, then left, then up, and so on; (N, C, H, W) in and out."""
    moved = torch.empty_like(images)
    for start, (down, right) in enumerate(DIRECTIONS):
        every = slice(start, None, len(DIRECTIONS))
        moved[every] = shift(images[every], down * distance, right * distance)
    return moved


def turn(images: torch.Tensor, degrees: int) -> torch.Tensor:
    """Turn pictures counterclockwise, exactly by quarters, else by bilinear interpolation; (N, C, H, W) in and out."""
    from torchvision.transforms import InterpolationMode  # slow
    from torchvision.transforms.functional import rotate

    if degrees % 90 == 0:
        return torch.rot90(images, degrees // 90, (-2, -1))
    return rotate(images, degrees, InterpolationMode.BILINEAR)


def shuffle_pixels(images: torch.Tensor) -> torch.Tensor:
    """Put the pixels of all pictures into the same other order; (N, C, H, W) in and out."""
    order = torch.randperm(images[0, 0].numel(), generator=torch.Generator().manual_seed(SHUFFLE_SEED))
    return images.flatten(-2)[..., order].reshape(images.shape)


@torch.no_grad()
def find_right(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Which pictures a network in eval mode is right on; images (N, 1, 28, 28) uint8, labels and result (N,)."""
    batches = zip(images.split(250), labels.split(250), strict=True)
    layout = {"memory_format": torch.channels_last}
    return torch.cat([model(normalise(x).contiguous(**layout)).argmax(1) == y for x, y in batches])


def measure_moves(name: str) -> dict[str, Any]:
    """What a trained network makes of test images that are shifted and turned.

    Returns:
        "shifted": for each of "distances" [images of which nothing leaves the picture, right before, right after, lost,
        gained]; each image is moved in one of four directions. "turned": for each of "degrees" [right before, right
        after, right both times], of "images".
    """
    images, labels = (each[:NUM_IMAGES] for each in load_split("test"))
    with model_lock(name):
        model = load_trained(name)
        upright = find_right(model, images, labels)
        shifted = [_compare_shift(model, images, labels, upright, distance) for distance in DISTANCES]
        turned = [find_right(model, turn(images, each), labels) for each in DEGREES]
    return {
        "distances": list(DISTANCES),
        "shifted": shifted,
        "images": NUM_IMAGES,
        "degrees": list(DEGREES),
        "turned": [[int(upright.sum()), int(after.sum()), int((upright & after).sum())] for after in turned],
    }


def _compare_shift(model, images, labels, upright: torch.Tensor, distance: int) -> list[int]:
    moved = shift_in_turn(images, distance)
    whole = moved.flatten(1).sum(1, dtype=torch.int64) == images.flatten(1).sum(1, dtype=torch.int64)
    before, after = upright[whole], find_right(model, moved[whole], labels[whole])
    return [
        len(before), int(before.sum()), int(after.sum()), int((before & ~after).sum()), int((after & ~before).sum()),
    ]  # fmt: skip


def build_variant(name: str) -> nn.Module:
    """LeNet-5 in which one thing is another; every variant has as many units in each layer that has a name in LeNet-5.

    Args:
        name: "own" for LeNet-5 itself. "average": average pooling. "strided": no pooling, its own convolutions have stride 2. "two_3x3": in place of
            the second 5x5 convolution two 3x3 with ReLU between, together with as few parameters.
    """
    model = LeNet5()
    first, second = model.features[0], model.features[3]
    if name == "average":
        model.features[2], model.features[5] = nn.AvgPool2d(2), nn.AvgPool2d(2)
    elif name == "strided":
        first.stride = second.stride = (2, 2)
        model.features[2], model.features[5] = nn.Identity(), nn.Identity()
    elif name == "two_3x3":
        model.features[3] = nn.Sequential(nn.Conv2d(6, 12, 3), nn.ReLU(), nn.Conv2d(12, 16, 3))
    elif name != "own":
        raise ValueError(f"no variant {name!r}")
    return model


def train_variant(build: Callable[[], nn.Module], name: str, shuffled: bool = False) -> dict[str, Any]:
    """Train a network with several seeds, and count on the test images what it gets right.

    The recipe is that of the network in the catalogue, shortened and without flips, which would mean nothing on shuffled
    pixels.

    Args:
        build: gives the network with fresh weights.
        name: of the network in the catalogue.
        shuffled: put the pixels of all images into the same other order.

    Returns:
        "right": for each seed how many of the test images; then, unless shuffled, of those that are moved by each of
        MOVED_BY. The settings stand beside it.
    """
    recipe = replace(recipe_for(name), epochs=EPOCHS, flip=False, average=0.0)
    images = load_images(torch.device("cpu"), None, smoke=False)
    arrange = shuffle_pixels if shuffled else (lambda each: each)
    training = Split(arrange(images.training.images[:NUM_TRAINING]), images.training.labels[:NUM_TRAINING])
    tests = [arrange(images.test.images)]
    tests += [] if shuffled else [shift_in_turn(images.test.images, distance) for distance in MOVED_BY]
    found = []
    for seed in SEEDS:
        with seeded(seed):
            model = build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            learn(model, training, recipe, seed)
        model.eval()
        found.append([int(find_right(model, each, images.test.labels).sum()) for each in tests])
    return {"epochs": EPOCHS, "images": NUM_TRAINING, "seeds": list(SEEDS), "right": found}


def rebuild(halve: Callable[[torch.Tensor], torch.Tensor], training: torch.Tensor, test: torch.Tensor) -> float:
    """How much of pictures a linear map cannot rebuild from what is left of them.

    Args:
        halve: (N, 1, H, W) -> a map of each picture.
        training: (N, 1, H, W) double, on which the linear map is fitted by ridge regression.
        test: other pictures.

    Returns:
        Squared error on the test pictures, as a share of that of the mean picture of the training.
    """
    known, wanted = halve(training).flatten(1), training.flatten(1)
    centre, mean = known.mean(0), wanted.mean(0)
    known, wanted = known - centre, wanted - mean
    covariance = known.T @ known
    ridge = 1e-4 * covariance.diagonal().mean() * torch.eye(len(covariance), dtype=covariance.dtype)
    weights = torch.linalg.solve(covariance + ridge, known.T @ wanted)
    rebuilt = (halve(test).flatten(1) - centre) @ weights + mean
    wrong = test.flatten(1) - rebuilt
    return float(wrong.square().sum() / (test.flatten(1) - mean).square().sum())


def find_best_kernel(training: torch.Tensor, steps: int = 150) -> torch.Tensor:
    """The 2x2 kernel, moved by 2 pixels, from whose map pictures can be rebuilt best; (1, 1, 2, 2).

    Args:
        training: (N, 1, H, W) double.
        steps: of the descent, from each of three kernels that are drawn.
    """
    pixels = training.flatten(1) - training.flatten(1).mean(0)
    covariance, side = pixels.T @ pixels / len(pixels), training.shape[-1]

    def miss(kernel: torch.Tensor) -> torch.Tensor:
        half = _halve(covariance, kernel, side)  # (pixels, cells)
        both = _halve(half.T.contiguous(), kernel, side)
        ridge = 1e-4 * both.diagonal().mean() * torch.eye(len(both), dtype=both.dtype)
        return covariance.trace() - (half * torch.linalg.solve(both + ridge, half.T).T).sum()

    found = []
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        kernel = torch.randn(1, 1, 2, 2, generator=generator, dtype=torch.double).requires_grad_()
        optimizer = torch.optim.Adam([kernel], lr=0.05)
        for _ in range(steps):
            optimizer.zero_grad()
            lost = miss(kernel)
            lost.backward()
            optimizer.step()
        found.append((float(lost.detach()), kernel.detach()))
    return min(found, key=lambda pair: pair[0])[1]


def _halve(rows: torch.Tensor, kernel: torch.Tensor, side: int) -> torch.Tensor:
    return F.conv2d(rows.reshape(-1, 1, side, side), kernel, stride=2).flatten(1)


def measure_rebuilding() -> dict[str, Any]:
    """What is lost of pictures in maps of half their side: by max pooling, average pooling and the best convolution."""
    training = load_split("train")[0][:10_000].double() / 255
    test = load_split("test")[0].double() / 255
    kernel = find_best_kernel(training)
    ways: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "max": nn.MaxPool2d(2),
        "average": nn.AvgPool2d(2),
        "kernel": partial(F.conv2d, weight=kernel, stride=2),
    }
    return {
        "kernel_numbers": (kernel / kernel.abs().max()).flatten().tolist(),
        **{name: rebuild(halve, training, test) for name, halve in ways.items()},
    }


def measure_depths() -> dict[str, Any]:
    """How well the mean of each map of the trained ResNet-18 tells clothes apart, stage by stage.

    Returns:
        For the pixels and each stage how many of "images" have a nearest neighbour, among as many others, of their class.
    """
    images, labels = (each[: 2 * NUM_IMAGES] for each in load_split("test"))
    stages = ("stem", "layer1", "layer2", "layer3", "layer4")
    means: dict[str, list[torch.Tensor]] = {"pixels": [normalise(images).flatten(1)], **{each: [] for each in stages}}
    with model_lock("resnet18"), torch.no_grad():
        model = load_trained("resnet18")
        for batch in images.split(250):
            x = normalise(batch).contiguous(memory_format=torch.channels_last)
            for stage in stages:
                x = getattr(model, stage)(x)
                means[stage].append(x.mean((2, 3)))
    right = {name: count_neighbours(torch.cat(each), labels) for name, each in means.items()}
    return {"images": NUM_IMAGES, "stages": ["pixels", *stages], "right": [*right.values()]}


def count_neighbours(features: torch.Tensor, labels: torch.Tensor) -> int:
    """How many of the first half of things have the class of the nearest of the second half; features (2 N, D)."""
    half = len(features) // 2
    nearest = torch.cdist(features[:half], features[half:]).argmin(1)
    return int((labels[half:][nearest] == labels[:half]).sum())


VARIANTS: Sequence[str] = ("own", "average", "strided", "two_3x3")
EXPERIMENTS: dict[str, Callable[[], Any]] = {
    **{f"moves_{name}": partial(measure_moves, name) for name in NETWORKS},
    **{f"lenet5_{name}": partial(train_variant, partial(build_variant, name), "lenet5") for name in VARIANTS},
    "lenet5_shuffled": partial(train_variant, LeNet5, "lenet5", shuffled=True),
    "mlp_own": partial(train_variant, partial(create_model, "mlp"), "mlp"),
    "mlp_shuffled": partial(train_variant, partial(create_model, "mlp"), "mlp", shuffled=True),
    "rebuilding": measure_rebuilding,
    "depths": measure_depths,
}
