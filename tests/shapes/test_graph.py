"""The graph holds the whole network once, grouped by its paths; nothing is joined or lost."""

from __future__ import annotations

import pytest

from explorer.models.catalogue import MODELS
from explorer.shapes.edit import Edit, open_network
from explorer.shapes.graph import IMAGE, MOST_NODES, gather_graph
from explorer.shapes.panels import draw_graph
from explorer.text import LANGUAGES, text_in


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_is_in_one_node_and_every_reader_is_reached(name):
    walk = open_network(name).walk((1, 28, 28))
    graph = gather_graph(walk)
    inside = [layer.name for node in graph.nodes for layer in node.layers]
    expected = [layer.name for layer in walk.trace.layers if layer.kind != "Identity"]
    assert sorted(inside) == sorted(expected)
    numbers = {node.number for node in graph.nodes}
    assert all(set(node.inputs) <= numbers and node.number not in node.inputs for node in graph.nodes)
    assert all(node.inputs for node in graph.nodes if node.number != IMAGE)
    read = {number for node in graph.nodes for number in node.inputs}
    assert numbers - read == {graph.nodes[-1].number}  # only the last gives what nobody reads


def test_a_residual_block_keeps_its_two_ways():
    graph = gather_graph(open_network("resnet18").walk((1, 28, 28)))
    adds = [node for node in graph.nodes if node.layers and node.layers[0].kind == "add"]
    assert len(adds) == 8 and all(len(node.inputs) == 2 for node in adds)
    first, last = adds[0], next(node for node in adds if node.groups[-1] == "layer2.0")
    stem = graph.nodes[1]
    assert stem.number in first.inputs  # the identity is an edge from where the block begins
    shortcut = next(node for node in graph.nodes if node.layers and node.layers[0].name == "layer2.0.shortcut.0")
    assert shortcut.number in last.inputs
    assert [layer.kind for layer in stem.layers] == ["Conv2d", "BatchNorm2d", "ReLU"]


@pytest.mark.parametrize(
    "name, folded", [("lenet5", 0), ("resnet18", 0), ("resnet50", 16), ("resnet152", 4), ("plain34", 0)]
)
def test_as_much_is_unfolded_at_first_as_there_is_room_for(name, folded):
    graph = gather_graph(open_network(name).walk((1, 28, 28)))
    assert len(graph.folded) == folded
    shown = {next((path for path in node.groups if path in graph.folded), node.number) for node in graph.nodes}
    assert len(shown) <= MOST_NODES


def test_a_break_is_the_last_node_and_is_not_folded_away():
    walk = open_network("resnet152").walk((1, 28, 28), [Edit("layer3.20.conv2", "out_channels", 5)])
    graph = gather_graph(walk)
    last = graph.nodes[-1]
    assert last.broken.name == "layer3.20.bn2" and last.inputs and last.groups == ("layer3", "layer3.20")
    assert not set(last.groups) & set(graph.folded)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["lenet5", "resnet18", "resnet152", "plain20"])
def test_the_page_gets_words_shapes_and_groups(name, language):
    graph = gather_graph(open_network(name).walk((1, 28, 28)))
    drawn = draw_graph(graph, name, text_in(language))
    assert len(drawn["nodes"]) == len(graph.nodes) and all(node["label"] for node in drawn["nodes"])
    assert drawn["nodes"][0]["shape"] == "1×28×28" and drawn["nodes"][-1]["shape"] == "10"
    assert set(drawn["folded"]) <= drawn["groups"].keys()
    assert all(path in drawn["groups"] for node in drawn["nodes"] for path in node["groups"])
