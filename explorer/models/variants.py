"""Small networks that a reader trains: LeNet-5 and thin residual or plain nets, with other activations and normalisations.

Weights are drawn from a generator of their own, and dropout too: readers share one process and its global generator.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

import torch
from torch import nn

from explorer.models.lenet import LeNet5
from explorer.models.resnet import CifarResNet

KINDS = ("lenet5", "residual", "plain")
DEPTHS = (8, 14, 20)  # of the thin nets
ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = MappingProxyType(
    {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU}
)
NORMALISATIONS = ("none", "batch", "layer")
INITIALISATIONS = ("default", "he", "xavier", "orthogonal")
WIDTH = 8  # channels of the first stage of the thin nets
SIDE = 28  # pixels of the images
METADATA = "cnn_explorer_variant"  # under which a file of weights says which network they are of


@dataclass(frozen=True)
class Variant:
    """Which network.

    Attributes:
        kind: one of KINDS.
        depth: layers with weights, one of DEPTHS; LeNet-5 has its own.
        activation: a key of ACTIVATIONS.
        normalisation: one of NORMALISATIONS; "layer" normalises over all channels and places of an image.
        dropout: probability with which an activation before a fully connected layer is set to 0 in training; LeNet-5
            has two such places, the others one.

    Raises:
        ValueError: a field has another value.
    """

    kind: str = "lenet5"
    depth: int = DEPTHS[0]
    activation: str = "relu"
    normalisation: str = "none"
    dropout: float = 0.0

    def __post_init__(self):
        for name, known in (
            ("kind", KINDS),
            ("depth", DEPTHS),
            ("activation", tuple(ACTIVATIONS)),
            ("normalisation", NORMALISATIONS),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(map(str, known))}, got {getattr(self, name)!r}")
        if not isinstance(self.dropout, (int, float)) or not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {self.dropout!r}")

    @property
    def title(self) -> str:
        """What a reader calls it: names only."""
        names = {"lenet5": "LeNet-5", "residual": f"ResNet-{self.depth}", "plain": f"Plain-{self.depth}"}
        return names[self.kind]


class PrivateDropout(nn.Dropout):
    """Dropout whose masks come from a generator of its own.

    Args:
        p: probability with which a number is set to 0.
        generator: draws the masks.
    """

    def __init__(self, p: float, generator: torch.Generator):
        super().__init__(p)
        self.generator = generator

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.p:
            return x
        kept = torch.rand(x.shape, generator=self.generator) >= self.p
        return x * kept / (1 - self.p)


def build_variant(variant: Variant, generator: torch.Generator | None = None) -> nn.Module:
    """The network without numbers, in train mode: its tensors are on the device "meta".

    LeNet-5 with ReLU and without normalisation has the tensors of the catalogue's; dropout adds none.

    Args:
        variant: which.
        generator: draws the masks of dropout; None takes PyTorch's own dropout.
    """
    with torch.device("meta"):
        if variant.kind == "lenet5":
            return _change_lenet(LeNet5(), variant, generator)
        net = CifarResNet(variant.depth, residual=variant.kind == "residual", width=WIDTH, stem_stride=2)
        return _change_thin_net(net, variant, generator)


def _change_lenet(model: LeNet5, variant: Variant, generator: torch.Generator | None) -> nn.Module:
    for name, layer in model.features.named_children():
        if isinstance(layer, nn.Conv2d) and variant.normalisation != "none":
            model.features[int(name)] = nn.Sequential(layer, _normalise(layer.out_channels, variant))
        elif isinstance(layer, nn.ReLU):
            model.features[int(name)] = ACTIVATIONS[variant.activation]()
    for name, layer in model.classifier.named_children():
        if isinstance(layer, nn.ReLU):
            model.classifier[int(name)] = _with_dropout(ACTIVATIONS[variant.activation](), variant, generator)
    return model


def _change_thin_net(model: CifarResNet, variant: Variant, generator: torch.Generator | None) -> nn.Module:
    for module in list(model.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, nn.BatchNorm2d):
                setattr(module, name, _normalise(layer.num_features, variant))
            elif isinstance(layer, nn.ReLU):
                setattr(module, name, ACTIVATIONS[variant.activation]())
    setattr(model, "avgpool", _with_dropout(model.avgpool, variant, generator))  # noqa: B010 - it may be of another type
    return model


def _normalise(channels: int, variant: Variant) -> nn.Module:
    if variant.normalisation == "none":
        return nn.Identity()
    return nn.BatchNorm2d(channels) if variant.normalisation == "batch" else nn.GroupNorm(1, channels)


def _with_dropout(layer: nn.Module, variant: Variant, generator: torch.Generator | None) -> nn.Module:
    if not variant.dropout:
        return layer
    dropout = nn.Dropout(variant.dropout) if generator is None else PrivateDropout(variant.dropout, generator)
    return nn.Sequential(layer, dropout)


def draw_weights(model: nn.Module, initialisation: str, generator: torch.Generator) -> nn.Module:
    """Give a network of `build_variant` its first numbers, on the processor, and return it.

    Args:
        model: changed in place.
        initialisation: of the weights of convolutions and fully connected layers: "default" (PyTorch's: uniform, deviation
            1 / sqrt(3 fan_in), biases too), "he" (normal, gain sqrt 2), "xavier" (normal, gain 1) or "orthogonal". All but
            the default start with biases at 0.
        generator: draws them.
    """
    model.to_empty(device="cpu")
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            _draw_layer(module, initialisation, generator)
        elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
            module.reset_parameters()  # ones, zeros: nothing is drawn
    return model


def _draw_layer(layer: nn.Conv2d | nn.Linear, initialisation: str, generator: torch.Generator) -> None:
    if initialisation == "default":
        nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
        if layer.bias is not None:
            bound = 1 / math.sqrt(layer.weight[0].numel())
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
        return
    if initialisation == "he":
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
    elif initialisation == "xavier":
        nn.init.xavier_normal_(layer.weight, generator=generator)
    elif initialisation == "orthogonal":
        nn.init.orthogonal_(layer.weight, generator=generator)
    else:
        raise ValueError(f"initialisation must be one of {', '.join(INITIALISATIONS)}, got {initialisation!r}")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def load_variant(variant: Variant, weights: Mapping[str, torch.Tensor]) -> nn.Module:
    """A network with these weights, of PyTorch's own layers alone, in eval mode.

    Raises:
        RuntimeError: the weights are those of another network.
    """
    model = build_variant(variant)
    model.load_state_dict({key: tensor.clone() for key, tensor in weights.items()}, strict=True, assign=True)
    return model.requires_grad_(True).eval()


def write_variant(variant: Variant) -> dict[str, str]:
    """The metadata by which a file of weights says which network they are of."""
    return {METADATA: json.dumps(asdict(variant))}


def read_variant(metadata: Mapping[str, str]) -> Variant | None:
    """The network that a file of weights names, or None where it names none, or one that is not known."""
    try:
        return Variant(**json.loads(metadata[METADATA]))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
