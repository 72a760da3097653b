"""What goes to the page's scripts: the fields of the chosen layer, the graph, the maps of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import prod

import torch
import torch.nn.functional as F

from explorer.errors import InputError
from explorer.models.trace import Layer
from explorer.page.canvas import Map, draw_maps
from explorer.page.style import ROLES
from explorer.shapes.activations import MAX_KERNELS, Features
from explorer.shapes.edit import Walk, list_fields
from explorer.shapes.graph import IMAGE, Graph, Node
from explorer.shapes.maths import find_role, is_global_average, order_axes, write_shape
from explorer.text import Text, join_sentences, join_words

PROBLEM = "#d55e00"
SHOWN_SIDE = 256  # pixels of the image that is sent to the page
MOST_CELLS = 400_000  # of all feature maps that are sent to the page: 1 MB
_EDITOR_WORDS = ("undo", "reset", "mend", "choose_row")
_GRAPH_WORDS = ("fold", "unfold", "fold_all", "unfold_all", "too_entangled", "zoom_in", "zoom_out", "fit")
_STRIPS = ("norm", "activation")  # what a strip at the foot of a node stands for


def draw_editor(walk: Walk, chosen: str, edits: Sequence, view: str, text: Text) -> dict:
    """The fields of the chosen layer and the buttons that there is a use for.

    Args:
        walk: how far the image gets.
        chosen: name of the chosen layer; "" for none.
        edits: the changes so far.
        view: which picture is shown.
        text: sentences of the page's language.
    """
    spec = walk.specs.get(chosen)
    fields = list_fields(spec) if spec is not None else []
    changed = {edit.setting for edit in edits if edit.layer == chosen}
    return {
        "layer": chosen,
        "view": view,
        "kind": spec.kind if spec is not None else "",
        "fields": [
            {"name": name, "label": text(f"shapes.setting_{name}"), "value": value, "changed": name in changed}
            for name, value in fields
        ],
        "note": _editor_note(walk, chosen, bool(fields), text),
        "undo": bool(edits),
        "mend": walk.broken is not None and walk.broken.mended is not None,
        "words": {word: text(f"shapes.{word}") for word in _EDITOR_WORDS},
    }


def _editor_note(walk: Walk, chosen: str, has_fields: bool, text: Text) -> str:
    if not chosen:
        return text("shapes.choose_row")
    return "" if has_fields else text("shapes.nothing_to_change")


def draw_graph(graph: Graph, network: str, text: Text) -> dict:
    """The graph as graph.js takes it.

    Args:
        graph: nodes, groups and first folds.
        network: which network it is of: another one is folded again.
        text: sentences of the page's language.
    """
    inside = {node.number: node for node in graph.nodes}
    groups = {}
    for path, numbers in graph.groups.items():
        nodes = [inside[number] for number in numbers]
        inner = {node.groups[node.groups.index(path) + 1] for node in nodes if node.groups[-1] != path}
        num_layers = sum(len(node.layers) for node in nodes)
        key, count = ("blocks", len(inner)) if len(inner) > 1 else ("step_layers", num_layers)
        words = text(f"shapes.{key}", count=count)
        groups[path] = {"words": words, "colour": _group_colour(nodes)}
    return {
        "network": network,
        "nodes": [_draw_node(node, text) for node in graph.nodes],
        "groups": groups,
        "folded": list(graph.folded),
        "label": text("shapes.graph_label", count=len(graph.nodes)),
        "legend": [
            *((ROLES[role], text(f"shapes.strip_{role}")) for role in _STRIPS),
            (ROLES["residual"], text("shapes.legend_skip")),
            ("#9aa5b1", text("shapes.legend_width")),
        ],
        "words": {word: text(f"shapes.{word}") for word in _GRAPH_WORDS},
        "joiner": join_words(["", ""], text),
    }


def _group_colour(nodes: Sequence[Node]) -> str:
    if any(node.broken for node in nodes):
        return PROBLEM
    return ROLES["residual" if any(node.role == "add" for node in nodes) else "conv"]


def _draw_node(node: Node, text: Text) -> dict:
    broken = node.broken
    names = [broken.name] if broken else [layer.name for layer in node.layers]
    label = name_node(node, text)
    return {
        "id": node.number,
        "inputs": list(node.inputs),
        "groups": list(node.groups),
        "layers": names,
        "label": label,
        "strips": [ROLES[role] for layer in node.layers[1:] if (role := find_role(layer)) in _STRIPS],
        "shape": write_shape(node.shape) if node.shape else "",
        "channels": order_axes(node.layers[-1])[0 if len(node.shape) == 3 else -1] if node.layers else 1,
        "colour": PROBLEM if broken else ROLES[node.role],
        "broken": broken is not None,
        "hover": ", ".join(names) or label,
    }


def name_node(node: Node, text: Text) -> str:
    """A few words: "3×3 conv, 64", "3×3 pool /2", "linear, 10", "+"."""
    if node.broken is not None:
        return f"⚠ {node.broken.kind}"
    if node.number == IMAGE:
        return text("shapes.image")
    layer = node.layers[0]
    settings, role = layer.settings, find_role(layer)
    stride = f" /{settings.stride[0]}" if settings.stride and max(settings.stride) > 1 else ""
    if layer.kind == "add":
        return "+"
    if role == "conv" and settings.kernel_size:
        kernel = write_shape(settings.kernel_size)
        return text("shapes.node_conv", kernel=kernel, channels=settings.out_channels) + stride
    if role == "pool" and settings.kernel_size:
        return text("shapes.node_pool", kernel=write_shape(settings.kernel_size)) + stride
    if is_global_average(layer):
        return text("shapes.short_global_pool")
    if role == "linear":
        return text("shapes.node_linear", features=settings.out_features)
    return text("shapes.short_flatten") if layer.kind in ("flatten", "Flatten") else layer.kind


def draw_field_map(
    image: torch.Tensor, side: int, layer: Layer, box: tuple[int, int, int, int] | None, text: Text
) -> dict:
    """The image with what one unit sees of it.

    Args:
        image: (H, H) grey values.
        side: pixels a side at which the network takes it; at most SHOWN_SIDE of them are drawn.
        layer: the layer.
        box: as from `find_field`, in pixels of the network's input.
        text: the sentences.
    """
    shown = min(side, SHOWN_SIDE)
    scale = shown / side
    if shown != len(image):
        image = F.interpolate(image[None, None], (shown, shown), mode="bilinear")[0, 0]
    top, left, bottom, right = box or (0, 0, *layer.receptive_field.size)
    size = write_shape((bottom - top, right - left))  # of this unit: others may see more
    key = "field_global" if box == (0, 0, side, side) else "field_caption"
    caption = text(f"shapes.{key}", size=size)
    boxes = [(*(scale * edge for edge in box), "kernel")] if box else []
    picture = Map(image, text("shapes.field_title"), caption, "grey", boxes=boxes, numbers=False)
    return draw_maps([picture], columns=1, max_height=172, label=f"{text('shapes.field_title')}: {caption}")


def draw_feature_maps(layer: Layer, features: Features, chosen: int, unit: tuple[int, int], text: Text) -> dict:
    """The feature maps, on one scale, with the chosen unit marked; a vector as one map, read row by row."""
    values = features.maps
    limit = float(values.abs().max()) or 1.0
    if values.ndim == 1:
        rows = -(-len(values) // 16) if len(values) > 16 else 1
        padded = torch.full((rows * min(16, len(values)),), float("nan"))
        padded[: len(values)] = values
        maps = [Map(padded.reshape(rows, -1), limit=limit, numbers=None if rows == 1 else False)]
        return draw_maps(maps, max_height=250, label=text("shapes.maps_label", layer=layer.name))
    mark = (*map(float, unit), unit[0] + 1.0, unit[1] + 1.0, "kernel")
    maps = [
        Map(each, limit=limit, numbers=False, boxes=[mark] if number == chosen else ())
        for number, each in enumerate(values[: _count_shown(layer)])
    ]
    columns = next((count for most, count in ((6, 3), (18, 6)) if len(maps) <= most), 7)
    return draw_maps(maps, columns, max_height=236, label=text("shapes.maps_label", layer=layer.name))


def _count_shown(layer: Layer) -> int:
    """Maps that there is room for, so that their pixels can still be seen, and that the page gets in one moment."""
    channels, *sides = order_axes(layer)
    return min(channels, 18 if max(sides) > 20 else 28, max(1, MOST_CELLS // prod(sides)))


def draw_kernels(kernels: torch.Tensor | None, chosen: int, text: Text) -> dict | None:
    """The kernels of the chosen map, one for each map that it reads, on one scale; None where there are none."""
    if kernels is None:
        return None
    own = kernels[min(chosen, len(kernels) - 1)]
    limit = float(kernels.abs().max()) or 1.0
    maps = [Map(each, limit=limit, numbers=False) for each in own[:MAX_KERNELS]]
    columns = 1 if len(maps) == 1 else 4
    return draw_maps(maps, columns, cell=24, max_height=190, label=text("shapes.kernels_label"))


def draw_layer_words(layer: Layer, features: Features | None, chosen: int, about: str, text: Text) -> tuple[str, str]:
    """The lines above the maps and above the kernels.

    Args:
        layer: the layer.
        features: its maps, or None.
        chosen: number of the chosen map.
        about: why there are no maps, or what is to be said of the image that they are of.
        text: sentences of the page's language.
    """
    name = f"<b>{escape(layer.name)}</b> ({escape(layer.kind)})"
    shape = order_axes(layer)
    if features is None:
        return (
            f'<p class="maps-line">{name}: {write_shape(layer.output_shape)}. {escape(about)}{_note(layer, text)}</p>',
            "",
        )
    if len(shape) == 1:
        words = text("shapes.vector_line", name=name, count=shape[0])
    else:
        shown = _count_shown(layer)
        key = "maps_line" if shape[0] <= shown else "maps_line_some"
        words = text(
            f"shapes.{key}", name=name, count=shape[0], side=write_shape(shape[1:]), shown=shown, chosen=chosen
        )
    words = join_sentences([words, escape(about)], text) + _note(layer, text)
    kernels = features.kernels
    if kernels is None:
        return f'<p class="maps-line">{words}</p>', ""
    key = "kernels_line" if kernels.shape[1] <= MAX_KERNELS else "kernels_line_some"
    own = text(
        f"shapes.{key}", chosen=chosen, count=kernels.shape[1], side=write_shape(kernels.shape[2:]), shown=MAX_KERNELS
    )
    return f'<p class="maps-line">{words}</p>', f'<p class="maps-line">{own}</p>'


def _note(layer: Layer, text: Text) -> str:
    """Why the layer's field is what it is, where there is more to say than its size."""
    return f" {escape(text(layer.field_note))}" if layer.field_note else ""


def draw_code(walk: Walk, text: Text) -> str:
    """The PyTorch code with a button that copies it, or why there is none."""
    try:
        code = walk.write_code()
    except InputError as error:
        return f'<p class="claim">{escape(error.sentence(text.language))}</p>'
    about = f'type="button" class="text-button" data-copied="{escape(text("app.copied"))}"'
    return (
        f'<div class="code"><button {about}>{escape(text("shapes.copy_code"))}</button><pre>{escape(code)}</pre></div>'
    )
