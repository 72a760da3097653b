"""Which pixels decide what a network answers: saliency by captum, one function for every method.

The methods explain the logit of the target class, not its probability: a probability also falls when the logit of
another class rises. No method proves what the network "looks at": Adebayo et al. 2018, "Sanity checks for saliency
maps", show that some maps hardly depend on the network's weights.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from explorer.checks import check_choice, check_number, check_whole
from explorer.data import normalise
from explorer.errors import InputError
from explorer.patience import go_on

BASELINES = ("black", "mean", "blurred", "noise")

MOST_STEPS = 500
ENOUGH_STEPS = 200  # from which on no more are added, however large the gap
LARGEST_GAP = 0.05  # of the difference of scores
LARGEST_CHANGE = 0.1  # of a map, by the last points that were added
_PART = 8  # passes to a better map of integrated gradients, and to a first one of SmoothGrad
_NO_GAP = 0.005  # logits; so much is always allowed, because a share of what is near 0 would be too strict

_ROUNDING = 1e-6  # of a score: two equal scores may differ by so much, because networks round to float32

_BATCH = 32  # pictures that a slow method gives the network at a time: of more, a pass takes hardly less time for each
_BLUR_SIGMA = 3.0  # pixels
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class NoConvolutionError(InputError):
    """Grad-CAM was asked for, and the network has no convolution."""

    def __init__(self):
        super().__init__("classifier.no_convolution")


@dataclass(frozen=True)
class Attribution:
    """What one method says about one image.

    Attributes:
        values: (H, W) float. For a gradient, positive means that a brighter pixel raises the score; for other methods,
            that the pixel speaks for the target class. Grad-CAM has no negative values.
        method: one of METHODS.
        target: the class that is explained.
        score: logit of the target for the image.
        baseline_score: logit of the target for the baseline, for methods that have one, else None.
        layer: name of the layer at which Grad-CAM looked, else None.
        layer_size: (height, width) of that layer's maps, else None.
        steps: points on the path of integrated gradients, else None.
        samples: noisy copies of SmoothGrad, else None.
        is_final: False for a first map, which is going to be refined.
    """

    values: torch.Tensor
    method: str
    target: int
    score: float
    baseline_score: float | None = None
    layer: str | None = None
    layer_size: tuple[int, int] | None = None
    steps: int | None = None
    samples: int | None = None
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


@dataclass(frozen=True)
class Settings:
    """Settings of the methods; each method reads its own.

    Attributes:
        baseline: what stands for "nothing there" (integrated gradients, DeepLift, occlusion): one of BASELINES.
        steps: points with which integrated gradients begin, 2 to MOST_STEPS; more are added where these are too few.
        samples: noisy copies of SmoothGrad, 1 to 200.
        noise: their standard deviation as a share of the image's range, 0 to 1 (Smilkov et al. 2017: 0.1 to 0.2).
        window: side of the occluding square in pixels, 1 to the shorter side of the image.
        stride: its step in pixels, 1 to `window`.
        layer: name of the layer for Grad-CAM, None for the last.
        grid: where that layer's units lie on the picture, as (centre of the first, distance) in pixels along each axis.
            None stretches its map over the picture, as Selvaraju et al. 2017 do: then it may lie several pixels beside
            the units.
        seed: of the noise.
        in_parts: whether SmoothGrad and occlusion, too, give a rough map first, which takes them a little longer.
    """

    baseline: str = "black"
    steps: int = 9
    samples: int = 20
    noise: float = 0.15
    window: int = 5
    stride: int = 2
    layer: str | None = None
    grid: tuple[tuple[float, float], tuple[float, float]] | None = None
    seed: int = 0
    in_parts: bool = False


def compute_attribution(model: nn.Module, image: torch.Tensor, target: int, method: str, **settings) -> Attribution:
    """Attribute the target's logit to the pixels. The network is left exactly as it was found.

    For a network shared between threads hold its lock (`explorer.models.checkpoints.model_lock`): some methods
    set hooks while they run.

    Args:
        model: network in eval mode that gives logits (N, classes).
        image: (1, 1, H, W), normalised.
        target: index of the class.
        method: one of METHODS.
        **settings: those of Settings.

    Returns:
        The map (H, W) on the CPU, and what else there is to say about it.

    Raises:
        ValueError: the network is in train mode.
        InputError: there is no such method, class, baseline or layer, a setting of this method is out of its limits,
            or, within `patience.asking`, the work has taken too long.
        NoConvolutionError: (an InputError) the network has no layer for Grad-CAM.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
        TypeError: Settings has no such setting.

    Source: each method's `source` in METHODS.
    """
    *_, final = refine_attribution(model, image, target, method, **settings)
    return final


def refine_attribution(
    model: nn.Module, image: torch.Tensor, target: int, method: str, **settings
) -> Iterator[Attribution]:
    """As `compute_attribution`, but with the maps on the way to it: integrated gradients give a rough one after a few passes,
    and so do the other slow methods if `in_parts` is set.

    Nothing of an earlier map is computed again for a later one. Between two maps the network is as it was found.

    Args:
        model, image, target, method, **settings: as there.

    Yields:
        Maps; the last one alone has `is_final`. Methods that take one pass give only that.

    Raises:
        As there, when the first map is asked for or, for the last two, any later one.
    """
    check_choice("terms.method", method, tuple(METHODS))
    if any(module.training for module in model.modules()):
        raise ValueError("model must be in eval mode: dropout and batch statistics would falsify the attribution")
    go_on()
    chosen, score = Settings(**settings), _Score(model, target)
    pixels = image.detach().clone().to(next(model.parameters()).device).requires_grad_(True)
    for found in METHODS[method].compute(score, pixels, chosen):
        yield _describe(method, score, found)


class _Score(nn.Module):
    """The score of one class, as a network of its own, which keeps what it said to the first pictures.

    Captum runs the network anyway; so the score of the picture costs no pass of its own.

    Attributes:
        network: gives logits (N, classes).
        target: index of the class; checked as soon as there are logits.
        first: (N,) scores of the first pictures, of which the first is the one that is explained.
    """

    def __init__(self, network: nn.Module, target: int):
        super().__init__()
        self.network, self.target = network, target
        self.first = torch.empty(0)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        go_on()  # slow methods come here many times
        logits = self.network(pictures)
        if not len(self.first):
            self.target = check_whole("terms.target", self.target, 0, logits.shape[1] - 1)
            self.first = logits[:, self.target].detach()
        return logits[:, self.target]


def _describe(method: str, score: _Score, found: dict) -> Attribution:
    """What a method found, as an Attribution."""
    values = found.pop("values").detach().sum(dim=(0, 1)).cpu()
    explained = float(score.first[0])
    if METHODS[method].uses_baseline:
        values = _without_rounding(values, max(abs(found["baseline_score"]), abs(explained)))
    return Attribution(values, method, score.target, explained, **found)


def _without_rounding(values: torch.Tensor, score: float) -> torch.Tensor:
    """The values, which come from differences of scores; all zeros if none of them is larger than rounding."""
    return torch.zeros_like(values) if values.abs().max() <= _ROUNDING * max(1.0, score) else values


def _is_small(gap: float, difference: float) -> bool:
    """Whether a sum differs only a little from a difference of scores."""
    return abs(gap) <= max(LARGEST_GAP * abs(difference), _NO_GAP)


def make_baseline(image: torch.Tensor, settings: Settings) -> torch.Tensor:
    """Make an image that stands for "nothing there".

    Args:
        image: (N, 1, H, W), normalised.
        settings: its `baseline` decides what is made, its `seed` the noise.

    Returns:
        The same shape, also normalised: black is (0 - mean) / std, not 0.

    Raises:
        InputError: `baseline` is not one of BASELINES.
    """
    check_choice("classifier.baseline", settings.baseline, BASELINES)
    image = image.detach()
    if settings.baseline == "black":
        return normalise(torch.zeros_like(image))
    if settings.baseline == "mean":
        return torch.zeros_like(image)
    if settings.baseline == "blurred":
        return _blur(image)
    generator = torch.Generator().manual_seed(settings.seed)
    return normalise(torch.rand(image.shape, generator=generator)).to(image)


def gradcam_layers(model: nn.Module) -> dict[str, nn.Module]:
    """Find the layers at which Grad-CAM can look: those that give the maps of each stage after their activation.

    For each child of the network that holds convolutions, these are its own ReLUs. If its ReLUs lie deeper, in blocks,
    it is the child itself.

    Args:
        model: any network.

    Returns:
        Name of each layer -> its module, from the first to the last; empty if there is no convolution.
    """
    layers: dict[str, nn.Module] = {}
    for name, child in model.named_children():
        if not any(isinstance(module, nn.Conv2d) for module in child.modules()):
            continue
        activations: dict[str, nn.Module] = {
            f"{name}.{key}": part for key, part in child.named_children() if isinstance(part, nn.ReLU)
        }
        layers.update(activations or {name: child})
    return layers


def _blur(image: torch.Tensor) -> torch.Tensor:
    """Gaussian blur with edges repeated."""
    reach = int(3 * _BLUR_SIGMA)
    positions = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    weights = torch.softmax(-(positions**2) / (2 * _BLUR_SIGMA**2), dim=0)
    padded = F.pad(image, (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, weights.view(1, 1, 1, -1)), weights.view(1, 1, -1, 1))


@contextmanager
def _left_as_found(model: nn.Module) -> Iterator[None]:
    """Removes every hook and attribute that captum or this module leaves on the network, also after an exception."""
    _silence_captum()
    found = [(module, set(vars(module)), {name: dict(getattr(module, name)) for name in _HOOKS})
             for module in model.modules()]  # fmt: skip
    try:
        yield
    finally:
        for module, attributes, hooks in found:
            for name in set(vars(module)) - attributes:
                delattr(module, name)
            for name, before in hooks.items():
                now = getattr(module, name)
                for key in set(now) - set(before):
                    del now[key]


def _silence_captum() -> None:
    """Ignore captum's warnings about the hooks that it sets and removes again: there is nothing to do about them."""
    warnings.filterwarnings("ignore", category=UserWarning, module="captum")


