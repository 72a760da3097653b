"""The scripts of the page in one file: thirty requests of each visitor become one.

No general bundler: it knows the imports and exports that the scripts here are written with, one a line or in braces over several,
at the top and in front of a declaration, and refuses all others. Each module becomes a function that is called once, after
those that it imports; what it exports is what that function returns.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import (?:\{([^}]+)\}|\* as (\w+)) from "(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport\(.*", re.MULTILINE)
_OWN_ADDRESS = "import.meta.url"


def join_modules(texts: Mapping[str, str], entry: str) -> str:
    """One module that does what the entry and all that it imports do.

    Args:
        texts: name, which is the path below a common folder, -> the module.
        entry: name of the one that nobody imports. The result stands at its address.

    Raises:
        ValueError: an import or export is of another kind, has no script, or goes round in a circle.
    """
    order: list[str] = []
    _add(entry, texts, order, ())
    return "\n".join(_wrap(name, texts[name]) for name in order)


def _add(name: str, texts: Mapping[str, str], order: list[str], on_the_way: tuple[str, ...]) -> None:
    """Put a module behind all that it imports."""
    if name in on_the_way:
        raise ValueError(f"scripts must not import in a circle, got {' -> '.join([*on_the_way, name])}")
    if name not in texts:
        raise ValueError(f"{on_the_way[-1]} imports {name}, which does not exist")
    if name not in order:
        for _, _, source in _IMPORT.findall(texts[name]):
            _add(_resolve(name, source), texts, order, (*on_the_way, name))
        order.append(name)


def _resolve(name: str, source: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), source))


def _wrap(name: str, text: str) -> str:
    exported = _EXPORT.findall(text)
    body = _IMPORT.sub(lambda found: _take(_resolve(name, found[3]), found[1], found[2]), _EXPORT.sub("", text))
    other = _OTHER.search(body)
    if other is not None:
        raise ValueError(f"{name} has an import or export of another kind: {other[0]}")
    body = body.replace(_OWN_ADDRESS, f'new URL("{name}", {_OWN_ADDRESS}).href')
    return f"// {name}\nconst {_variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _take(other: str, names: str | None, alias: str | None) -> str:
    """What stands in the place of an import."""
    wanted = alias or f"{{ {re.sub(r' as ', ': ', ' '.join((names or '').split()))} }}"
    return f"const {wanted} = {_variable(other)};"


def _variable(name: str) -> str:
    return f"${re.sub(r'[^0-9A-Za-z]', '_', name)}"
