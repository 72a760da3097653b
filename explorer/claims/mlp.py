"""Section 1.1: pictures as vectors."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from explorer.claims.chance import SIGNIFICANT, is_greater, rank_sum_p, summarise_runs
from explorer.claims.experiments import load_experiments
from explorer.claims.records import Case, Claim
from explorer.classifier.results import exact_mcnemar
from explorer.data import load_sample
from explorer.models.checkpoints import load_results

STRONG = 0.5  # a correlation from which on one speaks of a large effect: Cohen 1988, chapter 3
NUM_TEST = 10_000  # test images
CHANCE = 0.1  # accuracy of one and the same answer to all test images
QUARTER = 90  # degrees
CONVOLUTIONAL = ("lenet5", "alexnet_small", "resnet18")


def count_linear(in_features: int, out_features: int) -> tuple[int, int]:
    """Weights and biases of a linear layer, counted in PyTorch's module without memory for them."""
    with torch.device("meta"):
        layer = nn.Linear(in_features, out_features)
    return layer.weight.numel(), layer.bias.numel()


def measure_linear(in_features: int, out_features: int, claimed: int) -> tuple[Case, ...]:
    """The weights of a linear layer beside what the tutorial says."""
    weights, biases = count_linear(in_features, out_features)
    return (Case("counted", weights == claimed, {"weights": weights, "biases": biases}),)


def measure_neighbours() -> tuple[Case, ...]:
    """Correlation of pixels that lie 1, 4 or 14 pixels apart in a row, as they are and without the mean picture."""
    pictures = load_sample().images.double()
    return (
        _correlate_neighbours("pixels", pictures),
        _correlate_neighbours("centred", pictures - pictures.mean(0)),
    )


def _correlate_neighbours(name: str, pictures: torch.Tensor) -> Case:
    distances = [1, 4, 14]
    pairs = [torch.stack([pictures[..., :-d].flatten(), pictures[..., d:].flatten()]) for d in distances]
    found = [float(torch.corrcoef(pair)[0, 1]) for pair in pairs]
    numbers = {"count": len(pictures), "distances": distances, "correlations": found, "strong": STRONG}
    return Case(name, found[0] >= STRONG and found[0] == max(found), numbers)


def measure_turned_vectors() -> tuple[Case, ...]:
    """How alike a picture and itself turned by 90 degrees are as vectors, beside two different pictures."""
    pictures = load_sample().images.double()
    every = torch.cat([pictures, torch.rot90(pictures, 1, (-2, -1))]).flatten(1)
    count, correlations = len(pictures), torch.corrcoef(every)
    turned = float(correlations[:count, count:].diagonal().mean())
    upright = correlations[:count, :count]
    others = float((upright.sum() - upright.trace()) / (count * (count - 1)))
    return (Case("vectors", turned <= others, {"count": count, "turned": turned, "others": others}),)


def measure_turn(name: str, is_new: bool) -> Case:
    """What a trained network says to test images that are turned by 90 degrees.

    They are new to it where it is no longer right on most of those that it was right on before.

    Args:
        name: of the network, and of the case.
        is_new: what the claim says.
    """
    found = load_experiments()[f"moves_{name}"]
    before, after, both = found["turned"][found["degrees"].index(QUARTER)]
    total = found["images"]
    shares = {"before": before / total, "after": after / total, "kept": both / before}
    return Case(name, (both / before < 0.5) == is_new, {"count": total, "degrees": QUARTER}, shares)


def find_accuracies(experiment: str) -> list[float]:
    """Share of the test images that each seed of an experiment of training is right on."""
    return [row[0] / NUM_TEST for row in load_experiments()[experiment]["right"]]


def tell_training(experiment: str) -> dict[str, float | list]:
    """Its settings, for the sentence of a case."""
    found = load_experiments()[experiment]
    return {"epochs": found["epochs"], "images": found["images"], "seeds": len(found["seeds"])}


def measure_shuffled_mlp() -> tuple[Case, ...]:
    """An MLP that learned pictures whose pixels are shuffled, beside one that learned them in order."""
    ordered, shuffled = find_accuracies("mlp_own"), find_accuracies("mlp_shuffled")
    holds = rank_sum_p(ordered, shuffled) >= SIGNIFICANT
    shares = summarise_runs(ordered=ordered, shuffled=shuffled)
    return (Case("mlp", holds, tell_training("mlp_own"), shares),)


