"""Every sentence that a person reads, in every language.

A language is one record in `LANGUAGES` and one package of that name here. Each module of `en` and `zh` holds the
sentences of one part of the app in a mapping `SENTENCES`; the key of a sentence is the module's name and its own, for
example "convolution.title". All languages have the same keys, and the same placeholders in each sentence (tested).
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType


@dataclass(frozen=True)
class Language:
    """What the app knows of a language beside its sentences. No field has a default, because no value fits every language.

    Attributes:
        name: as its own readers write it; the words of the link that leads to its page.
        tag: as HTML and Gradio write it (BCP 47); Gradio's own words are English where it does not know the tag.
        path: address of its page below that of the app: a slash and, except for the first language, one word.
        list_joiner: what stands between the words of a list.
        sentence_joiner: what stands between two sentences.
        unspaced: the characters without a space between them where a line of a sentence is broken, as the inside of a
            class of a regular expression; empty where words are set apart by spaces.
    """

    name: str
    tag: str
    path: str
    list_joiner: str
    sentence_joiner: str
    unspaced: str


FORMULA = re.compile(r"(\$\$.+?\$\$|\$.+?\$)", re.DOTALL)  # LaTeX in a sentence; one group, for `split`
_CHINESE = "\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\u201c\u201d"  # characters and full-width punctuation

# What the API calls a language, and the package with its sentences -> the language. The header links to them in this
# order; the first is that of the page at "/", of the log and of whoever asks for none of them.
LANGUAGES: dict[str, Language] = {
    "en": Language(name="English", tag="en", path="/", list_joiner=", ", sentence_joiner=" ", unspaced=""),
    "zh": Language(name="中文", tag="zh-CN", path="/zh", list_joiner="、", sentence_joiner="", unspaced=_CHINESE),
}


@cache
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
            catalogue[f"{module.name}.{key}"] = join_lines(sentence, LANGUAGES[language].unspaced)
    return MappingProxyType(catalogue)


def join_lines(sentence: str, unspaced: str) -> str:
    """Take out the line breaks between these characters, which Markdown would show as spaces.

    Headings and rows of tables keep theirs.

    >>> join_lines("### 问题\\n第一行，\\n第二行。", LANGUAGES["zh"].unspaced)
    '### 问题\\n第一行，第二行。'
    """
    if not unspaced:
        return sentence
    joined = re.sub(f"^([^#|\\n].*[{unspaced}])\\n(?=[{unspaced}])", r"\1", sentence, flags=re.MULTILINE)
    return sentence if joined == sentence else join_lines(joined, unspaced)


def _drop_spaces(sentence: str, unspaced: str) -> str:
    """The space that a sentence leaves beside a value goes where the value, or its bold, is written without spaces itself."""
    return re.sub(f"([{unspaced}](?:</b>)?) (?=(?:<b>)?[{unspaced}])", r"\1", sentence) if unspaced else sentence


@cache
def _title_keys() -> Mapping[str, str]:
    """Title of a network -> the key of its sentence, for the titles that consist of words."""
    return {title: key for key, title in sentences("en").items() if key.startswith("terms.title_")}


def translate_title(language: str, title: str) -> str:
    """A network's title as a language writes it: names ("LeNet-5") stay, words are translated. What follows " · " stays.

    >>> translate_title("zh", "Softmax regression · mine.safetensors")
    'Softmax 回归 · mine.safetensors'
    """
    words, mark, rest = title.partition(" · ")
    key = _title_keys().get(words)
    return f"{sentences(language)[key]}{mark}{rest}" if key else title


def translate(language: str, key: str, **values) -> str:
    """The sentence of that key with its placeholders filled in. Titles of networks and lists are written as the language
    writes them, except for `value`, which is what a reader gave.

    A sentence without values is returned as it stands. One with values goes through `str.format`, except for its
    formulas between dollars, because their braces belong to LaTeX.

    Raises:
        KeyError: there is no such sentence, or a placeholder has no value.

    >>> name = translate("zh", "receptive_field.layer_with_kind", name="features.3", kind="卷积")
    >>> translate("zh", "receptive_field.no_unit", layer=f"<b>{name}</b>")
    '<b>features.3（卷积）</b>的输出里没有这个单元。'
    """
    sentence = sentences(language)[key]
    if not values:
        return sentence
    about = LANGUAGES[language]
    values = {name: value if name == "value" else _write(language, value) for name, value in values.items()}
    return _drop_spaces(_fill(sentence, values), about.unspaced)


def _write(language: str, value: object) -> object:
    """A value as the language writes it."""
    if isinstance(value, list):
        return LANGUAGES[language].list_joiner.join(str(_write(language, each)) for each in value)
    return translate_title(language, value) if isinstance(value, str) else value


def _fill(sentence: str, values: Mapping[str, object]) -> str:
    """The sentence with its placeholders filled in; every other part of the split is a formula.

    >>> _fill("$x_{i}$ is {value}", {"value": 3})
    '$x_{i}$ is 3'
    """
    parts = FORMULA.split(sentence)
    return "".join(part if number % 2 else part.format(**values) for number, part in enumerate(parts))


@dataclass(frozen=True)
class Text:
    """`translate` with the language fixed."""

    language: str

    def __call__(self, key: str, **values) -> str:
        return translate(self.language, key, **values)

    def title(self, title: str) -> str:
        """A network's title in that language."""
        return translate_title(self.language, title)


def text_in(language: str) -> Text:
    """`text = text_in("zh"); text("convolution.title")`."""
    sentences(language)
    return Text(language)


def join_words(words: Iterable[str], text: Text) -> str:
    """A list, as the language writes one."""
    return LANGUAGES[text.language].list_joiner.join(words)


def join_sentences(sentences: Iterable[str], text: Text) -> str:
    """One after the other, with a space between them in languages that put one there; empty ones are left out."""
    return LANGUAGES[text.language].sentence_joiner.join(filter(None, sentences))
