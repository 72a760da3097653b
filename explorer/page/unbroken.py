"""Values in sentences and tables of the page: no line breaks within one."""

from __future__ import annotations

import re

_TAG_OR_VALUE = re.compile(r'(<(?:[^>"]|"[^"]*")*>)|\d[\d.,]*e[-+]\d+|\d[\d.,]*(?: × \d[\d.,]*)+')


def keep_whole(sentence: str) -> str:
    """The same HTML, in which no line breaks within a value such as 1.2e-07 or 28 × 28.

    >>> keep_whole('<b title="2 × 2 > 3">2 × 2</b>')
    '<b title="2 × 2 > 3"><span class="whole-value">2 × 2</span></b>'
    """
    return _TAG_OR_VALUE.sub(lambda found: found[1] or f'<span class="whole-value">{found[0]}</span>', sentence)
