"""What a reader can get wrong, said so that it can be told in the reader's language."""

from __future__ import annotations

import copyreg

from explorer.text import translate


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

    def __reduce__(self):  # an exception is otherwise built anew from its message
        return copyreg.__newobj__, (type(self), *self.args), vars(self)

    def sentence(self, language: str) -> str:
        """The sentence in that language."""
        values = dict(self.values)
        if "name" in values:
            values["name"] = translate(language, values["name"])
        return translate(language, self.key, **values)
