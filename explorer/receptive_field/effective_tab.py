"""The effective field in the receptive-field tab: layout and wiring of a measurement that streams."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import gradio as gr

from explorer.data import load_sample
from explorer.errors import InputError
from explorer.models.networks import find_network
from explorer.page.canvas import build_canvas
from explorer.page.events import Components, wire
from explorer.page.layout import build_look_for, build_slider, controls_column, picture_column
from explorer.page.streaming import Run, show_parts, stop_run, wire_run
from explorer.receptive_field.effective import (
    MAX_IMAGES,
    SHARES,
    EffectiveField,
    check_cost,
    choose_images,
    copy_with_weights,
    draw_random_network,
    has_module,
    measure_in_parts,
    prepare_images,
)
from explorer.receptive_field.figures import draw_effective, draw_effective_table, name_layer
from explorer.receptive_field.sentences import name_network
from explorer.receptive_field.session import TABLE, Spot, View, find_spot
from explorer.text import Text, text_in

FIRST_IMAGES = 20
Measured = list[tuple[str, EffectiveField]]


@dataclass(frozen=True)
class Job:
    """The unit whose field is measured, and on how many images."""

    spot: Spot
    num_images: int


def on_measure(num_images, run: Run | None, *, language: str, **values) -> dict:
    """Stop what is under way, check what is set, and hand it on to `on_run`.

    Args:
        num_images: on how many images to measure.
        run: what is under way, if anything is.
        language: of the page.
        **values: those of a View.
    """
    stop_run(run)
    spot, text = find_spot(replace(View(**values), seen_in=0)), text_in(language)
    if spot.model == TABLE:
        raise InputError("receptive_field.no_weights_table")
    network = find_network(spot.model)
    if spot.row.kind not in ("conv", "pool") or not has_module(spot.model, spot.row.name):
        raise InputError("receptive_field.no_effective")
    check_cost(spot.model, spot.size)
    if not (network.can_draw or network.has_weights):
        raise InputError("receptive_field.no_weights", model=network.title)
    num_images = len(choose_images(num_images, len(load_sample().images)))
    name = html.escape(name_unit(spot, text))
    sentence = text("receptive_field.measuring", name=name, done=0, count=num_images)
    return {"look_for": sentence, "run": Run(Job(spot, num_images)), "stop": gr.Button(visible=True)}


def on_run(run: Run | None, *, language: str) -> Iterator[dict]:
    """Measure part after part and show what there is so far, until all are done or the run is stopped."""
    yield from show_parts(run, _measure, partial(_draw_part, text=text_in(language)), _is_last)


Part = tuple[Job, Measured, float]  # what of a job was measured, and the share that is done


def _measure(job: Job) -> Iterator[Part]:
    return ((job, measured, done) for measured, done in measure_kinds(job.spot, job.num_images))


def _draw_part(part: Part, text: Text) -> dict:
    job, measured, done = part
    drawn = draw_measured(job.spot, measured, done, job.num_images, text)
    kept = {"kept": (job.spot, measured, drawn["look_for"])} if _is_last(part) else {}
    return {**drawn, **kept, "maps": json.dumps(drawn["maps"])}


def _is_last(part: Part) -> bool:
    return part[-1] >= 1


def on_stop(run: Run | None, *, language: str) -> dict:
    """Stop measuring; what is drawn stays."""
    stop_run(run)
    return {"look_for": text_in(language)("receptive_field.stopped"), "stop": gr.Button(visible=False)}


def measure_kinds(spot: Spot, num_images: int) -> Iterator[tuple[Measured, float]]:
    """What was measured so far with random and with trained weights, and the share that is done."""
    name, size, network = spot.model, spot.size, find_network(spot.model)
    kinds = {"random": partial(draw_random_network, name)} if network.can_draw else {}
    if network.has_weights:
        copied = copy_with_weights(name)
        kinds["trained" if network.is_ours else "own"] = lambda _part: copied
    images = prepare_images(load_sample().images[choose_images(num_images, len(load_sample().images))], name, size)
    part_size = check_cost(name, size)
    measured: dict[str, EffectiveField] = {}
    for index, (kind, draw_model) in enumerate(kinds.items()):
        for field in measure_in_parts(draw_model, images, spot.row.name, spot.unit, spot.field.centre, part_size):
            measured[kind] = field
            done = (index + (field.num_images + field.num_silent) / num_images) / len(kinds)
            yield list(measured.items()), done


def draw_measured(spot: Spot, measured: Measured, done: float, num_images: int, text: Text) -> dict:
    """Sentence, maps and table of what was measured so far."""
    sentence = describe_effective(spot, measured, text)
    if done < 1:
        last = measured[-1][1]
        counted = last.num_images + last.num_silent
        name = f"{name_unit(spot, text)}, {text(f'receptive_field.weights_{measured[-1][0]}')}"
        sentence = text("receptive_field.measuring", name=html.escape(name), done=counted, count=num_images)
    maps = draw_effective(measured, name_unit(spot, text), spot.field, text)
    table = draw_effective_table(measured, spot.row, spot.field, text)
    return {"look_for": sentence, "maps": maps, "table": table}


def name_unit(spot: Spot, text: Text) -> str:
    """The network, the layer and the unit: what was measured stays in sight when another is chosen above."""
    row, column = spot.unit
    unit = text("receptive_field.field_title", name=name_layer(spot.row, text), row=row, column=column)
    return text("receptive_field.measured_unit", network=name_network(spot.model, text), unit=unit)


def describe_effective(spot: Spot, measured: Measured, text: Text) -> str:
    """What to look for: where half of the gradient lies, beside the theoretical field."""
    row, fields = spot.row, dict(measured)
    half, most = SHARES.index(0.5), SHARES.index(0.9)
    said = {"name": f"<b>{html.escape(name_unit(spot, text))}</b>", "size": row.size}
    if not all(field.num_images for field in fields.values()):
        return text("receptive_field.look_silent", **said)
    words = text("receptive_field.look_can_see", **said)
    for kind, field in fields.items():
        words += text(
            f"receptive_field.look_{kind}", half=field.sides[half], most=field.sides[most], share=f"{SHARES[most]:.0%}"
        )
    return words


@lru_cache(maxsize=1)
def _first_measured() -> Measured:
    *_, (measured, _) = measure_kinds(find_spot(View()), FIRST_IMAGES)
    return measured


def build_effective(opened: View, view: Components, text: Text) -> gr.State:
    """The effective field of the unit that is shown above.

    Args:
        opened: with what the page opens; a network that was handed over is measured when it is asked for.
        view: name of a field of View -> its component.
        text: sentences in the page's language.

    Returns:
        What was measured last, as `prints.Measured`; None before.
    """
    language, kept = text.language, None
    if opened == View():
        first = draw_measured(find_spot(opened), _first_measured(), 1.0, FIRST_IMAGES, text)
        kept = find_spot(opened), _first_measured(), first["look_for"]
    else:
        first = {"look_for": text("receptive_field.not_measured"), "maps": None, "table": ""}
    with gr.Row(elem_classes="stage"):
        with controls_column():
            gr.HTML(f'<p class="intro">{html.escape(text("receptive_field.effective_intro"))}</p>')
            num_images = build_slider(1, MAX_IMAGES, FIRST_IMAGES, text("receptive_field.num_images"))
            measure = gr.Button(text("receptive_field.measure"), variant="primary", elem_id="receptive-field-measure")
            stop = gr.Button(
                text("receptive_field.stop"), visible=False, elem_id="receptive-field-stop", elem_classes="stop"
            )
        with picture_column():
            look_for = build_look_for(first["look_for"])
            maps = build_canvas(first["maps"], "receptive-field-effective")
            table = gr.HTML(first["table"], apply_default_css=False)
    run, last = gr.State(None), gr.State(kept)
    parts = {"look_for": look_for, "maps": maps, "table": table, "stop": stop, "kept": last}
    inputs = {**view, "num_images": num_images, "run": run}
    wire([measure.click], on_measure, inputs, {**parts, "run": run}, language, queue=True)
    wire_run(run, on_run, on_stop, parts, language)
    return last
