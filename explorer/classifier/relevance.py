"""Layer-wise relevance propagation: the score goes back through the network, to each input by what it contributed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from explorer.classifier.scores import NoRuleError, Score, Settings, left_as_found

GAMMA = 0.25  # by how much contributions of a unit's own sign count for more, as in the source

# Where gradient times value gives each input what it contributed: sums, averages, and what lets values pass or not.
_PASSES = (
    nn.Linear, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Flatten, nn.Dropout, nn.Identity,
)  # fmt: skip
_OURS = "explorer.models."  # modules whose forward calls layers and sums, flattens and pads what they give, no more


def compute_relevance(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Layer-wise relevance propagation: rule gamma in convolutions, rule 0 in the first of them and in linear layers.

    A batch normalisation counts as a part of the convolution before it. The gradient of a network whose convolutions
    are replaced, for the way back alone, by z_gamma * (z / z_gamma), with the factor held fixed, is the relevance divided
    by the pixel (Montavon et al. 2019, section 10.3.1). What the biases contribute does not reach the pixels: the map and
    that together are the score.

    Raises:
        NoRuleError: the network has a layer for which no rule is known here.

    Source: Bach et al. 2015, "On pixel-wise explanations"; the rules: Montavon et al. 2019, "Layer-wise relevance
    propagation: an overview", section 10.2.2; for units below 0, where shortcuts add: Andéol et al. 2021, "Learning domain
    invariant representations by joint Wasserstein distance minimization", appendix.
    """
    check_rules(score.network)
    with left_as_found(score.network):
        way = _WayBack(score.network)
        scores = score(image)
        way.check_end()
        (gradient,) = torch.autograd.grad(scores.sum(), image)
    yield {"values": gradient * image}


def check_rules(network: nn.Module) -> None:
    """Refuse a network with a layer for which there is no rule.

    Raises:
        NoRuleError: naming the kind of the layer.
    """
    for module in network.modules():
        is_known = isinstance(module, (*_PASSES, nn.Conv2d, nn.BatchNorm2d, nn.Sequential))
        if not is_known and not type(module).__module__.startswith(_OURS):
            raise NoRuleError(type(module).__name__)


@dataclass(frozen=True)
class _Convolved:
    """What a convolution did last: its input and what it gave."""

    layer: nn.Conv2d
    is_first: bool
    value: torch.Tensor
    output: torch.Tensor


class _WayBack:
    """Gives the convolutions of a network their rule, by hooks; their outputs stay what they are."""

    def __init__(self, network: nn.Module):
        self._last: _Convolved | None = None
        modules = [*network.modules()]
        # Their rule waits for the normalisation that is listed next; `check_end` sees whether it came.
        pairs = [(each, after) for each, after in pairwise(modules) if isinstance(each, nn.Conv2d)]
        self._wait = {each for each, after in pairs if isinstance(after, nn.BatchNorm2d)}
        for module in modules:
            if isinstance(module, nn.Conv2d):
                module.register_forward_hook(self._convolve)
            elif isinstance(module, nn.BatchNorm2d):
                module.register_forward_hook(self._normalise)

    def _convolve(self, layer: nn.Conv2d, inputs: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
        is_first = self._last is None
        if not is_first and layer not in self._wait:
            output = _pass_back(layer, inputs[0], layer.weight, layer.bias, output)
        self._last = _Convolved(layer, is_first, inputs[0], output)
        return output

    def _normalise(self, norm: nn.BatchNorm2d, inputs: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
        last = self._last
        if last is not None:
            self._wait.discard(last.layer)
        if last is None or inputs[0] is not last.output or norm.running_mean is None or norm.running_var is None:
            raise NoRuleError(type(norm).__name__)
        if last.is_first:
            return output
        weight, bias = fuse_conv_bn_weights(
            last.layer.weight, last.layer.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        return _pass_back(last.layer, last.value, weight, bias, output)

    def check_end(self) -> None:
        """Refuse a network of which a convolution still waits for its normalisation.

        Raises:
            NoRuleError: there is one.
        """
        if self._wait:
            raise NoRuleError(nn.BatchNorm2d.__name__)


def _pass_back(
    layer: nn.Conv2d, value: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, output: torch.Tensor
) -> torch.Tensor:
    """The output of a convolution with these weights, with the gradient of rule gamma.

    In a unit above 0, positive weights count for 1 + GAMMA, in one below 0 negative ones; so no unit is divided by less
    than it is.
    """

    def stress(weights: torch.Tensor, sign: int) -> torch.Tensor:
        return weights.detach() + GAMMA * sign * (sign * weights.detach()).relu()

    def contribute(sign: int) -> torch.Tensor:
        biases = None if bias is None else stress(bias, sign)
        return layer._conv_forward(value, stress(weight, sign), biases)

    known = output.detach()
    stressed = torch.where(known > 0, contribute(1), contribute(-1))
    below = stressed.detach()
    share = stressed * torch.where(below == 0, 0, known / torch.where(below == 0, 1, below))
    return known + share - share.detach()
