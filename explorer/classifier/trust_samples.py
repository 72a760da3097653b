"""Methods on trial over many test images: areas of deletion and insertion, and what random weights leave of the maps.

`python -m explorer.classifier.trust_samples` measures it anew, in less than an hour on one core, and stores it in
checkpoints/saliency.json; what is stored of the weights that are here is not measured again, so that a new method costs
only its own time. `python -m explorer.classifier.trust_samples lenet5 --images 2000` measures the controls and the methods of one
pass over the first 2,000 test images, and stores it in checkpoints/saliency_many.safetensors.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import torch
from safetensors import safe_open

from explorer.classifier.attribution import METHODS, NoMapError, Settings, compute_attribution
from explorer.classifier.keyed_files import list_keyed, read_keyed, recorded_weights, write_keyed
from explorer.classifier.trust import (
    CONTROLS,
    area_under,
    compute_controls,
    compute_curves,
    correlate_on_clothes,
    list_weighted_layers,
    randomise_from_top,
)
from explorer.data import load_sample, load_split, normalise
from explorer.models import checkpoints
from explorer.models.checkpoints import load_results, load_trained, read_stored, weights_of, write_atomically

FILE = "saliency.json"
MANY = "saliency_many.safetensors"
MODELS = ("lenet5", "alexnet_small")
NUM_IMAGES = 200  # those that ship with the app
_DIGITS = 4
ORDERS = (*CONTROLS, *METHODS)


@dataclass(frozen=True)
class Measured:
    """Of one method or control.

    Attributes:
        deletion, insertion: (N,) areas, one for each image; NaN where the map is 0 everywhere.
        last_random: (N,) rank correlation on the clothes with the map when the last layer is random; empty for a control.
        all_random: the same when all layers are random.
    """

    deletion: torch.Tensor
    insertion: torch.Tensor
    last_random: torch.Tensor
    all_random: torch.Tensor


def measure(
    name: str,
    indices: range = range(NUM_IMAGES),
    wanted: Collection[str] = ORDERS,
    images: torch.Tensor | None = None,
) -> dict[str, dict[str, list[float]]]:
    """Measure methods and controls for the class that the network names.

    Args:
        name: a trained network.
        indices: of the images.
        wanted: methods and controls; where one control is wanted, all are measured.
        images: (N, 28, 28) uint8; None for the sample images.

    Returns:
        Method or control -> name of each attribute of Measured -> one number for each image; NaN for a map that is 0 everywhere,
        because it orders nothing.
    """
    model, images = load_trained(name), load_sample().images if images is None else images
    last, everything = (randomise_from_top(model, count) for count in (1, len(list_weighted_layers(model))))
    found: dict[str, dict[str, list[float]]] = {}
    for index in indices:
        picture = images[index].float() / 255
        image, black = normalise(picture)[None, None], normalise(torch.zeros(1, 1, *picture.shape))
        with torch.no_grad():
            target = int(model(image).argmax())
        has_controls = any(map(is_control, wanted))
        orders = compute_controls(model, image, black, target, picture) if has_controls else {}
        for method in filter(wanted.__contains__, METHODS):
            try:
                maps = [
                    compute_attribution(each, image, target, method, **vars(Settings())).values
                    for each in (model, last, everything)
                ]
            except NoMapError:
                continue
            if not maps[0].any():
                for key in Measured.__annotations__:
                    found.setdefault(method, {}).setdefault(key, []).append(math.nan)
                continue
            orders[method] = compute_curves(model, image, black, target, maps[0])
            for key, values in zip(("last_random", "all_random"), maps[1:], strict=True):
                correlation = correlate_on_clothes(maps[0], values, picture)
                found.setdefault(method, {}).setdefault(key, []).append(round(correlation, _DIGITS))
        for order, curves in orders.items():
            for kind in ("deletion", "insertion"):
                area = round(area_under(getattr(curves, kind)), _DIGITS)
                found.setdefault(order, {}).setdefault(kind, []).append(area)
    return found


def load_measured() -> Mapping[str, Mapping[str, Measured]]:
    """What is stored of the weights that are here: network -> method or control -> what was measured."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Mapping[str, Mapping[str, Measured]]:
    stored, records = read_stored(folder / FILE), load_results(folder)
    return {
        name: {
            order: Measured(*(torch.tensor(numbers.get(key, [])) for key in Measured.__annotations__))
            for order, numbers in entry["orders"].items()
        }
        for name, entry in stored.items()
        if entry["weights"] == weights_of(records.get(name))
    }


def measure_many(name: str, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Measure the controls and the methods of one pass over many images.

    Args:
        name: a trained network.
        images: (N, 28, 28) uint8.

    Returns:
        "NETWORK/ORDER/ATTRIBUTE" -> (N,) float16.
    """
    wanted = [order for order in ORDERS if is_control(order) or not METHODS[order].is_slow]
    found = measure(name, range(len(images)), wanted, images)
    return {
        f"{name}/{order}/{key}": torch.tensor(values).half()
        for order, numbers in found.items()
        for key, values in numbers.items()
    }


def load_many() -> Mapping[str, Mapping[str, Measured]]:
    """As `load_measured`, over more images; of the networks of which it was measured."""
    found = {name: read_keyed(MANY, name, partial(_read_many, name=name)) for name in list_keyed(MANY, MODELS)}
    return {name: orders for name, orders in found.items() if orders}


def _read_many(file: safe_open, name: str) -> dict[str, Measured]:
    keys = set(file.keys())
    return {
        order: Measured(
            *(
                file.get_tensor(key).float() if (key := f"{name}/{order}/{part}") in keys else torch.empty(0)
                for part in Measured.__annotations__
            )
        )
        for order in ORDERS
        if f"{name}/{order}/deletion" in keys
    }


def is_control(order: str) -> bool:
    """Whether an order never looks at the network."""
    return order in CONTROLS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), help="names of trained networks")
    parser.add_argument(
        "--images", type=int, help="over so many of the 10,000 test images, controls and quick methods alone"
    )
    arguments = parser.parse_args()
    if arguments.images:
        images = load_split("test")[0][: arguments.images, 0]
        tensors = {key: each for name in arguments.models for key, each in measure_many(name, images).items()}
        write_keyed(MANY, tensors, {name: recorded_weights(name) for name in arguments.models})
    else:
        _measure_samples(arguments.models)


def _measure_samples(names: Sequence[str]) -> None:
    """Measure what is not stored yet, and store it."""
    folder, records = checkpoints.CHECKPOINTS, load_results()
    for name in names:
        weights = weights_of(records[name])
        stored = read_stored(folder / FILE).get(name, {})
        orders = stored.get("orders", {}) if stored.get("weights") == weights else {}
        missing = [order for order in ORDERS if order not in orders]
        if not missing:
            continue
        orders |= measure(name, wanted=missing)
        entry = {"weights": weights, "orders": {order: orders[order] for order in ORDERS if order in orders}}
        write_atomically({folder / FILE: (json.dumps({**read_stored(folder / FILE), name: entry}) + "\n").encode()})
        print(f"{name}: {len(missing)} orders measured", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
