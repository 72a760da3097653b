"""What a trained network says of a picture, and which pixels speak for that."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

import torch
from torch import nn

from explorer.checks import check_choice
from explorer.classifier.attribution import (
    METHODS,
    Attribution,
    NoConvolutionError,
    Settings,
    compute_attribution,
    gradcam_layers,
)
from explorer.classifier.prediction import calibrate, compute_probabilities, measure_share_on_clothes
from explorer.classifier.preprocessing import SIDE, Prepared
from explorer.errors import InputError
from explorer.hardware import device
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, available_models, load_results, load_trained, model_lock
from explorer.models.seeds import cycles_of
from explorer.models.trace import record_catalogue

NUM_CLASSES = 10
PREDICTED = -1  # as target: the class that the network predicts
DEPTHS = ("last", "middle", "first")


@dataclass(frozen=True)
class Picture:
    """A picture ready for the networks. Two are the same where they come of the same.

    Attributes:
        of: what it was made of.
        prepared: the picture and its steps.
        truth: true class of a sample, None where nobody knows.
    """

    of: tuple
    prepared: Prepared = field(compare=False, repr=False)
    truth: int | None


@dataclass(frozen=True)
class Question:
    """What is asked of a network; checked.

    Attributes:
        model: a key of MODELS.
        picture: what it looks at.
        method: a key of METHODS.
        target: the class that is explained, or PREDICTED.
        baseline: one of BASELINES.
        depth: of the layer that Grad-CAM looks at, one of DEPTHS.
        window: side of the square that occlusion covers, in pixels.
    """

    model: str
    picture: Picture
    method: str
    target: int = PREDICTED
    baseline: str = "black"
    depth: str = "last"
    window: int = 5


@dataclass(frozen=True)
class Outcome:
    """Everything that one click computes.

    Attributes:
        model: name of the network.
        picture: the picture, its steps and its true class.
        probabilities: (10,) of the classes.
        temperature: fitted on the validation images after training; None where that was not done.
        calibrated: (10,), the probabilities at that temperature, or None.
        target: the class that the map is of.
        method: a key of METHODS.
        attribution: the map; None where the method does not fit the network.
        problem: why there is no map, else None.
        share: part of the map that lies on the clothes.
        area: part of the picture that the clothes cover.
        settings: settings of the method.
        milliseconds: what computing the map took.
        saw_covered: whether the network was trained on pictures of which a part was covered; asked for occlusion alone.
    """

    model: str
    picture: Picture
    probabilities: torch.Tensor
    temperature: float | None
    calibrated: torch.Tensor | None
    target: int
    method: str
    attribution: Attribution | None
    problem: InputError | None
    share: float
    area: float
    settings: Settings
    milliseconds: float
    saw_covered: bool

    @property
    def prepared(self) -> Prepared:
        return self.picture.prepared

    @property
    def truth(self) -> int | None:
        return self.picture.truth

    @property
    def predicted(self) -> int:
        return int(self.probabilities.argmax())


def classify_picture(question: Question) -> Outcome:
    """What the network says, and the map of the method for the class.

    Raises:
        InputError: the network is not trained, or its weights cannot be used.
    """
    prepared, target, method = question.picture.prepared, question.target, question.method
    with borrow_model(question.model, alone=METHODS[method].is_slow) as model:
        probabilities = compute_probabilities(model, prepared.image)
        if target == PREDICTED:
            target = int(probabilities.argmax())
        settings = _method_settings(question, model)
        attribution, problem, start = None, None, time.perf_counter()
        try:
            attribution = _attribute(model, prepared, target, method, settings)
        except NoConvolutionError as error:
            problem = error
        milliseconds = 1000 * (time.perf_counter() - start)
    temperature, calibrated = find_calibrated(question.model, probabilities)
    share, area = 0.0, 0.0
    if attribution is not None:
        share, area = measure_share_on_clothes(attribution.values, prepared.pixels)
    return Outcome(
        question.model, question.picture, probabilities, temperature, calibrated, target, method,
        attribution, problem, share, area, settings, milliseconds,
        method == "occlusion" and _saw_covered(question.model),
    )  # fmt: skip


def compare_methods(question: Question) -> tuple[dict[str, Attribution | None], Outcome]:
    """The map of every method (None where it does not fit the network), and the outcome for the chosen one.

    Raises:
        InputError: as `classify_picture`.
    """
    outcome = classify_picture(question)
    each = replace(question, target=outcome.target)
    outcomes = {outcome.method: outcome}
    for method in METHODS:
        if method not in outcomes:
            outcomes[method] = classify_picture(replace(each, method=method))
    return {method: outcomes[method].attribution for method in METHODS}, outcome


def _attribute(model: nn.Module, prepared: Prepared, target: int, method: str, settings: Settings) -> Attribution:
    return compute_attribution(model, prepared.image, target, method, **vars(settings))


def _method_settings(question: Question, model: nn.Module) -> Settings:
    """The settings of the methods for this network."""
    layers = list(gradcam_layers(model))
    position = {"first": 0, "middle": (len(layers) - 1) // 2, "last": len(layers) - 1}[question.depth]
    layer = layers[position] if layers else None
    grid = _find_grid(question.model, layer) if layer and question.method == "gradcam" else None
    return Settings(baseline=question.baseline, window=question.window, layer=layer, grid=grid)


@lru_cache(maxsize=64)
def _find_grid(name: str, layer: str) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Where the units of a layer, or of the last one of a stage, lie on the picture; None where nobody can tell."""
    try:
        trace = record_catalogue(name).trace((1, SIDE, SIDE))
    except InputError:
        return None
    fields = [each.receptive_field for each in trace.layers if f"{each.name}.".startswith(f"{layer}.")]
    if not fields or not fields[-1].jump or not all(fields[-1].jump):
        return None
    return tuple(zip(fields[-1].start, fields[-1].jump))


