"""The figures of the shapes tab that people take away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from explorer.models.networks import find_network
from explorer.models.trace import Layer
from explorer.page.canvas import Map
from explorer.page.samples import check_sample
from explorer.page.style import INK, MUTED, ROLES, lighten
from explorer.prints.pictures import draw_map_rows, fit_size, list_cells
from explorer.prints.records import Print, Row
from explorer.prints.words import name_cells, name_pairs
from explorer.shapes.edit import OWN
from explorer.shapes.figures import draw_flow
from explorer.shapes.graph import IMAGE, Graph, Node, gather_graph
from explorer.shapes.maths import Stage, Step, order_axes, write_bytes, write_csv, write_shape
from explorer.shapes.panels import PROBLEM, name_node
from explorer.shapes.sentences import describe, describe_problem, say_notes
from explorer.shapes.session import Found, find, find_features, read_network, read_or_reset, read_setup
from explorer.text import Text, join_sentences, text_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

MOST_ROWS = 48  # of a printed table; a longer one is printed block by block, or stage by stage, and is whole in the CSV
_MOST_MAPS = 32
_WIDTH = 9.0  # inches
_ROW = 0.21  # inches, of a table
_COLUMN = 12  # items of a graph, one below the other
_ITEM = (1.75, 0.62)  # inches from one item of a graph to the next


def gather_prints(*, state, model, own, size, channels, stem, sample, language: str, **_others) -> list[Print]:
    """The figures for what is set, from the network that the session remembers.

    Args:
        state: what the reader did, as the page sends it back.
        model, own, size, channels, stem: the network and the image, as `Setup` has them.
        sample: number of the image whose feature maps are shown.
        language: of the words.

    Raises:
        InputError: the network cannot be read.
    """
    text = text_in(language)
    setup = read_setup(read_network(model, own), size, channels, stem)
    chosen = read_or_reset(state, [])
    found = find(setup, chosen.edits)
    walk = found.walk
    problem = describe_problem(found, text)
    setting, title = say_setting(found, text), _name_model(found, text)
    said = problem if walk.broken else join_sentences([say_notes(found, text), describe(found, text)], text)
    rows = partial(_list_layers, found)
    flow = re.search(r"<svg.*?</svg>", draw_flow(walk.trace, found.stages, text, walk.broken), re.DOTALL)
    picture = ElementTree.fromstring(flow[0] if flow else "<svg/>")
    width, height = _box_of(picture)
    graph = gather_graph(walk)
    shown = _Shown(graph, text)
    prints = [
        Print(
            "slabs", text("prints.slabs_title", model=title), partial(_draw_flow, picture=picture, stages=found.stages, text=text), rows,
            setting, said, (_WIDTH, _WIDTH * height / width + 0.8),
        ),
        Print("graph", text("prints.graph_title", model=title), partial(_draw_graph, shown=shown), rows, setting, said, shown.size),
        _print_table(found, setting, said, rows, text),
    ]  # fmt: skip
    return [*prints, *_print_maps(found, chosen, sample, text)]


def say_setting(found: Found, text: Text) -> str:
    """The network, its image and what was changed."""
    setup = found.setup
    pairs: list[tuple[str, object]] = [
        (text("terms.model"), _name_model(found, text)),
        (text("shapes.image"), write_shape(setup.shape)),
    ]
    if setup.has_stems:
        pairs.append((text("shapes.stem"), text(f"shapes.stem_{setup.stem}")))
    pairs += [(f"{edit.layer}.{edit.setting}", edit.value) for edit in found.edits]
    return name_pairs(pairs, text)


def _name_model(found: Found, text: Text) -> str:
    model = found.setup.model
    return text("shapes.own") if model == OWN else text.title(find_network(model).title)


def _list_layers(found: Found) -> Iterator[Row]:
    """All layers, with numbers as numbers."""
    head, *lines = csv.reader(io.StringIO(write_csv(found.walk.trace)))
    yield head
    for line in lines:
        yield [int(cell) if cell.isdecimal() else cell for cell in line]


# ---- slabs ----------------------------------------------------------------------------------------------------------


def _box_of(picture: ElementTree.Element) -> tuple[float, float]:
    _, _, width, height = map(float, picture.get("viewBox", "0 0 1 1").split())
    return width, height


def _draw_flow(figure: FigureBase, picture: ElementTree.Element, stages: Sequence[Stage], text: Text) -> None:
    """The slabs of the page, shape by shape."""
    from matplotlib.patches import Patch

    axes = figure.subplots()
    width, height = _box_of(picture)
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_axis_off()
    points = 72 * _WIDTH / width  # of a px
    for element in picture.iter():
        _draw_shape(axes, element, points)
    roles = dict.fromkeys(step.role for stage in stages for step in stage.steps)
    handles = [Patch(color=ROLES[role], label=text(f"shapes.role_{role}")) for role in roles]
    figure.legend(handles=handles, loc="outside lower left", ncols=min(len(handles), 4), handlelength=1)


def _draw_shape(axes: Axes, element: ElementTree.Element, points: float) -> None:
    """A rectangle, a path or words of an SVG picture as figures.py makes it."""
    from matplotlib.patches import PathPatch, Rectangle

    kind, name, colour = element.tag, element.get("class", ""), element.get("fill")
    if kind == "text":
        style = {"color": MUTED if name in ("muted", "row-name") else INK, "fontsize": 13 * points}
        place = float(element.get("x", 0)), float(element.get("y", 0))
        axes.text(*place, element.text or "", ha="left" if name == "row-name" else "center", **style)
    elif kind == "rect":
        x, y, width, height = (float(element.get(each, 0)) for each in ("x", "y", "width", "height"))
        broken = {"fill": False, "edgecolor": PROBLEM, "linestyle": "--"}
        paint = {"facecolor": "#dfe3e8" if name == "track" else colour, "linewidth": 0}
        axes.add_patch(Rectangle((x, y), width, height, **(paint if colour or name else broken)))
    elif kind == "g" and name == "slab":
        for path in element:
            light = {"light": 0.5, "lighter": 0.28}.get(path.get("class", ""), 0.0)
            shade = lighten(colour or INK, light)
            axes.add_patch(PathPatch(read_path(path.get("d", "")), facecolor=shade, edgecolor="white", linewidth=0.4))
    elif kind == "path" and name.startswith("shortcut"):
        line = {"fill": False, "edgecolor": INK, "linewidth": 0.9, "linestyle": "--" if "changes" in name else "-"}
        axes.add_patch(PathPatch(read_path(element.get("d", "")), **line))


def read_path(words: str):
    """A path of an SVG picture with the commands M, m, h, v, l, q and z."""
    from matplotlib.path import Path

    corners, codes = [], []
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmhvlqz])([^Mmhvlqz]*)", words):
        values = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if command == "z":
            corners.append(corners[0])
            codes.append(Path.CLOSEPOLY)
        elif command == "q":
            corners += [(x + values[0], y + values[1]), (x + values[2], y + values[3])]
            codes += [Path.CURVE3, Path.CURVE3]
            x, y = corners[-1]
        else:
            across, down = {"h": (values[0], 0), "v": (0, values[0])}.get(command, (values[0], values[-1]))
            x, y = (across, down) if command == "M" else (x + across, y + down)
            corners.append((x, y))
            codes.append(Path.MOVETO if command in "Mm" else Path.LINETO)
    return Path(corners, codes)


# ---- the graph ------------------------------------------------------------------------------------------------------


class _Shown:
    """The items of a graph with its groups folded as at first, in columns, in the order of the computation."""

    def __init__(self, graph: Graph, text: Text):
        home = {node.number: _stands_for(node, graph) for node in graph.nodes}
        self.items = [*dict.fromkeys(home.values())]
        self.edges = [
            *dict.fromkeys(
                (home[source], home[node.number])
                for node in graph.nodes
                for source in node.inputs
                if home[source] != home[node.number]
            )
        ]
        nodes = {node.number: node for node in graph.nodes}
        self.words, self.colours = {}, {}
        for item in self.items:
            inside = [nodes[number] for number in home if home[number] == item]
            last = inside[-1]
            label = (
                text("prints.group", name=item, count=sum(len(node.layers) for node in inside))
                if isinstance(item, str)
                else name_node(last, text)
            )
            shape = write_shape(last.shape) if last.shape else ""
            self.words[item] = f"{label}\n{shape}" if shape and last.number != IMAGE else f"{label}\n{shape}".rstrip()
            self.colours[item] = PROBLEM if last.broken else ROLES["block" if isinstance(item, str) else last.role]
        columns = -(-len(self.items) // _COLUMN)
        self.places = {item: (number // _COLUMN, number % _COLUMN) for number, item in enumerate(self.items)}
        self.size = (max(4.5, 0.9 + columns * _ITEM[0]), 0.6 + min(len(self.items), _COLUMN) * _ITEM[1])


def _stands_for(node: Node, graph: Graph) -> int | str:
    return next((path for path in node.groups if path in graph.folded), node.number)


def _draw_graph(figure: FigureBase, shown: _Shown) -> None:
    axes = figure.subplots()
    columns = 1 + max(column for column, _ in shown.places.values())
    axes.set(xlim=(-0.55, columns - 0.3), ylim=(min(len(shown.items), _COLUMN) - 0.4, -0.6))
    axes.set_axis_off()
    order = {item: number for number, item in enumerate(shown.items)}
    for source, target in shown.edges:
        (column, row), (to, below) = shown.places[source], shown.places[target]
        skips = order[target] - order[source] > 1
        line = {
            "arrowstyle": "-|>",
            "color": ROLES["residual"] if skips else MUTED,
            "linewidth": 1.1,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        if column == to and skips:  # around what it skips
            start, end = (column + 0.32, row), (to + 0.32, below)
            bow = min(0.5, 0.16 + 0.1 * (below - row)) * _ITEM[0] / ((below - row) * _ITEM[1])
            line |= {"connectionstyle": f"arc3,rad={-bow:.3f}", "linestyle": "--"}
        elif column == to:
            start, end = (column, row + 0.33), (to, below - 0.35)
        else:  # over into the next column
            start, end = (column + 0.34, row), (to - 0.36, below)
            line |= {"connectionstyle": "arc3,rad=0.0", "linestyle": "--" if skips else "-"}
        axes.annotate("", end, start, arrowprops=line)
    for item in shown.items:
        box = {
            "boxstyle": "round,pad=0.3",
            "facecolor": lighten(shown.colours[item], 0.8),
            "edgecolor": shown.colours[item],
        }
        axes.text(*shown.places[item], shown.words[item], ha="center", va="center", fontsize=7.5, bbox=box)


# ---- the table ------------------------------------------------------------------------------------------------------


def _print_table(found: Found, setting: str, said: str, rows, text: Text) -> Print:
    trace = found.walk.trace
    lines = [(layer.name, layer.kind, layer.output_shape, layer) for layer in trace.layers]
    if len(lines) > MOST_ROWS:
        steps = [step for stage in found.stages for step in stage.steps]
        parts: Sequence[Step | Stage] = steps if len(steps) <= MOST_ROWS else found.stages
        lines = [(part.name, text("shapes.step_layers", count=_count(part)), part.output_shape, part) for part in parts]
    cells = [
        [
            name,
            kind,
            write_shape(shape),
            f"{part.num_params:,}",
            f"{part.mult_adds:,}",
            write_bytes(part.activation_bytes),
        ]
        for name, kind, shape, part in lines[:MOST_ROWS]
    ]
    memory = sum(layer.activation_bytes for layer in trace.layers)
    total = text("shapes.total" if found.walk.broken is None else "shapes.total_so_far")
    cells.append([total, "", "", f"{trace.num_params:,}", f"{trace.mult_adds:,}", write_bytes(memory)])
    heads = [text(f"shapes.column_{name}") for name in ("name", "kind", "output", "params", "mult_adds", "memory")]
    size = (8.0, _ROW * (len(cells) + 2) + 0.3)
    draw = partial(_draw_table, heads=heads, cells=cells)
    return Print("table", text("prints.table_title", model=_name_model(found, text)), draw, rows, setting, said, size)


def _count(part: Step | Stage) -> int:
    return sum(len(step.layers) for step in part.steps) if isinstance(part, Stage) else len(part.layers)


def _draw_table(figure: FigureBase, heads: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    axes = figure.subplots()
    axes.set(xlim=(0, 1), ylim=(len(cells) + 0.6, -0.6))
    axes.set_axis_off()
    places = [(0.0, "left"), (0.3, "left"), (0.47, "left"), (0.7, "right"), (0.87, "right"), (1.0, "right")]
    for line, words in enumerate([heads, *cells]):
        is_sum = line in (0, len(cells))
        for (place, side), word in zip(places, words, strict=True):
            axes.text(
                place, line, word, ha=side, va="center", fontsize=8, color=INK if is_sum or place == 0 else "#3c4650"
            )
        if is_sum:
            axes.axhline(line + (0.5 if line == 0 else -0.5), color=MUTED, linewidth=0.8)


# ---- feature maps -----------------------------------------------------------------------------------------------------


def _print_maps(found: Found, chosen, sample, text: Text) -> list[Print]:
    """The maps of the chosen layer, where there are trained weights for them."""
    layer = next((each for each in found.walk.trace.layers if each.name == chosen.layer), None)
    if layer is None or found.setup.why_no_maps(bool(chosen.edits)):
        return []
    features = find_features(found.setup.model, found.walk.trace, check_sample(sample), layer.name)
    if features is None:
        return []
    return [_print_features(features.maps, layer, sample, text)]


def _print_features(values, layer: Layer, sample: int, text: Text) -> Print:
    count = order_axes(layer)[0]
    limit = float(values.abs().max()) or 1.0
    maps = [
        Map(each, str(number), scale="signed", limit=limit, numbers=False)
        for number, each in enumerate(values[:_MOST_MAPS])
    ]
    title = text("prints.features_title", layer=layer.name)
    setting = name_pairs([(text("terms.sample"), sample), (text("terms.layer"), f"{layer.name} ({layer.kind})")], text)
    said = text("prints.features", shown=len(maps), count=count)
    rows = partial(list_cells, [Map(each, str(number)) for number, each in enumerate(values)], name_cells(text))
    return Print("features", title, partial(draw_map_rows, maps=maps), rows, setting, said, fit_size(maps))
