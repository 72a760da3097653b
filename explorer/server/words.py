"""What the server itself says to whoever asks it for something that it does not do: a status and a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Scope

from explorer.text import LANGUAGES, translate


def language_of(headers: Mapping[str, str]) -> str:
    """The language of the page from which a request comes; without a page the one that it asks for, or the first."""
    first, page = next(iter(LANGUAGES)), headers.get("referer")
    if page:
        address = re.split(r"[?#]", page, maxsplit=1)[0].rstrip("/")
        return next((each for each, about in LANGUAGES.items() if address.endswith(about.path)), first)
    wanted = re.split("[,;]", headers.get("accept-language", ""), maxsplit=1)[0].strip().lower()
    tags = {about.tag.lower(): each for each, about in LANGUAGES.items()}
    near = {tag.split("-")[0]: each for tag, each in reversed(tags.items())}  # of several the first
    return tags.get(wanted) or near.get(wanted.split("-")[0], first)


class RefusedError(Exception):
    """A request that is answered by a sentence instead.

    Args:
        status: HTTP status of the answer.
        key: key of the sentence, below "server.".
        **values: what fills its placeholders.
    """

    def __init__(self, status: int, key: str, **values):
        self.status = status
        self.key = key
        self.values = values
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """The sentence in that language."""
        return translate(language, f"server.{self.key}", **self.values)

    def answer(self, scope: Scope) -> JSONResponse:
        """The answer to a request, as Gradio's own look."""
        sentence = self.sentence(language_of(Headers(scope=scope)))
        return JSONResponse({"detail": sentence}, self.status)
