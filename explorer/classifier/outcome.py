"""What a trained network answers to a picture, and which pixels support this answer."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

import torch
from torch import nn

from explorer.caches import Memory, remember
from explorer.checks import check_choice
from explorer.classifier.attribution import (
    METHODS,
    Attribution,
    NoMapError,
    Settings,
    gradcam_layers,
    refine_attribution,
)
from explorer.classifier.prediction import calibrate, compute_answer, measure_share_on_clothes
from explorer.classifier.preprocessing import SIDE, Prepared
from explorer.classifier.unlike import Likeness, judge_picture
from explorer.errors import InputError
from explorer.hardware import device
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, available_models, load_results
from explorer.models.networks import BROUGHT, find_network
from explorer.models.seeds import cycles_of

NUM_CLASSES = 10
LONGEST_NAME = 200  # characters of a name that is looked up
PREDICTED = -1  # as target: the class that the network predicts
DEPTHS = ("last", "middle", "first")
MOST_MULT_ADDS = 60_000_000  # of a network that a slow method can run a hundred times in about a second


@dataclass(frozen=True)
class Picture:
    """A picture ready for the networks. Two pictures are equal if `of` and `truth` are equal.

    Attributes:
        of: what it was made from.
        prepared: the picture and its steps.
        truth: true class of a sample, None for a picture whose class is not known.
    """

    of: tuple
    prepared: Prepared = field(compare=False, repr=False)
    truth: int | None


@dataclass(frozen=True)
class Question:
    """What a reader asks a network. Its values are checked before it is made.

    Attributes:
        model: a key of MODELS.
        picture: the picture to classify.
        method: a key of METHODS.
        target: the class that is explained, or PREDICTED.
        baseline: one of BASELINES.
        depth: which layer Grad-CAM and its kin take, one of DEPTHS.
        window: side of the square that occlusion covers, in pixels.
        against: the class whose score is subtracted, or None.
    """

    model: str
    picture: Picture
    method: str
    target: int = PREDICTED
    baseline: str = "black"
    depth: str = "last"
    window: int = 5
    against: int | None = None


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
        against: the class whose score is subtracted, or None.
        method: a key of METHODS.
        attribution: the map; None where the method does not fit the network.
        problem: why there is no map, else None.
        share: share of the map that lies on the clothes, 0 to 1; 0 without a map.
        area: share of the picture that the clothes cover, 0 to 1; 0 without a map.
        settings: settings of the method.
        milliseconds: time that computing the map took.
        saw_covered: whether the method is occlusion and the network was trained on partly covered pictures.
        likeness: how far the picture is from the training images; None where that was not measured for these weights.
    """

    model: str
    picture: Picture
    probabilities: torch.Tensor
    temperature: float | None
    calibrated: torch.Tensor | None
    target: int
    against: int | None
    method: str
    attribution: Attribution | None
    problem: InputError | None
    share: float
    area: float
    settings: Settings
    milliseconds: float
    saw_covered: bool
    likeness: Likeness | None

    @property
    def prepared(self) -> Prepared:
        """The picture and its steps."""
        return self.picture.prepared

    @property
    def truth(self) -> int | None:
        """True class of a sample, None for a picture whose class is not known."""
        return self.picture.truth

    @property
    def predicted(self) -> int:
        """Class with the largest probability."""
        return int(self.probabilities.argmax())

    @property
    def is_final(self) -> bool:
        """False if its map is a first one, which is going to be refined."""
        return self.attribution is None or self.attribution.is_final


# Thirty students look at the same samples, Gradio's dropdowns tell each choice twice, and the comparison of all methods
# asks for maps that were looked at before. A network has one name for ever, so the name stands for its weights.
_OUTCOMES = Memory(megabytes=32)


