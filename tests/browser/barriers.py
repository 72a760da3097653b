"""What bars the way for a screen reader, and for who sees colours badly: axe-core looks at the tab that is shown."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

CONTRAST = "color-contrast"  # the costliest rule; it depends on the scheme and not on the language
ONLY_CONTRAST = {"runOnly": [CONTRAST]}
ALL_BUT_CONTRAST = {"rules": {CONTRAST: {"enabled": False}}}

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


def find_barriers(page, rules: dict) -> list[str]:
    """Each element that breaks a rule, and each canvas without a name.

    Args:
        page: the page, with an opened tab.
        rules: options of axe-core that choose the rules; {} for all of them.
    """
    page.locator(".look-for:visible").first.wait_for()
    page.wait_for_function(DRAWN)
    broken = [f"canvas without a name: {each}" for each in page.evaluate(UNNAMED)]
    for rule in Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]:
        broken += [f"{rule['id']}: {node['html'][:200]}" for node in rule["nodes"]]
    return broken
