"""The classifier tab: a network, a picture, what the network says of it, and which pixels speak for that."""

from __future__ import annotations

import copy
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import gradio as gr
import numpy as np
import torch

from explorer.caches import remember
from explorer.checks import check_choice, check_whole
from explorer.classifier.attribution import (
    BASELINES,
    METHODS,
    Attribution,
    Settings,
    compute_attribution,
    gradcam_layers,
)
from explorer.classifier.figures import (
    NUM_CLASSES,
    Outcome,
    choose_sentence,
    class_name,
    draw_about,
    draw_attribution,
    draw_bars,
    draw_comparison,
    draw_steps,
)
from explorer.classifier.prediction import calibrate, compute_probabilities, measure_share_on_clothes
from explorer.classifier.preprocessing import INVERSIONS, SIDE, Prepared, prepare_picture, prepare_sample
from explorer.classifier.results_tab import build_results
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.hardware import device, on_gpu
from explorer.images import check_path, open_image
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import (
    CheckpointError,
    available_models,
    load_results,
    load_trained,
    model_lock,
)
from explorer.models.seeds import cycles_of
from explorer.models.trace import record_catalogue
from explorer.page.canvas import build_canvas
from explorer.page.events import TAKES_TURNS, draw_look_for, draw_problem, then_wire, wire
from explorer.page.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.page.samples import build_sample_picker, check_sample
from explorer.page.sketch import build_sketch, read_sketch
from explorer.text import Text, text_in
from explorer.uploads import build_upload

SOURCES = ("sample", "upload", "drawing", "camera")
DEPTHS = ("last", "middle", "first")
PREDICTED = -1  # as target: the class that the network predicts
MAX_WINDOW = 14  # pixels, of occlusion
UPLOAD_SIDE = 512  # pixels; the networks see 28
_CAMERA = {"width": {"ideal": 640}, "height": {"ideal": 480}}  # pixels: larger ones may pass the greatest upload
MAX_API_SIDE = UPLOAD_SIDE  # pixels of an image given as lists
DEFAULT_MODEL = "lenet5"
DEFAULT_SAMPLE = 139  # a shirt that LeNet-5 takes for a pullover: most of its mistakes are shirts
DEFAULT_METHOD = "integrated_gradients"


@dataclass(frozen=True)
class Choices:
    """All that the reader has set, in the order of the components; as it came from the page until checked."""

    model: str | None = DEFAULT_MODEL
    source: str = "sample"
    sample: int = DEFAULT_SAMPLE
    upload: str | None = None
    drawing: str | None = None
    camera: str | None = None
    method: str = DEFAULT_METHOD
    target: int = PREDICTED
    inversion: str = "auto"
    baseline: str = "black"
    depth: str = "last"
    window: int = 5


# ---- what the page calls ----------------------------------------------------------------------------------------


def on_classify(*values, language: str) -> list:
    """The sentence and all pictures for what is set; the comparison of all methods is out of date and goes."""
    choices, text = Choices(*values), text_in(language)
    outcome = _find_outcome(choices)
    if outcome is None:
        return [_ask_for_picture(choices, text), *[gr.skip()] * 4, gr.update(visible=False)]
    return [*draw_outcome(outcome, text), gr.update(visible=False)]


def on_source(*values, language: str) -> list:
    """As on_classify; shows the place to give the kind of picture that is chosen."""
    source = check_choice("classifier.source", Choices(*values).source, SOURCES)
    places = [gr.update(visible=source == each) for each in SOURCES]
    try:
        return [*on_classify(*values, language=language), *places]
    except InputError as error:  # the place follows all the same, or a picture that is refused could not be replaced
        return [gr.update(value=draw_problem(error.sentence(language))), *[gr.skip()] * 5, *places]


def on_compare(*values, language: str) -> list:
    """The maps of all methods for the same picture and class, for `on_compared`: (values, sentence, payload).

    Where there is nothing to compare, the payload is None and the sentence says why; it, too, may come too late.
    """
    choices, text = Choices(*values), text_in(language)
    try:
        found = read_picture(choices)
        if found is None:
            return [gr.skip(), (values, _ask_for_picture(choices, text), None)]
        maps, outcome = compare_methods(choices, *found)
    except InputError as error:
        return [gr.skip(), (values, gr.update(value=draw_problem(error.sentence(language))), None)]
    return [gr.skip(), (values, choose_sentence(outcome, text), draw_comparison(maps, outcome.target, text))]