def classify_picture(question: Question) -> Outcome:
    """Compute what the network answers, and the map of the method for the class; or remember it.

    If the method does not fit the network, that is not an error: the outcome has no map then, and says why.

    Args:
        question: what is asked.

    Raises:
        InputError: the network is not trained, its weights cannot be used, a setting is out of its limits, or, within
            `patience.asking`, the work has taken too long.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    *_, final = refine_outcome(question, in_parts=False)
    return final


def refine_outcome(question: Question, in_parts: bool = True) -> Iterator[Outcome]:
    """As `classify_picture`, but of a slow method a rough map comes first, and better ones after it.

    Args:
        question: what is asked.
        in_parts: as in `attribution.Settings`.

    Yields:
        Outcomes, of which the last alone has `is_final`; that one alone if it is remembered.
    """
    probabilities = find_probabilities(question.model, question.picture)
    target = int(probabilities.argmax()) if question.target == PREDICTED else question.target
    asked = _forget_unread(replace(question, target=target))
    known = _OUTCOMES.get(asked)
    if known is not None:
        yield known
        return
    for outcome in compute_outcomes(asked, probabilities, in_parts):
        if outcome.is_final:
            _OUTCOMES.put(asked, outcome)
        yield outcome


def recall_outcome(question: Question) -> Outcome | None:
    """What `classify_picture` remembers of a question, or None; no map is computed for this.

    Raises:
        InputError: the network is not trained, or its weights cannot be used.
    """
    probabilities = find_probabilities(question.model, question.picture)
    target = int(probabilities.argmax()) if question.target == PREDICTED else question.target
    return _OUTCOMES.get(_forget_unread(replace(question, target=target)))


def find_probabilities(model: str, picture: Picture) -> torch.Tensor:
    """(10,) of the classes, as `prediction.compute_probabilities` has them; remembered.

    Raises:
        InputError: the network is not trained, or its weights cannot be used.
    """
    return find_answer(model, picture)[0]


@remember(megabytes=8)
def find_answer(model: str, picture: Picture) -> tuple[torch.Tensor, torch.Tensor]:
    """The probabilities (10,) and the last features (D,), as `prediction.compute_answer` has them; remembered.

    Raises:
        InputError: the network is not trained, or its weights cannot be used.
    """
    with borrow_model(model) as network:
        return compute_answer(network, picture.prepared.image)


def find_likeness(model: str, picture: Picture) -> Likeness | None:
    """How far the picture is from the training images; None where that was not measured for these weights.

    Raises:
        InputError: the network is not trained, or its weights cannot be used.
    """
    return judge_picture(model, picture.prepared.pixels, find_answer(model, picture)[1])


def forget_outcomes() -> None:
    """Forget all answers of all networks."""
    _OUTCOMES.clear()
    find_answer.cache_clear()


def _forget_unread(question: Question) -> Question:
    """The same question with the usual values of the settings that its method does not read."""
    unread: dict = {}
    if not METHODS[question.method].uses_baseline:
        unread["baseline"] = Question.baseline
    if not METHODS[question.method].uses_layer:
        unread["depth"] = Question.depth
    if question.method != "occlusion":
        unread["window"] = Question.window
    return replace(question, **unread)


def compute_outcomes(question: Question, probabilities: torch.Tensor, in_parts: bool) -> Iterator[Outcome]:
    """The outcomes that `refine_outcome` gives, computed in any case.

    Args:
        question: what is asked; its target is a class.
        probabilities: (10,) of the classes.
        in_parts: as in `attribution.Settings`.
    """
    temperature, calibrated = find_calibrated(question.model, probabilities)
    likeness = find_likeness(question.model, question.picture)
    for attribution, problem, settings, milliseconds in _compute_maps(question, in_parts):
        share, area = 0.0, 0.0
        if attribution is not None:
            share, area = measure_share_on_clothes(attribution.values, question.picture.prepared.pixels)
        yield Outcome(
            question.model, question.picture, probabilities, temperature, calibrated, question.target, question.against,
            question.method, attribution, problem, share, area, settings, milliseconds,
            question.method == "occlusion" and _saw_covered(question.model),
            likeness,
        )  # fmt: skip


_FoundMap = tuple[Attribution | None, InputError | None, Settings, float]


def _compute_maps(question: Question, in_parts: bool) -> Iterator[_FoundMap]:
    """Maps that get better, or why there is none, with the settings of the method and the milliseconds so far."""
    is_slow = METHODS[question.method].is_slow
    with borrow_model(question.model, alone=is_slow) as model:
        settings = replace(find_settings(question, model), in_parts=in_parts)
        found = _time_maps(_attribute(model, question, settings))
        if not is_slow:
            found = iter([*found])  # the network is nobody else's for as long as this takes, and no longer
    for attribution, problem, milliseconds in found:
        yield attribution, problem, settings, milliseconds


def _time_maps(maps: Iterator[Attribution]) -> Iterator[tuple[Attribution | None, InputError | None, float]]:
    """Each map, or the problem that there is none, with the milliseconds that computing took so far."""
    milliseconds = 0.0
    while True:
        attribution, problem, start = None, None, time.perf_counter()
        try:
            attribution = next(maps, None)
        except NoMapError as error:
            problem = error
        milliseconds += 1000 * (time.perf_counter() - start)
        if attribution is None and problem is None:
            return
        yield attribution, problem, milliseconds
        if problem is not None:
            return


def compare_methods(question: Question) -> tuple[dict[str, Attribution | None], Outcome]:
    """Compute the maps of all methods for one class.

    Args:
        question: what is asked; its class is that of all maps.

    Returns:
        Name of each method -> its map, None if it does not fit the network; and the outcome for the chosen method.

    Raises:
        InputError: as `classify_picture`.
        NobodyWaitsError: as `classify_picture`.
    """
    outcome = classify_picture(question)
    each = replace(question, target=outcome.target)
    outcomes = {outcome.method: outcome}
    for method in METHODS:
        if method not in outcomes:
            outcomes[method] = classify_picture(replace(each, method=method))
    return {method: outcomes[method].attribution for method in METHODS}, outcome


def takes_long(model: object, method: object) -> bool:
    """Whether the map of a method takes seconds for a network; False if it is not a network or not a method.

    Args:
        model, method: as they came from a reader, unchecked.
    """
    if not (isinstance(model, str) and isinstance(method, str) and method in METHODS and METHODS[method].is_slow):
        return False
    if len(model) > LONGEST_NAME:
        return False
    return _count_mult_adds(model) > MOST_MULT_ADDS


@lru_cache(maxsize=64)
def _count_mult_adds(name: str) -> int:
    """Of one forward pass; 0 for a network that cannot be followed, or that there is not."""
    try:
        return find_network(name).record().trace((1, SIDE, SIDE)).mult_adds
    except (InputError, ValueError):
        return 0


def _attribute(model: nn.Module, question: Question, settings: Settings) -> Iterator[Attribution]:
    image, against = question.picture.prepared.image, question.against
    return refine_attribution(model, image, question.target, question.method, against=against, **vars(settings))


def find_settings(question: Question, model: nn.Module) -> Settings:
    """The settings of the methods for this network."""
    layers = list(gradcam_layers(model))
    position = {"first": 0, "middle": (len(layers) - 1) // 2, "last": len(layers) - 1}[question.depth]
    layer = layers[position] if layers else None
    grid = _find_grid(question.model, layer) if layer and METHODS[question.method].uses_layer else None
    return Settings(baseline=question.baseline, window=question.window, layer=layer, grid=grid)


@lru_cache(maxsize=64)
def _find_grid(name: str, layer: str) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Where the units of a layer, or of the last layer of a stage, lie on the picture; None if that is not known."""
    try:
        trace = find_network(name).record().trace((1, SIDE, SIDE))
    except InputError:
        return None
    fields = [each.receptive_field for each in trace.layers if f"{each.name}.".startswith(f"{layer}.")]
    if not fields or not fields[-1].jump or not all(fields[-1].jump):
        return None
    return tuple(zip(fields[-1].start, fields[-1].jump))


