"""Photos made by rule from clothes of the data set, to measure what their preparation undoes and what not.

They are no real photos: each has one difficulty of a known size, and the picture that should come out is known.
`python -m explorer.classifier.photographs` measures all anew, in some minutes on one core, and stores each network's answers in
checkpoints/photographs.json; a test measures some of them anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from explorer.classifier.preprocessing import Preparation, prepare_picture
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.models import checkpoints
from explorer.models.checkpoints import load_results, load_trained, read_stored, weights_of, write_atomically

FILE = "photographs.json"
MODELS = ("lenet5", "alexnet_small", "resnet18")
NOTHING_LEFT = "-"
SIDE = 280  # pixels of a photo
_GARMENT = 224  # pixels of the garment's 28
_NOISE = 0.01  # of the camera, of full scale


def _plain(garment: torch.Tensor) -> torch.Tensor:
    """Clothes on white: where the garment is bright in the data set it is dark here."""
    return 0.97 * (1 - 0.9 * garment)


def _light_on_dark(garment: torch.Tensor) -> torch.Tensor:
    return 0.1 + 0.85 * garment


def _dark_on_dark(garment: torch.Tensor) -> torch.Tensor:
    return 0.2 * (1 - 0.9 * garment)


def _sloping(garment: torch.Tensor) -> torch.Tensor:
    down, right = torch.meshgrid(*(torch.linspace(0, 1, SIDE),) * 2, indexing="ij")
    return (0.95 - 0.2 * down - 0.3 * right) * (1 - 0.9 * garment)


def _shadow(garment: torch.Tensor) -> torch.Tensor:
    shape = torch.roll((garment > 0.05).float(), (14, 14), (0, 1))
    soft = F.avg_pool2d(F.pad(shape[None, None], (12,) * 4, mode="replicate"), 25, 1)[0, 0]
    return _plain(garment) * (1 - 0.3 * soft)


def _pattern(garment: torch.Tensor) -> torch.Tensor:
    tiles = (torch.arange(SIDE)[:, None] // 20 + torch.arange(SIDE) // 20) % 2
    return (0.95 - 0.2 * tiles) * (1 - 0.9 * garment)


def _second_piece(garment: torch.Tensor) -> torch.Tensor:
    """A label in the corner."""
    photo = _plain(garment)
    photo[6:22, 6:40] = 0.3
    return photo


# Kind -> the photo (280, 280), 0 black to 1 white, of a garment (280, 280), 0 no cloth to 1.
KINDS: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "plain": _plain,
    "light_on_dark": _light_on_dark,
    "dark_on_dark": _dark_on_dark,
    "sloping": _sloping,
    "shadow": _shadow,
    "pattern": _pattern,
    "second_piece": _second_piece,
    "small": _plain,
    "turned": _plain,
}


def make_photo(pixels: torch.Tensor, kind: str, seed: int = 0) -> np.ndarray:
    """A photo of a garment.

    Args:
        pixels: (28, 28), 0 to 1, of the data set.
        kind: a key of KINDS. "small" is a garment of a third of the size, off the middle; "turned" lies on its side.
        seed: of the camera's noise.

    Returns:
        (280, 280), 0..255.
    """
    side = _GARMENT // 3 if kind == "small" else _GARMENT
    enlarged = F.interpolate(pixels[None, None], (side, side), mode="bilinear", align_corners=False)[0, 0]
    enlarged = torch.rot90(enlarged, 1, (0, 1)) if kind == "turned" else enlarged
    top, left = (20, 160) if kind == "small" else ((SIDE - side) // 2,) * 2
    garment = torch.zeros(SIDE, SIDE)
    garment[top : top + side, left : left + side] = enlarged
    noise = _NOISE * torch.randn(SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    return (255 * (KINDS[kind](garment) + noise).clamp(0, 1)).round().numpy()


# What is measured for every photo: with no preparation but the size, and with the automatic one.
WAYS: Mapping[str, Preparation] = {
    "none": Preparation(inversion="no", ground="none", crop="none"),
    "auto": Preparation(),
}
# What a reader can set by hand where the automatic preparation leaves something.
BY_HAND: Mapping[str, Preparation] = {
    "shadow": Preparation(faint=40),
    "turned": Preparation(turned=90),
}


def ways_of(kind: str) -> dict[str, Preparation]:
    """The preparations that are measured for a kind of photo, by name."""
    return {**WAYS, **({"hand": BY_HAND[kind]} if kind in BY_HAND else {})}


def answer_photos(name: str, kind: str, way: str, indices: range) -> str:
    """What a network says of prepared photos of samples: a digit for each, its class; NOTHING_LEFT where nothing is left.

    Args:
        name: a trained network.
        kind: a key of KINDS.
        way: a key of `ways_of(kind)`.
        indices: of the samples.
    """
    model, images = load_trained(name), load_sample().images
    answers = []
    for index in indices:
        photo = make_photo(images[index].float() / 255, kind, index)
        try:
            prepared = prepare_picture(photo, ways_of(kind)[way])
        except InputError:
            answers.append(NOTHING_LEFT)
            continue
        with torch.inference_mode():
            answers.append(str(int(model(prepared.image).argmax())))
    return "".join(answers)


def load_photographs() -> dict[str, dict[str, dict[str, str]]]:
    """What is stored of the weights that are here: network -> kind -> way -> answers as those of `answer_photos`."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    stored = read_stored(folder / FILE)
    records = load_results(folder)
    return {name: each["answers"] for name, each in stored.items() if each["weights"] == weights_of(records.get(name))}


def share_right(answers: str) -> float:
    """The share of answers, one for each of the first samples, that are the true class."""
    labels = load_sample().labels[: len(answers)].tolist()
    return sum(answer == str(label) for answer, label in zip(answers, labels, strict=True)) / len(answers)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    indices, records, stored = range(len(load_sample().images)), load_results(), {}
    for name in MODELS:
        answers = {kind: {way: answer_photos(name, kind, way, indices) for way in ways_of(kind)} for kind in KINDS}
        stored[name] = {"weights": weights_of(records[name]), "answers": answers}
        for kind, each in answers.items():
            print(name, kind, {way: f"{100 * share_right(said):.1f} %" for way, said in each.items()}, flush=True)
    text = json.dumps(stored, indent=1) + "\n"
    write_atomically({checkpoints.CHECKPOINTS / FILE: text.encode()})


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
