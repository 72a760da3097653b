"""Two numbers about a map, by captum: whether it foretells how the score falls, and whether it stays where hardly anything changes.

Source: Yeh et al. 2019, "On the (in)fidelity and sensitivity of explanations".
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from explorer.caches import remember
from explorer.classifier.attribution import METHODS, Attribution, Settings, compute_attribution
from explorer.classifier.outcome import Outcome, Question, borrow_model, classify_picture, find_settings
from explorer.classifier.prediction import CLOTHES
from explorer.classifier.scores import Score
from explorer.data import STD, normalise

SQUARES = 64
SIDE = 7  # pixels of a square that turns black
COPIES = 8
RADIUS = 0.02  # of the range from black to white: how far a pixel of a copy may be changed
SEED = 0


@dataclass(frozen=True)
class Faithfulness:
    """What was measured of a map.

    Attributes:
        infidelity: 0 where the map foretells, but for one factor, how the score falls when a square of the picture turns
            black; 1 where it foretells nothing of it. None where no square changes the score.
        sensitivity: largest change of the map over the copies, as a share of its own size (Euclidean norm).
    """

    infidelity: float | None
    sensitivity: float


@remember(megabytes=1)
def examine_faithfulness(question: Question) -> Faithfulness | None:
    """Measure the map of a question; None where the method gives no map for the network.

    Args:
        question: what is asked.

    Raises:
        InputError: as `classify_picture`.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    outcome = classify_picture(question)
    if outcome.attribution is None:
        return None
    with borrow_model(question.model, alone=True) as model:
        infidelity = measure_infidelity(model, outcome.prepared.image, outcome.attribution)
        return Faithfulness(infidelity, _measure_sensitivity(model, outcome, find_settings(question, model)))


def measure_infidelity(model: nn.Module, image: torch.Tensor, attribution: Attribution) -> float | None:
    """How much of the changes of a score the map misses, when squares on the clothes turn black.

    A map of a gradient foretells a change by the gradient times the change of each pixel; any other one by the sum of its
    values in the square. Yeh et al. 2019, definition 2.1 with the factor of section 2.1, as a share of what a map of zeros
    would miss.

    Args:
        model: network in eval mode.
        image: (1, 1, H, W), normalised.
        attribution: its map for this image.
    """
    from captum.metrics import infidelity

    score = Score(model, attribution.target, attribution.against)
    image = image.to(next(model.parameters()).device)
    black = normalise(torch.zeros_like(image))
    squares = draw_squares(image, black)
    follows_change = METHODS[attribution.method].colours == "sensitive"

    def perturb(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        covered = torch.where(squares, black, images)
        return (images - covered if follows_change else squares.to(images)), covered

    def miss(values: torch.Tensor, may_scale: bool) -> float:
        given = values[None, None].to(image)
        return float(infidelity(score, perturb, image, given, n_perturb_samples=SQUARES, normalize=may_scale))

    with torch.no_grad():
        whole = miss(torch.zeros_like(attribution.values), False)
        if whole == 0:
            return None
        return miss(attribution.values, True) / whole if attribution.has_evidence else 1.0


def draw_squares(image: torch.Tensor, black: torch.Tensor) -> torch.Tensor:
    """Squares about pixels of the clothes, drawn by lot: (SQUARES, 1, H, W) bool."""
    bright = (image - black)[0, 0] * STD > CLOTHES
    places = bright.nonzero().cpu() if bool(bright.any()) else torch.ones_like(bright).nonzero().cpu()
    generator = torch.Generator().manual_seed(SEED)
    centres = places[torch.randint(len(places), (SQUARES,), generator=generator)]
    rows, columns = (
        (torch.arange(side) - centres[:, axis, None]).abs() <= SIDE // 2 for axis, side in enumerate(image.shape[2:])
    )
    return (rows[:, :, None] & columns[:, None, :])[:, None].to(image.device)


def _measure_sensitivity(model: nn.Module, outcome: Outcome, settings: Settings) -> float:
    """The largest change of a map, as a share of its norm, when each pixel changes by at most RADIUS."""
    from captum.metrics import sensitivity_max

    generator = torch.Generator().manual_seed(SEED)

    def explain(images: tuple[torch.Tensor, ...] | torch.Tensor) -> torch.Tensor:
        batch = images[0] if isinstance(images, tuple) else images
        with torch.enable_grad():
            maps = [
                compute_attribution(
                    model, each[None], outcome.target, outcome.method, against=outcome.against, **vars(settings)
                ).values
                for each in batch
            ]
        return torch.stack(maps)[:, None]

    def perturb(images: torch.Tensor) -> torch.Tensor:
        noise = torch.rand(images.shape, generator=generator) * 2 - 1
        return images + noise.to(images) * RADIUS / STD

    found = sensitivity_max(explain, outcome.prepared.image, perturb, n_perturb_samples=COPIES)
    return float(found)
