"""The receptive-field tab: layout and wiring."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import torch

from explorer.canvas import build_canvas
from explorer.checks import check_choice, check_number, check_whole
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.events import draw_problem, then_wire, wire
from explorer.images import build_upload, open_image
from explorer.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.models.catalogue import MODELS
from explorer.receptive_field.effective import (
    MAX_IMAGES,
    SHARES,
    EffectiveField,
    check_cost,
    choose_images,
    copy_trained_network,
    draw_random_network,
    fit_images,
    has_trained_weights,
    measure_in_parts,
    prepare_images,
)
from explorer.receptive_field.figures import (
    Growth,
    draw_badge,
    draw_depth_table,
    draw_effective,
    draw_effective_table,
    draw_field,
    draw_growth,
    draw_layer_table,
    draw_network_table,
    draw_stack_table,
    draw_stacks,
    name_layer,
    name_stack,
)
from explorer.receptive_field.maths import (
    COLUMN_LIMITS,
    COLUMN_TERMS,
    COMPARISONS,
    LAYER_TYPES,
    FieldBox,
    LayerRow,
    calculate_receptive_field,
    compare_stacks,
    compute_box_reach,
    compute_chain_field,
    compute_chain_reach,
    compute_field_box,
    compute_mean_brightness,
    find_first_as_wide,
    find_last_local,
    find_problems,
    find_unit,
    parse_layers,
    summarise_stack,
    trace_layer_table,
    trace_uniform_stack,
)
from explorer.receptive_field.networks import (
    MAX_IMAGE_SIZE,
    NETWORKS,
    UnitCheck,
    check_chain_unit,
    check_unit,
    find_network,
    trace_model,
)
from explorer.samples import build_sample_picker, check_sample
from explorer.style import PLOT_SETTINGS
from explorer.text import LANGUAGES, Text, text_in

FOLDER = Path(__file__).parent
IMAGE_SIZE = 28
LEAST_IMAGE_SIZE = 8
SHOWN_SIDE = 256  # pixels along one side of a picture that is sent to the page
SHOWN_UNITS = 96  # units along one side of a map that is sent to the page
TABLE = "table"  # the reader's own layers, in the place of a model's name
STACKS = {"stack3x3": 3, "stack5x5": 5}  # equal convolutions at stride 1, to compare with: name -> kernel
STACK = "stack3x3"
MOST_COMPARED = 3
FIRST_MODEL, FIRST_LAYER, FIRST_SAMPLE = "lenet5", 3, 120
MIDDLE = (0.5, 0.5)


def _make_layers(*rows: Sequence) -> tuple[dict[str, str], ...]:
    """Rows of the table, as a reader types them: type, kernel, stride, padding, dilation."""
    return tuple(dict(zip(("type", *COLUMN_LIMITS), map(str, row))) for row in rows)


LENET_LAYERS = _make_layers(("conv", 5, 1, 2, 1), ("pool", 2, 2, 0, 1), ("conv", 5, 1, 0, 1), ("pool", 2, 2, 0, 1))
# Section 4.2 of the tutorial: number of 3x3 layers and the side that it says they see.
CLAIMED_DEPTHS = ((1, "3"), (3, "7"), (5, "15"), (10, "32"), (20, "100+"))
LISTED_MODELS = ("lenet5", "alexnet_small", "resnet18", "resnet34", "resnet50", "plain18")


@dataclass(frozen=True)
class View:
    """All that the reader has set, in the order of the components; as it came from the page until checked.

    Attributes:
        model: name of a network, or TABLE.
        size: side of the image in pixels.
        layer: number of the layer, 0 for the image.
        sample: index of the sample that is the image.
        picture: the reader's own picture, which goes before the sample: SHOWN_SIDE x SHOWN_SIDE grey values, a byte
            each, in base64. (A path from the page could name any file of the server.)
        place: (row, column) that the unit looks at, as shares of the image's sides; None for the middle.
        compared: names of networks in the same chart.
        layers: the table.
    """

    model: str = FIRST_MODEL
    size: int = IMAGE_SIZE
    layer: int = FIRST_LAYER
    sample: int = FIRST_SAMPLE
    picture: str | None = None
    place: Sequence[float] | None = None
    compared: Sequence[str] = (STACK,)
    layers: Any = LENET_LAYERS


@dataclass(frozen=True)
class Scene:
    """What a view shows."""

    view: View
    size: int
    rows: tuple[LayerRow, ...]
    number: int
    unit: tuple[int, int]
    field: FieldBox

    @property
    def row(self) -> LayerRow:
        """The chosen layer."""
        return self.rows[self.number]

    @property
    def pixel(self) -> tuple[float, float]:
        """What the unit looks at, in pixels."""
        return _find_pixel(self.view.place, self.size)


# What a handler gives: the look-for line first, then the pictures, then what it changes of the controls.
PICTURES = ("chart", "field", "table", "badge")
CONTROLS = ("model", "size", "layer", "picture", "place", "compared", "layers", "editor", "marks")


# ---- what the page calls ------------------------------------------------------------------------------------------


def on_receptive_field(*values, language: str) -> list:
    """Chart, image and table for what is set."""
    return show(View(*values), text_in(language))


def on_network(*values, language: str) -> list:
    """The same for a new network, at the size that it is made for; opens the table if it is chosen."""
    view = View(*values)
    size = IMAGE_SIZE if view.model == TABLE else min(find_network(view.model).input_size, MAX_IMAGE_SIZE)
    return show_network(replace(view, size=size), text_in(language), size=size)


def on_open(*values, language: str) -> list:
    """The same for a network that a link asked for; the check, which follows other events, is made at once."""
    answer = on_network(*values, language=language)
    view = replace(View(*values), size=answer[1 + len(PICTURES) + CONTROLS.index("size")])
    checked = on_check(*(getattr(view, name) for name in View.__dataclass_fields__), language=language)
    named = zip((*PICTURES, *CONTROLS), answer[1:], checked[1:], strict=True)
    return [answer[0], *(new if name in ("field", "badge") else old for name, old, new in named)]


def on_size(*values, language: str) -> list:
    """The same at another size of the image."""
    return show_network(View(*values), text_in(language))


def on_sample(*values, language: str) -> list:
    """Another sample, in the place of the reader's own picture; at last the upload is emptied."""
    return [*show(replace(View(*values), picture=None), text_in(language), picture=None), None]


