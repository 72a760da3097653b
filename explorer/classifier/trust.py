"""Whether a saliency map means anything: random weights, pixels taken away, and orders that never look at the network."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from explorer.classifier.prediction import CLOTHES
from explorer.patience import go_on
from explorer.randomness import seeded

STEPS = 28  # so many pixels more are changed from one point of a curve to the next: of 28 x 28, a row's worth
_BATCH = 64
_RANDOM_ORDERS = 3
_WEIGHTED = (nn.Conv2d, nn.Linear)

Kind = Literal["deletion", "insertion"]


# ---- pixels taken away and brought back --------------------------------------------------------------------------


def compute_curve(
    model: nn.Module,
    image: torch.Tensor,
    baseline: torch.Tensor,
    target: int,
    values: torch.Tensor,
    kind: Kind,
    steps: int = STEPS,
    logits: bool = False,
    against: int | None = None,
) -> torch.Tensor:
    """What becomes of the class while pixels are changed, those with the largest values first.

    Deletion goes from the image to the baseline, insertion from the baseline to the image.

    Args:
        model: network in eval mode, (N, 1, H, W) -> (N, classes).
        image: (1, 1, H, W), normalised.
        baseline: the same shape: what stands for "nothing there".
        target: the class.
        values: (H, W); of equal ones the upper, then the left one goes first.
        kind: "deletion" or "insertion".
        steps: pieces into which the pixels are divided.
        logits: give the logit of the class instead of its probability.
        against: another class: then it is the share of the class in the probability of both, or the difference of the
            logits.

    Returns:
        (steps + 1,) float64: after 0, 1, ... of `steps` parts of the pixels.

    Source: Petsiuk, Das & Saenko 2018, "RISE", section 4.1.
    """
    start, end = (image, baseline) if kind == "deletion" else (baseline, image)
    rank = torch.empty(values.numel(), dtype=torch.long)
    rank[values.flatten().argsort(descending=True, stable=True)] = torch.arange(values.numel())
    counts = torch.linspace(0, values.numel(), steps + 1).round()
    changed = (rank.view(values.shape) < counts[:, None, None])[:, None]
    pictures = torch.where(changed, end, start)
    found = []
    with torch.no_grad():
        for part in pictures.split(_BATCH):
            go_on()
            scores = model(part.to(next(model.parameters()).device)).double().cpu()
            found.append(_follow(scores, target, against, logits))
    return torch.cat(found)


def _follow(scores: torch.Tensor, target: int, against: int | None, logits: bool) -> torch.Tensor:
    """What a curve shows of these logits (N, classes)."""
    if against is None:
        return scores[:, target] if logits else torch.softmax(scores, 1)[:, target]
    difference = scores[:, target] - scores[:, against]
    return difference if logits else torch.sigmoid(difference)


def area_under(curve: torch.Tensor) -> float:
    """Mean height of a curve of evenly spaced points, by trapezoids.

    >>> area_under(torch.tensor([1.0, 0.5, 0.0]))
    0.5
    """
    return float((curve[:-1] + curve[1:]).mean() / 2)


def _random(picture: torch.Tensor, seed: int) -> torch.Tensor:
    return torch.rand(picture.shape, generator=torch.Generator().manual_seed(seed))


def _brightest(picture: torch.Tensor, _seed: int) -> torch.Tensor:
    return picture


def _centred(picture: torch.Tensor, _seed: int) -> torch.Tensor:
    """A Gaussian about the middle, whose standard deviation is a quarter of the side."""
    axes = [(torch.arange(side) - (side - 1) / 2) / (side / 4) for side in picture.shape]
    return torch.exp(-(axes[0][:, None] ** 2 + axes[1] ** 2) / 2)


def _edges(picture: torch.Tensor, _seed: int) -> torch.Tensor:
    """Magnitude of the gradient by Sobel's kernels."""
    kernel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack([kernel, kernel.T])[:, None]
    return F.conv2d(F.pad(picture[None, None], (1, 1, 1, 1), mode="replicate"), kernels)[0].norm(dim=0)


# Orders that never look at a network: name -> values (H, W) of a picture (H, W), 0 to 1, and a seed.
CONTROLS: Mapping[str, Callable[[torch.Tensor, int], torch.Tensor]] = MappingProxyType(
    {"brightest": _brightest, "centred": _centred, "edges": _edges, "random": _random}
)


