"""The pages' HTML on its way out: the scripts and the language, also in Gradio's own words.

Gradio writes lang="en" into every page and follows the browser's language for its own words (upload, clear,
errors). Here the address decides: "/zh" is Chinese for everyone, "/" English (`text.LANGUAGES`).
"""

from __future__ import annotations

import html
import json
import re

from explorer.page.canvas import NOT_FINITE, STEPS
from explorer.page.links import LONGEST_TEXT, SEPARATORS
from explorer.page.preloads import draw_preloads
from explorer.page.scripts import FALLBACK, draw_script_link
from explorer.text import LANGUAGES, translate

# Previews for other sites' cards and the manifest of an installable app: addresses outside, or nothing here.
_OUTSIDE = re.compile(rb'<(?:meta\s+(?:property|name)="(?:og|twitter):[^>]*|link\s+rel="manifest"[^>]*)/?>\s*')

# It changes no address, for the pages lie side by side. But where it stands plotly refers to its own shapes by the address
# of the page, and once that has changed the browser asks for the whole page again at each change of a chart.
_BASE = b'<base href="./" />'


def page_language(path: str) -> str | None:
    """The language of the page at that path below the root; None if there is no page."""
    return next((each for each, about in LANGUAGES.items() if path.rstrip("/") == about.path.rstrip("/")), None)


def tell_scripts(language: str, build: str) -> dict:
    """What scripts of every wing know from Python: the build, the language, the limits and the grammar that both sides share."""
    return {
        "build": build,
        "language": LANGUAGES[language].tag,
        "title": translate(language, "app.title"),
        "longestText": LONGEST_TEXT,
        "separators": SEPARATORS,
        "noScripts": translate(language, "app.no_scripts"),
        "codes": {"steps": STEPS, "notFinite": NOT_FINITE},
    }


def localise(page: bytes, language: str, build: str) -> bytes:
    """Gradio's index.html with the scripts of the page and its language: tag, title, description and Gradio's own words.

    Args:
        page: the HTML.
        language: a key of LANGUAGES.
        build: name of what is served; the page sends it along with what it asks.
    """
    title, tag = translate(language, "app.title"), LANGUAGES[language].tag
    known = json.dumps(tell_scripts(language, build)).replace("<", "\\u003c")
    head = (
        f"<title>{html.escape(title)}</title>"
        f'<meta name="description" content="{html.escape(translate(language, "app.tagline"))}">'
        f"<script>window.cnnExplorerPage = {known};\n{FALLBACK}</script>{draw_script_link()}"
        f"{draw_preloads(page.decode())}"
    ).encode()
    page = _OUTSIDE.sub(b"", page).replace(_BASE, b"")
    page = page.replace(b'lang="en"', f'lang="{tag}"'.encode(), 1)
    # Before Gradio's module, after its config.
    return page.replace(b'<script type="module"', head + b'<script type="module"', 1)
