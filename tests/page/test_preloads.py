"""What the head of a page asks for ahead exists, and is what Gradio's own scripts would ask for."""

from __future__ import annotations

import re
from pathlib import Path

from gradio.routes import BUILD_PATH_LIB

from explorer.page.preloads import draw_preloads

TEMPLATE = (Path(BUILD_PATH_LIB).parent / "index.html").read_text()


def names_in(links: str) -> list[str]:
    return re.findall(r'<link rel="modulepreload" crossorigin href="\./assets/([^"]+)">', links)


def test_components_of_the_page_are_asked_for_and_no_others():
    some, more = (
        names_in(draw_preloads(TEMPLATE + kinds)) for kinds in ('"type":"slider"', '"type":"slider","type":"plot"')
    )
    assert set(some) < set(more) and len(set(more)) == len(more)
    assert all((Path(BUILD_PATH_LIB) / name).is_file() for name in more)
    assert any(name.startswith("Plot-") for name in set(more) - set(some))
    assert not any(
        name.startswith("PlotlyPlot") for name in more
    )  # four megabytes, which only a chart that is seen needs


def test_all_that_is_imported_comes_along():
    for name in (names := names_in(draw_preloads(TEMPLATE + '"type":"html"'))):
        text = (Path(BUILD_PATH_LIB) / name).read_text()
        assert set(re.findall(r'^import.*?from"\./([\w.-]+)"', text, re.MULTILINE)) <= set(names)


def test_the_script_of_the_tree_of_components_is_handed_over():
    """Before Gradio's own module, which stands behind these links; tree.js looks for a class with these three functions."""
    (name,) = re.findall(
        r'<script type="module">import \* as tree from "\./assets/([^"]+)"; window\.cnnExplorer\?\.spareTree\(tree\);</script>',
        draw_preloads(TEMPLATE + '"type":"html"'),
    )
    text = (Path(BUILD_PATH_LIB) / name).read_text()
    assert all(f"{each}(" in text for each in ("postprocess", "reload", "async get_state"))


def test_a_page_in_which_nothing_is_found_is_left_alone():
    assert draw_preloads("<html></html>") == ""
    assert draw_preloads('<script type="module" crossorigin src="./assets/gone-12345678.js"></script>') == ""