def _gradient(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    from captum.attr import Saliency

    yield {"values": Saliency(score).attribute(image, abs=False)}


def _input_x_gradient(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    from captum.attr import InputXGradient

    yield {"values": InputXGradient(score).attribute(image)}


def _integrated_gradients(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
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
        new, before = way.choose(min(_PART, most - count)), values


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

    def __init__(self, score: _Score, image: torch.Tensor, baseline: torch.Tensor):
        self._score, self._image, self._way = score, image, image - baseline
        self.places = self.scores = self.slopes = torch.empty(0, dtype=torch.float64)
        self.gradients = image[:0]

    def add(self, places: torch.Tensor) -> None:
        """Ask the network at these places, too."""
        for part in places.split(_BATCH):
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


def _smoothgrad(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """SmoothGrad without captum's NoiseTunnel. That draws from torch's global generator; readers would wait for it."""
    from captum.attr import Saliency

    samples = check_whole("classifier.samples", settings.samples, 1, 200)
    noise = check_number("classifier.noise", settings.noise, 0, 1)
    deviation = noise * (image.max() - image.min()).item()
    generator = torch.Generator().manual_seed(settings.seed)
    draws = torch.randn(samples, *image.shape[1:], generator=generator)
    copies = image.detach() + deviation * draws.to(image)
    with torch.no_grad():
        score(image)
    total, done = torch.zeros_like(image), 0
    first = min(_PART, samples) if settings.in_parts else 0
    for part in filter(len, (copies[:first], *copies[first:].split(_BATCH))):
        total = total + Saliency(score).attribute(part.requires_grad_(True), abs=False).sum(dim=0, keepdim=True)
        done += len(part)
        yield {"values": total / done, "samples": done, "is_final": done == samples}


def _gradcam(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    from captum.attr import LayerGradCam

    layers = gradcam_layers(score.network)
    if not layers:
        raise NoConvolutionError
    name = settings.layer or list(layers)[-1]
    check_choice("terms.layer", name, tuple(layers))
    with _left_as_found(score.network):
        cam = LayerGradCam(score, layers[name]).attribute(image, relu_attributions=True)
    yield {"values": _enlarge(cam, image.shape[2:], settings.grid), "layer": name, "layer_size": tuple(cam.shape[2:])}


def _enlarge(cam: torch.Tensor, size: Sequence[int], grid: Sequence[tuple[float, float]] | None) -> torch.Tensor:
    """A layer's map as large as the picture: linear between the centres of its units, constant beyond the last ones."""
    if grid is None:
        return F.interpolate(cam, size, mode="bilinear", align_corners=False)
    axes = []
    for (start, jump), count, side in zip(grid, cam.shape[2:], size):
        units = (torch.arange(side, dtype=cam.dtype, device=cam.device) - start) / jump
        axes.append(units.clamp(0, count - 1) * 2 / max(count - 1, 1) - 1)  # grid_sample counts from -1 to 1
    rows, columns = torch.meshgrid(*axes, indexing="ij")
    return F.grid_sample(cam, torch.stack((columns, rows), dim=-1)[None], align_corners=True)


def _occlusion(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """First with the longest stride of which the squares are among those that are wanted and still cover all pixels."""
    from captum.attr import Occlusion

    window = check_whole("classifier.window", settings.window, 1, min(image.shape[2:]))
    stride = check_whole("terms.stride", settings.stride, 1, window)
    baseline, answers = make_baseline(image, settings), _Answers(score)
    answers(image)
    baseline_score = float(answers(baseline))
    for step in dict.fromkeys((window // stride * stride, stride) if settings.in_parts else (stride,)):
        values = Occlusion(answers).attribute(
            image,
            sliding_window_shapes=(1, window, window),
            strides=(1, step, step),
            baselines=baseline,
            perturbations_per_eval=_count_squares(image, window, step),  # all at once: `_Answers` parts them
        )
        yield {"values": values, "baseline_score": baseline_score, "is_final": step == stride}


def _count_squares(image: torch.Tensor, window: int, stride: int) -> int:
    """How many squares cover the picture; the last of a row or column may reach over the edge."""
    return math.prod(1 + math.ceil((side - window) / stride) for side in image.shape[2:])


class _Answers:
    """The scores of pictures, each of which is asked for only once: a square on what is black anyway changes nothing."""

    def __init__(self, score: _Score):
        self._score = score
        self._known: dict[bytes, float] = {}

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        keys = [picture.tobytes() for picture in pictures.detach().cpu().numpy()]
        new = {key: place for place, key in enumerate(keys) if key not in self._known}
        with torch.no_grad():
            scores = [self._score(part) for part in pictures[list(new.values())].split(_BATCH)] if new else []
        self._known.update(zip(new, torch.cat(scores).tolist() if scores else ()))
        return torch.tensor([self._known[key] for key in keys], dtype=pictures.dtype, device=pictures.device)


def _guided_backprop(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    from captum.attr import GuidedBackprop

    with _left_as_found(score.network):
        values = GuidedBackprop(score).attribute(image)
    yield {"values": values}


def _deeplift(score: _Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    from captum.attr import DeepLift

    with _left_as_found(score.network):
        _part_neighbours(score.network)
        values = DeepLift(score).attribute(image, make_baseline(image, settings))
    yield {"values": values, "baseline_score": float(score.first[1])}


def _part_neighbours(model: nn.Module) -> None:
    """Give each layer without parameters a copy of its input; `_left_as_found` removes the hooks again.

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

    Its sentences are `classifier.method_NAME`, its name, and `classifier.about_NAME`, what its map shows and does not
    show.

    Attributes:
        compute: takes a `_Score`, pixels (1, 1, H, W) and Settings. It yields dicts of fields of Attribution, with
            "values" as (1, 1, H, W); where it yields several, all but the last have `is_final` False.
        colours: what orange and blue mean: "signed" (orange speaks for the class, blue against it), "positive" (orange
            alone), "sensitive" (a brighter pixel raises or lowers the score) or "guided" (neither).
        empty: why a map may be 0 everywhere: "gradient" (no gradient reaches the pixels), "baseline" (the picture is
            the baseline) or "gradcam" (no positive evidence).
        uses_baseline: whether it compares with a picture of nothing.
        promises_sum: whether the sum of the values is the difference of scores between the picture and the baseline.
        is_slow: whether it runs the network so often that it takes a copy: other readers need not wait meanwhile.
        source: where it was published.
    """

    compute: Callable[[_Score, torch.Tensor, Settings], Iterator[dict]]
    colours: Literal["signed", "positive", "sensitive", "guided"]
    empty: Literal["gradient", "baseline", "gradcam"]
    uses_baseline: bool
    promises_sum: bool
    is_slow: bool
    source: str


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "gradient": Method(
            _gradient, "sensitive", "gradient", uses_baseline=False, promises_sum=False, is_slow=False,
            source="Simonyan, Vedaldi and Zisserman 2013, Deep inside convolutional networks",
        ),
        "input_x_gradient": Method(
            _input_x_gradient, "signed", "gradient", uses_baseline=False, promises_sum=False, is_slow=False,
            source="Shrikumar et al. 2016, Not just a black box",
        ),
        "integrated_gradients": Method(
            _integrated_gradients, "signed", "baseline", uses_baseline=True, promises_sum=True, is_slow=True,
            source="Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks",
        ),
        "smoothgrad": Method(
            _smoothgrad, "sensitive", "gradient", uses_baseline=False, promises_sum=False, is_slow=True,
            source="Smilkov et al. 2017, SmoothGrad: removing noise by adding noise",
        ),
        "gradcam": Method(
            _gradcam, "positive", "gradcam", uses_baseline=False, promises_sum=False, is_slow=False,
            source="Selvaraju et al. 2017, Grad-CAM",
        ),
        "occlusion": Method(
            _occlusion, "signed", "baseline", uses_baseline=True, promises_sum=False, is_slow=True,
            source="Zeiler and Fergus 2014, Visualizing and understanding convolutional networks",
        ),
        "guided_backprop": Method(
            _guided_backprop, "guided", "gradient", uses_baseline=False, promises_sum=False, is_slow=False,
            source="Springenberg et al. 2015, Striving for simplicity",
        ),
        "deeplift": Method(
            _deeplift, "signed", "baseline", uses_baseline=True, promises_sum=True, is_slow=True,
            source="Shrikumar, Greenside and Kundaje 2017, Learning important features",
        ),
    }
)  # fmt: skip