def measure_shuffled_convolution() -> tuple[Case, ...]:
    """The same for LeNet-5."""
    ordered, shuffled = find_accuracies("lenet5_own"), find_accuracies("lenet5_shuffled")
    shares = summarise_runs(ordered=ordered, shuffled=shuffled)
    numbers = {**tell_training("lenet5_own"), "stuck": sum(each <= CHANCE for each in shuffled)}
    return (Case("lenet5", is_greater(ordered, shuffled), numbers, shares),)


def find_shift(name: str, distance: int) -> tuple[int, int, int, int, int]:
    """Of the test images of which nothing leaves the picture: how many, right before, right after, lost, gained."""
    found = load_experiments()[f"moves_{name}"]
    count, before, after, lost, gained = found["shifted"][found["distances"].index(distance)]
    return count, before, after, lost, gained


def measure_shift(name: str, distance: int, case: str) -> Case:
    """Whether a trained network is right as often on images that are moved: the exact McNemar test finds no difference."""
    count, before, after, lost, gained = find_shift(name, distance)
    numbers = {
        "count": count,
        "distance": distance,
        "trained": load_results()[name]["recipe"]["crop_padding"],
        "lost": lost,
        "gained": gained,
    }
    holds = exact_mcnemar(lost, gained) >= SIGNIFICANT
    return Case(case, holds, numbers, {"before": before / count, "after": after / count})


def measure_shifts() -> tuple[Case, ...]:
    """Each convolutional network at a shift by 2 pixels, and those that were trained with shifts at 6."""
    near = [measure_shift(name, 2, name) for name in CONVOLUTIONAL]
    return (*near, measure_shift("alexnet_small", 6, "alexnet_far"), measure_shift("resnet18", 6, "resnet_far"))


def measure_loss_by_shift() -> tuple[Case, ...]:
    """What shifts cost the MLP and LeNet-5, neither of which was trained with shifts.

    The claim is right if the MLP loses more at every distance, by more than 1.96 standard errors. The errors of the two
    are taken as independent; both answered the same images, so they are rather smaller.
    """
    distances = [1, 2, 3, 4]
    losses = {name: [_find_loss(name, distance) for distance in distances] for name in ("mlp", "lenet5")}
    pairs = zip(losses["mlp"], losses["lenet5"], strict=True)
    holds = all(ours - theirs > 1.96 * (first + second) ** 0.5 for (ours, first), (theirs, second) in pairs)
    shares = {name: [loss for loss, _ in each] for name, each in losses.items()}
    return (Case("lenet5", holds, {"distances": distances}, shares),)


def _find_loss(name: str, distance: int) -> tuple[float, float]:
    """Share of the answers that a network loses, and its variance (Agresti 2013, section 11.1.1)."""
    count, _, _, lost, gained = find_shift(name, distance)
    loss = (lost - gained) / count
    return loss, ((lost + gained) / count - loss**2) / count


CLAIMS = (
    Claim("mlp_first_layer", "1.1", "shapes", {"model": "mlp"}, partial(measure_linear, 28 * 28, 512, 401_408)),
    Claim(
        "mlp_colour",
        "1.1",
        "convolution",
        {"in_channels": "3", "side": "224"},
        partial(measure_linear, 3 * 224 * 224, 512, 77_070_336),
    ),
    Claim("flattening", "1.1", "shapes", {"model": "mlp"}, measure_shuffled_mlp),
    Claim("turned_vector", "1.1", "shapes", {"model": "mlp"}, measure_turned_vectors),
    Claim("mlp_rotation", "1.1", "classifier", {"model": "mlp"}, lambda: (measure_turn("mlp", True),)),
    Claim(
        "cnn_rotation",
        "1.1",
        "classifier",
        {"model": "resnet18"},
        lambda: tuple(measure_turn(name, False) for name in CONVOLUTIONAL),
    ),
    Claim("neighbours", "1.1", "convolution", {"input": "sample"}, measure_neighbours),
    Claim("locality", "1.1", "convolution", {"input": "sample", "kernel": "lenet5"}, measure_shuffled_convolution),
    Claim("shift_invariance", "1.2", "classifier", {"model": "lenet5"}, measure_shifts),
    Claim("shift_loss", "1.2", "classifier", {"model": "lenet5"}, measure_loss_by_shift),
)