def on_upload(path, *values, language: str) -> list:
    """The reader brought a picture, or took it away."""
    picture = None if path is None else encode_picture(path)
    return show(replace(View(*values), picture=picture), text_in(language), picture=picture)


def on_edit(*values, language: str) -> list:
    """The reader edited the table of layers: it becomes the network that is shown, or its broken cells are marked."""
    view = replace(View(*values), model=TABLE)
    problems = find_problems(view.layers, check_size(view.size))
    if problems:
        marks = [{"row": each.row, "column": each.column, "sentence": each.remark(language)} for each in problems]
        return [gr.update(value=draw_problem(problems[0].sentence(language))), *_skip_all(marks=marks)]
    return show_network(view, text_in(language), model=TABLE, marks=[])


def on_point(event: gr.EventData, *values, language: str) -> list:
    """The reader clicked a pixel or a unit: from now on that unit is shown, and with other layers its place."""
    view = View(*values)
    size = check_size(view.size)
    row = find_scene(view).row
    if event._data.get("unit") is not None:
        unit = [check_whole("receptive_field.unit", each, 0, row.num_units - 1) for each in _pair(event._data["unit"])]
        pixel = [row.start + row.jump * each for each in unit]
    else:
        pixel = [check_whole("receptive_field.pixel", each, 0, size - 1) for each in _pair(event._data.get("pixel"))]
    place = [(each + 0.5) / size for each in pixel]
    return show(replace(view, place=place), text_in(language), place=place)


def on_chart(event: gr.EventData, *values, language: str) -> list:
    """The reader clicked a layer in the chart; one of another network brings that network to the front."""
    view = View(*values)
    name, layer = event._data.get("network"), event._data.get("layer")
    if name == view.model:
        return show(replace(view, layer=layer), text_in(language), layer=check_whole("terms.layer", layer, 0))
    if name not in NETWORKS and name != TABLE:
        return [text_in(language)("receptive_field.look_stack"), *_skip_all()]
    compared = [view.model if each == name else each for each in check_compared(view.compared)]
    view = replace(view, model=name, layer=layer, compared=compared)
    return show_network(view, text_in(language), model=name, compared=compared)


def on_check(*values, language: str) -> list:
    """Let autograd find the field that is shown: pixels that reach the unit, and whether they are those told."""
    scene, text = find_scene(View(*values)), text_in(language)
    check = check_scene(scene)
    scene = replace(scene, field=check.field)
    pictures = {"field": draw_scene(scene, text), "badge": draw_badge(check, scene.row, text)}
    return [gr.skip(), *_skip_all(**pictures)]


def on_story(*values, story: str, language: str) -> list:
    """Set everything to a story and tell it."""
    text, view = text_in(language), View(*values)
    view = replace(view, size=IMAGE_SIZE, place=None, **STORIES[story])
    rows = trace_rows(view, IMAGE_SIZE)
    view = replace(view, layer=STORY_LAYERS.get(story, find_last_local)(rows))
    view = replace(view, layer=rows.index(view.layer))
    changed = {name: getattr(view, name) for name in ("model", "size", "place", "compared", "layers")}
    changed["layers"] = [dict(layer) for layer in view.layers] if view.model == TABLE else gr.skip()
    answer = show_network(view, text, marks=[], **changed)
    return [tell_story(story, view, rows, text), *answer[1:]]


