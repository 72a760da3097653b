"""A language that is there for a test alone: the English sentences under another name.

Run as a program (`python -m tests.third_language`), it serves the app with it.
"""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import explorer.text
from explorer.text import LANGUAGES, Language, sentences

CODE = "qaa"  # a code that stands for no language
THIRD = Language(name="Third", tag="qaa", path="/qaa", list_joiner=" plus ", sentence_joiner="  ", unspaced="")
TITLE, REFUSED = "The third title", "Too small for the third: {name}, {value}, {minimum}"  # instead of the English ones


@contextmanager
def third_language() -> Iterator[None]:
    """The third language, until the block ends."""
    with TemporaryDirectory() as folder:
        _write_package(Path(folder) / CODE)
        explorer.text.__path__.append(folder)
        LANGUAGES[CODE] = THIRD
        sentences.cache_clear()
        try:
            yield
        finally:
            explorer.text.__path__.remove(folder)
            del LANGUAGES[CODE]
            sentences.cache_clear()
            package = f"{explorer.text.__name__}.{CODE}"
            for module in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
                del sys.modules[module]
            vars(explorer.text).pop(CODE, None)  # the package, as an attribute of its parent


def _write_package(folder: Path) -> None:
    english = Path(explorer.text.__file__).parent / "en"
    shutil.copytree(english, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for module, key, sentence in (("app", "title", TITLE), ("errors", "too_small", REFUSED)):
        with open(folder / f"{module}.py", "a", encoding="utf-8") as file:
            file.write(f"\nSENTENCES[{key!r}] = {sentence!r}\n")


if __name__ == "__main__":
    with third_language():
        runpy.run_path("app.py", run_name="__main__")
