"""Shapley values: what each part of a picture adds to a score, averaged over the orders in which the parts may come.

Source: Lundberg & Lee 2017, "A unified approach to interpreting model predictions".
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F

from explorer.checks import check_whole
from explorer.classifier.scores import BATCH, PART, Score, Settings, make_baseline
from explorer.data import load_sample, normalise

# Pixels: side of a region of Kernel SHAP. Tried on three pictures with AlexNet-Small: of the 16 regions of this side, 256 sets
# gave maps that correlate with those of 4,096 sets by 0.95 to 0.98, of the 49 regions of side 4 by 0.2 to 0.7.
CELL = 7


# ---- Gradient SHAP ------------------------------------------------------------------------------------------------


def compute_gradient_shap(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Expected gradients: integrated gradients from a picture of the data set drawn by lot, at one point of each way.

    Captum's draws from the global generators of torch and NumPy; readers would wait for them. Here the pictures are
    drawn without putting back, and the points lie one in each of as many equal parts of the way.

    Source: Lundberg & Lee 2017; Erion et al. 2021, "Improving performance of deep learning models with axiomatic
    attribution priors and expected gradients", equation 4.
    """
    pairs = check_whole("methods.pairs", settings.pairs, 2, len(load_sample().images))
    starts, places = draw_starts(image, pairs, settings.seed)
    with torch.no_grad():
        score(image)
    total, scores, done = torch.zeros_like(image), 0.0, 0
    first = min(PART, pairs) if settings.in_parts else 0
    parts = [*zip((starts[:first], *starts[first:].split(BATCH)), (places[:first], *places[first:].split(BATCH)))]
    for start, place in parts:
        if len(start):
            with torch.no_grad():
                scores += float(score(start).sum())
            points = (start + place * (image.detach() - start)).requires_grad_(True)
            (gradients,) = torch.autograd.grad(score(points).sum(), points)
            total = total + (gradients * (image.detach() - start)).sum(dim=0, keepdim=True)
            done += len(start)
            yield {
                "values": total / done, "baseline_score": scores / done, "samples": done, "is_final": done == pairs,
            }  # fmt: skip