def on_compare(comparison, channels, *, language: str) -> tuple:
    """Stacks of layers side by side: what they see and what they cost."""
    text = text_in(language)
    channels = check_whole("receptive_field.channels", channels, 1, 4096)
    stacks = compare_stacks(comparison, channels)
    sentence = describe_stacks(comparison, stacks, text)
    return sentence, draw_stacks(stacks, text), draw_stack_table(stacks, channels, text)


# ---- stories ------------------------------------------------------------------------------------------------------

STORIES: dict[str, dict[str, Any]] = {
    "kernels": {
        "model": TABLE,
        "layers": _make_layers(("conv", 3, 1, 1, 1), ("conv", 3, 1, 1, 1)),
        "compared": ["stack5x5"],
    },
    "resnet50": {"model": "resnet50", "compared": ["resnet34", "resnet18"]},
    "whole": {"model": "resnet18", "compared": [STACK]},
    "gridding": {
        "model": TABLE,
        "layers": _make_layers(*(("conv", 3, 1, 2, 2) for _ in range(3))),
        "compared": [STACK],
    },
    "hybrid": {
        "model": TABLE,
        "layers": _make_layers(*(("conv", 3, 1, rate, rate) for rate in (1, 2, 5))),
        "compared": [STACK],
    },
}
STORY_LAYERS = {"whole": find_first_as_wide}


def tell_story(story: str, view: View, rows: Sequence[LayerRow], text: Text) -> str:
    """The sentence of a story, with numbers computed now."""
    said: dict[str, Any] = {"size": find_last_local(rows).size}
    if story == "kernels":
        small, large = (summarise_stack([{"kernel": kernel}] * depth, 64) for kernel, depth in ((3, 2), (5, 1)))
        said |= {
            "small": small.weights_per_pair, "large": large.weights_per_pair,
            "saved": f"{1 - small.num_params / large.num_params:.0%}",
            "relus": small.num_nonlinearities, "large_relus": large.num_nonlinearities,
        }  # fmt: skip
    elif story == "resnet50":
        other = trace_model("resnet34", IMAGE_SIZE)
        said |= {"other": find_last_local(other).size}
        said |= {"kernels": _count_wide(rows), "other_kernels": _count_wide(other)}
    elif story == "whole":
        wide = find_first_as_wide(rows)
        number = rows.index(wide)
        said |= {"name": html.escape(wide.name), "number": number, "wide": wide.size, "before": rows[number - 1].size}
    else:
        field = find_scene(view).field
        said |= {"pixels": int(field.mask.sum()), "share": f"{1 - field.holes_share:.0%}"}
        said |= {"weights": sum(int(layer["kernel"]) ** 2 for layer in view.layers)}
    return text(f"receptive_field.tell_{story}", **said)


def _count_wide(rows: Sequence[LayerRow]) -> int:
    """How many layers widen the field."""
    return sum(row.size > before.size for before, row in zip(rows, rows[1:]) if row.kind == "conv")


# ---- what they show -----------------------------------------------------------------------------------------------


def show(view: View, text: Text, **controls) -> list:
    """The sentence and all pictures of a view, then a value for each control that is named."""
    scene = find_scene(view)
    compared = check_compared(view.compared)
    others = [Growth(name, name_network(name, text), trace_compared(name, scene)) for name in compared]
    main = Growth(view.model, name_network(view.model, text), scene.rows)
    pictures = {
        "chart": draw_growth(main, scene.number, others, text),
        "field": draw_scene(scene, text),
        "table": draw_layer_table(scene.rows, scene.number, scene.pixel, text),
        "badge": draw_badge(None, scene.row, text),
    }
    return [describe_layer(scene, text), *_skip_all(**pictures, **controls)]


def show_network(view: View, text: Text, **controls) -> list:
    """The same where the number of layers, which bounds the slider, may have changed."""
    last = len(trace_rows(view, check_size(view.size))) - 1
    number = min(check_whole("terms.layer", view.layer, 0), last)
    controls["layer"] = gr.update(maximum=last, value=number)
    if view.model == TABLE:
        controls["editor"] = gr.update(open=True)
    return show(replace(view, layer=number), text, **controls)


def _skip_all(**values) -> list:
    """A value for each picture and control: those given, and no change of all others."""
    return [values.get(name, gr.skip()) for name in (*PICTURES, *CONTROLS)]


def check_size(size: Any) -> int:
    """The side of the image as the browser sent it."""
    return check_whole("terms.input_size", size, 1, MAX_IMAGE_SIZE)


def _pair(values: Any) -> Sequence:
    return values if isinstance(values, list | tuple) and len(values) == 2 else (None, None)


def _find_pixel(place: Any, size: int) -> tuple[float, float]:
    shares = MIDDLE if place in (None, "") else _pair(place)
    rows, columns = (check_number("receptive_field.pixel", share, -9, 9) for share in shares)
    return rows * size - 0.5, columns * size - 0.5


