"""torchvision's 80 classifiers, built without weights and traced. torchvision itself is imported when one is asked for.

It costs a second and 150 MB, so titles and input sizes stand here, and a test compares them with torchvision's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from explorer.caches import remember
from explorer.errors import InputError
from explorer.models.trace import Recording, Shape, Trace, record


@dataclass(frozen=True)
class TorchvisionEntry:
    """One classifier of torchvision.

    Attributes:
        name: its name in `torchvision.models`.
        title: what a reader sees; the same in every language.
        input_size: height and width of the images that it is made for, in pixels.
        fixed_size: whether it takes images of that size only.
    """

    name: str
    title: str
    input_size: int = 224
    fixed_size: bool = False

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the images that it is made for."""
        return (3, self.input_size, self.input_size)


_FIXED = {"fixed_size": True}
_ENTRIES = (
    TorchvisionEntry("alexnet", "AlexNet"),
    *(TorchvisionEntry(f"vgg{depth}", f"VGG-{depth}") for depth in (11, 13, 16, 19)),
    *(TorchvisionEntry(f"vgg{depth}_bn", f"VGG-{depth} (BN)") for depth in (11, 13, 16, 19)),
    *(TorchvisionEntry(f"resnet{depth}", f"ResNet-{depth}") for depth in (18, 34, 50, 101, 152)),
    *(TorchvisionEntry(f"wide_resnet{depth}_2", f"Wide ResNet-{depth}-2") for depth in (50, 101)),
    TorchvisionEntry("resnext50_32x4d", "ResNeXt-50 32x4d"),
    TorchvisionEntry("resnext101_32x8d", "ResNeXt-101 32x8d"),
    TorchvisionEntry("resnext101_64x4d", "ResNeXt-101 64x4d"),
    TorchvisionEntry("squeezenet1_0", "SqueezeNet 1.0"),
    TorchvisionEntry("squeezenet1_1", "SqueezeNet 1.1"),
    *(TorchvisionEntry(f"densenet{depth}", f"DenseNet-{depth}") for depth in (121, 161, 169, 201)),
    TorchvisionEntry("googlenet", "GoogLeNet"),
    TorchvisionEntry("inception_v3", "Inception v3", 299),
    *(
        TorchvisionEntry(f"shufflenet_v2_x{width.replace('.', '_')}", f"ShuffleNet v2 {width}x")
        for width in ("0.5", "1.0", "1.5", "2.0")
    ),
    TorchvisionEntry("mobilenet_v2", "MobileNet v2"),
    TorchvisionEntry("mobilenet_v3_small", "MobileNet v3 Small"),
    TorchvisionEntry("mobilenet_v3_large", "MobileNet v3 Large"),
    *(
        TorchvisionEntry(f"mnasnet{width.replace('.', '_')}", f"MNASNet {width}")
        for width in ("0.5", "0.75", "1.0", "1.3")
    ),
    *(
        TorchvisionEntry(f"efficientnet_b{number}", f"EfficientNet-B{number}", size)
        for number, size in enumerate((224, 240, 288, 300, 380, 456, 528, 600))
    ),
    TorchvisionEntry("efficientnet_v2_s", "EfficientNet v2 S", 384),
    TorchvisionEntry("efficientnet_v2_m", "EfficientNet v2 M", 480),
    TorchvisionEntry("efficientnet_v2_l", "EfficientNet v2 L", 480),
    *(
        TorchvisionEntry(f"regnet_x_{name}", f"RegNet-X {title}")
        for name, title in (
            ("400mf", "400MF"), ("800mf", "800MF"), ("1_6gf", "1.6GF"), ("3_2gf", "3.2GF"), ("8gf", "8GF"),
            ("16gf", "16GF"), ("32gf", "32GF"),
        )
    ),
    *(
        TorchvisionEntry(f"regnet_y_{name}", f"RegNet-Y {title}", size)
        for name, title, size in (
            ("400mf", "400MF", 224), ("800mf", "800MF", 224), ("1_6gf", "1.6GF", 224), ("3_2gf", "3.2GF", 224),
            ("8gf", "8GF", 224), ("16gf", "16GF", 224), ("32gf", "32GF", 224), ("128gf", "128GF", 384),
        )
    ),
    *(
        TorchvisionEntry(f"convnext_{size}", f"ConvNeXt-{size.capitalize()}")
        for size in ("tiny", "small", "base", "large")
    ),
    *(
        TorchvisionEntry(f"vit_{size}_{patch}", f"ViT-{size.upper()}/{patch}", **_FIXED)
        for size, patch in (("b", 16), ("b", 32), ("l", 16), ("l", 32), ("h", 14))
    ),
    *(TorchvisionEntry(f"swin_{size}", f"Swin-{size.upper()}") for size in "tsb"),
    *(TorchvisionEntry(f"swin_v2_{size}", f"Swin v2-{size.upper()}", 256) for size in "tsb"),
    TorchvisionEntry("maxvit_t", "MaxViT-T", **_FIXED),
)  # fmt: skip

