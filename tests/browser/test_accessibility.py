"""What a screen reader, and who sees colours badly, needs: axe-core looks at every tab."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from explorer.interface import WINGS
from tests.browser.test_tour import open_tab

UNNAMED = """
() => [...document.querySelectorAll("canvas")]
  .filter((canvas) => canvas.getClientRects().length > 0)
  .filter((canvas) => !canvas.closest("[role=img], [role=application], [aria-label]"))
  .map((canvas) => canvas.outerHTML + " in " + canvas.parentElement.className)
"""

# Gradio shows an empty chart until plotly is there.
DRAWN = """
() => ![...document.querySelectorAll("[aria-label='Empty value']")].some((each) => each.getClientRects().length > 0)
"""


CONTRAST = "color-contrast"  # the costliest rule; it depends on the scheme and not on the language
RULES = {
    ("/", "light"): {},
    ("/?__theme=dark", "dark"): {"runOnly": [CONTRAST]},  # all others read the same page as in the light
    ("/zh", "light"): {"rules": {CONTRAST: {"enabled": False}}},
}


@pytest.mark.parametrize(("path", "scheme"), RULES)
def test_no_tab_breaks_a_rule(visit, path, scheme):
    page, language = visit(path, scheme=scheme).page, "zh" if path == "/zh" else "en"
    assert page.evaluate("document.body.classList.contains('dark')") == (scheme == "dark")
    broken, options = [], {"resultTypes": ["violations"], **RULES[path, scheme]}
    for wing in WINGS:
        open_tab(page, wing, language)
        page.locator(".look-for:visible").first.wait_for()
        page.wait_for_function(DRAWN)
        broken += [f"{wing}: canvas without a name: {each}" for each in page.evaluate(UNNAMED)]
        for rule in Axe().run(page, options=options).response["violations"]:
            broken += [f"{wing}: {rule['id']}: {node['html'][:200]}" for node in rule["nodes"]]
    assert not broken, "\n".join(broken)
