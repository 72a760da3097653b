"""What a reader pasted, as far as it can be told without reading it closely: what it is, and what is only around it.

People paste out of notebooks, chats, documents and consoles. What these put around a text is taken away (prompts, fences,
numbers of lines, spaces of other kinds); every line stays in its place, so that a sentence can name it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from itertools import pairwise

from explorer.errors import InputError

MAX_TEXT = 40_000  # characters


class Form(Enum):
    """How a network can be written."""

    LAYERS = "layers"  # nn.Sequential(...), or only its layers
    CLASS = "class"  # a class with __init__ and forward, and what belongs to it
    PRINTOUT = "printout"  # what print(model) shows


_SPACES = dict.fromkeys(map(ord, "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))), " ")
_PROMPT = re.compile(r"^(?:>>> ?|In ?\[\d*\]: ?|Out\[\d*\]: ?| *\.{3,}: ?)")
_CONTINUED = re.compile(r"^\.\.\.(?: |$)")  # the prompt of a further line in Python's console
_NUMBERED = re.compile(r"^\s*(\d+)[.:|]?(?:[ \t](.*))?$")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})\s*\w*\s*$")
_HIDDEN = re.compile(
    r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\#[^\n]*", re.DOTALL
)  # strings and comments


def clean(text: object) -> str:
    """The text without what notebooks, consoles and documents put around it; every line keeps its number.

    Raises:
        InputError: it is not a text, is empty, or is longer than MAX_TEXT.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("shapes.list_empty")
    if len(text) > MAX_TEXT:
        raise InputError("shapes.list_too_long", length=f"{len(text):,}", maximum=f"{MAX_TEXT:,}")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").translate(_SPACES)
    lines = ["" if _FENCE.match(line) else line for line in text.split("\n")]
    return "\n".join(_drop_prompts(_drop_numbers(lines))).rstrip()


def _drop_numbers(lines: list[str]) -> list[str]:
    """The lines without their numbers, if all have one and it grows by one."""
    found = [_NUMBERED.match(line) for line in lines if line.strip()]
    numbers = [int(each[1][:6]) for each in found if each is not None]
    if len(numbers) < 3 or len(numbers) < len(found):
        return lines
    if any(after - before not in (1, 2, 3) for before, after in pairwise(numbers)):
        return lines
    return [each[2] or "" if (each := _NUMBERED.match(line)) else line for line in lines]


def _drop_prompts(lines: list[str]) -> list[str]:
    """The lines without prompts; three dots are one only in a text that has others."""
    if not any(_PROMPT.match(line) for line in lines):
        return lines
    return [_CONTINUED.sub("", _PROMPT.sub("", line)) for line in lines]


def hide_strings(text: str) -> str:
    """The text with strings and comments emptied, every line in its place.

    >>> hide_strings("x = 'a; b'  # c")
    "x = ''  "
    """

    def empty(found: re.Match) -> str:
        whole = found[0]
        if whole.startswith("#"):
            return ""
        mark = whole[:3] if whole.startswith(('"""', "'''")) else whole[0]
        return mark + "\n" * whole.count("\n") + mark

    return _HIDDEN.sub(empty, text)


# ---- what it is -------------------------------------------------------------------------------------------------

_PRINTED = re.compile(r"^\s*\([\w.-]+\): ", re.MULTILINE)
_DEFINED = re.compile(r"^\s*(?:class|def)\s+\w+", re.MULTILINE)
_TORCH = re.compile(r"\b(?:torch|nn)\b")
_KERAS = re.compile(
    r"\b(?:keras|tensorflow|tf|tfl)\s*\.|\bimport\s+(?:keras|tensorflow)|\bfrom\s+(?:keras|tensorflow)|"
    r"\b(?:Conv2D|MaxPooling2D|MaxPool2D|AveragePooling2D|GlobalAveragePooling2D|BatchNormalization|Dense)\s*\("
)
# Tables and files, each with the sentence that says what can be pasted in their place.
_OTHERS = (
    ("shapes.list_is_torchinfo", re.compile(r"[├└]─|Layer \(type:depth-idx\)")),
    ("shapes.list_is_keras_table", re.compile(r"^Model: \"|^Model: '|\(None, \d", re.MULTILINE)),
    ("shapes.list_is_torchsummary", re.compile(r"Layer \(type\)\s+Output Shape")),
    ("shapes.list_is_weights", re.compile(r"OrderedDict\(\[\('[\w.]+', tensor\(|^tensor\(", re.MULTILINE)),
)


def find_form(text: str) -> Form:
    """How the network is written.

    Args:
        text: as from `clean`.

    Raises:
        InputError: it is a table or code of another library, and no network can be read from it; the sentence says
            what to paste in its place.
    """
    for key, pattern in _OTHERS:
        if pattern.search(text):
            raise InputError(key)
    code = hide_strings(text)
    if _KERAS.search(code) and not _TORCH.search(code):
        raise InputError("shapes.list_is_keras")
    if _DEFINED.search(code):
        return Form.CLASS
    return Form.PRINTOUT if _PRINTED.search(text) else Form.LAYERS


# ---- characters -------------------------------------------------------------------------------------------------

# What stands in documents and on Chinese keyboards, and what Python needs in its place.
_MEANT = {
    **dict.fromkeys("“”„«»＂", '"'), **dict.fromkeys("‘’‚＇´`", "'"), "（": "(", "）": ")", "，": ",", "、": ",", "。": ".",
    "．": ".", "：": ":", "；": ";", "＝": "=", "＋": "+", "－": "-", "–": "-", "—": "-", "−": "-", "×": "*", "＊": "*",
    "／": "/", "［": "[", "］": "]", "【": "[", "】": "]", "＿": "_",
}  # fmt: skip


def check_characters(text: str, allowed: re.Pattern, deepest: int, too_deep: Callable[[int], InputError]) -> None:
    """Let only those characters through that a network needs.

    Args:
        text: without strings and comments.
        allowed: matches one character that may stand in it.
        deepest: brackets within brackets.
        too_deep: gives what is raised where there are more, from the number of the line.

    Raises:
        InputError: it has another character; the sentence has the line, and what is meant where that can be told.
    """
    depth, line = 0, 1
    for character in text:
        line += character == "\n"
        if not allowed.match(character):
            raise _wrong_character(character, line)
        depth += (character in "([{") - (character in ")]}")
        if depth > deepest:
            raise too_deep(line)


def _wrong_character(character: str, line: int) -> InputError:
    wide = chr(ord(character) - 0xFEE0) if 0xFF01 <= ord(character) <= 0xFF5E else ""
    meant = _MEANT.get(character, wide)
    if meant in ("'", '"'):
        return InputError("shapes.list_quotes", line=line)
    if meant:
        return InputError("shapes.list_character_meant", character=character, line=line, meant=meant)
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return InputError("shapes.list_character", character=shown, line=line)
