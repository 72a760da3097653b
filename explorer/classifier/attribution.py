"""Which pixels decide what a network answers, one function for every method.

The methods explain the logit of the target class, not its probability: a probability also falls when the logit of
another class rises. No method proves what the network "looks at": Adebayo et al. 2018, "Sanity checks for saliency
maps", show that some maps hardly depend on the network's weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from explorer.checks import check_choice, check_number, check_whole
from explorer.classifier.cams import (
    gradcam,
    gradcam_layers,
    gradcam_plus_plus,
    guided_backprop,
    guided_gradcam,
    layercam,
)
from explorer.classifier.relevance import compute_relevance
from explorer.classifier.scores import (
    BASELINES,
    BATCH,
    PART,
    NoConvolutionError,
    NoMapError,
    NotFiniteError,
    SameClassError,
    Score,
    Settings,
    backpropagate,
    left_as_found,
    make_baseline,
)
from explorer.classifier.shapley import compute_gradient_shap, compute_kernel_shap
from explorer.patience import go_on

__all__ = [
    "BASELINES", "METHODS", "Attribution", "Method", "NoConvolutionError", "NoMapError", "Settings", "compute_attribution",
    "gradcam_layers", "make_baseline", "refine_attribution",
]  # fmt: skip

MOST_STEPS = 500
ENOUGH_STEPS = 200  # from which on no more are added, however large the gap
LARGEST_GAP = 0.05  # of the difference of scores
LARGEST_CHANGE = 0.1  # of a map, by the last points that were added
_NO_GAP = 0.005  # logits; so much is always allowed, because a share of what is near 0 would be too strict

_GAP = 2  # pixels at most between the squares of occlusion that come first
_ROUNDING = 1e-6  # of a score: two equal scores may differ by so much, because networks round to float32


@dataclass(frozen=True)
class Attribution:
    """What one method says about one image.

    Attributes:
        values: (H, W) float. For a gradient, positive means that a brighter pixel raises the score; for other methods,
            that the pixel speaks for the target class. Grad-CAM, Grad-CAM++ and LayerCAM have no negative values.
        method: one of METHODS.
        target: the class that is explained.
        score: what is explained: logit of the target for the image, less that of `against`.
        against: the class whose logit is subtracted, or None.
        baseline_score: the same score for the baseline, or its mean over the pictures with which Gradient SHAP compares;
            None for methods that compare with nothing.
        layer: name of the layer at which Grad-CAM and its kin looked, else None.
        layer_size: (height, width) of that layer's maps, else None.
        steps: points on the path of integrated gradients, else None.
        samples: noisy copies of SmoothGrad, pictures of Gradient SHAP, sets of regions of Kernel SHAP, else None.
        regions: of Kernel SHAP, else None.
        is_final: False for a first map, which is going to be refined.
    """

    values: torch.Tensor
    method: str
    target: int
    score: float
    against: int | None = None
    baseline_score: float | None = None
    layer: str | None = None
    layer_size: tuple[int, int] | None = None
    steps: int | None = None
    samples: int | None = None
    regions: int | None = None
    is_final: bool = True

    @property
    def has_evidence(self) -> bool:
        """False if the map is 0 everywhere: then there is nothing to draw."""
        return bool(self.values.abs().max() > 0)

    @property
    def score_rise(self) -> float:
        """How much higher the score is than that of the baseline, in logits.

        Raises:
            ValueError: the method has no baseline.
        """
        if self.baseline_score is None:
            raise ValueError(f"method must be one with a baseline, got {self.method!r}")
        return self.score - self.baseline_score

    @property
    def completeness_gap(self) -> float | None:
        """Sum of the values minus (score - baseline_score), in logits. None if the method promises no sum."""
        if not METHODS[self.method].promises_sum:
            return None
        return float(self.values.sum()) - self.score_rise

    @property
    def is_complete(self) -> bool | None:
        """Whether the gap is small compared with the difference of scores. None if the method promises no sum."""
        gap = self.completeness_gap
        return None if gap is None else _is_small(gap, self.score_rise)


def compute_attribution(
    model: nn.Module, image: torch.Tensor, target: int, method: str, *, against: int | None = None, **settings
) -> Attribution:
    """Attribute the target's logit, or the difference of two logits, to the pixels. The network is left exactly as it was found.

    For a network shared between threads hold its lock (`explorer.models.checkpoints.model_lock`): some methods
    set hooks while they run.

    Args:
        model: network in eval mode that gives logits (N, classes).
        image: (1, 1, H, W), normalised.
        target: index of the class.
        method: one of METHODS.
        against: index of another class: then the logit of the target less that of this class is explained.
        **settings: those of Settings.

    Returns:
        The map (H, W) on the CPU, and what else there is to say about it.

    Raises:
        ValueError: the network is in train mode.
        InputError: there is no such method, class, baseline or layer, a setting of this method is out of its limits,
            or, within `patience.asking`, the work has taken too long.
        NoMapError: (an InputError) the method does not fit the network, its numbers overflow, or both classes are the same.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
        TypeError: Settings has no such setting.

    Source: each method's `source` in METHODS.
    """
    *_, final = refine_attribution(model, image, target, method, against=against, **settings)
    return final


def refine_attribution(
    model: nn.Module, image: torch.Tensor, target: int, method: str, *, against: int | None = None, **settings
) -> Iterator[Attribution]:
    """As `compute_attribution`, but with the maps on the way to it: integrated gradients give a rough one after a few passes,
    and so do the other slow methods if `in_parts` is set.

    Nothing of an earlier map is computed again for a later one. Between two maps the network is as it was found.

    Args:
        model, image, target, method, against, **settings: as there.

    Yields:
        Maps; the last one alone has `is_final`. Methods that take one pass give only that.

    Raises:
        As there, when the first map is asked for or, for the last two, any later one.
    """
    check_choice("terms.method", method, tuple(METHODS))
    if any(module.training for module in model.modules()):
        raise ValueError("model must be in eval mode: dropout and batch statistics would falsify the attribution")
    if against is not None and against == target:
        raise SameClassError
    go_on()
    chosen, score = Settings(**settings), Score(model, target, against)
    pixels = image.detach().clone().to(next(model.parameters()).device).requires_grad_(True)
    for found in METHODS[method].compute(score, pixels, chosen):
        yield _describe(method, score, found)


def _describe(method: str, score: Score, found: dict) -> Attribution:
    """What a method found, as an Attribution."""
    values = found.pop("values").detach().sum(dim=(0, 1)).cpu()
    explained = float(score.first[0])
    if not (math.isfinite(explained) and bool(values.isfinite().all())):
        raise NotFiniteError
    if METHODS[method].uses_baseline:
        values = _without_rounding(values, max(abs(found["baseline_score"]), abs(explained)))
    return Attribution(values, method, score.target, explained, score.against, **found)


def _without_rounding(values: torch.Tensor, score: float) -> torch.Tensor:
    """The values, which come from differences of scores; all zeros if none of them is larger than rounding."""
    return torch.zeros_like(values) if values.abs().max() <= _ROUNDING * max(1.0, score) else values


def _is_small(gap: float, difference: float) -> bool:
    """Whether a sum differs only a little from a difference of scores."""
    return abs(gap) <= max(LARGEST_GAP * abs(difference), _NO_GAP)


def _gradient(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    yield {"values": backpropagate(score, image)}


def _input_x_gradient(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    yield {"values": backpropagate(score, image) * image}


def _integrated_gradients(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Integrated gradients by an adaptive trapezoidal rule; captum's rules would compute all gradients anew for more points.

    The score is known at each point as well, and so is what the gradient must add up to between two points. The sections
    where it misses that most are halved, until all together miss the difference of scores by little enough and the map
    hardly changes any more. If no section misses its own difference by much, that is enough by itself.
    """
    steps = check_whole("classifier.steps", settings.steps, 2, MOST_STEPS)
    most = max(steps, ENOUGH_STEPS)
    way = _Way(score, image.detach(), make_baseline(image, settings))
    new, before = torch.linspace(0, 1, steps, dtype=torch.float64), None
    while True:
        way.add(new)
        values, count = way.integrate(), len(way.places)
        has_settled = before is not None and _hardly_differ(values, before)
        is_final = way.sections_add_up or (way.adds_up and has_settled) or count == most
        yield {"values": values, "baseline_score": float(way.scores[-1]), "steps": count, "is_final": is_final}
        if is_final:
            return
        new, before = way.choose(min(PART, most - count)), values


