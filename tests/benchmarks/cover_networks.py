"""How many networks of other libraries can be traced, and what of it is right: timm's families, and segmentation.

    python -m tests.benchmarks.cover_networks [--part 0/4] [--segmentation] [--fields 4]

With --segmentation it needs segmentation_models_pytorch. Models have random weights; nothing is downloaded. One small model
of each of timm's families is traced, and compared with PyTorch: the parameters with `sum(p.numel())`, the shapes of all
outputs with a forward of the network, and some of the fields that are no upper bounds with autograd's on the network
itself (`check_field`). Nothing is asserted, and pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

import torch
import torchvision
from torch import nn

from explorer.errors import InputError
from explorer.models.footprint import check_field
from explorer.models.trace import Layer, Recording, record

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
    timm = importlib.import_module("timm")
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


def try_network(build: Callable[[], nn.Module], shape: tuple | None, fields: int) -> tuple[str, str, Counter[str]]:
    """How it went, in a word; what there is to say; and what was found to be right or wrong."""
    signal.alarm(SECONDS)
    found: Counter[str] = Counter()
    try:
        model = build()
        if shape is None:
            shape = model.default_cfg.get("input_size", (3, 224, 224))
        start = time.process_time()
        recording = record(model)
        traced = recording.trace(shape)
        seconds = time.process_time() - start
        bounds = sum(layer.receptive_field.is_upper_bound for layer in traced.layers)
        word = "any size" if recording.fixed_shape is None else "one size"
        said = f"{bounds} bounds of {len(traced.layers)}, {seconds:.1f} s"
        total = sum(parameter.numel() for parameter in model.parameters())
        found["parameters equal" if traced.num_params_total == total else "parameters differ"] += 1
        found.update(compare_outputs(model, shape, [each for _, each in traced.outputs]))
        found.update(compare_fields(recording, shape, traced.layers, fields))
        wrong = [each for each in found if "differ" in each]
        return f"{word}, {'bounds' if bounds else 'exact'}", f"{said} {wrong or ''}", found
    except _TooSlow:
        return "too slow", f"> {SECONDS} s", found
    except InputError as error:
        return "refused", str(error), found
    except Exception as error:
        return "defect", f"{type(error).__name__}: {error}", found
    finally:
        signal.alarm(0)


def compare_outputs(model: nn.Module, shape: tuple, traced: list[tuple]) -> list[str]:
    """With the shapes that PyTorch gives when the network runs."""
    device = next(model.parameters()).device
    try:
        with torch.no_grad():
            output = model(torch.zeros(1, *shape, device=device))
    except Exception as error:
        return [f"outputs not compared ({type(error).__name__})"]
    real = [tuple(each.shape[1:]) if each.shape[:1] == (1,) else tuple(each.shape) for each in find_tensors(output)]
    return ["outputs equal" if real == traced else "outputs differ"]


def find_tensors(output) -> Iterator[torch.Tensor]:
    """Every tensor in lists, tuples and dicts."""
    if isinstance(output, torch.Tensor):
        yield output
    elif isinstance(output, (list, tuple, dict)):
        for item in output.values() if isinstance(output, dict) else output:
            yield from find_tensors(item)


def compare_fields(recording: Recording, shape: tuple, layers: Sequence[Layer], number: int) -> Iterator[str]:
    """Some fields, from the first to the last that can be compared, each of a unit in the middle."""
    names = Counter(layer.name for layer in layers)
    local = [
        layer
        for layer in layers
        if layer.map_axes and not layer.receptive_field.is_global and not layer.receptive_field.is_upper_bound
        if names[layer.name] == 1
    ]
    for place in sorted({(len(local) - 1) * part // max(1, number - 1) for part in range(number)} if local else ()):
        layer = local[place]
        unit = (layer.output_shape[layer.map_axes[0]] // 2, layer.output_shape[layer.map_axes[1]] // 2)
        yield f"fields {check_field(recording, shape, layer.name, unit).verdict}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the networks of other libraries that can be traced.")
    parser.add_argument("--part", default="0/1", help="which part of the list, 1/4 for the second quarter")
    parser.add_argument("--segmentation", action="store_true")
    parser.add_argument("--fields", type=int, default=3, help="fields of each network to compare (default: 3)")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    signal.signal(signal.SIGALRM, _stop)
    part, parts = map(int, arguments.part.split("/"))
    networks = list(list_segmentation() if arguments.segmentation else list_timm())[part::parts]
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for name, build, shape in networks:
        word, said, more = try_network(build, shape, arguments.fields)
        counts[word] += 1
        found += more
        if arguments.segmentation or "size" not in word or "differ" in said:
            print(f"{name:40}{word:20}{said[:200]}", flush=True)
    traced = sum(count for word, count in counts.items() if "size" in word)
    print(f"{traced} of {len(networks)} traced; {dict(counts)}")
    print(", ".join(f"{word}: {count}" for word, count in sorted(found.items())))


if __name__ == "__main__":
    main()
