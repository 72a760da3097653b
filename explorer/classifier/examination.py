"""One map on trial: its curves beside those of orders that never look at the network, and what random weights make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from explorer.caches import remember
from explorer.classifier.attribution import compute_attribution
from explorer.classifier.outcome import Outcome, Question, borrow_model, classify_picture, find_settings
from explorer.classifier.scores import BASELINES, Settings, make_baseline
from explorer.classifier.trust import (
    Curves,
    area_under,
    choose_counts,
    compute_controls,
    compute_curves,
    correlate_on_clothes,
    list_weighted_layers,
    randomise_from_top,
    rank_correlation,
)
from explorer.patience import go_on

MAP = "map"  # the name of the map's own curves beside those of CONTROLS


@dataclass(frozen=True)
class Randomised:
    """The map of a network of which some layers have random weights.

    Attributes:
        count: so many of its layers, counted from the output.
        first: name of the first one of them; "" where none is random.
        values: (H, W), the map for the same class.
        correlation: with the map of the trained network: of ranks, with signs, on the clothes.
        unsigned: of ranks without signs, over all pixels: black ones make maps seem alike.
    """

    count: int
    first: str
    values: torch.Tensor
    correlation: float
    unsigned: float


@dataclass(frozen=True)
class Examination:
    """What a map went through.

    Attributes:
        outcome: the map, its network and its class.
        num_layers: convolutions and linear layers of the network.
        baseline: what pixels that are taken away become, one of scores.BASELINES.
        curves: MAP and the names of trust.CONTROLS -> probability of the class while pixels are taken away or come back; of
            two classes that are compared, the share of the first one in the probability of both.
        randomised: from the trained network to one with random weights alone.
    """

    outcome: Outcome
    num_layers: int
    baseline: str
    curves: Mapping[str, Curves]
    randomised: tuple[Randomised, ...]

    def areas(self, kind: str) -> dict[str, float]:
        """The area under each curve, "deletion" or "insertion", 0 to 1."""
        return {name: area_under(getattr(curves, kind)) for name, curves in self.curves.items()}


@remember(megabytes=8)
def examine(question: Question, baseline: str = BASELINES[0]) -> Examination | None:
    """Put a map on trial; None where the method gives no map for the network, or one that is 0 everywhere and orders nothing.

    Args:
        question: what is asked.
        baseline: what pixels that are taken away become, whatever baseline the method has.

    Raises:
        InputError: as `classify_picture`, or there is no such baseline.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    outcome = classify_picture(question)
    if outcome.attribution is None or not outcome.attribution.has_evidence:
        return None
    image = outcome.prepared.image
    taken = make_baseline(image, Settings(baseline=baseline))
    with borrow_model(question.model, alone=True) as model:
        given, against = (model, image, taken, outcome.target), outcome.against
        curves = {MAP: compute_curves(*given, outcome.attribution.values, against=against)}
        curves |= compute_controls(*given, outcome.prepared.pixels, against=against)
        num_layers = len(list_weighted_layers(model))
    return Examination(outcome, num_layers, baseline, curves, _find_randomised(question))


@remember(megabytes=8)
def _find_randomised(question: Question) -> tuple[Randomised, ...]:
    """What becomes of a map that there is; remembered, because it is the same for each baseline."""
    outcome = classify_picture(question)
    with borrow_model(question.model, alone=True) as model:
        return _randomise(model, question, outcome)


def _randomise(model: nn.Module, question: Question, outcome: Outcome) -> tuple[Randomised, ...]:
    layers, settings = list_weighted_layers(model), find_settings(question, model)
    trained, picture = outcome.attribution.values, outcome.prepared.pixels
    found = []
    for count in choose_counts(len(layers)):
        go_on()
        values = trained
        if count:
            random = randomise_from_top(model, count)
            values = compute_attribution(
                random, outcome.prepared.image, outcome.target, question.method,
                against=outcome.against, **vars(settings),
            ).values  # fmt: skip
        found.append(
            Randomised(
                count,
                layers[-count] if count else "",
                values,
                correlate_on_clothes(trained, values, picture),
                rank_correlation(trained.abs(), values.abs()),
            )
        )
    return tuple(found)
