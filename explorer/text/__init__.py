"""Every sentence that a person reads, in every language.

Each module of `en` and `zh` holds the sentences of one part of the app in a mapping `SENTENCES`; the key of a
sentence is the module's name and its own, for example "convolution.title". Both languages have the same keys,
and the same placeholders in each sentence (tested).
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "zh": "中文"})

Text = Callable[..., str]

_JOINERS = {"en": ", ", "zh": "、"}


@lru_cache(maxsize=None)
def sentences(language: str) -> Mapping[str, str]:
    """All sentences of a language by their full key.

    Raises:
        ValueError: the language is not one of LANGUAGES.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}")
    package = import_module(f"{__name__}.{language}")
    catalogue = {}
    for module in pkgutil.iter_modules(package.__path__):
        for key, sentence in import_module(f"{package.__name__}.{module.name}").SENTENCES.items():
            catalogue[f"{module.name}.{key}"] = join_chinese_lines(sentence)
    return MappingProxyType(catalogue)


_CHINESE = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\u201c\u201d"  # characters and full-width punctuation
_SPACE_AFTER_BRACKET = re.compile(f"）(</b>)? (?=[{_CHINESE}])")  # the bracket, and the bold, end a value
_BROKEN_LINE = re.compile(f"^([^#|\\n].*[{_CHINESE}])\\n(?=[{_CHINESE}])", re.MULTILINE)


def join_chinese_lines(sentence: str) -> str:
    """Take out the line breaks inside Chinese paragraphs, which Markdown would show as spaces.

    Headings and rows of tables keep theirs.

    >>> join_chinese_lines("### 问题\\n第一行，\\n第二行。")
    '### 问题\\n第一行，第二行。'
    """
    joined = _BROKEN_LINE.sub(r"\1", sentence)
    return sentence if joined == sentence else join_chinese_lines(joined)


def translate(language: str, key: str, **values) -> str:
    """The sentence of that key with its placeholders filled in; a list is written as the language writes one, but
    for `value`, which is what a reader gave.

    A sentence without values is returned as it stands, so that LaTeX braces need no escaping; one with values
    goes through `str.format`.

    Raises:
        KeyError: there is no such sentence, or a placeholder has no value.

    >>> name = translate("zh", "receptive_field.layer_with_kind", name="features.3", kind="卷积")
    >>> translate("zh", "receptive_field.no_unit", layer=f"<b>{name}</b>")
    '<b>features.3（卷积）</b>的输出里没有这个单元。'
    """
    sentence = sentences(language)[key]
    values = {
        name: _JOINERS[language].join(map(str, value)) if isinstance(value, list) and name != "value" else value
        for name, value in values.items()
    }
    return _SPACE_AFTER_BRACKET.sub(lambda found: found[0][:-1], sentence.format(**values)) if values else sentence


def text_in(language: str) -> Text:
    """`translate` with the language fixed: `text = text_in("zh"); text("convolution.title")`."""
    sentences(language)

    def text(key: str, **values) -> str:
        return translate(language, key, **values)

    text.language = language
    return text


def join_words(words: Iterable[str], text: Text) -> str:
    """A list, as the language writes one."""
    return _JOINERS[text.language].join(words)


def join_sentences(sentences: Iterable[str], text: Text) -> str:
    """One after the other, with a space between them in languages that put one there; empty ones are left out."""
    return ("" if text.language == "zh" else " ").join(filter(None, sentences))