TORCHVISION_CLASSIFIERS: Mapping[str, TorchvisionEntry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})


class _WeightsOnMeta(TorchFunctionMode):
    """What a constructor allocates has no numbers, so none are drawn; what it computes, such as RegNet's widths, it computes."""

    _ALLOCATES = frozenset((torch.empty, torch.zeros, torch.ones))
    # `nn.init` and what it calls. On meta tensors they change nothing, for which PyTorch takes up to 30 ms a tensor.
    _FILLS = frozenset(
        (
            *(getattr(nn.init, name) for name in ("constant_", "kaiming_uniform_", "normal_", "uniform_")),
            *(
                getattr(torch.Tensor, name)
                for name in ("add_", "clamp_", "erfinv_", "fill_", "mul_", "normal_", "uniform_", "zero_")
            ),
        )
    )

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function in self._FILLS and (filled := args[0] if args else kwargs["tensor"]).is_meta:
            return filled
        if function in self._ALLOCATES:
            kwargs["device"] = "meta"
        return function(*args, **kwargs)


def create_torchvision(name: str) -> nn.Module:
    """Build a classifier of torchvision on the meta device, without weights, in eval mode.

    GoogLeNet and Inception v3 have their auxiliary classifiers, which only training uses: see `Trace.unused`.

    Args:
        name: a key of TORCHVISION_CLASSIFIERS.

    Raises:
        InputError: torchvision has no classifier of that name.
    """
    with _WeightsOnMeta():
        model = _build(name)
    return model.to("meta").eval()


def draw_torchvision(name: str) -> nn.Module:
    """Build a classifier of torchvision with fresh weights of its own initialisation, on the processor, in eval mode.

    Raises:
        InputError: torchvision has no classifier of that name.
    """
    return _build(name).eval()


def _build(name: str) -> nn.Module:
    if name not in TORCHVISION_CLASSIFIERS:
        raise InputError("errors.not_a_choice", name="terms.model", value=name, choices=list(TORCHVISION_CLASSIFIERS))
    from torchvision import models

    settings = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return getattr(models, name)(weights=None, **settings)


@remember(megabytes=64)
def record_torchvision(name: str) -> Recording:
    """The recording of a classifier of torchvision; the last few are remembered.

    Raises:
        InputError: as `create_torchvision` does.
    """
    return record(create_torchvision(name))


def trace_torchvision(name: str, input_shape: Shape) -> Trace:
    """Trace a classifier of torchvision at any input.

    Args:
        name: a key of TORCHVISION_CLASSIFIERS.
        input_shape: (C, H, W); C is 3 for all of them.

    Raises:
        InputError: as `create_torchvision` and `trace` do.
    """
    return record_torchvision(name).trace(input_shape)