def find_scene(view: View) -> Scene:
    """Check a view and find what it shows."""
    size = check_size(view.size)
    rows = trace_rows(view, size)
    number = min(check_whole("terms.layer", view.layer, 0), len(rows) - 1)
    row = rows[number]
    unit = find_unit(row, _find_pixel(view.place, size))
    is_chain = view.model == TABLE
    field = compute_chain_field(view.layers, rows, number, unit) if is_chain else compute_field_box(row, unit)
    return Scene(view, size, rows, number, unit, field)


def trace_rows(view: View, size: int) -> tuple[LayerRow, ...]:
    """The rows of the network or of the reader's table."""
    return trace_layer_table(view.layers, size) if view.model == TABLE else trace_model(view.model, size)


def trace_compared(name: str, scene: Scene) -> tuple[LayerRow, ...]:
    """The rows of a network to compare with, at the same size where it takes that; stacks are as deep as it takes."""
    if name == TABLE:
        return trace_layer_table(scene.view.layers, scene.size)
    if name in STACKS:
        least = min(max(row.size for row in scene.rows), 2 * scene.size)
        return trace_uniform_stack(STACKS[name], least, scene.size)
    network = find_network(name)
    return trace_model(name, network.input_size if network.fixed_size else scene.size)


def check_compared(names: Any) -> list[str]:
    """The names of the networks to compare with, as the browser sent them."""
    names = list(names or []) if isinstance(names, list | tuple) or names is None else [names]
    if len(names) > MOST_COMPARED:
        raise InputError("receptive_field.too_many_compared", maximum=MOST_COMPARED)
    return [name if name in STACKS or name == TABLE else find_network(name).name for name in names]


def name_network(name: str, text: Text) -> str:
    """What the reader calls it."""
    return NETWORKS[name].title if name in NETWORKS else text(f"receptive_field.network_{name}")


def check_scene(scene: Scene) -> UnitCheck:
    """Let autograd find the field of a scene."""
    if scene.view.model != TABLE:
        return check_unit(scene.view.model, scene.size, scene.row, scene.unit)
    layers = parse_layers(scene.view.layers)[: scene.number]
    return check_chain_unit(layers, scene.size, scene.row, scene.unit, scene.field)


def draw_scene(scene: Scene, text: Text) -> dict:
    """The field on the image beside the layer's map."""
    shown = read_image(scene.view, min(scene.size, SHOWN_SIDE))
    image = read_image(scene.view, scene.size)
    means = compute_mean_brightness(image, find_reach(scene))
    return draw_field(shown, scene.size, scene.row, scene.unit, scene.field, means, text)


def find_reach(scene: Scene) -> np.ndarray:
    """What the units of a layer see along one side; of a large map some that are spread evenly."""
    if scene.view.model == TABLE:
        reach = compute_chain_reach(scene.view.layers, scene.rows, scene.number)
    else:
        reach = compute_box_reach(scene.row, scene.size)
    kept = np.unique(np.linspace(0, len(reach) - 1, SHOWN_UNITS).round().astype(int))
    return reach[kept] if len(reach) > SHOWN_UNITS else reach


def read_image(view: View, size: int) -> np.ndarray:
    """The reader's picture, or the sample, as (size, size) of 0..1."""
    if view.picture:  # the page hands an empty one back as ""
        return fit_images(decode_picture(view.picture), size)[0].numpy()
    pixels = load_sample().images[check_sample(view.sample)][None] / 255
    return fit_images(pixels, size)[0].numpy()