def _hardly_differ(values: torch.Tensor, before: torch.Tensor) -> bool:
    change, size = float((values - before).abs().sum()), float(values.abs().sum())
    return change <= max(LARGEST_CHANGE * size, _NO_GAP)


class _Way:
    """The straight way from a picture to its baseline, with the points at which score and gradient are known.

    Attributes:
        places: (P,) float64, ascending: where the points lie, 0 the picture, 1 the baseline.
        scores: (P,) float64.
        slopes: (P,) float64: how fast the score falls along the way.
        gradients: (P, 1, H, W).
    """

    def __init__(self, score: Score, image: torch.Tensor, baseline: torch.Tensor):
        self._score, self._image, self._way = score, image, image - baseline
        self.places = self.scores = self.slopes = torch.empty(0, dtype=torch.float64)
        self.gradients = image[:0]

    def add(self, places: torch.Tensor) -> None:
        """Ask the network at these places, too."""
        for part in places.split(BATCH):
            shares = part.to(self._image).view(-1, 1, 1, 1)
            points = (self._image - shares * self._way).requires_grad_(True)
            scores = self._score(points)
            (gradients,) = torch.autograd.grad(scores.sum(), points)
            self._enter(part, scores.detach(), gradients)

    def _enter(self, places: torch.Tensor, scores: torch.Tensor, gradients: torch.Tensor) -> None:
        slopes = (gradients * self._way).sum(dim=(1, 2, 3))
        self.places, order = torch.cat((self.places, places)).sort()
        self.scores = torch.cat((self.scores, scores.double().cpu()))[order]
        self.slopes = torch.cat((self.slopes, slopes.double().cpu()))[order]
        self.gradients = torch.cat((self.gradients, gradients))[order.to(gradients.device)]

    def integrate(self) -> torch.Tensor:
        """The map so far, (1, 1, H, W), by the trapezoidal rule."""
        lengths = F.pad(self.places.diff(), (1, 1))
        weights = ((lengths[1:] + lengths[:-1]) / 2).to(self.gradients)
        return torch.einsum("p,pchw->chw", weights, self.gradients)[None] * self._way

    @property
    def adds_up(self) -> bool:
        """Whether the map adds up to the difference of scores, but for a little."""
        return _is_small(float(self._misses.sum()), self._fall)

    @property
    def sections_add_up(self) -> bool:
        """Whether this is so even if no miss of one section makes up for that of another."""
        return _is_small(float(self._misses.abs().sum()), self._fall)

    def choose(self, count: int) -> torch.Tensor:
        """The middles of so many sections, of those that miss the difference of their own scores most."""
        worst = self._misses.abs().topk(min(count, len(self.places) - 1)).indices
        return (self.places[worst] + self.places[worst + 1]) / 2

    @property
    def _fall(self) -> float:
        return float(self.scores[0] - self.scores[-1])

    @property
    def _misses(self) -> torch.Tensor:
        """(P - 1,): what the gradient adds up to in each section, minus by how much the score falls there."""
        sums = self.places.diff() * (self.slopes[1:] + self.slopes[:-1]) / 2
        return sums + self.scores.diff()


