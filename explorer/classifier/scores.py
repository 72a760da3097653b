"""What every attribution method gets: the score that it explains, its settings, and a network that it leaves as it was found."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from explorer.checks import check_choice, check_whole
from explorer.data import normalise
from explorer.errors import InputError
from explorer.patience import go_on

BASELINES = ("black", "mean", "blurred", "noise")

PART = 8  # passes to a better map of integrated gradients, and to a first one of SmoothGrad and Gradient SHAP
BATCH = 32  # pictures that a slow method gives the network at a time: of more, a pass takes hardly less time for each
_BLUR_SIGMA = 3.0  # pixels
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class NoMapError(InputError):
    """A method gives no map here, and says why."""


class NoConvolutionError(NoMapError):
    """A method needs a convolution, and the network has none."""

    def __init__(self):
        super().__init__("methods.no_convolution")


class NoRuleError(NoMapError):
    """Layer-wise relevance propagation has no rule for a layer of the network.

    Args:
        layer: kind of the layer, as PyTorch names it.
    """

    def __init__(self, layer: str):
        super().__init__("methods.no_rule", layer=layer)


class NotFiniteError(NoMapError):
    """The numbers of a network are larger than float32 can hold, so that a map has infinities or NaN in it."""

    def __init__(self):
        super().__init__("methods.not_finite")


class SameClassError(NoMapError):
    """The difference between a class and itself was asked for."""

    def __init__(self):
        super().__init__("methods.same_class")


@dataclass(frozen=True)
class Settings:
    """Settings of the methods; each method reads its own.

    Attributes:
        baseline: what stands for "nothing there" (methods that use a baseline): one of BASELINES.
        steps: points with which integrated gradients begin, 2 to 500; more are added where these are too few.
        samples: noisy copies of SmoothGrad, 1 to 200.
        noise: their standard deviation as a share of the image's range, 0 to 1 (Smilkov et al. 2017: 0.1 to 0.2).
        window: side of the occluding square in pixels, 1 to the shorter side of the image.
        stride: its step in pixels, 1 to `window`.
        pairs: pictures of the data set with which Gradient SHAP compares, 2 to 200.
        coalitions: sets of regions that Kernel SHAP shows to the network, 128 to 4096; all there are where these are fewer.
        layer: name of the layer for Grad-CAM and its kin, None for the last.
        grid: where that layer's units lie on the picture, as (centre of the first, distance) in pixels along each axis.
            None stretches its map over the picture, as Selvaraju et al. 2017 do: then it may lie several pixels beside
            the units.
        seed: of the noise, and of all else that is drawn by lot.
        in_parts: whether SmoothGrad, occlusion and both SHAPs, too, give a rough map first, which takes them a little longer.
    """

    baseline: str = "black"
    steps: int = 9
    samples: int = 20
    noise: float = 0.15
    window: int = 5
    stride: int = 2
    pairs: int = 64
    coalitions: int = 256
    layer: str | None = None
    grid: tuple[tuple[float, float], tuple[float, float]] | None = None
    seed: int = 0
    in_parts: bool = False


class Score(nn.Module):
    """The score that is explained, as a network of its own, which keeps what it said to the first pictures.

    It is the logit of a class, or by how much that exceeds the logit of another class. Captum runs the network anyway; so
    the score of the picture costs no pass of its own.

    Attributes:
        network: gives logits (N, classes).
        target: index of the class; checked as soon as there are logits.
        against: index of the class whose logit is subtracted, or None; checked as well.
        first: (N,) scores of the first pictures, of which the first is the one that is explained.
    """

    def __init__(self, network: nn.Module, target: int, against: int | None = None):
        super().__init__()
        self.network, self.target, self.against = network, target, against
        self.first = torch.empty(0)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        go_on()  # slow methods come here many times
        logits = self.network(pictures)
        if len(self.first):
            return self._choose(logits)
        self.target = check_whole("terms.target", self.target, 0, logits.shape[1] - 1)
        if self.against is not None:
            self.against = check_whole("methods.against", self.against, 0, logits.shape[1] - 1)
        scores = self._choose(logits)
        self.first = scores.detach()
        return scores

    def _choose(self, logits: torch.Tensor) -> torch.Tensor:
        scores = logits[:, self.target]
        return scores if self.against is None else scores - logits[:, self.against]


def backpropagate(score: Score, images: torch.Tensor) -> torch.Tensor:
    """The gradients (N, C, H, W) of the scores of images, which require gradients."""
    (gradients,) = torch.autograd.grad(score(images).sum(), images)
    return gradients


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


def _blur(image: torch.Tensor) -> torch.Tensor:
    """Gaussian blur with edges repeated."""
    reach = int(3 * _BLUR_SIGMA)
    positions = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    weights = torch.softmax(-(positions**2) / (2 * _BLUR_SIGMA**2), dim=0)
    padded = F.pad(image, (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, weights.view(1, 1, 1, -1)), weights.view(1, 1, -1, 1))


@contextmanager
def left_as_found(model: nn.Module) -> Iterator[None]:
    """Removes every hook and attribute that captum or this module leaves on the network, also after an exception."""
    silence_captum()
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


def silence_captum() -> None:
    """Ignore captum's warnings about the hooks that it sets and removes again: there is nothing to do about them."""
    warnings.filterwarnings("ignore", category=UserWarning, module="captum")