def on_compared(comparison: tuple | None, *values, language: str) -> list:
    """Show a comparison, unless something else is set by now: it may have waited for its turn."""
    if not isinstance(comparison, tuple) or comparison[0] != values:
        return [gr.skip(), gr.skip()]
    _, sentence, payload = comparison
    return [sentence, gr.skip() if payload is None else gr.update(value=payload, visible=True)]


def _ask_for_picture(choices: Choices, text: Text) -> dict:
    """What to do first; what is shown belongs to another picture and is dimmed."""
    return gr.update(value=draw_look_for(text(f"classifier.no_picture_{choices.source}"), stale=True))


# ---- what they compute ------------------------------------------------------------------------------------------


def _find_outcome(choices: Choices) -> Outcome | None:
    """What the network says and the map, or None without a picture; kept, for a page may ask the same again at once."""
    try:
        hash(choices)
    except TypeError:  # nothing that the page sends
        return _classify(choices)
    return _classify_once(choices)


def _classify(choices: Choices) -> Outcome | None:
    found = read_picture(choices)
    return None if found is None else classify_picture(choices, *found)


# Gradio's dropdowns tell each choice twice, and thirty students look at the same samples.
_classify_once = remember(megabytes=32)(_classify)


def read_picture(choices: Choices) -> tuple[Prepared, int | None] | None:
    """The chosen picture in its steps with its true class (None where nobody knows), or None if there is none."""
    source = check_choice("classifier.source", choices.source, SOURCES)
    if source == "sample":
        return _prepare_sample(choices.sample)
    if source == "drawing":
        ink = read_sketch(choices.drawing)
        inversion = "no" if choices.inversion == "auto" else choices.inversion  # a drawing's ground is black
        return None if ink is None else (prepare_picture(ink, inversion), None)
    path = check_path(choices.upload if source == "upload" else choices.camera)
    return None if path is None else (_prepare_upload(path, choices.inversion), None)


@remember(megabytes=32)
def _prepare_upload(path: str, inversion: str) -> Prepared:
    """The upload, at most UPLOAD_SIDE px a side. The name of an uploaded file holds its checksum."""
    return prepare_picture(np.asarray(open_image(path, UPLOAD_SIDE)), inversion)


def _prepare_sample(index) -> tuple[Prepared, int]:
    sample, index = load_sample(), check_sample(index)
    return prepare_sample(sample.images[index]), int(sample.labels[index])


def classify_picture(choices: Choices, prepared: Prepared, truth: int | None) -> Outcome:
    """What the network says, and the map of the chosen method for the chosen class."""
    check_choice("terms.method", choices.method, tuple(METHODS))
    target = check_whole("terms.target", choices.target, PREDICTED, NUM_CLASSES - 1)
    with borrow_model(choices.model, alone=METHODS[choices.method].is_slow) as model:
        probabilities = compute_probabilities(model, prepared.image)
        if target == PREDICTED:
            target = int(probabilities.argmax())
        settings = _method_settings(choices, model)
        attribution, problem, start = None, None, time.perf_counter()
        try:
            attribution = _attribute(model, prepared, target, choices.method, settings)
        except InputError as error:
            if error.key != "classifier.no_convolution":
                raise
            problem = error
        milliseconds = 1000 * (time.perf_counter() - start)
    temperature, calibrated = _calibrate(choices.model, probabilities)
    share, area = 0.0, 0.0
    if attribution is not None:
        share, area = measure_share_on_clothes(attribution.values, prepared.pixels)
    return Outcome(
        choices.model, prepared, probabilities, temperature, calibrated, truth, target, choices.method,
        attribution, problem, share, area, settings, milliseconds,
        choices.method == "occlusion" and _saw_covered(choices.model),
    )  # fmt: skip


@cache
def _find_record(name: str) -> dict:
    """What is recorded of a network: read once, as its weights are, so that the two belong together."""
    return load_results().get(name, {})


def _calibrate(name: str, probabilities: torch.Tensor) -> tuple[float | None, torch.Tensor | None]:
    """The temperature fitted on the validation images, and the probabilities by it; None where none is recorded."""
    temperature = _find_record(name).get("calibration", {}).get("temperature")
    return temperature, None if temperature is None else calibrate(probabilities, temperature)