# ---- trained networks -------------------------------------------------------------------------------------------


@contextmanager
def borrow_model(name: str, alone: bool = False) -> Iterator[nn.Module]:
    """Lend a trained network for one use: the shared one under its lock, or on a GPU a copy of it.

    Args:
        name: a key of MODELS.
        alone: take a copy in any case, so that other readers need not wait meanwhile.

    Yields:
        The network in eval mode, on the device that the app computes on.

    Raises:
        InputError: it is not trained, or its weights cannot be used.
        ValueError: no model has that name.
    """
    try:
        lent = find_network(name).borrow()
        with lent as model:
            if device().type == "cpu" and not alone:
                yield model
                return
            model = _copy_modules(model) if device().type == "cpu" else copy.deepcopy(model)
    except CheckpointError as error:
        raise _model_missing(name) from error
    yield model.to(device())


def _copy_modules(model: nn.Module) -> nn.Module:
    """A copy with modules of its own, which may get hooks, and with the same tensors: nobody here changes weights."""
    tensors = itertools.chain(model.parameters(), model.buffers())
    return copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})


def check_model(name: str | None) -> str:
    """Check the name of a network of the catalogue, which need not be trained, or of weights that a reader brought.

    Args:
        name: what a reader chose; None if there was nothing to choose.

    Returns:
        The same name.

    Raises:
        InputError: no model has that name, or no model is trained at all.
    """
    if name is None and not available():
        raise InputError("classifier.no_models")
    network = find_network(name)
    return network.name if network.source == BROUGHT else check_choice("terms.model", name, tuple(MODELS))


def _model_missing(name: str) -> InputError:
    if not available():
        return InputError("classifier.no_models")
    titles = [MODELS[each].title for each in available()]
    return InputError("classifier.model_not_here", title=find_network(name).title, choices=titles)


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """Names of the models whose weights are complete and unaltered. Every file is read for this, but only once."""
    return tuple(available_models())


def _find_record(name: str) -> dict:
    """The record of a network; empty for weights that a reader brought."""
    return _read_record(name) if name in MODELS else {}


@cache
def _read_record(name: str) -> dict:
    """It is read only once, like the weights, so that the two belong together."""
    return load_results().get(name, {})


def find_calibrated(name: str, probabilities: torch.Tensor) -> tuple[float | None, torch.Tensor | None]:
    """Calibrate probabilities by the temperature that was fitted on the validation images.

    Args:
        name: a key of MODELS.
        probabilities: (10,) as the network answers.

    Returns:
        The temperature, and the probabilities (10,) at that temperature; (None, None) if no temperature is recorded.

    Raises:
        CheckpointError: the results of the trainings are damaged.
    """
    temperature = _find_record(name).get("calibration", {}).get("temperature")
    return temperature, None if temperature is None else calibrate(probabilities, temperature)


def _saw_covered(name: str) -> bool:
    """Whether a network was trained on pictures with erased or pasted rectangles, in any of its cycles."""
    recipes = [cycle.get("recipe", {}) for cycle in cycles_of(_find_record(name))]
    return any(recipe.get("erase") or recipe.get("cutmix") for recipe in recipes)