def encode_picture(path: str) -> str:
    """The middle square of a picture, as `View.picture`."""
    values = torch.from_numpy(np.asarray(open_image(path))[None] / np.float32(255))
    side = min(values.shape[1:])
    top, left = ((length - side) // 2 for length in values.shape[1:])
    square = fit_images(values[:, top : top + side, left : left + side], SHOWN_SIDE)[0]
    return base64.b64encode((square * 255).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


def decode_picture(picture: Any) -> torch.Tensor:
    """(1, SHOWN_SIDE, SHOWN_SIDE) of 0..1."""
    try:
        values = base64.b64decode(picture, validate=True)
    except (TypeError, ValueError):
        values = b""
    if len(values) != SHOWN_SIDE**2:
        raise InputError("images.damaged")
    return torch.frombuffer(bytearray(values), dtype=torch.uint8).view(1, SHOWN_SIDE, SHOWN_SIDE) / 255


def describe_layer(scene: Scene, text: Text) -> str:
    """What to look for: by how much this layer widens the field, and what its unit sees."""
    row, number, size = scene.row, scene.number, scene.size
    name = f"<b>{html.escape(name_layer(row, text))}</b>"
    if number == 0:
        return text("receptive_field.look_input")
    if row.kind == "global":
        return text("receptive_field.look_global", name=name)
    before = scene.rows[number - 1]
    added = row.size - before.size
    if row.note:
        grown = text("receptive_field.look_uneven", name=name, size=row.size, jump=f"{row.jump:.3g}")
    else:
        grown = text(
            "receptive_field.look_grown" if added else "receptive_field.look_same",
            name=name, added=added, reach=added // before.jump, jump=before.jump, size=row.size, image=size,
        )  # fmt: skip
    if row.size >= size:
        middle = compute_field_box(row, find_unit(row, ((size - 1) / 2,) * 2))
        sees_all = middle.clipped == (0, 0, size, size)
        return grown + text(f"receptive_field.look_{'whole' if sees_all else 'wide'}", image=size)
    return grown + _describe_losses(scene.field, text)


def _describe_losses(field: FieldBox, text: Text) -> str:
    """What of the box lies in the padding, and what in holes."""
    words = ""
    if field.padding_share:
        words += text("receptive_field.look_padding", share=f"{field.padding_share:.0%}")
    if field.holes_share > 0.005:
        words += text("receptive_field.look_holes", share=f"{field.holes_share:.0%}")
    return words


# ---- comparisons --------------------------------------------------------------------------------------------------


def describe_stacks(comparison: str, stacks: Sequence, text: Text) -> str:
    """What to look for in a comparison, with its numbers."""
    first, second = stacks[0], stacks[1]
    return text(
        f"receptive_field.look_{comparison}",
        first=name_stack(first), second=name_stack(second), third=name_stack(stacks[2]),
        first_size=first.size, second_size=second.size, third_size=stacks[2].size,
        first_params=f"{first.num_params:,}", second_params=f"{second.num_params:,}",
        saved=f"{1 - first.num_params / second.num_params:.0%}",
        second_share=f"{second.seen_share:.0%}", third_share=f"{stacks[2].seen_share:.0%}",
        first_jump=first.jump, third_jump=stacks[2].jump,
    )  # fmt: skip


# ---- the public function ------------------------------------------------------------------------------------------


def receptive_field(
    model: str = "lenet5", layers: list | None = None, input_size: int = IMAGE_SIZE, language: str = "en"
) -> dict:
    """Receptive field of every layer of a network, or of a list of layers.

    Args:
        model: name of a model of the catalogue, or "torchvision:" and the name of one of torchvision's classifiers; not
            used when layers are given.
        layers: list of {"type": "conv", "pool" or "transposed", "kernel", "stride", "padding", "dilation"} instead of a
            model.
        input_size: side of the image in pixels, 1 to 512.
        language: "en" or "zh", for names and sentences.

    Returns:
        "input_size"; "layers", each with name, kind, size, jump, start (centre of the first unit, in pixels),
        num_units, reach and note (key of why it is global or uneven, or null); "as_wide_as_image_from", the name
        of the first layer whose field is, or null; "sentence", which says in words what the last layer sees.
    """
    check_choice("terms.language", language, tuple(LANGUAGES))
    text = text_in(language)
    input_size = check_size(input_size)
    view = View(model=model, size=input_size) if layers is None else View(TABLE, input_size, layers=layers)
    rows = trace_rows(view, input_size)
    scene = find_scene(replace(view, layer=len(rows) - 1))
    wide = find_first_as_wide(rows)
    return {
        "input_size": input_size,
        "layers": [asdict(row) for row in rows],
        "as_wide_as_image_from": wide and wide.name,
        "sentence": describe_layer(scene, text),
    }


# ---- the effective field ------------------------------------------------------------------------------------------

FIRST_IMAGES = 20
Measured = list[tuple[str, EffectiveField]]


class Run:
    """A measurement under way on a page; the page's next one, or its stop button, ends it.

    Gradio's own `cancels` will not do: it reaches the server late, so that a stale part can come after a new picture.
    """

    def __init__(self, scene: Scene, num_images: int):
        self.scene = scene
        self.num_images = num_images
        self.is_stopped = False


def on_measure(*values, language: str) -> tuple:
    """Stop what is under way, check what is set, and hand it on to `on_run`."""
    *view, num_images, run = values
    _stop(run)
    scene, text = find_scene(View(*view)), text_in(language)
    if scene.view.model == TABLE:
        raise InputError("receptive_field.no_weights_table")
    if scene.row.kind not in ("conv", "pool"):
        raise InputError("receptive_field.no_effective")
    check_cost(scene.view.model, scene.size)
    num_images = len(choose_images(num_images, len(load_sample().images)))
    sentence = text("receptive_field.measuring", name=name_layer(scene.row, text), done=0, count=num_images)
    return sentence, gr.skip(), gr.skip(), Run(scene, num_images), gr.Button(visible=True)


def on_run(run: Run, *, language: str) -> Iterator[tuple]:
    """Measure part after part and show what there is so far, until all are done or the run is stopped."""
    text = text_in(language)
    for measured, done in measure_kinds(run.scene, run.num_images):
        if run.is_stopped:
            # Gradio sends the last outputs once more at the end: these change nothing.
            yield tuple(gr.skip() for _ in range(4))
            return
        sentence, maps, table = draw_measured(run.scene, measured, done, run.num_images, text)
        yield sentence, json.dumps(maps), table, gr.Button(visible=done < 1)


def on_stop(run: Run | None, *, language: str) -> tuple:
    """Stop measuring; what is drawn stays."""
    _stop(run)
    return text_in(language)("receptive_field.stopped"), gr.Button(visible=False)


def _stop(run: Run | None) -> None:
    if run is not None:
        run.is_stopped = True


def measure_kinds(scene: Scene, num_images: int) -> Iterator[tuple[Measured, float]]:
    """What was measured so far with random and with trained weights, and the share that is done."""
    name, size = scene.view.model, scene.size
    kinds = {"random": partial(draw_random_network, name)}
    if has_trained_weights(name):
        trained = copy_trained_network(name)
        kinds["trained"] = lambda _part: trained
    images = prepare_images(load_sample().images[choose_images(num_images, len(load_sample().images))], name, size)
    part_size = check_cost(name, size)
    measured: dict[str, EffectiveField] = {}
    for index, (kind, draw_model) in enumerate(kinds.items()):
        for field in measure_in_parts(
            draw_model, images, scene.row.name, scene.unit, scene.field.centre, part_size
        ):
            measured[kind] = field
            done = (index + (field.num_images + field.num_silent) / num_images) / len(kinds)
            yield list(measured.items()), done


def draw_measured(scene: Scene, measured: Measured, done: float, num_images: int, text: Text) -> tuple:
    """Sentence, maps and table of what was measured so far."""
    sentence = describe_effective(scene, measured, text)
    if done < 1:
        last = measured[-1][1]
        counted = last.num_images + last.num_silent
        name = f"{name_layer(scene.row, text)}, {text(f'receptive_field.weights_{measured[-1][0]}')}"
        sentence = text("receptive_field.measuring", name=name, done=counted, count=num_images)
    maps = draw_effective(measured, scene.row, scene.field, text)
    return sentence, maps, draw_effective_table(measured, scene.row, scene.field, text)


def describe_effective(scene: Scene, measured: Measured, text: Text) -> str:
    """What to look for: where half of the gradient lies, beside the theoretical field."""
    row, fields = scene.row, dict(measured)
    half, most = SHARES.index(0.5), SHARES.index(0.9)
    said = {"name": f"<b>{html.escape(name_layer(row, text))}</b>", "size": row.size}
    if not all(field.num_images for field in fields.values()):
        return text("receptive_field.look_silent", **said)
    random = fields["random"]
    words = text("receptive_field.look_effective", half=random.sides[half], most=random.sides[most], **said)
    if "trained" in fields:
        trained = fields["trained"]
        words += text("receptive_field.look_trained", half=trained.sides[half], most=trained.sides[most])
    return words


@lru_cache(maxsize=1)
def _first_measured() -> Measured:
    *_, (measured, _) = measure_kinds(find_scene(View()), FIRST_IMAGES)
    return measured


def build_effective(inputs: Sequence, text: Text, language: str) -> None:
    """The effective field of the unit that is shown above."""
    scene = find_scene(View())
    first = draw_measured(scene, _first_measured(), 1.0, FIRST_IMAGES, text)
    build_heading(text("receptive_field.effective"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            gr.HTML(f'<p class="intro">{html.escape(text("receptive_field.effective_intro"))}</p>')
            num_images = build_slider(1, MAX_IMAGES, FIRST_IMAGES, text("receptive_field.num_images"))
            measure = gr.Button(text("receptive_field.measure"), variant="primary", elem_id="receptive-field-measure")
            stop = gr.Button(text("receptive_field.stop"), visible=False, elem_id="receptive-field-stop")
        with picture_column():
            look_for = build_look_for(first[0])
            maps = build_canvas(first[1], "receptive-field-effective")
            table = gr.HTML(first[2], apply_default_css=False)
    run = gr.State(None)
    outputs = [look_for, maps, table, run, stop]
    wire([measure.click], on_measure, [*inputs, num_images, run], outputs, language, queue=True, preprocess=True)
    wire([stop.click], on_stop, [run], [look_for, stop], language)
    wire([run.change], on_run, [run], [look_for, maps, table, stop], language,
         queue=True, concurrency_id="heavy", concurrency_limit=1, trigger_mode="multiple")  # fmt: skip


# ---- layout -------------------------------------------------------------------------------------------------------


def build_tab(language: str) -> Wing:
    """Lay out the tab in one language and wire it."""
    text = text_in(language)
    build_intro("receptive_field", language)
    own, first = text(f"receptive_field.network_{TABLE}"), dict(zip(("look_for", *PICTURES), show(View(), text)))
    first["badge"] = draw_badge(check_scene(find_scene(View())), find_scene(View()).row, text)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls = build_controls(text, language)
            with gr.Accordion(own, open=False) as controls["editor"]:
                controls["layers"] = build_layer_table(text)
            with gr.Accordion(text("receptive_field.own_picture"), open=False):
                controls["upload"] = build_upload(
                    text("receptive_field.own_picture"), placeholder=text("images.drop_here"), show_label=False,
                    height=150, elem_id="receptive-field-upload",
                )  # fmt: skip
        with picture_column():
            with gr.Row(elem_classes="stories"):
                buttons = {story: gr.Button(text(f"receptive_field.story_{story}"), size="sm", min_width=120)
                           for story in STORIES}  # fmt: skip
            pictures = {"look_for": build_look_for(first["look_for"])}
            with gr.Row():
                with gr.Column(scale=4, min_width=320):
                    pictures["chart"] = gr.Plot(first["chart"], **PLOT_SETTINGS, elem_id="receptive-field-chart")
                with gr.Column(scale=5, min_width=320):
                    pictures["field"] = build_field(first["field"])
                    pictures["badge"] = build_badge(first["badge"])
    pictures["table"] = gr.HTML(first["table"], elem_id="receptive-field-table", apply_default_css=False)
    controls["place"] = gr.HTML(None, html_template="", visible="hidden")  # (row, column), shares of the image's sides
    controls["picture"] = gr.HTML(None, html_template="", visible="hidden")
    controls["marks"] = build_marks()
    clicks = build_chart_clicks()
    inputs = [controls[name] for name in View.__dataclass_fields__]
    outputs = [pictures["look_for"], *(pictures[name] for name in PICTURES), *(controls[name] for name in CONTROLS)]
    wire_stage(controls, pictures, clicks, buttons, inputs, outputs, language)
    build_effective(inputs, text, language)
    build_comparisons(text, language)
    build_facts(text)
    build_explanation("receptive_field", language)
    return Wing("receptive_field", {"model": controls["model"]}, on_open, inputs, outputs)


def build_controls(text: Text, language: str) -> dict[str, gr.components.Component]:
    """The controls that are always in sight."""
    networks = [(network.title, name) for name, network in NETWORKS.items()]
    own, *stacks = ((text(f"receptive_field.network_{name}"), name) for name in (TABLE, *STACKS))
    catalogue, others = networks[: len(MODELS)], networks[len(MODELS) :]
    return {
        "model": gr.Dropdown(
            [*catalogue, own, *others], value=FIRST_MODEL, label=text("terms.model"), elem_id="receptive-field-model"
        ),
        "layer": build_slider(
            0, len(trace_model(FIRST_MODEL)) - 1, FIRST_LAYER, text("receptive_field.layer_number"),
            elem_id="receptive-field-layer",
        ),
        "size": build_slider(
            LEAST_IMAGE_SIZE, MAX_IMAGE_SIZE, IMAGE_SIZE, text("receptive_field.image_size"),
            elem_id="receptive-field-size",
        ),
        "sample": build_sample_picker(language, FIRST_SAMPLE, elem_id="receptive-field-sample"),
        "compared": gr.Dropdown(
            [*stacks, own, *networks], value=[STACK], multiselect=True, max_choices=MOST_COMPARED,
            label=text("receptive_field.compared"), elem_id="receptive-field-compared",
        ),
    }  # fmt: skip


def wire_stage(controls, pictures, clicks, buttons, inputs, outputs, language: str) -> None:
    """Tie the handlers to the controls; after each change of the field autograd looks at it.

    The upload is no output of a handler that may skip it: to skip is to update, and that would build another upload
    in its place, see `build_upload`.
    """
    # The handlers check what they get. Gradio's own checks would answer in English, and a slider whose maximum has
    # changed has them again.
    settings = {"language": language, "preprocess": False}
    upload = controls["upload"]
    events = [
        wire([controls["model"].input], on_network, inputs, outputs, **settings),
        wire([controls["size"].input], on_size, inputs, outputs, **settings),
        wire([controls["compared"].input, controls["layer"].input], on_receptive_field, inputs, outputs, **settings),
        wire([controls["sample"].input], on_sample, inputs, [*outputs, upload], **settings),
        wire([upload.upload, upload.clear], on_upload, [upload, *inputs], outputs, language),
        wire([controls["layers"].input], on_edit, inputs, outputs, **settings),
        wire([pictures["field"].click], on_point, inputs, outputs, **settings),
        wire([clicks.click], on_chart, inputs, outputs, **settings),
        *(
            wire([button.click], partial(on_story, story=story), inputs, outputs, **settings)
            for story, button in buttons.items()
        ),
    ]
    for event in events:
        then_wire(event, on_check, inputs, outputs, language)


def build_field(payload: dict) -> gr.HTML:
    """The field on the image beside the layer's map; a click on either chooses a unit."""
    return gr.HTML(
        payload,
        html_template='<div class="field maps"></div>',
        css_template=(FOLDER / "field.css").read_text(encoding="utf-8"),
        js_on_load=(FOLDER / "field.js").read_text(encoding="utf-8"),
        elem_id="receptive-field-canvas",
        elem_classes="canvas",
        apply_default_css=False,
    )


def build_badge(words: str) -> gr.HTML:
    """Whether autograd agrees with the field that is shown."""
    return gr.HTML(
        words,
        css_template=(FOLDER / "badge.css").read_text(encoding="utf-8"),
        elem_id="receptive-field-badge",
        apply_default_css=False,
    )


def build_chart_clicks() -> gr.HTML:
    """What hands a click on a layer in the chart to the server."""
    return gr.HTML(
        None,
        html_template='<span hidden data-chart="#receptive-field-chart"></span>',
        js_on_load=(FOLDER / "growth.js").read_text(encoding="utf-8"),
        elem_classes="bridge",
        apply_default_css=False,
    )


def build_marks() -> gr.HTML:
    """What says at the cells of the table what is wrong with them."""
    columns = html.escape(json.dumps(["type", *COLUMN_LIMITS]))
    return gr.HTML(
        None,
        html_template=f'<span hidden data-table="#receptive-field-layers" data-columns="{columns}"></span>',
        js_on_load=(FOLDER / "layer_marks.js").read_text(encoding="utf-8"),
        elem_classes="bridge",
        apply_default_css=False,
    )


def build_layer_table(text: Text) -> gr.HTML:
    """The editable table: its value is a list of rows of text, checked when it is used."""
    words = {column: text(term) for column, term in COLUMN_TERMS.items()}
    words |= {f"{column}Short": text(f"receptive_field.short_{column}") for column in COLUMN_TERMS}
    words |= {word: text(f"receptive_field.{word}") for word in ("row", "remove", "add")}
    words |= {kind: text(f"receptive_field.kind_{kind}") for kind in LAYER_TYPES}
    data = html.escape(json.dumps(words, ensure_ascii=False))
    return gr.HTML(
        [dict(layer) for layer in LENET_LAYERS],
        html_template=f'<div class="layer-table" data-words="{data}"></div>',
        css_template=Path(__file__).with_name("layer_table.css").read_text(encoding="utf-8"),
        js_on_load=Path(__file__).with_name("layer_table.js").read_text(encoding="utf-8"),
        elem_id="receptive-field-layers",
        apply_default_css=False,
    )


def build_heading(title: str) -> None:
    """Heading of a part below the main picture."""
    gr.HTML(f"<h2>{html.escape(title)}</h2>", css_template="h2 { margin: 36px 0 4px; font-size: 22px; }")


def build_comparisons(text: Text, language: str) -> None:
    """Small kernels against large ones, dilation, stride."""
    first_name, first_channels = next(iter(COMPARISONS)), 64
    first = on_compare(first_name, first_channels, language=language)
    build_heading(text("receptive_field.comparisons"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            comparison = gr.Radio(
                [(text(f"receptive_field.comparison_{name}"), name) for name in COMPARISONS],
                value=first_name, label=text("receptive_field.comparison"),
                elem_id="receptive-field-comparison",
            )  # fmt: skip
            channels = build_slider(1, 512, first_channels, text("receptive_field.channels"))
        with picture_column():
            look_for = build_look_for(first[0])
            stacks = build_canvas(first[1], "receptive-field-stacks")
            costs = gr.HTML(first[2], apply_default_css=False)
    wire([comparison.input, channels.input], on_compare, [comparison, channels], [look_for, stacks, costs], language)


def build_facts(text: Text) -> None:
    """What is so for the networks of the catalogue and for stacks of 3x3 layers, measured once at start."""
    sizes = [calculate_receptive_field([{"kernel": 3}] * depth)[-1] for depth, _ in CLAIMED_DEPTHS]
    resnet = trace_model("resnet34")
    lines = [(*claim, size, resnet[claim[0]].size) for claim, size in zip(CLAIMED_DEPTHS, sizes)]
    heads = [text(f"receptive_field.head_{head}") for head in ("depth", "claim", "stride_1")]
    networks = [(MODELS[name].title, trace_model(name)) for name in LISTED_MODELS]
    build_heading(text("receptive_field.facts"))
    with gr.Row(elem_classes="stage"):
        with gr.Column(min_width=320):
            gr.Markdown(text("receptive_field.facts_networks"))
            gr.HTML(draw_network_table(networks, text), apply_default_css=False)
        with gr.Column(min_width=320):
            gr.Markdown(text("receptive_field.facts_depth"))
            gr.HTML(draw_depth_table(lines, [*heads, MODELS["resnet34"].title]), apply_default_css=False)