@dataclass(frozen=True)
class Curves:
    """Both curves of one order of the pixels.

    Attributes:
        deletion, insertion: (STEPS + 1,) probability of the class, or its share in that of two classes.
    """

    deletion: torch.Tensor
    insertion: torch.Tensor


def compute_curves(model, image, baseline, target: int, values: torch.Tensor, against: int | None = None) -> Curves:
    """Both curves; see `compute_curve`."""
    kinds: tuple[Kind, Kind] = ("deletion", "insertion")
    return Curves(*(compute_curve(model, image, baseline, target, values, kind, against=against) for kind in kinds))


def compute_controls(
    model, image, baseline, target: int, picture: torch.Tensor, against: int | None = None
) -> dict[str, Curves]:
    """The curves of CONTROLS; that of the random order is the mean of several.

    Args:
        model, image, baseline, target, against: see `compute_curve`.
        picture: (H, W), 0 black to 1 white: the image before it was normalised.
    """
    found = {}
    for name, control in CONTROLS.items():
        seeds = range(_RANDOM_ORDERS if name == "random" else 1)
        each = [compute_curves(model, image, baseline, target, control(picture, seed), against) for seed in seeds]
        deletion, insertion = (
            torch.stack([getattr(curves, kind) for curves in each]).mean(0) for kind in Curves.__annotations__
        )
        found[name] = Curves(deletion, insertion)
    return found


# ---- random weights ----------------------------------------------------------------------------------------------


def list_weighted_layers(model: nn.Module) -> list[str]:
    """Names of the convolutions and linear layers, from the input to the output."""
    return [name for name, module in model.named_modules() if isinstance(module, _WEIGHTED)]


def randomise_from_top(model: nn.Module, count: int, seed: int = 0) -> nn.Module:
    """A copy of a network whose last layers have random weights, as they were before training.

    Args:
        model: the network, which stays as it is.
        count: so many convolutions and linear layers, counted from the output, with the normalisations behind them.
        seed: of the weights; a layer has the same ones at each count.

    Returns:
        The copy, in the mode of the network.

    Source: Adebayo et al. 2018, "Sanity checks for saliency maps", section 3 ("cascading randomization").
    """
    random = copy.deepcopy(model)
    modules = [module for module in random.modules() if hasattr(module, "reset_parameters")]
    firsts = [place for place, module in enumerate(modules) if isinstance(module, _WEIGHTED)]
    begin = len(modules) if count == 0 else firsts[-count]
    with seeded(seed):
        for module in reversed(modules[begin:]):
            module.reset_parameters()
    return random


def choose_counts(num_layers: int, most: int = 8) -> list[int]:
    """How many layers are random at each step: from 0 to all, at most so many steps, and the last layer alone among them.

    >>> choose_counts(5)
    [0, 1, 2, 3, 4, 5]
    >>> choose_counts(21)
    [0, 1, 4, 7, 11, 14, 18, 21]
    """
    if num_layers < most:
        return list(range(num_layers + 1))
    return [0, *(round(1 + place * (num_layers - 1) / (most - 2)) for place in range(most - 1))]


def rank_correlation(first: torch.Tensor, second: torch.Tensor) -> float:
    """Spearman's rank correlation of two sets of values; 0 where one of them is the same everywhere.

    >>> rank_correlation(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0, 30.0, 20.0]))
    0.5
    """
    ranks = [_rank(each.flatten().double()) for each in (first, second)]
    centred = [each - each.mean() for each in ranks]
    norm = centred[0].norm() * centred[1].norm()
    return float((centred[0] * centred[1]).sum() / norm) if norm > 0 else 0.0


def _rank(values: torch.Tensor) -> torch.Tensor:
    """Places in ascending order; equal values share the mean of theirs."""
    _, inverse, counts = values.unique(return_inverse=True, return_counts=True)
    return (counts.cumsum(0) - (counts.double() - 1) / 2)[inverse]


def correlate_on_clothes(first: torch.Tensor, second: torch.Tensor, picture: torch.Tensor) -> float:
    """Rank correlation, with signs, of two maps (H, W) on the pixels of the clothes.

    Black pixels do not count: a method that multiplies by the picture gives 0 there for any weights, and two maps that
    agree about nothing else would seem alike.

    Args:
        first, second: the maps.
        picture: (H, W), 0 black to 1 white.
    """
    clothes = picture > CLOTHES
    return rank_correlation(first[clothes], second[clothes]) if int(clothes.sum()) > 1 else 0.0
