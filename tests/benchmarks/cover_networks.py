"""How many networks of other libraries can be traced: one small model of each of timm's families, and segmentation.

    python -m tests.benchmarks.cover_networks [--part 0/4] [--segmentation]

Needs timm, and for --segmentation segmentation_models_pytorch as well. Models have random weights; nothing is downloaded.
A network counts when it is traced and its parameters are `sum(p.numel())`. Nothing is asserted, and pytest does not
collect this file. It says how many recordings hold for any size, and in how many networks every field is exact.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import torch
import torchvision
from torch import nn

from explorer.errors import InputError
from explorer.models.trace import record

# Words of names, from the smallest models to larger ones.
SIZES = "test atto femto pico zepto nano xxs xxtiny xtiny tiny _t0 xs _t s0 b0 050 small _s 18 10 12 24 26 34 50 base".split()
SECONDS = 40
DETECTORS = ("fasterrcnn_resnet50_fpn", "fasterrcnn_mobilenet_v3_large_fpn", "retinanet_resnet50_fpn", "fcos_resnet50_fpn",
             "ssd300_vgg16", "ssdlite320_mobilenet_v3_large", "fasterrcnn_resnet50_fpn_v2")  # fmt: skip


class _TooSlow(BaseException):
    pass


def _stop(*_) -> None:
    raise _TooSlow


def _rank(name: str) -> tuple[int, int, str]:
    place = next((place for place, word in enumerate(SIZES) if word in name), len(SIZES))
    return place, len(name), name


def list_timm() -> Iterator[tuple[str, Callable[[], nn.Module], tuple | None]]:
    """One small model of each family, which is the first word of its name."""
    timm = importlib.import_module("timm")  # no test needs it, so it is not pinned

    families = defaultdict(list)
    for name in timm.list_models():
        families[name.split("_")[0]].append(name)

    def build(name: str) -> nn.Module:
        try:
            with torch.device("meta"):
                return timm.create_model(name).eval()
        except Exception:  # it looks at numbers while it is built
            return timm.create_model(name).eval()

    for names in families.values():
        name = min(names, key=_rank)
        yield name, lambda name=name: build(name), None


def list_segmentation() -> Iterator[tuple[str, Callable[[], nn.Module], tuple | None]]:
    """Architectures of segmentation_models_pytorch, torchvision's segmentation networks and detectors' backbones."""
    smp = importlib.import_module("segmentation_models_pytorch")

    for name in "Unet UnetPlusPlus MAnet Linknet FPN PSPNet PAN DeepLabV3 DeepLabV3Plus UPerNet Segformer".split():
        build = getattr(smp, name)
        yield name, lambda build=build: build("resnet18", encoder_weights=None).eval(), (3, 128, 128)
    yield "DPT", lambda: smp.DPT(encoder_weights=None).eval(), (3, 224, 224)
    settings = {"weights": None, "weights_backbone": None}
    segmentation, detection = torchvision.models.segmentation, torchvision.models.detection
    for name in torchvision.models.list_models(module=segmentation):
        yield name, lambda name=name: getattr(segmentation, name)(**settings).eval(), (3, 128, 128)
    for name in DETECTORS:
        yield f"{name}.backbone", lambda name=name: getattr(detection, name)(**settings).eval().backbone, (3, 320, 320)


def try_network(build: Callable[[], nn.Module], shape: tuple | None) -> tuple[str, str]:
    """How it went, in a word, and what there is to say."""
    signal.alarm(SECONDS)
    try:
        model = build()
        if shape is None:
            shape = model.default_cfg.get("input_size", (3, 224, 224))
        start = time.process_time()
        recording = record(model)
        traced = recording.trace(shape)
        seconds = time.process_time() - start
        bounds = sum(layer.receptive_field.is_upper_bound for layer in traced.layers)
        if traced.num_params_total != sum(parameter.numel() for parameter in model.parameters()):
            return "wrong parameters", f"{traced.num_params_total}"
        word = "any size" if recording.fixed_shape is None else "one size"
        return f"{word}, {'bounds' if bounds else 'exact'}", f"{bounds} bounds of {len(traced.layers)}, {seconds:.1f} s"
    except _TooSlow:
        return "too slow", f"> {SECONDS} s"
    except InputError as error:
        return "refused", str(error)
    except Exception as error:
        return "defect", f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the networks of other libraries that can be traced.")
    parser.add_argument("--part", default="0/1", help="which part of the list, 1/4 for the second quarter")
    parser.add_argument("--segmentation", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, _stop)
    part, parts = map(int, arguments.part.split("/"))
    networks = list(list_segmentation() if arguments.segmentation else list_timm())[part::parts]
    counts: Counter[str] = Counter()
    for name, build, shape in networks:
        word, said = try_network(build, shape)
        counts[word] += 1
        if arguments.segmentation or "size" not in word:
            print(f"{name:40}{word:20}{said[:200]}", flush=True)
    traced = sum(count for word, count in counts.items() if "size" in word)
    print(f"{traced} of {len(networks)} traced; {dict(counts)}")


if __name__ == "__main__":
    main()
