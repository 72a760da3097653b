"""The scripts of the graph alone, with the library that it is shipped with: what is seen, where it stands, where columns begin."""

from __future__ import annotations

import json

import pytest

from explorer.page.scripts import SCRIPTS
from explorer.shapes.edit import open_network
from explorer.shapes.graph import gather_graph
from explorer.shapes.panels import draw_graph
from explorer.text import text_in

ADDRESS = "http://scripts.test/"
LOAD = """async () => {
  const names = ["graph_drawing", "graph_folds", "graph_layout"];
  const modules = await Promise.all(names.map((name) => import(`/shapes/${name}.js`)));
  window.graph = Object.assign({}, ...modules);
}"""


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    page.route(f"{ADDRESS}**", serve)
    page.goto(ADDRESS)
    page.add_script_tag(url="vendor/dagre.min.js")
    page.evaluate(LOAD)
    yield page
    page.close()


def serve(route) -> None:
    name = route.request.url.removeprefix(ADDRESS)
    if name in SCRIPTS:
        route.fulfill(body=SCRIPTS[name], content_type="text/javascript")
    else:
        route.fulfill(body="<svg></svg>", content_type="text/html")


def payload(name: str, most: int = 10_000, shape=(1, 28, 28)) -> dict:
    walk = open_network(name).walk(shape)
    return draw_graph(gather_graph(walk, most), name, text_in("en"))


# Draws a network into the page and tells where everything is.
DRAW = """([payload, folded, room]) => {
  const unfolded = new Set(Object.keys(payload.groups).filter((path) => !folded.includes(path)));
  const drawn = graph.drawNetwork(dagre, payload, unfolded, room);
  const svg = document.querySelector("svg");
  svg.replaceChildren(drawn.picture);
  const box = (element) => { const { x, y, width, height } = element.getBBox(); return [x, y, x + width, y + height]; };
  const of = (selector) => [...svg.querySelectorAll(selector)].map(box);
  return {
    width: drawn.width, height: drawn.height, columns: drawn.columns,
    nodes: of(".node .paper"), all: of(":is(rect, text, path)"),
    labels: [...svg.querySelectorAll(".edge-shape")].map((label) => label.textContent),
    lines: svg.querySelectorAll(".edge .line").length, frames: of(".frame rect"), titles: of(".frame text"),
  };
}"""


@pytest.mark.parametrize("name", ["mlp", "lenet5", "resnet18", "resnet50", "resnet152", "plain34", "resnet20"])
def test_nodes_never_overlap_and_nothing_leaves_the_picture(page, name):
    network = payload(name)
    drawn = page.evaluate(DRAW, [network, [], {"width": 900, "height": 450}])
    assert len(drawn["nodes"]) == len(network["nodes"])
    assert drawn["lines"] == sum(len(node["inputs"]) for node in network["nodes"])
    for number, (left, top, right, bottom) in enumerate(drawn["nodes"]):
        for other in drawn["nodes"][:number]:
            assert left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]
        for title in drawn["titles"]:
            assert left >= title[2] or right <= title[0] or top >= title[3] or bottom <= title[1]
    for left, top, right, bottom in drawn["all"]:
        assert left >= -1 and top >= -1 and right <= drawn["width"] + 40 and bottom <= drawn["height"] + 1
    assert {node["shape"] for node in network["nodes"][:-1]} == set(drawn["labels"])


