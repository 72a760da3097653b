"""A language is one record and one package: nothing else must be told of a third one."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import explorer.text
from explorer.errors import InputError
from explorer.interface import API, WINGS, build_app, build_head, build_header, refuse_clearly
from explorer.models.catalogue import MODELS
from explorer.receptive_field.api import receptive_field
from explorer.server.doors import stand_before
from explorer.server.words import language_of
from explorer.settings import Settings
from explorer.text import FORMULA, LANGUAGES, Language, join_sentences, join_words, sentences, text_in, translate
from tests.third_language import CODE, REFUSED, THIRD, TITLE, third_language

TEXT = Path(explorer.text.__file__).parent
CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"
CHINESE = sentences("zh")


@pytest.fixture
def third():
    with third_language():
        yield


def links_of(page: str) -> list[tuple[str, ...]]:
    """Address, tag and words of each link to another language."""
    return re.findall(r'<a [^>]*href="([^"]*)" hreflang="([^"]*)" lang="[^"]*">([^<]*)</a>', page)


def test_every_language_has_a_record_and_a_package():
    packages = {path.parent.name for path in TEXT.glob("*/__init__.py")}
    assert packages == LANGUAGES.keys(), (
        "LANGUAGES in explorer/text/__init__.py and the packages of explorer/text differ"
    )


def test_no_field_of_a_language_has_a_default():
    assert all(each.default is MISSING and each.default_factory is MISSING for each in fields(Language))


def test_languages_differ_in_name_tag_and_address():
    for field in ("name", "tag", "path"):
        assert len({getattr(each, field) for each in LANGUAGES.values()}) == len(LANGUAGES), field
    first, *others = (each.path for each in LANGUAGES.values())
    assert first == "/" and all(re.fullmatch(r"/[a-z-]+", path) for path in others)
    assert next(iter(LANGUAGES)) == "en", "the log and programs that name no language get English"


@pytest.mark.parametrize("name", API)
def test_what_a_program_reads_of_the_api_names_every_language(name):
    lines = [line for line in API[name].__doc__.splitlines() if line.strip().startswith("language:")]
    missing = [code for code in LANGUAGES if not re.search(rf"\b{code}\b", " ".join(lines).split("language:")[-1])]
    file = API[name].__module__.replace(".", "/") + ".py"
    assert not missing, f"the docstring of {name} in {file} does not say that its language may be {missing}"


def test_a_page_links_to_every_other_language():
    with gr.Blocks():
        links = links_of(build_header("en", Settings()).value)
    assert len(links) == len(LANGUAGES) - 1 and ("./zh", "zh-CN", "中文") in links


def test_with_a_third_language_pages_link_to_one_another(third):
    with gr.Blocks():
        pages = {each: build_header(each, Settings()).value for each in LANGUAGES}
    for language, page in pages.items():
        assert links_of(page) == [(f".{o.path}", o.tag, o.name) for each, o in LANGUAGES.items() if each != language]
    assert ("./qaa", "qaa", "Third") in links_of(pages["en"]) and TITLE in pages[CODE]


def test_the_app_has_a_page_for_a_third_language(third):
    demo = build_app(Settings())
    pages = [(path, name) for path, name, _ in demo.pages][1:]
    assert pages[0] == ("zh", "中文") and pages[-1] == ("qaa", "Third")
    readers = [block for block in demo.blocks.values() if "link-reader" in (block.elem_classes or [])]
    assert len(readers) == len(LANGUAGES) * len(WINGS)
    assert f":lang({THIRD.tag}) .camera" in build_head()


def test_a_third_page_goes_out_in_its_language(third):
    page = '<html lang="en"><head><script type="module"></script></head></html>'
    app = Starlette(routes=[Route(each.path, lambda request: HTMLResponse(page)) for each in LANGUAGES.values()])
    app.middleware_stack, app.root_path = app.build_middleware_stack(), ""
    blocks = gr.Blocks(analytics_enabled=False)
    app.get_blocks = lambda: blocks
    stand_before(app, trusted="")
    client = TestClient(app, follow_redirects=False)
    answer = client.get(THIRD.path)
    assert answer.headers["content-language"] == THIRD.tag and f'lang="{THIRD.tag}"' in answer.text
    assert f"<title>{TITLE}</title>" in answer.text
    assert client.get(f"{THIRD.path}/?tab=shapes").headers["location"] == f"..{THIRD.path}?tab=shapes"
    assert language_of({"referer": f"http://here{THIRD.path}?tab=shapes"}) == CODE
    assert language_of({"accept-language": "qaa-XX;q=0.9,en"}) == CODE


def test_programs_may_ask_for_a_third_language(third):
    call = refuse_clearly(receptive_field)
    assert call(model="lenet5", language=CODE)["sentence"]
    with pytest.raises(gr.Error, match="Too small for the third: Input size, 0"):
        call(input_size=0, language=CODE)


def test_a_third_language_writes_lists_and_sentences_its_own_way(third):
    text = text_in(CODE)
    assert join_words(["a", "b"], text) == "a plus b" and join_sentences(["A.", "B."], text) == "A.  B."
    assert "lenet5 plus mlp" in translate(CODE, "errors.not_a_choice", name="x", value="y", choices=["lenet5", "mlp"])


def test_nothing_of_the_third_language_stays():
    with third_language():
        assert sentences(CODE)["errors.too_small"] == REFUSED
    with pytest.raises(ValueError, match=f"language must be one of {', '.join(LANGUAGES)}, got 'qaa'"):
        text_in(CODE)
    assert not hasattr(explorer.text, CODE)


def test_titles_that_are_words_are_those_of_the_catalogue():
    titles = {
        key.removeprefix("terms.title_"): title
        for key, title in sentences("en").items()
        if key.startswith("terms.title_")
    }
    assert titles == {name: entry.title for name, entry in MODELS.items() if name in titles} != {}


def test_titles_are_written_in_the_language():
    text = text_in("zh")
    assert text.title("LeNet-5") == "LeNet-5" and text.title("Softmax regression · a") == "Softmax 回归 · a"
    assert text_in("en").title("Softmax regression") == "Softmax regression"
    assert text("classifier.broken_model", title="Softmax regression").startswith("Softmax 回归暂不可用")
    error = InputError("classifier.model_not_here", title="MLP", choices=["LeNet-5", "Softmax regression"])
    assert "LeNet-5、Softmax 回归。" in error.sentence("zh") and "Softmax regression" in str(error)


def test_what_a_reader_gave_is_told_as_it_was():
    error = InputError("errors.not_a_choice", name="terms.model", value="Softmax regression", choices=["mlp"])
    assert "Softmax regression" in error.sentence("zh")


def read_terms() -> list[tuple[str, str, list[str]]]:
    """The table of terms: English, Chinese, and the Chinese words that are not used for it."""
    table = CONTRIBUTING.read_text(encoding="utf-8").partition("| English | Chinese | not |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[1:]]
    return [(english, chinese, unused.split("、") if unused else []) for english, chinese, unused in rows]


def without_aliases(sentence: str) -> str:
    """Another name of a term may be told once, where the term is explained."""
    return re.sub(r"也叫\w+", "", sentence)


@pytest.mark.parametrize(("english", "term", "unused"), read_terms())
def test_chinese_has_one_word_for_a_term(english, term, unused):
    assert any(term in sentence for sentence in CHINESE.values()), f"nothing says {term}, {english}"
    found = {
        key: [word for word in unused if word in without_aliases(sentence)]
        for key, sentence in CHINESE.items()
        if any(word in without_aliases(sentence) for word in unused)
    }
    assert found == {}, f"{english} is {term}"


def without_code(sentence: str) -> str:
    """A letter in place of each formula and each piece of code."""
    return re.sub(r"```.*?```|`[^`]*`", "x", FORMULA.sub("x", sentence), flags=re.DOTALL)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (r"(?<!\*)\*(?![*\s])[^*\n]*[^*\s]\*(?!\*)|<(?:em|i)>", "Chinese has no slanted letters: **bold**"),
        (r"[\u4e00-\u9fff][,;:!?()]|[,;:!?(][\u4e00-\u9fff]", "Chinese sentences have wide punctuation"),
        (r"[\d}]\s+%", "no space stands before %"),
        (r"[\u4e00-\u9fff]\d|[\d%][\u4e00-\u9fff]", "a space stands between a number and a character"),
        (r"[\u4e00-\u9fff] +[\u4e00-\u9fff]", "no space stands between characters"),
    ],
)
def test_chinese_is_set_as_chinese(wrong, why):
    found = {key: re.findall(f".{{0,5}}(?:{wrong}).{{0,5}}", without_code(each)) for key, each in CHINESE.items()}
    assert {key: places for key, places in found.items() if places} == {}, why