# ---- trained networks -------------------------------------------------------------------------------------------


@contextmanager
def borrow_model(name: str, alone: bool = False) -> Iterator[nn.Module]:
    """A trained network for one use: the shared one under its lock, or on a GPU a copy of it.

    Args:
        name: a key of MODELS.
        alone: a copy in any case, so that other readers need not wait meanwhile.

    Raises:
        InputError: it is not trained, or its weights cannot be used.
    """
    try:
        model = load_trained(name)
    except CheckpointError as error:
        raise _model_missing(name) from error
    with model_lock(name):
        if device().type == "cpu" and not alone:
            yield model
            return
        model = copy.deepcopy(model)
    yield model.to(device())


def check_model(name: str | None) -> str:
    """The name of a network of the catalogue.

    Raises:
        InputError: there is none of that name, or none is trained at all.
    """
    if name is None and not available():
        raise InputError("classifier.no_models")
    return check_choice("terms.model", name, tuple(MODELS))


def _model_missing(name: str) -> InputError:
    if not available():
        return InputError("classifier.no_models")
    titles = [MODELS[each].title for each in available()]
    return InputError("classifier.model_not_here", title=MODELS[name].title, choices=titles)


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """Models whose weights are whole. Checked once: it reads every file."""
    return tuple(available_models())


@cache
def _find_record(name: str) -> dict:
    """What is recorded of a network: read once, as its weights are, so that the two belong together."""
    return load_results().get(name, {})


def find_calibrated(name: str, probabilities: torch.Tensor) -> tuple[float | None, torch.Tensor | None]:
    """The temperature fitted on the validation images, and the probabilities by it; None where none is recorded."""
    temperature = _find_record(name).get("calibration", {}).get("temperature")
    return temperature, None if temperature is None else calibrate(probabilities, temperature)


def _saw_covered(name: str) -> bool:
    """Whether a network was trained on pictures with erased or pasted rectangles, in any of its cycles."""
    recipes = [cycle.get("recipe", {}) for cycle in cycles_of(_find_record(name))]
    return any(recipe.get("erase") or recipe.get("cutmix") for recipe in recipes)
