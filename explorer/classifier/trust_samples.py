"""Methods on trial over many test images: areas of deletion and insertion, and what random weights leave of the maps.

`python -m explorer.classifier.trust_samples` measures it anew, in less than an hour on one core, and stores it in
checkpoints/saliency.json; what is stored of the weights that are here is not measured again, so that a new method costs
only its own time.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from explorer.classifier.attribution import METHODS, NoMapError, Settings, compute_attribution
from explorer.classifier.trust import (
    CONTROLS,
    area_under,
    compute_controls,
    compute_curves,
    correlate_on_clothes,
    list_weighted_layers,
    randomise_from_top,
)
from explorer.data import load_sample, normalise
from explorer.models import checkpoints
from explorer.models.checkpoints import load_results, load_trained, read_stored, weights_of, write_atomically

FILE = "saliency.json"
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
    name: str, indices: range = range(NUM_IMAGES), wanted: Collection[str] = ORDERS
) -> dict[str, dict[str, list[float]]]:
    """Measure methods and controls for the class that the network names.

    Args:
        name: a trained network.
        indices: of the sample images.
        wanted: methods and controls; where one control is wanted, all are measured.

    Returns:
        Method or control -> name of each attribute of Measured -> one number for each image; NaN for a map that is 0 everywhere,
        because it orders nothing.
    """
    model, sample = load_trained(name), load_sample()
    last, everything = (randomise_from_top(model, count) for count in (1, len(list_weighted_layers(model))))
    found: dict[str, dict[str, list[float]]] = {}
    for index in indices:
        picture = sample.images[index].float() / 255
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


def is_control(order: str) -> bool:
    """Whether an order never looks at the network."""
    return order in CONTROLS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS), help="names of trained networks")
    folder, records = checkpoints.CHECKPOINTS, load_results()
    for name in parser.parse_args().models:
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