def draw_starts(image: torch.Tensor, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of the data set in the size of an image, normalised, and a place on the way from each to the image.

    Args:
        image: (1, 1, H, W), normalised.
        count: at most as many as the sample has.
        seed: of the lot.

    Returns:
        (count, 1, H, W) pictures and (count, 1, 1, 1) places, 0 the picture, 1 the image.
    """
    generator = torch.Generator().manual_seed(seed)
    pictures = load_sample().images
    chosen = pictures[torch.randperm(len(pictures), generator=generator)[:count]].float()[:, None] / 255
    if chosen.shape[2:] != image.shape[2:]:
        chosen = F.interpolate(chosen, image.shape[2:], mode="area")
    order, within = torch.randperm(count, generator=generator), torch.rand(count, generator=generator)
    return normalise(chosen).to(image), ((order + within) / count).view(-1, 1, 1, 1).to(image)


# ---- Kernel SHAP --------------------------------------------------------------------------------------------------


def compute_kernel_shap(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Kernel SHAP on regions: a weighted linear fit to the scores of pictures of which some regions show the baseline.

    Captum's needs scikit-learn and draws from the global generators. The value of a region is spread over its pixels.

    Source: Lundberg & Lee 2017, section 4.1; the fit: Covert & Lee 2021, "Improving Kernel SHAP", equation 7.
    """
    most = check_whole("methods.coalitions", settings.coalitions, 128, 4096)
    baseline = make_baseline(image, settings)
    regions = find_regions(image, baseline)
    count = int(regions.max()) + 1
    with torch.no_grad():
        full, empty = (float(score(each)[0]) for each in (image, baseline))
    about = {"baseline_score": empty, "regions": count}
    if count < 2:
        yield {"values": _spread(torch.full((count,), full - empty), regions, image), "samples": 0, **about}
        return
    members, weights, certain = draw_coalitions(count, most, settings.seed)
    values, done = torch.empty(0, dtype=torch.float64), 0
    for end in _choose_ends(certain, len(members), settings.in_parts):
        new = [_ask(score, image, baseline, regions, part) for part in members[done:end].split(BATCH)]
        values, done = torch.cat([values, *new]), end
        shares = weights[:end].clone()
        shares[certain:] *= (len(members) - certain) / max(end - certain, 1)
        shapley = fit_shapley_values(members[:end], shares, values - empty, full - empty)
        is_final = end == len(members)
        yield {"values": _spread(shapley, regions, image), "samples": end, "is_final": is_final, **about}


def find_regions(image: torch.Tensor, baseline: torch.Tensor) -> torch.Tensor:
    """The squares of a grid, each without the pixels that are those of the baseline anyway.

    Args:
        image, baseline: (1, 1, H, W).

    Returns:
        (H, W) whole numbers: the region of each pixel from 0 on, without gaps, or -1 for a pixel of none.
    """
    height, width = image.shape[2:]
    rows, columns = torch.arange(height) // CELL, torch.arange(width) // CELL
    squares = rows[:, None] * math.ceil(width / CELL) + columns
    differs = (image != baseline).any(dim=1)[0].cpu()
    regions = torch.full((height, width), -1)
    regions[differs] = squares[differs].unique(return_inverse=True)[1]
    return regions


def draw_coalitions(count: int, most: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Sets of regions and their weights in the fit, without the empty and the full one.

    All sets, if they are few enough. Otherwise all of one region and all but one, which weigh most, and pairs of a set and
    the rest, drawn by lot with a probability as their weight.

    Args:
        count: regions, at least 2.
        most: sets.
        seed: of the lot.

    Returns:
        (sets, count) bool: the regions of each set; (sets,) float64 weights; and how many of the sets are not drawn by lot.
    """
    if 2**count - 2 <= most:
        members = (torch.arange(1, 2**count - 1)[:, None] >> torch.arange(count)) % 2 == 1
        sizes = members.sum(dim=1)
        ways = torch.tensor([math.comb(count, size) for size in range(count + 1)], dtype=torch.float64)
        return members, _mass(sizes, count) / ways[sizes], len(members)
    single = torch.eye(count, dtype=torch.bool)
    certain = torch.cat((single, ~single))
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.arange(2, count - 1)
    mass = _mass(sizes, count)
    pairs = max(0, most - 2 * count) // 2
    chosen = sizes[torch.multinomial(mass, pairs, replacement=True, generator=generator)]
    ranks = torch.rand(pairs, count, generator=generator).argsort(dim=1).argsort(dim=1)
    drawn = ranks < chosen[:, None]
    drawn = torch.stack((drawn, ~drawn), dim=1).flatten(0, 1)
    ones = torch.ones(len(certain), dtype=torch.float64) * _mass(torch.tensor(1), count) / count
    return torch.cat((certain, drawn)), torch.cat((ones, (mass.sum() / (2 * pairs)).expand(2 * pairs))), 2 * count


def _mass(sizes: torch.Tensor, count: int) -> torch.Tensor:
    """Weight of all sets of a size together: Lundberg & Lee 2017, theorem 2."""
    return (count - 1) / (sizes.double() * (count - sizes))


def _choose_ends(certain: int, count: int, in_parts: bool) -> list[int]:
    """After so many sets there is a map: of a first part, and of all."""
    return [certain, count] if in_parts and certain < count else [count]


def _ask(score: Score, image, baseline, regions: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
    """(N,) float64 scores of the image with the baseline where none of the members lies."""
    shown = torch.cat((members, torch.zeros(len(members), 1, dtype=torch.bool)), dim=1)[:, regions]
    with torch.no_grad():
        return score(torch.where(shown[:, None].to(image.device), image, baseline)).double().cpu()


def fit_shapley_values(members: torch.Tensor, weights: torch.Tensor, gains: torch.Tensor, total: float) -> torch.Tensor:
    """The weighted linear fit whose values add up to the total.

    Args:
        members: (sets, regions) bool.
        weights: (sets,) float64.
        gains: (sets,) float64: score of each set minus that of the empty one.
        total: the same of the full set.

    Returns:
        (regions,) float64.
    """
    design = members.double()
    weighted = design.T * weights
    inverse = torch.linalg.pinv(weighted @ design, hermitian=True)
    free, step = inverse @ (weighted @ gains), inverse.sum(dim=1)
    return free + step * (total - free.sum()) / step.sum()


def _spread(values: torch.Tensor, regions: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """(1, 1, H, W): each region's value in equal parts on its pixels, 0 elsewhere."""
    sizes = torch.bincount(regions[regions >= 0], minlength=len(values))
    each = torch.cat((values / sizes, torch.zeros(1, dtype=values.dtype)))
    return each[regions][None, None].to(image)
