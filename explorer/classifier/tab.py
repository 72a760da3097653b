"""The classifier tab: a network, a picture, what the network says of it, and which pixels support that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import gradio as gr

from explorer.checks import check_choice
from explorer.classifier.anatomy_tab import build_anatomy
from explorer.classifier.attribution import BASELINES, METHODS
from explorer.classifier.equivariance_tab import build_equivariance
from explorer.classifier.figures import (
    choose_sentence,
    class_name,
    draw_about,
    draw_attribution,
    draw_bars,
    draw_comparison,
    draw_steps,
    method_name,
)
from explorer.classifier.film_tab import build_film
from explorer.classifier.inside_tab import build_inside
from explorer.classifier.layer_maps_tab import build_layer_maps
from explorer.classifier.outcome import (
    DEPTHS,
    NUM_CLASSES,
    PREDICTED,
    Outcome,
    Question,
    available,
    classify_picture,
    compare_methods,
    refine_outcome,
    takes_long,
)
from explorer.classifier.preprocessing import CENTRES, CROPS, EDGES, GROUNDS, INVERSIONS, MOST_CUT, MOST_FAINT
from explorer.classifier.prints import gather_prints
from explorer.classifier.results_tab import build_results, describe_questions
from explorer.classifier.session import (
    GROUP,
    MAX_WINDOW,
    NO_CLASS,
    SOURCES,
    Choices,
    default_model,
    first_outcome,
    first_question,
    read_link,
    read_question,
)
from explorer.classifier.trial_tab import build_trial, mark_picture
from explorer.classifier.trust_tab import BASELINE, build_trust, forget_trial
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, load_results
from explorer.page.canvas import build_canvas
from explorer.page.drawings import SHOWN, Drawing, build_shown, make_all
from explorer.page.events import TAKES_TURNS, draw_look_for, draw_problem, show_late, then_wire, wire
from explorer.page.handing import Taker
from explorer.page.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.page.samples import build_sample_picker
from explorer.page.sketch import build_sketch
from explorer.page.streaming import Run, stop_run
from explorer.page.weights import build_weights, wire_weights
from explorer.patience import NobodyWaitsError
from explorer.prints.keeping import build_keeping
from explorer.text import Text, text_in
from explorer.uploads import build_upload

PREPARING = "preparing"  # the place of the settings of a picture that a reader brings
REFINED = ("look_for", "maps", "about")  # what changes when a map is refined
_CAMERA = {"width": {"ideal": 640}, "height": {"ideal": 480}}  # pixels: larger ones may pass the greatest upload


# ---- what the page calls ----------------------------------------------------------------------------------------


def on_classify(run: Run | None = None, *, language: str, **values) -> dict:
    """The sentence and all pictures for what is set; the comparison of all methods and the map's trial are out of date and go.

    Of a map that takes long this is a first one; `on_refine` makes it better.

    Args:
        run: the map that was being refined, if one was.
        language: of the page.
        **values: those of `Choices`.
    """
    choices, text = Choices(**values), text_in(language)
    question = read_question(choices)
    gone = _forget_late(text)
    if isinstance(run, Run) and run.job.question == question and not run.is_stopped and run.job.is_going_on:
        return {**draw_outcome(question, run.job.latest, text), **gone}
    stop_run(run)
    if question is None:
        return {"look_for": _ask_for_picture(choices, text), "tried": "", **gone}
    if not takes_long(question.model, question.method):
        return {**draw_outcome(question, classify_picture(question), text), **gone}
    refining = Refining(question)
    started = {} if refining.latest.is_final else {"run": Run(refining)}
    return {**draw_outcome(question, refining.latest, text), **gone, **started}


class Refining:
    """A map on its way from a first one to the final one.

    Attributes:
        question: what is asked.
        latest: the outcome with the best map so far.
        is_going_on: whether it was not broken off; a new one is needed then.
    """

    def __init__(self, question: Question):
        self.question = question
        self.is_going_on = True
        self._outcomes = refine_outcome(question)
        self.latest = next(self._outcomes)

    def go_on(self) -> Iterator[Outcome]:
        """Compute further outcomes, also where this was broken off before."""
        try:
            for outcome in self._outcomes:
                self.latest = outcome
                yield outcome
        except NobodyWaitsError:
            self.is_going_on = False
            raise
        if not self.latest.is_final:  # it has ended because nobody waited
            self._outcomes = refine_outcome(self.question)
            yield from self.go_on()


def on_refine(run: Run | None, *, language: str) -> Iterator[dict]:
    """Show a better and better map, until it is as good as it gets or something else is chosen.

    Args:
        run: its job is a `Refining`.
        language: of the page.
    """
    if not isinstance(run, Run):
        raise InputError("errors.run_lost")
    text, refining = text_in(language), run.job
    if run.is_stopped:  # something else is shown by now
        pass
    elif refining.latest.is_final:  # a page asks again after a lost connection
        yield _draw_refined(refining.question, refining.latest, text)
    else:
        for outcome in refining.go_on():
            if run.is_stopped:
                break
            yield _draw_refined(refining.question, outcome, text)
    yield {}  # Gradio sends the last outputs once more at the end


def _draw_refined(question: Question, outcome: Outcome, text: Text) -> dict:
    drawn = draw_outcome(question, outcome, text)
    return {name: drawn[name] for name in REFINED}


def on_source(run: Run | None = None, *, language: str, **values) -> dict:
    """As on_classify; shows the place to give the kind of picture that is chosen."""
    source = check_choice("classifier.source", values["source"], SOURCES)
    places = {_place_of(each): gr.update(visible=source == each) for each in SOURCES}
    places[PREPARING] = gr.update(visible=source != "sample")
    try:
        return {**on_classify(run, language=language, **values), **places}
    except InputError as error:  # the place follows all the same, or a picture that is refused could not be replaced
        stop_run(run)
        problem = gr.update(value=draw_problem(error.sentence(language)))
        return {"look_for": problem, **_forget_late(text_in(language)), **places}


def on_compare(*, language: str, **values) -> dict:
    """The maps of all methods for the same picture and class, for `show_late`: (values, what it changes)."""
    choices, text = Choices(**values), text_in(language)
    try:
        question = read_question(choices)
        if question is None:
            return {"compared": (values, {"look_for": _ask_for_picture(choices, text)})}
        maps, outcome = compare_methods(question)
    except InputError as error:  # it, too, may come too late
        return {"compared": (values, {"look_for": gr.update(value=draw_problem(error.sentence(language)))})}
    drawn = gr.update(value=draw_comparison(maps, outcome, text), visible=True)
    return {"compared": (values, {"look_for": choose_sentence(outcome, text), "comparison": drawn})}


def _forget_late(text: Text) -> dict:
    """What the comparison of all methods and the map's trial show is of something else by now, and goes."""
    return {"comparison": gr.update(visible=False), **forget_trial(text)}


