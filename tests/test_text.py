"""The sentences: complete in every language, and every one that the code asks for is there."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable
from pathlib import Path

import pytest

from explorer.errors import InputError
from explorer.interface import WINGS
from explorer.text import FORMULA, LANGUAGES, join_words, sentences, text_in

PACKAGE = Path(__file__).parent.parent / "explorer"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH, OTHER = sentences("en"), sentences("zh")
TRANSLATIONS = [language for language in LANGUAGES if language != "en"]


def placeholders(sentence: str) -> set[str] | None:
    """Names that would be filled in outside of formulas; None where the sentence is not meant for it."""
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(FORMULA.sub("", sentence)) if name is not None}
    except ValueError:
        return None
    return names if all(re.fullmatch(r"[a-z_]\w*(\[\d+\])?", name) for name in names) else None


def files_of(language: str, keys: Iterable[str]) -> list[str]:
    """Where these sentences stand: for whoever reads that a test failed."""
    return [
        f"explorer/text/{language}/{module}.py: {key}"
        for module, _, key in (each.partition(".") for each in sorted(keys))
    ]


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_all_languages_have_the_same_keys(language):
    there = sentences(language).keys()
    assert files_of(language, ENGLISH.keys() - there) == [], "there in English, missing here"
    assert files_of("en", there - ENGLISH.keys()) == [], f"there in {language}, missing here"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language):
    # What joins two sentences, and the remark where there is none to make, are empty on purpose.
    meant = (".between", ".claim_none")
    empty = [key for key, sentence in sentences(language).items() if not sentence and not key.endswith(meant)]
    assert files_of(language, empty) == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_all_languages_have_the_same_placeholders(language):
    other = sentences(language)
    differ = [key for key in ENGLISH.keys() & other.keys() if placeholders(ENGLISH[key]) != placeholders(other[key])]
    assert files_of(language, differ) == []


def is_prose(sentence: str) -> bool:
    return len(re.findall(r"\b[a-z]{2,}\b", re.sub(r"\$[^$]*\$|\{[^}]*\}|<[^>]*>", "", sentence))) > 1


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_sentence_was_left_untranslated(language):
    other = sentences(language)
    same = [key for key in ENGLISH.keys() & other.keys() if is_prose(ENGLISH[key]) and other[key] == ENGLISH[key]]
    assert files_of(language, same) == []


def test_no_chinese_sentence_is_without_chinese_and_no_english_one_with_it():
    missing = [
        key for key in ENGLISH.keys() & OTHER.keys() if is_prose(ENGLISH[key]) and not CHINESE.search(OTHER[key])
    ]
    assert files_of("zh", missing) == []
    assert files_of("en", (key for key, sentence in ENGLISH.items() if CHINESE.search(sentence))) == []


def test_chinese_sentences_have_chinese_punctuation():
    odd = re.compile(r"[\u4e00-\u9fff][,;!?](?![\w(])|[\u4e00-\u9fff]\.(?=\s|$)")
    assert {key: odd.findall(sentence) for key, sentence in OTHER.items() if odd.search(sentence)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_says_what_it_shows(wing, language):
    text = text_in(language)
    intro, questions = text(f"{wing}.intro"), text(f"{wing}.questions")
    assert text(f"{wing}.tab") and "\n" not in intro and len(intro) <= 120
    blocks = questions.strip().split("\n### ")
    assert all(len(block.strip().splitlines()) >= 2 for block in blocks)
    assert len(blocks) == len(text_in("en")(f"{wing}.questions").strip().split("\n### "))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wing", WINGS)
def test_formulas_are_closed(wing, language):
    for key in ("explanation", "questions"):
        sentence = text_in(language)(f"{wing}.{key}")
        assert sentence.replace("\\$", "").count("$") % 2 == 0
        formulas = re.findall(r"\$\$?(.+?)\$\$?", sentence, flags=re.DOTALL)
        assert all(formula.count("{") == formula.count("}") for formula in formulas)


def test_a_list_is_written_as_the_language_writes_one():
    error = InputError("errors.not_a_choice", name="terms.model", value="vgg", choices=["lenet5", "mlp"])
    assert "lenet5, mlp" in error.sentence("en") and "lenet5、mlp" in error.sentence("zh")
    assert "got ['lenet5']" in InputError(
        "errors.not_a_choice", name="terms.model", value=["lenet5"], choices=["mlp"]
    ).sentence("en")
    assert join_words(["a", "b"], text_in("zh")) == "a、b"


def test_every_sentence_that_the_code_names_is_there():
    modules = {key.split(".")[0] for key in ENGLISH}
    named = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                key = node.args[0].value
                says = called in ("text", "InputError", "check_number", "check_whole", "check_choice")
                if says and str(key).count(".") and str(key).split(".")[0] in modules:
                    named[key] = path.name
    assert {key: where for key, where in named.items() if key not in ENGLISH} == {}
    assert len(named) > 20