def test_folding_hides_what_is_inside_and_keeps_the_ways_around_it(page):
    network = payload("resnet18")
    seen = page.evaluate(
        "([nodes, unfolded]) => graph.gatherVisible(nodes, new Set(unfolded))",
        [network["nodes"], ["layer1", "layer1.0", "layer2.0"]],
    )
    names = [item["id"] for item in seen["items"]]
    assert "g:layer2" in names and "g:layer1.1" in names and "g:layer1.0" not in names
    assert not any(name == "g:layer2.0" for name in names)  # inside of what is folded
    edges = {(edge["from"], edge["to"]) for edge in seen["edges"]}
    assert ("g:layer1.1", "g:layer2") in edges and ("g:layer2", "g:layer3") in edges
    stem, add = "n:0", next(f"n:{node['id']}" for node in network["nodes"] if node["layers"][:1] == ["layer1.0.add"])
    assert {target for source, target in edges if source == stem} > {add}  # the skip edge


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("resnet152", []),
        ("torchvision/googlenet", []),
        ("torchvision/efficientnet_v2_l", []),
        ("torchvision/densenet121", ["features.denseblock3", "features.denseblock4"]),
    ],
)
def test_what_could_not_be_placed_while_the_reader_waits_stays_folded(page, name, kept):
    network = payload(name, shape=(3, 224, 224) if "/" in name else (1, 28, 28))
    fits = "([nodes, groups]) => [...graph.foldToFit(nodes, new Set(groups))]"
    assert (
        sorted(set(network["groups"]) - set(page.evaluate(fits, [network["nodes"], list(network["groups"])]))) == kept
    )
    alone = ["features", *kept[1:]]  # one of them fits
    assert page.evaluate(fits, [network["nodes"], alone]) == alone
    assert page.evaluate(fits, [network["nodes"], []]) == []


def test_a_network_is_cut_only_where_one_result_runs_on(page):
    # a feeds b and c, which meet in d; e follows. Between b, c and d two results run side by side.
    drawn = page.evaluate(
        """() => {
          const items = ["a", "b", "c", "d", "e"].map((id) => ({ id, width: 40, height: 20, nodes: [{ groups: [] }] }));
          const edges = ["ab", "ac", "bd", "cd", "de"].map(([from, to]) => ({ from, to, shape: "1", channels: 1 }));
          const view = graph.place(dagre, { items, edges });
          return graph.cutIntoParts(view).map((part) => part.items.map((item) => item.id).sort().join(""));
        }"""
    )
    assert drawn == ["a", "bcd", "e"]
    # b reads only a; d reads a and b: a's result runs past b, so there is no cut between them and d.
    drawn = page.evaluate(
        """() => {
          const items = ["a", "b", "d"].map((id) => ({ id, width: 40, height: 20, nodes: [{ groups: [] }] }));
          const edges = ["ab", "ad", "bd"].map(([from, to]) => ({ from, to, shape: "1", channels: 1 }));
          const view = graph.place(dagre, { items, edges });
          return graph.cutIntoParts(view).map((part) => part.items.map((item) => item.id).join(""));
        }"""
    )
    assert drawn == ["a", "bd"]


def test_columns_fill_the_room_there_is(page):
    network = payload("plain34")
    wide = page.evaluate(DRAW, [network, [], {"width": 1200, "height": 400}])
    tall = page.evaluate(DRAW, [network, [], {"width": 300, "height": 2000}])
    assert wide["columns"] > 3 and tall["columns"] <= 2
    assert wide["width"] > wide["height"] and tall["height"] > tall["width"]


def test_a_long_name_or_a_script_in_a_name_is_only_text(page):
    nodes = [
        {"id": -1, "inputs": [], "groups": [], "layers": [], "label": "image", "strips": [], "shape": "1×2×2",
         "channels": 1, "colour": "#000000", "broken": False, "hover": "x"},
        {"id": 0, "inputs": [-1], "groups": [], "layers": ["<img src=x onerror=document.title='run'>"],
         "label": "<script>document.title='run'</script>", "strips": [], "shape": "", "channels": 1,
         "colour": "#000000", "broken": False, "hover": "<b>"},
    ]  # fmt: skip
    network = {"nodes": nodes, "groups": {}, "folded": [], "words": {"fold": "", "unfold": ""}}
    page.evaluate(DRAW, [json.loads(json.dumps(network)), [], {"width": 400, "height": 300}])
    assert page.title() != "run" and page.locator("svg script, svg img").count() == 0


def test_lines_grow_with_the_logarithm_of_the_channels(page):
    widths = [page.evaluate("(count) => graph.lineWidth(count)", count) for count in (1, 2, 64, 128, 2048)]
    assert widths == sorted(widths) and abs((widths[1] - widths[0]) - (widths[3] - widths[2])) < 1e-9