def _ask_for_picture(choices: Choices, text: Text) -> dict:
    """What to do first; what is shown belongs to another picture and is dimmed."""
    return gr.update(value=draw_look_for(text(f"classifier.no_picture_{choices.source}"), stale=True))


def _takes_long(*, model, method, **_values) -> bool:
    return takes_long(model, method)


def _place_of(source: str) -> str:
    return f"{source}_place"


def draw_outcome(question: Question, outcome: Outcome, text: Text) -> dict:
    """The sentence, the steps, the bars, the maps and the line about the method."""
    return {
        "look_for": choose_sentence(outcome, text),
        "steps": Drawing(question.picture, partial(draw_steps, outcome.prepared, text)),
        "bars": Drawing((question.model, question.picture), partial(draw_bars, outcome, text)),
        "maps": Drawing((question, outcome.is_final), partial(draw_attribution, outcome, text)),
        "about": Drawing((question, outcome.is_final), partial(draw_about, outcome, text)),
        "tried": mark_picture(question),
    }


# ---- the tab ----------------------------------------------------------------------------------------------------


def build_tab(language: str) -> Wing:
    """The whole tab in one language."""
    text, question = text_in(language), first_question()
    first = {
        "look_for": text("classifier.no_models"),
        "steps": None,
        "bars": "",
        "maps": None,
        "about": "",
        "tried": "",
    }
    if question is not None:
        first = draw_outcome(question, first_outcome(), text)
    build_intro("classifier", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls, places, weights = _build_controls(text)
        with picture_column():
            pictures, compare = _build_pictures(make_all(first), text)
            comparison = build_canvas(None, visible=False, elem_id="classifier-comparison")
    trust, baseline = build_trust(controls, language)
    pictures["tried"], trial = build_trial(controls, language)
    build_layer_maps(controls, language)
    build_anatomy(controls, language)
    build_equivariance(controls, language)
    build_inside(controls, language)
    build_film(controls, language)
    results, run = build_results(language), gr.State()
    kept = {"run": run, "trial": trial, BASELINE: baseline, **results}
    keeps = build_keeping("classifier", gather_prints, {**controls, **kept}, language)
    build_explanation("classifier", language, methods=text("methods.explanation"), **describe_questions(text))

    shown, compared = build_shown(first), gr.State()
    inputs = {**controls, SHOWN: shown, "run": run}
    outputs = {**pictures, "comparison": comparison, **trust, SHOWN: shown, "run": run}
    # One handler for all: of two, the answer of the earlier could come later.
    triggers = [each.input for each in (*controls.values(), shown)]
    # A choice that waits for others ends as well where another one has come after it.
    chosen = {"queue": True, "takes_long": _takes_long, "outdates": GROUP, "outdated_by": GROUP}
    wire(triggers, on_source, inputs, {**outputs, **places}, language, **chosen)
    brought = wire_weights(weights, controls["model"], pictures["look_for"], language)
    then_wire(brought, on_source, inputs, {**outputs, **places}, language, **chosen)
    refined = {name: pictures[name] for name in REFINED}
    late = {**TAKES_TURNS, "outdated_by": GROUP}
    wire([run.change], on_refine, {"run": run}, refined, language, **late, trigger_mode="multiple")
    line = {"look_for": pictures["look_for"]}
    ready = wire(
        [compare.click], on_compare, controls, {**line, "compared": compared}, language, **late, show_progress="minimal"
    )
    then_wire(
        ready, show_late, {"late": compared, **controls}, {**line, "comparison": comparison}, language, queue=False
    )
    names = ("model", "sample", "method", "target", "inversion", "baseline", "depth", "window", "against")
    linked = {name: controls[name] for name in names}
    parsers = {"sample": read_link}
    taker = Taker(controls["model"], weights["kept"])
    return Wing(
        "classifier", linked, on_source, inputs, {**outputs, **places}, parsers, takes_long=_takes_long,
        resets=[controls["source"]], takes=taker, keeps=keeps,
    )  # fmt: skip


def _build_controls(text: Text) -> tuple[dict[str, gr.components.Component], dict[str, gr.Column], dict]:
    """The components by the names of Choices, the places of the four kinds of picture and of their preparation, and those of `build_weights`."""
    default = Choices()
    model = gr.Dropdown(
        [(text.title(MODELS[name].title), name) for name in available()],
        value=default_model(),
        label=text("terms.model"),
    )
    for problem in _broken_models(text):
        gr.Markdown(problem)
    source = gr.Radio(_options("source", SOURCES, text), value=default.source, label=text("classifier.source"))
    places = {_place_of(each): gr.Column(visible=each == default.source) for each in SOURCES}
    with places["sample_place"]:
        sample = build_sample_picker(text.language, default.sample)
    with places["upload_place"]:
        upload = build_upload(text("images.upload"), placeholder=text("images.drop_here"), height=170, show_label=False)
    with places["drawing_place"]:
        drawing = build_sketch(text("images.sketch"), text("classifier.clear"))
    with places["camera_place"]:  # as others see it, not as in a mirror: the shoes of Fashion-MNIST point to one side
        camera = build_upload(
            text("images.webcam"), sources=["webcam"], height=220, show_label=False, elem_classes="camera",
            webcam_options=gr.WebcamOptions(mirror=False, constraints={"video": _CAMERA}),
        )  # fmt: skip
    places[PREPARING] = gr.Column(visible=default.source != "sample")
    with places[PREPARING]:
        preparation = _build_preparation(default, text)
    methods = [(method_name(name, text), name) for name in METHODS]
    method = gr.Dropdown(methods, value=default.method, label=text("terms.method"))
    classes = [(class_name(text, label), label) for label in range(NUM_CLASSES)]
    targets = [(text("classifier.predicted_class"), PREDICTED), *classes]
    target = gr.Dropdown(targets, value=default.target, label=text("terms.target"))
    others = [(text("methods.no_other_class"), NO_CLASS), *classes]
    against = gr.Dropdown(others, value=default.against, label=text("methods.against"))
    with gr.Accordion(text("classifier.settings"), open=False):
        baseline = gr.Dropdown(
            _options("baseline", BASELINES, text), value=default.baseline, label=text("classifier.baseline")
        )
        depth = gr.Dropdown(_options("depth", DEPTHS, text), value=default.depth, label=text("classifier.depth"))
        window = build_slider(2, MAX_WINDOW, default.window, text("classifier.window"))
    weights = build_weights(text, "classifier-weights")
    return {
        "model": model, "source": source, "sample": sample, "upload": upload, "drawing": drawing, "camera": camera,
        "method": method, "target": target, "baseline": baseline, "depth": depth, "window": window, "against": against,
        **preparation,
    }, places, weights  # fmt: skip


def _build_preparation(default: Choices, text: Text) -> dict[str, gr.components.Component]:
    """How a picture that a reader brings is prepared, by the names of Choices."""
    kinds = {"inversion": INVERSIONS, "ground": GROUNDS, "crop": CROPS, "centre": CENTRES}
    with gr.Accordion(text("classifier.preparation"), open=False):
        choices = {
            name: gr.Dropdown(
                _options(name, options, text), value=getattr(default, name), label=text(f"classifier.{name}")
            )
            for name, options in kinds.items()
        }
        bounds = {"turned": (-180, 180), "faint": (1, MOST_FAINT), **{f"cut_{edge}": (0, MOST_CUT) for edge in EDGES}}
        sliders = {
            name: build_slider(*ends, getattr(default, name), text(f"classifier.{name}"))
            for name, ends in bounds.items()
        }
    return {**choices, **sliders}


def _options(kind: str, names: tuple[str, ...], text: Text) -> list[tuple[str, str]]:
    return [(text(f"classifier.{kind}_{name}"), name) for name in names]


def _broken_models(text: Text) -> list[str]:
    """A sentence for each trained model whose weights cannot be used."""
    try:
        recorded = load_results()
    except CheckpointError:
        return [text("classifier.broken_results")]
    broken = [name for name in recorded if name in MODELS and name not in available()]
    return [text("classifier.broken_model", title=MODELS[name].title) for name in broken]


def _build_pictures(first: dict, text: Text) -> tuple[dict[str, gr.components.Component], gr.Button]:
    """The look-for line and the pictures, and the button for all methods."""
    look_for = build_look_for(first["look_for"])
    steps = build_canvas(first["steps"])
    with gr.Row(elem_classes="classifier-result"):
        with gr.Column(scale=0, min_width=280, elem_classes="classifier-bars"):
            bars = gr.HTML(first["bars"], apply_default_css=False)
            # bars.css shows the second kind of probability when it is ticked: a newcomer sees one number for each class.
            gr.Checkbox(False, label=text("classifier.calibrated"), container=False, elem_classes="bars-choice")
        with gr.Column(scale=1, min_width=320):
            maps = build_canvas(first["maps"])
            about = gr.HTML(first["about"])
            compare = gr.Button(text("classifier.compare"), size="sm", elem_classes="classifier-compare")
    return {"look_for": look_for, "steps": steps, "bars": bars, "maps": maps, "about": about}, compare