def _smoothgrad(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """SmoothGrad, with noise of a generator of its own."""
    samples = check_whole("classifier.samples", settings.samples, 1, 200)
    noise = check_number("classifier.noise", settings.noise, 0, 1)
    deviation = noise * (image.max() - image.min()).item()
    generator = torch.Generator().manual_seed(settings.seed)
    draws = torch.randn(samples, *image.shape[1:], generator=generator)
    copies = image.detach() + deviation * draws.to(image)
    with torch.no_grad():
        score(image)
    total, done = torch.zeros_like(image), 0
    first = min(PART, samples) if settings.in_parts else 0
    for part in filter(len, (copies[:first], *copies[first:].split(BATCH))):
        total = total + backpropagate(score, part.requires_grad_(True)).sum(dim=0, keepdim=True)
        done += len(part)
        yield {"values": total / done, "samples": done, "is_final": done == samples}


def _occlusion(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Each pixel gets the mean, over the squares that cover it, of how much the score falls when they are covered.

    In parts, squares far from each other come first: of the pixels between them, which none of them covers, a map shows the mean
    of what lies around.
    """
    window = check_whole("classifier.window", settings.window, 1, min(image.shape[2:]))
    stride = check_whole("terms.stride", settings.stride, 1, window)
    image, baseline, answers = image.detach(), make_baseline(image, settings), _Answers(score)
    whole, baseline_score = answers(torch.cat((image, baseline))).tolist()
    parts = _part_squares(image.shape[2:], window, stride, settings.in_parts)
    falls, counts = torch.zeros_like(image), torch.zeros_like(image)
    for number, squares in enumerate(parts, 1):
        covered = image.repeat(len(squares), 1, 1, 1)
        for picture, square in zip(covered, squares, strict=True):
            picture[square] = baseline[0][square]
        for square, answer in zip(squares, answers(covered).tolist(), strict=True):
            falls[0][square] += whole - answer
            counts[0][square] += 1
        values = _fill_gaps(falls, counts)
        yield {"values": values, "baseline_score": baseline_score, "is_final": number == len(parts)}


Square = tuple[slice, slice, slice]  # of a picture (1, H, W)


def _part_squares(size: Sequence[int], window: int, stride: int, in_parts: bool) -> list[list[Square]]:
    """The squares that cover a picture, in the parts in which they are asked for; the last of a row may reach over the edge."""
    tops, lefts = (range(0, max(1, side - window + stride), stride) for side in size)
    squares = {
        (top, left): (slice(None), slice(top, top + window), slice(left, left + window))
        for top in tops
        for left in lefts
    }
    apart = max(stride, (window + _GAP) // stride * stride)
    first = [place for place in squares if place[0] % apart == 0 and place[1] % apart == 0]
    if not in_parts or len(first) == len(squares):
        return [list(squares.values())]
    rest = [place for place in squares if place not in set(first)]
    groups = [first, *(rest[begin : begin + BATCH] for begin in range(0, len(rest), BATCH))]
    return [[squares[place] for place in group] for group in groups]


def _fill_gaps(falls: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """The means (1, 1, H, W) of what was added so often; where nothing was, the mean of what lies up to _GAP pixels away."""
    reach = 2 * _GAP + 1
    around = [F.avg_pool2d(each, reach, stride=1, padding=_GAP) for each in (falls, counts)]
    near = around[0] / around[1].clamp(min=torch.finfo(counts.dtype).tiny)
    return torch.where(counts > 0, falls / counts.clamp(min=1), near)


class _Answers:
    """The scores of pictures, each of which is asked for only once: a square on what is black anyway changes nothing."""

    def __init__(self, score: Score):
        self._score = score
        self._known: dict[bytes, float] = {}

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        keys = [picture.tobytes() for picture in pictures.detach().cpu().numpy()]
        new = {key: place for place, key in enumerate(keys) if key not in self._known}
        with torch.no_grad():
            scores = [self._score(part) for part in pictures[list(new.values())].split(BATCH)] if new else []
        self._known.update(zip(new, torch.cat(scores).tolist() if scores else ()))
        return torch.tensor([self._known[key] for key in keys], dtype=pictures.dtype, device=pictures.device)


def _deeplift(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    from captum.attr import DeepLift

    with left_as_found(score.network):
        _part_neighbours(score.network)
        values = DeepLift(score).attribute(image, make_baseline(image, settings))
    yield {"values": values, "baseline_score": float(score.first[1])}


def _part_neighbours(model: nn.Module) -> None:
    """Give each layer without parameters a copy of its input; `left_as_found` removes the hooks again.

    Captum 0.9.0 reads the gradient of a ReLU's output from that tensor before the max pooling after it has put its own
    rule there. So DeepLift would lose the rule of the pooling (captum issue 1104, mended after 0.9.0).
    """
    for module in model.modules():
        if not any(module.children()) and not any(True for _ in module.parameters()):
            module.register_forward_pre_hook(_copy_inputs)


def _copy_inputs(_module: nn.Module, inputs: tuple) -> tuple:
    return tuple(value.clone() if isinstance(value, torch.Tensor) else value for value in inputs)


# ---- the methods ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Method:
    """One method: all that the app knows about it, except its sentences.

    Its sentences are `methods.name_NAME`, its name, and `methods.about_NAME`, what its map shows and does not show.

    Attributes:
        compute: takes a `Score`, pixels (1, 1, H, W) and Settings. It yields dicts of fields of Attribution, with
            "values" as (1, 1, H, W); where it yields several, all but the last have `is_final` False.
        colours: what orange and blue mean: "signed" (orange speaks for the class, blue against it), "positive" (orange
            alone), "sensitive" (a brighter pixel raises or lowers the score) or "guided" (neither).
        empty: why a map may be 0 everywhere: "gradient" (no gradient reaches the pixels), "baseline" (the picture is
            the baseline) or "gradcam" (no positive evidence).
        uses_layer: whether it looks at a layer, which can be chosen.
        uses_baseline: whether it compares with a picture of nothing.
        promises_sum: whether the sum of the values is the difference of scores between the picture and the baseline.
        is_slow: whether it runs the network so often that it takes a copy: other readers need not wait meanwhile.
        source: where it was published.
    """

    compute: Callable[[Score, torch.Tensor, Settings], Iterator[dict]]
    colours: Literal["signed", "positive", "sensitive", "guided"]
    empty: Literal["gradient", "baseline", "gradcam"]
    uses_layer: bool
    uses_baseline: bool
    promises_sum: bool
    is_slow: bool
    source: str


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "gradient": Method(
            _gradient, "sensitive", "gradient", uses_layer=False, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Simonyan, Vedaldi and Zisserman 2013, Deep inside convolutional networks",
        ),
        "input_x_gradient": Method(
            _input_x_gradient, "signed", "gradient",
            uses_layer=False, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Shrikumar et al. 2016, Not just a black box",
        ),
        "integrated_gradients": Method(
            _integrated_gradients, "signed", "baseline",
            uses_layer=False, uses_baseline=True, promises_sum=True, is_slow=True,
            source="Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks",
        ),
        "smoothgrad": Method(
            _smoothgrad, "sensitive", "gradient", uses_layer=False, uses_baseline=False, promises_sum=False, is_slow=True,
            source="Smilkov et al. 2017, SmoothGrad: removing noise by adding noise",
        ),
        "gradcam": Method(
            gradcam, "positive", "gradcam", uses_layer=True, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Selvaraju et al. 2017, Grad-CAM",
        ),
        "gradcam_plus_plus": Method(
            gradcam_plus_plus, "positive", "gradcam",
            uses_layer=True, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Chattopadhay et al. 2018, Grad-CAM++",
        ),
        "layercam": Method(
            layercam, "positive", "gradcam", uses_layer=True, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Jiang et al. 2021, LayerCAM: exploring hierarchical class activation maps for localization",
        ),
        "occlusion": Method(
            _occlusion, "signed", "baseline", uses_layer=False, uses_baseline=True, promises_sum=False, is_slow=True,
            source="Zeiler and Fergus 2014, Visualizing and understanding convolutional networks",
        ),
        "kernel_shap": Method(
            compute_kernel_shap, "signed", "baseline",
            uses_layer=False, uses_baseline=True, promises_sum=True, is_slow=True,
            source="Lundberg and Lee 2017, A unified approach to interpreting model predictions",
        ),
        "gradient_shap": Method(
            compute_gradient_shap, "signed", "gradient",
            uses_layer=False, uses_baseline=False, promises_sum=False, is_slow=True,
            source="Lundberg and Lee 2017, A unified approach to interpreting model predictions",
        ),
        "guided_backprop": Method(
            guided_backprop, "guided", "gradient",
            uses_layer=False, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Springenberg et al. 2015, Striving for simplicity",
        ),
        "guided_gradcam": Method(
            guided_gradcam, "guided", "gradcam", uses_layer=True, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Selvaraju et al. 2017, Grad-CAM, section 3.2",
        ),
        "deeplift": Method(
            _deeplift, "signed", "baseline", uses_layer=False, uses_baseline=True, promises_sum=True, is_slow=True,
            source="Shrikumar, Greenside and Kundaje 2017, Learning important features",
        ),
        "lrp": Method(
            compute_relevance, "signed", "gradient",
            uses_layer=False, uses_baseline=False, promises_sum=False, is_slow=False,
            source="Bach et al. 2015, On pixel-wise explanations; rules of Montavon et al. 2019",
        ),
    }
)  # fmt: skip
