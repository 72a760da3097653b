"""What a reader can get wrong, said so that it can be told in the reader's language."""

from __future__ import annotations

import copyreg
import logging
import traceback
from typing import Any

from explorer.text import translate

LONGEST_VALUE = 60  # characters, in a sentence, of what a reader gave
LONGEST_TRACE = 4000  # characters of what the log says of a defect: the values in it are anybody's

logger = logging.getLogger(__name__)


def shorten(value: Any, longest: int = LONGEST_VALUE) -> str:
    """What a reader gave, as a sentence tells it: not too long, and in characters that can be sent.

    >>> shorten("kernel" * 9, 12)
    'kernelkernel…'
    """
    try:
        written = str(value)
    except (RecursionError, ValueError):  # lists in lists, thousands deep, or a number of thousands of digits
        return "…"
    return write_safely(written if len(written) <= longest else f"{written[:longest]}…")


def write_safely(words: str) -> str:
    """The same words, with the halves of characters that a script may send written out: they can be neither sent nor stored."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def first_line(error: Exception) -> str:
    """What another program's error says, as a sentence of ours quotes it: its first line, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


class InputError(ValueError):
    """A setting or an input that cannot be used.

    `str(error)` is the English sentence; `error.sentence("zh")` says the same in Chinese.

    Args:
        key: key of the sentence, for example "errors.too_small".
        **values: what fills its placeholders; `name` is itself the key of a term, for example "terms.stride".
    """

    def __init__(self, key: str, **values):
        self.key = key
        self.values = values
        super().__init__(self.sentence("en"))

    def __reduce__(self):  # an exception is otherwise built again from its message
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]  # its stub lacks it

    def sentence(self, language: str) -> str:
        """The sentence in that language."""
        return self.say(language, self.key)

    def say(self, language: str, key: str) -> str:
        """Another sentence with the same values."""
        values = dict(self.values)
        if "name" in values:
            values["name"] = translate(language, values["name"])
        if "value" in values and (written := shorten(values["value"])).endswith("…"):
            values["value"] = written
        return write_safely(translate(language, key, **values))


def log_defect(name: str, error: Exception) -> None:
    """Log what nobody foresaw, and where it arose, in at most LONGEST_TRACE characters."""
    trace = "".join(traceback.format_exception(error))
    if len(trace) > LONGEST_TRACE:
        trace = f"{trace[: LONGEST_TRACE // 2]}\n...\n{trace[-LONGEST_TRACE // 2 :]}"
    logger.error("unexpected error in %s\n%s", name, trace)
