"""Which pixels decide what a network answers: saliency by captum, one function for every method.

The methods explain the logit of the target class, not its probability: a probability also falls when the logit of
another class rises. No method proves what the network "looks at": Adebayo et al. 2018, "Sanity checks for saliency
maps", show that some maps hardly depend on the network's weights.
"""

from __future__ import annotations

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

STEPS_FACTOR = 4
MOST_STEPS = 500
LARGEST_GAP = 0.05  # of the difference of scores
_NO_GAP = 0.005  # logits; so large a gap is always allowed, because a share of a difference near 0 would be too strict

_ROUNDING = 1e-6  # of a score: two equal scores may differ by so much, because networks round to float32

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
    """

    values: torch.Tensor
    method: str
    target: int
    score: float
    baseline_score: float | None = None
    layer: str | None = None
    layer_size: tuple[int, int] | None = None
    steps: int | None = None

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
        steps: points on the path of integrated gradients, 1 to MOST_STEPS; it may take more if these are too few.
        samples: noisy copies of SmoothGrad, 1 to 200.
        noise: their standard deviation as a share of the image's range, 0 to 1 (Smilkov et al. 2017: 0.1 to 0.2).
        window: side of the occluding square in pixels, 1 to the shorter side of the image.
        stride: its step in pixels, 1 to `window`.
        layer: name of the layer for Grad-CAM, None for the last.
        grid: where that layer's units lie on the picture, as (centre of the first, distance) in pixels along each axis.
            None stretches its map over the picture, as Selvaraju et al. 2017 do: then it may lie several pixels beside
            the units.
        seed: of the noise.
    """

    baseline: str = "black"
    steps: int = 50
    samples: int = 20
    noise: float = 0.15
    window: int = 5
    stride: int = 2
    layer: str | None = None
    grid: tuple[tuple[float, float], tuple[float, float]] | None = None
    seed: int = 0


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
    check_choice("terms.method", method, tuple(METHODS))
    if any(module.training for module in model.modules()):
        raise ValueError("model must be in eval mode: dropout and batch statistics would falsify the attribution")
    chosen = Settings(**settings)
    with _left_as_found(model):
        pixels = image.detach().clone().to(next(model.parameters()).device).requires_grad_(True)
        with torch.no_grad():
            logits = model(pixels)
        target = check_whole("terms.target", target, 0, logits.shape[1] - 1)
        found = METHODS[method].compute(model, pixels, target, chosen)
        values = found.pop("values").detach().sum(dim=(0, 1)).cpu()
        if METHODS[method].uses_baseline:
            with torch.no_grad():
                found["baseline_score"] = float(model(make_baseline(pixels, chosen))[0, target])
            values = _without_rounding(values, max(abs(found["baseline_score"]), abs(float(logits[0, target]))))
    return Attribution(values, method, target, float(logits[0, target]), **found)


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
    # Slow methods run the network many times. Before each run they ask whether to go on.
    model.register_forward_pre_hook(lambda _module, _inputs: go_on())
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


def _gradient(model, image, target, settings) -> dict:
    from captum.attr import Saliency

    return {"values": Saliency(model).attribute(image, target=target, abs=False)}


def _input_x_gradient(model, image, target, settings) -> dict:
    from captum.attr import InputXGradient

    return {"values": InputXGradient(model).attribute(image, target=target)}


def _integrated_gradients(model, image, target, settings) -> dict:
    """Integrated gradients. If their sum is too far from the difference of scores, STEPS_FACTOR times the steps."""
    steps = check_whole("classifier.steps", settings.steps, 1, MOST_STEPS)
    values, gap = _integrate(model, image, target, settings, steps)
    more = min(STEPS_FACTOR * steps, MOST_STEPS)
    if more > steps and not _is_small(gap, float(values.sum()) - gap):
        steps = more
        values, _ = _integrate(model, image, target, settings, steps)
    return {"values": values, "steps": steps}


def _integrate(model, image, target, settings, steps: int) -> tuple[torch.Tensor, float]:
    """The map for a number of steps, and its sum minus the difference of scores."""
    from captum.attr import IntegratedGradients

    values, gap = IntegratedGradients(model).attribute(
        image, make_baseline(image, settings), target=target, n_steps=steps,
        internal_batch_size=min(steps, 50), return_convergence_delta=True,
    )  # fmt: skip
    return values.detach(), float(gap)


def _smoothgrad(model, image, target, settings) -> dict:
    """SmoothGrad without captum's NoiseTunnel. That draws from torch's global generator; readers would wait for it."""
    from captum.attr import Saliency

    samples = check_whole("classifier.samples", settings.samples, 1, 200)
    noise = check_number("classifier.noise", settings.noise, 0, 1)
    deviation = noise * (image.max() - image.min()).item()
    generator = torch.Generator().manual_seed(settings.seed)
    draws = torch.randn(samples, *image.shape[1:], generator=generator)
    copies = image.detach() + deviation * draws.to(image)
    gradients = [Saliency(model).attribute(part, target=target, abs=False) for part in copies.split(50)]
    return {"values": torch.cat(gradients).mean(dim=0, keepdim=True)}


def _gradcam(model, image, target, settings) -> dict:
    from captum.attr import LayerGradCam

    layers = gradcam_layers(model)
    if not layers:
        raise NoConvolutionError
    name = settings.layer or list(layers)[-1]
    check_choice("terms.layer", name, tuple(layers))
    cam = LayerGradCam(model, layers[name]).attribute(image, target=target, relu_attributions=True)
    return {"values": _enlarge(cam, image.shape[2:], settings.grid), "layer": name, "layer_size": tuple(cam.shape[2:])}


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


def _occlusion(model, image, target, settings) -> dict:
    from captum.attr import Occlusion

    window = check_whole("classifier.window", settings.window, 1, min(image.shape[2:]))
    stride = check_whole("terms.stride", settings.stride, 1, window)
    values = Occlusion(model).attribute(
        image,
        sliding_window_shapes=(1, window, window),
        strides=(1, stride, stride),
        baselines=make_baseline(image, settings),
        target=target,
        perturbations_per_eval=32,
    )
    return {"values": values}


def _guided_backprop(model, image, target, settings) -> dict:
    from captum.attr import GuidedBackprop

    return {"values": GuidedBackprop(model).attribute(image, target=target)}


def _deeplift(model, image, target, settings) -> dict:
    from captum.attr import DeepLift

    _part_neighbours(model)
    return {"values": DeepLift(model).attribute(image, make_baseline(image, settings), target=target)}


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
        compute: takes a network, pixels (1, 1, H, W), a class and Settings. It gives a dict of fields of Attribution,
            with "values" as (1, 1, H, W).
        colours: what orange and blue mean: "signed" (orange speaks for the class, blue against it), "positive" (orange
            alone), "sensitive" (a brighter pixel raises or lowers the score) or "guided" (neither).
        empty: why a map may be 0 everywhere: "gradient" (no gradient reaches the pixels), "baseline" (the picture is
            the baseline) or "gradcam" (no positive evidence).
        uses_baseline: whether it compares with a picture of nothing.
        promises_sum: whether the sum of the values is the difference of scores between the picture and the baseline.
        is_slow: whether it runs the network so often that it takes a copy: other readers need not wait meanwhile.
        source: where it was published.
    """

    compute: Callable[[nn.Module, torch.Tensor, int, Settings], dict]
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
