"""What a reader can get wrong, said so that it can be told in the reader's language."""

from __future__ import annotations

import copyreg
import logging
import traceback

from explorer.text import translate

LONGEST_VALUE = 120  # characters of a reader's value that a sentence repeats
LONGEST_TRACE = 4000  # characters of what the log says of a defect: the values in it are anybody's

logger = logging.getLogger(__name__)


class InputError(ValueError):
    """A setting or an input that cannot be used.

    `str(error)` is the English sentence; `error.sentence("zh")` says the same in Chinese.

    Args:
        key: key of the sentence, for example "errors.too_small".
        **values: what fills its placeholders; `name` is itself the key of a term, for example "terms.stride".
    """

    def __init__(self, key: str, **values):
        self.key = key
        self.values = {name: _shorten(value) if name == "value" else value for name, value in values.items()}
        super().__init__(self.sentence("en"))

    def __reduce__(self):  # an exception is otherwise built anew from its message
        return copyreg.__newobj__, (type(self), *self.args), vars(self)

    def sentence(self, language: str) -> str:
        """The sentence in that language."""
        values = dict(self.values)
        if "name" in values:
            values["name"] = translate(language, values["name"])
        return translate(language, self.key, **values)


def _shorten(value):
    """A value as it is, or, where its text is long, the beginning of that."""
    text = value if isinstance(value, str) else repr(value)
    return value if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def log_defect(name: str, error: Exception) -> None:
    """Log what nobody foresaw, and where it arose, in at most LONGEST_TRACE characters."""
    trace = "".join(traceback.format_exception(error))
    if len(trace) > LONGEST_TRACE:
        trace = f"{trace[: LONGEST_TRACE // 2]}\n...\n{trace[-LONGEST_TRACE // 2 :]}"
    logger.error("unexpected error in %s\n%s", name, trace)
