"""What came from the page, turned into a question that a network can answer: which picture, which class, which method."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from explorer.caches import remember
from explorer.checks import check_choice, check_number, check_whole
from explorer.classifier.attribution import BASELINES, METHODS
from explorer.classifier.mistakes import load_packed_images
from explorer.classifier.moves import Moves
from explorer.classifier.outcome import (
    DEPTHS,
    NUM_CLASSES,
    PREDICTED,
    Outcome,
    Picture,
    Question,
    available,
    check_model,
    compute_outcomes,
    find_probabilities,
)
from explorer.classifier.preprocessing import (
    EDGES,
    SIDE,
    Preparation,
    Prepared,
    check_preparation,
    prepare_picture,
    prepare_sample,
)
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.images import check_path, open_image
from explorer.page.samples import check_sample
from explorer.page.sketch import read_sketch

SOURCES = ("sample", "upload", "drawing", "camera")
MAX_WINDOW = 14  # pixels, of occlusion
UPLOAD_SIDE = 512  # pixels; the networks see 28
GROUP = "classifier"  # of calls: another choice ends what is computed for the one before, see `page.events.wire`
DEFAULT_MODEL = "lenet5"
# A shirt, with a collar, that every network gets right and none finds unlike: the page opens on an easy case.
DEFAULT_SAMPLE = 137
DEFAULT_METHOD = "integrated_gradients"
# What of Choices says how a picture that a reader brings is prepared.
OF_PREPARATION = ("inversion", "ground", "turned", *(f"cut_{edge}" for edge in EDGES), "crop", "faint", "centre")
NO_CLASS = -1  # as `against`: one class is explained alone


@dataclass(frozen=True)
class Choices:
    """All that the reader has set, as it came from the page."""

    model: str | None = DEFAULT_MODEL
    source: str = "sample"
    sample: int = DEFAULT_SAMPLE
    upload: str | None = None
    drawing: str | None = None
    camera: str | None = None
    method: str = DEFAULT_METHOD
    target: int = PREDICTED
    baseline: str = "black"
    depth: str = "last"
    window: int = 5
    inversion: str = Preparation.inversion
    ground: str = Preparation.ground
    turned: float = Preparation.turned
    cut_top: float = 0
    cut_bottom: float = 0
    cut_left: float = 0
    cut_right: float = 0
    crop: str = Preparation.crop
    faint: float = Preparation.faint
    centre: str = Preparation.centre
    against: int = NO_CLASS


def read_question(choices: Choices) -> Question | None:
    """What is asked, or None as long as there is no picture.

    Raises:
        InputError: something of it is out of bounds, or the picture cannot be read.
    """
    picture = read_picture(choices)
    if picture is None:
        return None
    return Question(
        check_model(choices.model),
        picture,
        check_choice("terms.method", choices.method, tuple(METHODS)),
        check_whole("terms.target", choices.target, PREDICTED, NUM_CLASSES - 1),
        check_choice("classifier.baseline", choices.baseline, BASELINES),
        check_choice("classifier.depth", choices.depth, DEPTHS),
        check_whole("classifier.window", choices.window, 2, MAX_WINDOW),
        _read_class(choices.against),
    )


def _read_class(against) -> int | None:
    label = check_whole("methods.against", against, NO_CLASS, NUM_CLASSES - 1)
    return None if label == NO_CLASS else label


def read_picture(choices: Choices) -> Picture | None:
    """The chosen picture, or None if there is none yet.

    Raises:
        InputError: it cannot be read, or has nothing on it.
    """
    source = check_choice("classifier.source", choices.source, SOURCES)
    if source == "sample":
        return find_test_image(choices.sample)
    preparation = read_preparation(choices)
    if source == "drawing":
        ink = read_sketch(choices.drawing)
        if preparation.inversion == "auto":  # a drawing's ground is black
            preparation = replace(preparation, inversion="no")
        return ink if ink is None else Picture((choices.drawing, preparation), prepare_picture(ink, preparation), None)
    path = check_path(choices.upload if source == "upload" else choices.camera)
    return path if path is None else Picture((path, preparation), _prepare_upload(path, preparation), None)


def read_preparation(choices: Choices) -> Preparation:
    """How the reader wants his picture to be prepared.

    Raises:
        InputError: something of it is out of bounds.
    """
    preparation = Preparation(
        inversion=choices.inversion,
        ground=choices.ground,
        turned=choices.turned,
        cut=tuple(getattr(choices, f"cut_{edge}") for edge in EDGES),
        crop=choices.crop,
        faint=choices.faint,
        centre=choices.centre,
    )
    return check_preparation(preparation)


@remember(megabytes=32)
def _prepare_upload(path: str, preparation: Preparation) -> Prepared:
    """The upload, at most UPLOAD_SIDE px a side. The name of an uploaded file holds its checksum."""
    return prepare_picture(np.asarray(open_image(path, UPLOAD_SIDE)), preparation)


def find_sample(index) -> Picture:
    """A packed test image.

    Raises:
        InputError: there is none of that number.
    """
    sample, index = load_sample(), check_sample(index)
    return Picture(("sample", index), prepare_sample(sample.images[index]), int(sample.labels[index]))


def find_test_image(index) -> Picture:
    """A packed test image: a sample, or one of the mistakes behind them, which links from the confusion matrix open.

    Raises:
        InputError: there is none of that number.
    """
    known = load_packed_images()
    index = check_whole("terms.sample", index, 0, len(known.labels) - 1)
    return Picture(("sample", index), prepare_sample(known.images[index]), int(known.labels[index]))


def read_link(words: str) -> int | None:
    """The number of a packed test image that a link names, or None if there is none of it."""
    with suppress(InputError):
        return check_whole("terms.sample", words, 0, len(load_packed_images().labels) - 1)
    return None


def read_changes(place: object, scale, blur, darken, noise, attack) -> tuple[Moves, float]:
    """What a reader does to the picture, and the size of the attack's step.

    Args:
        place: of pad.js: a mapping {right, down, degrees, covered}, or None as long as nothing was moved.
        scale, darken, noise, attack: per cent; `attack` of the range from black to white, like `noise`.
        blur: pixels.

    Raises:
        InputError: something of it is out of bounds.
    """
    place = {"right": 0, "down": 0, "degrees": 0, "covered": "", **(place if isinstance(place, dict) else {})}
    right, down = (
        check_whole(f"classifier.trial_{name}", place[name], 1 - SIDE, SIDE - 1) for name in ("right", "down")
    )
    moves = Moves(
        scale=check_number("classifier.trial_scale", scale, 50, 150) / 100,
        degrees=check_number("classifier.trial_degrees", place["degrees"], -180, 180),
        right=right,
        down=down,
        blur=check_number("classifier.trial_blur", blur, 0, 4),
        darken=check_number("classifier.trial_darken", darken, 0, 95) / 100,
        noise=check_number("classifier.trial_noise", noise, 0, 50) / 100,
        covered=_read_covered(place["covered"]),
    )
    return moves, check_number("classifier.trial_attack", attack, 0, 30) / 100


def _read_covered(words: object) -> frozenset[tuple[int, int]]:
    """The pixels of a mask: base64 of a bit a pixel, row by row; "" for none."""
    if words == "":
        return frozenset()
    try:
        bits = np.unpackbits(np.frombuffer(base64.b64decode(words, validate=True), dtype=np.uint8)).reshape(SIDE, SIDE)
    except (TypeError, ValueError, binascii.Error) as error:
        raise InputError("classifier.trial_no_mask") from error
    return frozenset((int(row), int(column)) for row, column in zip(*bits.nonzero(), strict=True))


@lru_cache(maxsize=1)
def first_question() -> Question | None:
    """What the page opens with. None without any model."""
    model = default_model()
    return model and read_question(Choices(model=model))


@lru_cache(maxsize=1)
def first_outcome() -> Outcome | None:
    """What stands in the page when it opens; computed once for all languages. None without any model."""
    question = first_question()
    if question is None:
        return None
    probabilities = find_probabilities(question.model, question.picture)
    asked = replace(question, target=int(probabilities.argmax()))
    # The first computation takes longer, and the first one by captum loads it: no reader should wait for that or read it off.
    for method in ("deeplift", question.method):
        list(compute_outcomes(replace(asked, method=method), probabilities, in_parts=False))
    *_, final = compute_outcomes(asked, probabilities, in_parts=False)
    return final


def default_model() -> str | None:
    """The network with which the page opens, or None without any."""
    models = available()
    return DEFAULT_MODEL if DEFAULT_MODEL in models else models[-1] if models else None
