"""A network as a graph that can be folded: nodes with their inputs, groups of nodes, and the groups folded at first.

A node is a layer together with the pointwise layers after it, as long as nothing else reads from between them: a
convolution with its normalisation and activation is one node. Groups follow from the paths of the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from explorer.models.trace import Layer, Shape
from explorer.shapes.edit import Broken, Walk
from explorer.shapes.maths import find_role

MOST_NODES = 40  # so many are shown before someone unfolds more
IMAGE = -1


@dataclass(frozen=True)
class Node:
    """One node.

    Attributes:
        number: index of its first layer in the trace; IMAGE for the image.
        layers: its layers, in order; empty for the image and for a layer that breaks.
        inputs: numbers of the nodes that it reads from.
        shape: shape that comes out; None where it breaks.
        groups: paths of the groups that it is in, the outermost first.
        broken: the layer that breaks, or None.
    """

    number: int
    layers: tuple[Layer, ...]
    inputs: tuple[int, ...]
    shape: Shape | None
    groups: tuple[str, ...]
    broken: Broken | None = None

    @property
    def role(self) -> str:
        """Colour by meaning, a key of `explorer.page.style.ROLES`."""
        return find_role(self.layers[0]) if self.layers else "input"


@dataclass(frozen=True)
class Graph:
    """The nodes in the order of the computation.

    Attributes:
        nodes: the nodes; the first is the image.
        groups: path of each group -> numbers of its nodes.
        folded: groups to show as one node at first.
    """

    nodes: tuple[Node, ...]
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)
    folded: tuple[str, ...] = ()


def gather_graph(walk: Walk, most: int = MOST_NODES) -> Graph:
    """The graph of a network, or of the part of it that an image reaches.

    Args:
        walk: how far the image gets.
        most: groups are unfolded at first, one level of paths after the other, as long as no more nodes than this are
            shown.

    >>> from explorer.shapes.edit import open_network
    >>> graph = gather_graph(open_network("resnet152").walk((1, 28, 28)))
    >>> graph.folded
    ('layer1', 'layer2', 'layer3', 'layer4')
    """
    layers, broken = walk.trace.layers, walk.broken
    bundles = _bundle(layers, broken)
    home = {index: bundle[0] for bundle in bundles for index in bundle} | {IMAGE: IMAGE}
    for index, layer in enumerate(layers):
        if layer.kind == "Identity" and index not in home:  # a shortcut that changes nothing is an edge
            home[index] = home[layer.inputs[0]]
    nodes = [Node(IMAGE, (), (), walk.trace.input_shape, ())]
    for bundle in bundles:
        inside = tuple(layers[index] for index in bundle)
        inputs = tuple(dict.fromkeys(home[source] for source in inside[0].inputs))
        nodes.append(Node(bundle[0], inside, inputs, inside[-1].output_shape, _parents(inside[0].name)))
    if broken is not None:
        inputs = tuple(dict.fromkeys(home[source] for source in broken.error.inputs))
        nodes.append(Node(len(layers), (), inputs, None, _parents(broken.name), broken))
    groups = _meaningful_groups(nodes)
    nodes = [replace(node, groups=tuple(path for path in node.groups if path in groups)) for node in nodes]
    return Graph(tuple(nodes), groups, _first_folds(nodes, groups, most))


def _bundle(layers: Sequence[Layer], broken: Broken | None) -> list[list[int]]:
    """Indices of the layers of each node."""
    readers: dict[int, int] = {}
    for sources in [*(layer.inputs for layer in layers), broken.error.inputs if broken else ()]:
        for source in sources:
            readers[source] = readers.get(source, 0) + 1
    bundles: list[list[int]] = []
    for index, layer in enumerate(layers):
        follows = bool(bundles) and layer.inputs == (bundles[-1][-1],) and readers[bundles[-1][-1]] == 1
        is_pointwise = find_role(layer) in ("norm", "activation", "other")
        same_block = bool(bundles) and _parents(layers[bundles[-1][0]].name) == _parents(layer.name)
        if follows and is_pointwise and same_block and layer.output_shape == layer.input_shape:
            bundles[-1].append(index)
        elif layer.kind != "Identity":
            bundles.append([index])
    return bundles


def _parents(name: str) -> tuple[str, ...]:
    """ "layer1.0.conv1" -> ("layer1", "layer1.0")."""
    parts = name.split(".")
    return tuple(".".join(parts[:length]) for length in range(1, len(parts)))


def _meaningful_groups(nodes: Sequence[Node]) -> dict[str, tuple[int, ...]]:
    """Groups of at least two nodes. Of groups with the same nodes, only the outermost one is kept."""
    members: dict[str, list[int]] = {}
    for node in nodes:
        for path in node.groups:
            members.setdefault(path, []).append(node.number)
    kept: dict[str, tuple[int, ...]] = {}
    for path, numbers in members.items():
        if len(numbers) > 1 and tuple(numbers) not in kept.values():
            kept[path] = tuple(numbers)
    return kept


def _first_folds(nodes: Sequence[Node], groups: dict[str, tuple[int, ...]], most: int) -> tuple[str, ...]:
    """The groups that are folded at first. Whole levels are unfolded while there is room; a break is never hidden."""
    deepest = max((len(node.groups) for node in nodes), default=0)
    level = next((depth for depth in range(deepest, 0, -1) if _count_shown(nodes, depth) <= most), 0)
    stuck = {path for node in nodes if node.broken for path in node.groups}
    folded = {node.groups[level] for node in nodes if len(node.groups) > level}
    return tuple(path for path in groups if path in folded and path not in stuck)


def _count_shown(nodes: Sequence[Node], depth: int) -> int:
    """Number of nodes and folded groups that are seen if everything below this depth of paths is folded."""
    return len({node.groups[depth] if len(node.groups) > depth else node.number for node in nodes})
