"""The scripts of the page: in one file, under an address that changes with its content, so that browsers keep it.

They are ES modules as they lie here; `bundle.py` puts them behind one another when the app starts. interface.js imports those of
the wings, as interface.py does; it stands in the page's HTML before Gradio's own module, and browsers run modules in that
order, so that everything is there when Gradio mounts the first component. What Python may call is `window.cnnExplorer`, which
interface.js fills.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from explorer.page.bundle import join_modules

PACKAGE = Path(__file__).parents[1]
_ENTRY = "interface.js"
_FALLBACK = PACKAGE / "page" / "fallback.js"
FALLBACK = _FALLBACK.read_text(encoding="utf-8")  # part of the page itself, because the other scripts may not arrive
_LATER = "vendor/"  # libraries that are loaded when something needs them

# Name below this package, such as "shapes/graph.js" -> the script.
SCRIPTS: Mapping[str, str] = MappingProxyType({
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.js")) if path != _FALLBACK
})  # fmt: skip
_SENT = {
    _ENTRY: join_modules(SCRIPTS, _ENTRY).encode(),
    **{name: text.encode() for name, text in SCRIPTS.items() if name.startswith(_LATER)},
}
_VERSION = hashlib.sha256(b"\0".join([*map(str.encode, _SENT), *_SENT.values()])).hexdigest()[:12]
_BASE = f"scripts/{_VERSION}/"  # relative addresses stay below it
# Path below the root of the app -> what is sent from there; there is nothing else to read.
ADDRESSES: Mapping[str, bytes] = MappingProxyType({f"/{_BASE}{name}": body for name, body in _SENT.items()})


def mount(name: str) -> str:
    """The `js_on_load` by which a component hands itself to the `mount` of a script.

    >>> mount("shapes/rows.js")
    'cnnExplorer.mount("shapes/rows.js", element, props, watch, trigger)'
    """
    if name not in SCRIPTS:
        raise ValueError(f"script must be one of {', '.join(SCRIPTS)}, got {name}")
    return f"cnnExplorer.mount({json.dumps(name)}, element, props, watch, trigger)"


def draw_script_link() -> str:
    """What loads the scripts, for the head of a page."""
    return f'<script type="module" src="./{_BASE}{_ENTRY}" onerror="cnnExplorerScripts.failed(\'page\')"></script>'