def _saw_covered(name: str) -> bool:
    """Whether a network was trained on pictures with erased or pasted rectangles, in any of its cycles."""
    recipes = [cycle.get("recipe", {}) for cycle in cycles_of(_find_record(name))]
    return any(recipe.get("erase") or recipe.get("cutmix") for recipe in recipes)


def compare_methods(
    choices: Choices, prepared: Prepared, truth: int | None
) -> tuple[dict[str, Attribution | None], Outcome]:
    """The map of every method (None where it does not fit the network), and the outcome for the chosen one."""
    outcome = classify_picture(choices, prepared, truth)
    each = replace(choices, target=outcome.target)
    outcomes = {outcome.method: outcome}
    for method in METHODS:
        if method not in outcomes:
            outcomes[method] = classify_picture(replace(each, method=method), prepared, truth)
    return {method: outcomes[method].attribution for method in METHODS}, outcome


def _attribute(model, prepared: Prepared, target: int, method: str, settings: Settings) -> Attribution:
    return compute_attribution(model, prepared.image, target, method, **vars(settings))


def _method_settings(choices: Choices, model: torch.nn.Module) -> Settings:
    """The reader's settings of the methods, checked."""
    layers = list(gradcam_layers(model))
    depth = check_choice("classifier.depth", choices.depth, DEPTHS)
    position = {"first": 0, "middle": (len(layers) - 1) // 2, "last": len(layers) - 1}[depth]
    layer = layers[position] if layers else None
    return Settings(
        baseline=check_choice("classifier.baseline", choices.baseline, BASELINES),
        window=check_whole("classifier.window", choices.window, 2, MAX_WINDOW),
        layer=layer,
        grid=_find_grid(choices.model, layer) if layer and choices.method == "gradcam" else None,
    )


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


@contextmanager
def borrow_model(name: str | None, alone: bool = False):
    """A trained network for one use: the shared one under its lock, or on a GPU a copy of it.

    Args:
        name: a key of MODELS.
        alone: a copy in any case, so that other readers need not wait meanwhile.

    Raises:
        InputError: it is not trained, or its weights cannot be used.
    """
    try:
        if name is None and not _available():
            raise InputError("classifier.no_models")
        check_choice("terms.model", name, tuple(MODELS))
        model = load_trained(name)
    except CheckpointError as error:
        raise _model_missing(name) from error
    with model_lock(name):
        if device().type == "cpu" and not alone:
            yield model
            return
        model = copy.deepcopy(model)
    yield model.to(device())


def _model_missing(name: str) -> InputError:
    if not _available():
        return InputError("classifier.no_models")
    titles = [MODELS[each].title for each in _available()]
    return InputError("classifier.model_not_here", title=MODELS[name].title, choices=titles)


@lru_cache(maxsize=1)
def _available() -> tuple[str, ...]:
    """Models whose weights are whole. Checked once: it reads every file."""
    return tuple(available_models())


@lru_cache(maxsize=1)
def _first_outcome() -> Outcome | None:
    """What stands in the page when it opens; computed once for both languages. None without any model."""
    if not _available():
        return None
    choices = replace(Choices(), model=_default_model())
    picture = _prepare_sample(choices.sample)
    classify_picture(choices, *picture)  # the first call loads captum, which is not what the reader should read off
    return classify_picture(choices, *picture)


def _default_model() -> str | None:
    available = _available()
    return DEFAULT_MODEL if DEFAULT_MODEL in available else available[-1] if available else None


def draw_outcome(outcome: Outcome, text: Text) -> list:
    """The sentence, the steps, the bars, the maps and the line about the method."""
    return [
        choose_sentence(outcome, text),
        draw_steps(outcome.prepared, text),
        draw_bars(outcome, text),
        draw_attribution(outcome, text),
        draw_about(outcome, text),
    ]


# ---- the tab ----------------------------------------------------------------------------------------------------


def build_tab(language: str) -> Wing:
    """The whole tab in one language."""
    text, first = text_in(language), _first_outcome()
    drawn = draw_outcome(first, text) if first else [text("classifier.no_models"), None, "", None, ""]
    build_intro("classifier", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls, places = _build_controls(text)
        with picture_column():
            pictures, compare = _build_pictures(drawn, text)
            comparison = build_canvas(None, visible=False, elem_id="classifier-comparison")
    build_results(language)
    build_explanation("classifier", language)

    inputs, outputs, look_for = list(controls.values()), [*pictures, comparison], pictures[0]
    # One handler for all: of two, the answer of the earlier could come later.
    triggers = [control.input for control in controls.values()]
    wire(triggers, on_source, inputs, [*outputs, *places], language, queue=True)
    compared = gr.State()
    ready = wire(
        [compare.click], on_compare, inputs, [look_for, compared], language,
        **TAKES_TURNS, show_progress="minimal",
    )  # fmt: skip
    then_wire(ready, on_compared, [compared, *inputs], [look_for, comparison], language, queue=False)
    names = ("model", "sample", "method", "target", "inversion", "baseline", "depth", "window")
    linked = {name: controls[name] for name in names}
    return Wing("classifier", linked, on_classify, inputs, outputs)


def _build_controls(text: Text) -> tuple[dict[str, gr.components.Component], list[gr.Column]]:
    """The components in the order of Choices, and the places of the four kinds of picture."""
    default = Choices()
    model = gr.Dropdown(
        [(MODELS[name].title, name) for name in _available()], value=_default_model(), label=text("terms.model")
    )
    for problem in _broken_models(text):
        gr.Markdown(problem)
    source = gr.Radio(_options("source", SOURCES, text), value=default.source, label=text("classifier.source"))
    places = [gr.Column(visible=each == default.source) for each in SOURCES]
    with places[0]:
        sample = build_sample_picker(text.language, default.sample)
    with places[1]:
        upload = build_upload(text("images.upload"), placeholder=text("images.drop_here"), height=170, show_label=False)
    with places[2]:
        drawing = build_sketch(text("images.sketch"), text("classifier.clear"))
    with places[3]:  # as others see it, not as in a mirror: the shoes of Fashion-MNIST point to one side
        camera = build_upload(
            text("images.webcam"), sources=["webcam"], height=220, show_label=False, elem_classes="camera",
            webcam_options=gr.WebcamOptions(mirror=False, constraints={"video": _CAMERA}),
        )  # fmt: skip
    method = gr.Dropdown(_options("method", tuple(METHODS), text), value=default.method, label=text("terms.method"))
    targets = [(text("classifier.predicted_class"), PREDICTED)]
    targets += [(class_name(text, label), label) for label in range(NUM_CLASSES)]
    target = gr.Dropdown(targets, value=default.target, label=text("terms.target"))
    with gr.Accordion(text("classifier.settings"), open=False):
        inversion = gr.Dropdown(
            _options("inversion", INVERSIONS, text), value=default.inversion, label=text("classifier.inversion")
        )
        baseline = gr.Dropdown(
            _options("baseline", BASELINES, text), value=default.baseline, label=text("classifier.baseline")
        )
        depth = gr.Dropdown(_options("depth", DEPTHS, text), value=default.depth, label=text("classifier.depth"))
        window = build_slider(2, MAX_WINDOW, default.window, text("classifier.window"))
    components = (
        model, source, sample, upload, drawing, camera, method, target, inversion, baseline, depth, window,
    )  # fmt: skip
    return dict(zip(Choices.__dataclass_fields__, components)), places


def _options(kind: str, names: tuple[str, ...], text: Text) -> list[tuple[str, str]]:
    return [(text(f"classifier.{kind}_{name}"), name) for name in names]


def _broken_models(text: Text) -> list[str]:
    """A sentence for each trained model whose weights cannot be used."""
    try:
        recorded = load_results()
    except CheckpointError:
        return [text("classifier.broken_results")]
    broken = [name for name in recorded if name in MODELS and name not in _available()]
    return [text("classifier.broken_model", title=MODELS[name].title) for name in broken]


def _build_pictures(drawn: list, text: Text) -> tuple[list[gr.components.Component], gr.Button]:
    """The look-for line and the pictures, and the button for all methods."""
    sentence, steps, bars, maps, about = drawn
    look_for = build_look_for(sentence)
    steps = build_canvas(steps)
    with gr.Row(elem_classes="classifier-result"):
        with gr.Column(scale=0, min_width=280):
            bars = gr.HTML(bars, elem_classes="classifier-bars", apply_default_css=False)
        with gr.Column(scale=1, min_width=320):
            maps = build_canvas(maps)
            about = gr.HTML(about)
            compare = gr.Button(text("classifier.compare"), size="sm", elem_classes="classifier-compare")
    return [look_for, steps, bars, maps, about], compare


# ---- the public API ---------------------------------------------------------------------------------------------


def classify(
    image: list | None = None, sample: int | None = None, model: str = DEFAULT_MODEL, language: str = "en"
) -> dict:
    """Classify a piece of clothing with a trained network.

    Args:
        image: rows of grey values 0 (black) to 255 (white), 1 to 512 a side. 28 x 28 is taken as it is, light on
            black as in Fashion-MNIST; any other size goes through the steps that an uploaded picture goes through.
        sample: index 0 to 199 of a packed test image (class * 20 + k), instead of an image.
        model: name of a trained network, such as softmax, mlp, lenet5, alexnet_small or resnet18.
        language: language of the class names and of errors, en or zh.

    Returns:
        model, predicted (index), class_name, probabilities (name -> 0..1, in the order of the classes),
        calibrated (the same after dividing the scores by the temperature that was fitted on the validation images, None
        where none was),
        true_class (index, None for an image), inverted (whether the picture was turned negative).
    """
    text = text_in(language)
    prepared, truth = _read_api_picture(image, sample)
    with borrow_model(model) as network:
        probabilities = compute_probabilities(network, prepared.image)
    predicted, (_, calibrated) = int(probabilities.argmax()), _calibrate(model, probabilities)
    return {
        "model": model,
        "predicted": predicted,
        "class_name": class_name(text, predicted),
        "probabilities": _name_classes(probabilities, text),
        "calibrated": None if calibrated is None else _name_classes(calibrated, text),
        "true_class": truth,
        "inverted": prepared.inverted,
    }


def _name_classes(probabilities: torch.Tensor, text: Text) -> dict[str, float]:
    return {class_name(text, label): float(p) for label, p in enumerate(probabilities)}


@on_gpu
def explain(
    image: list | None = None,
    sample: int | None = None,
    model: str = DEFAULT_MODEL,
    method: str = DEFAULT_METHOD,
    target: int | None = None,
    language: str = "en",
) -> dict:
    """Attribute a network's score for one class to the pixels of a picture.

    Args:
        image: rows of grey values 0 to 255, as for classify.
        sample: index 0 to 199 of a packed test image, instead of an image.
        model: name of a trained network.
        method: gradient, input_x_gradient, integrated_gradients, smoothgrad, gradcam, occlusion, guided_backprop
            or deeplift.
        target: index of the class to explain, 0 to 9; None takes the predicted one.
        language: language of the sentence, the class names and errors, en or zh.

    Returns:
        model, method, target (index), class_name, score (logit of the target), values (28 rows of 28; the sentence says
        what orange, which is positive, and blue mean), has_evidence (False when the map is empty), completeness_gap
        (for integrated gradients and DeepLift: sum of the values less the difference of scores, else None), sentence.
    """
    text = text_in(language)
    wanted = PREDICTED if target is None else check_whole("terms.target", target, 0, NUM_CLASSES - 1)
    choices = Choices(model=model, method=method, target=wanted)
    outcome = classify_picture(choices, *_read_api_picture(image, sample))
    if outcome.problem is not None:
        raise outcome.problem
    attribution = outcome.attribution
    return {
        "model": model,
        "method": method,
        "target": outcome.target,
        "class_name": class_name(text, outcome.target),
        "score": attribution.score,
        "values": attribution.values.tolist(),
        "has_evidence": attribution.has_evidence,
        "completeness_gap": attribution.completeness_gap,
        "sentence": choose_sentence(outcome, text),
    }


def _read_api_picture(image, sample) -> tuple[Prepared, int | None]:
    if (image is None) == (sample is None):
        raise InputError("classifier.picture_or_sample")
    if image is None:
        return _prepare_sample(sample)
    grey = _read_rows(image)
    if grey.min() == grey.max():
        raise InputError("classifier.blank")
    if grey.shape == (SIDE, SIDE):
        return prepare_sample(torch.from_numpy(grey)), None
    return prepare_picture(grey), None


def _read_rows(image) -> np.ndarray:
    """Lists of rows as float32, or InputError."""
    try:
        grey = np.array(image, dtype=np.float32)
    except (TypeError, ValueError, OverflowError):
        raise InputError("classifier.not_an_image") from None
    if grey.ndim != 2 or not 1 <= min(grey.shape) <= max(grey.shape) <= MAX_API_SIDE:
        raise InputError("classifier.not_an_image")
    if not (np.isfinite(grey).all() and grey.min() >= 0 and grey.max() <= 255):
        raise InputError("classifier.not_an_image")
    return grey
