"""A number in a sentence is a placeholder, filled from what was computed or measured; these tests find those that are typed."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from explorer.claims.catalogue import CLAIMS
from explorer.data import load_sample
from explorer.models.handed_over import MAX_CHANNELS, MAX_SIDE
from explorer.text import FORMULA, LANGUAGES, sentences
from explorer.training import card
from explorer.training.recipe import recipe_for
from tests.test_readme import say_results

# Digits that are not results: pattern -> why they may be typed.
NO_RESULTS = {
    r"`[^`]*`|nn\.\w+\([^)]*\)|show\([^)]*\)|\w*(?:Conv|Pool|MaxPooling|Flatten|Dense|Linear)\w*\([^)]*\)": "code",
    r"https?://\S+": "addresses",
    r"\b(?:19|20)\d\d\b": "years of publication",
    r"\b(?:Le|Alex|Res|RepLK|ConvNe)?Net-\d+|\b(?:VGG|Plain)-\d+|普通网络-\d+|conv2d_\w*manual|\w*[cC]onv\w*2[dD]\b|\w*Pool2d|b?float(?:16|32|64)|TF32|sha256|HTTP/2|\w+/\w+\d": "names",
    r"(?:section|figure|table) \d+(?:\.\d+)?|第? ?\d+(?:\.\d+)? ?节|图 \d+": "places in a paper",
    r"\d+ ?[×x] ?\d+(?= (?:layers?|convolutions?|kernels?|pooling|one)|\b.{0,3}(?:卷积|核|池化|层))": "names of kernels",
    r"\b1[×x]1\b|\b3[×x]3\b|\b5[×x]5\b|\b7[×x]7\b": "names of kernels",
    r"(?:[Ss]trides?|[Dd]ilations?|padding|步长|空洞率|stride=)(?: of|为| alone,?)? ?\d+": "settings",
    r"180 (?:degrees|度)": "half a turn",
    r"(?<![\d.,])[01](?![\d.,]\d|\d)": "nothing and one: bounds of a count, zeros and units of a kernel",
}
# Sentences with other digits: key -> why they are typed there.
TYPED = {
    "app.about_tutorial": "part 4 of a series: its title",
    "classifier.step_resized": "the data set's size of a picture, a label",
    "classifier.not_an_image": "bounds of what the API takes",
    "classifier.questions": "99 % as a manner of speaking, in a question",
    "convolution.source_tutorial": "the size of a picture that is built in, a label",
    "convolution.does_not_fit": "twice the padding: a formula in words",
    "convolution.explanation": "-3 is derived in the lines below it",
    "gradient_flow.hover_median": "which quantiles are drawn: a definition",
    "gradient_flow.caption": "which quantiles are drawn: a definition",
    "gradient_flow.caption_signals": "which quantiles are drawn: a definition",
    "images.too_large": "a unit of Chinese, ten thousand",
    "images.too_large_size": "a unit of Chinese, ten thousand",
    "images.unknown_range": "ranges that file formats have",
    "models.input_words": "an example of what to type",
    "receptive_field.too_heavy": "powers of ten as units",
    "receptive_field.too_heavy_chain": "powers of ten as units",
    "server.bad_name": "bounds of what the server takes",
    "server.bad_session": "bounds of what the server takes",
    "shapes.edit_value": "an example of what to type",
    "shapes.list_hidden_name": "a bound of what is read",
    "shapes.stem_large": "the image size for which these networks are made, a label",
}
CLAIMED = {f"claims.{name}" for name in CLAIMS}  # what the tutorial says, numbers and all


def typed_digits(sentence: str) -> list[str]:
    """Numbers of a sentence outside of formulas, placeholders and tags that are none of NO_RESULTS."""
    left = re.sub(r"\{[^{}]*\}|<[^>]*>", " ", FORMULA.sub(" ", sentence))
    for pattern in NO_RESULTS:
        left = re.sub(pattern, " ", left)
    return re.findall(r"\d[\d.,]*", left)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("LeNet-5 has 61,706 of them, {count} and $5^2$.", ["61,706"]),
        ("He et al. (2015, section 4.1): a 3×3 convolution at stride 2", []),
        ("91.2 % are better than 0.5", ["91.2", "0.5"]),
        ("10 of 100 seeds read 0", ["10", "100"]),
        ("看到 16 × 16 像素", ["16", "16"]),
    ],
)
def test_results_are_told_from_names(sentence, found):
    assert typed_digits(sentence) == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_is_typed_without_a_reason(language):
    typed = {key: digits for key, sentence in sentences(language).items() if (digits := typed_digits(sentence))}
    assert {key: digits for key, digits in typed.items() if key not in {*TYPED, *CLAIMED}} == {}


def test_every_reason_is_still_needed():
    everywhere = [sentences(language) for language in LANGUAGES]
    assert [key for key in TYPED if not any(typed_digits(each[key]) for each in everywhere)] == []


# ---- README, the documents that it leads to, and the model card ------------------------------------------------------

ROOT = Path(__file__).parents[1]
MEASURED = json.loads((ROOT / "docs" / "measured.json").read_text(encoding="utf-8"))
# What other tests compare cell by cell with results.json, settings and requirements: the first column of the table.
TESTED_TABLES = ("model", "variable", "package")
# Numbers of a document that are no benchmark: number -> why it may be typed. Tests of the README check the computed ones.
DOCUMENTS: dict[str, dict[str, str]] = {
    "README.md": {
        "448": "computed: a test below",
        "29.5": "computed: a test below",
        "80": "torchvision's classifiers: a test below",
        "200": "images of the sample: a test below",
        "3.10": "Python's version: pyproject.toml",
        "3.13": "Python's version: pyproject.toml",
        "1024": "a bound of what `show` takes: a test below",
        "16": "a bound of what `show` takes, and the epochs of a recipe: tests below",
        "5": "the default of a setting: its table",
        "10,000": "test images of the data set",
        "54,000": "training images: the split",
        "6,000": "validation images: the split",
        "10": "bits of TF32, a format",
        "60": "epochs of a recipe: a test below",
        "7": "epochs of a recipe: a test below",
        "4": "part of a series: its title",
        "45": "longest pause of a page that has lost the server, in seconds",
        "30": "seconds after which the server forgets a page",
        "9": "a bound for the files of a Space: test_no_file_is_too_large_for_a_space",
    },
    "docs/attributions.md": {},
    "docs/tracer.md": {
        "80": "torchvision's classifiers: tests/models compare all of them",
        "64": "classifiers with torchinfo's count: tests/models compare them",
        "16": "the other classifiers: the same test lists them",
    },
    "docs/training.md": {
        "16": "outputs in a tile of AMX: the instruction set",
        "8": "columns up to which maps are packed: explorer/training/packing.py",
        "2": "cores of the machines in the table",
        "94": "the target of the benchmark, named again",
        "7": "epochs of a recipe: a test below",
    },
    "docs/deploy/README.md": {
        "25": "the measured rate in a formula",
        "60": "visitors in an example: a test below",
        "1.4": "computed by the formula: a test below",
        "37": "computed by the formula: a test below",
        "75": "computed by the formula: a test below",
        "150": "computed by the formula: a test below",
        "300": "computed by the formula: a test below",
        "0.1": "what one visitor alone waits, in seconds",
        "0.25": "the turn of a call: explorer/server/turns.py",
        "0.4": "the patience of the page: explorer/page/waiting.js",
    },
}


def read_prose(document: str) -> str:
    """The text of a document in one line, without what is no sentence: front matter, code, tested tables, addresses."""
    text = (ROOT / document).read_text(encoding="utf-8")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    for head in TESTED_TABLES:
        text = re.sub(rf"^\| {head} \|.*\n(\|.*\n)*", "", text, flags=re.MULTILINE)
    return " ".join(re.sub(r"\]\([^)]*\)|<https?:[^>]*>", "]", text).split())


def say_all(entry: dict) -> list[str]:
    return [" ".join(said.format(**entry["values"]).split()) for said in entry["says"]]


def test_every_benchmark_names_its_machine_and_how_it_was_measured():
    for entry in MEASURED:
        assert entry["machine"] and entry["how"] and entry["document"] in DOCUMENTS
        used = {name for said in entry["says"] for name in re.findall(r"\{(\w+)", said)}
        assert used == set(entry["values"]), entry


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_say_what_was_measured_and_no_other_number(document):
    """Sentences filled from docs/measured.json and results.json stand there word for word; other numbers have a reason."""
    left = read_prose(document)
    said = [each for entry in MEASURED if entry["document"] == document for each in say_all(entry)]
    if document == "README.md":
        said += say_results()
    for sentence in said:
        assert sentence in left, f"{document} does not say: {sentence}"
        left = left.replace(sentence, " ", 1)
    typed = {digits.rstrip(".,") for digits in typed_digits(left)}
    assert typed == set(DOCUMENTS[document])


def test_computed_numbers_of_the_documents_are_right():
    convolution, linear = 3 * 16 * 9 + 16, (3 * 28 * 28 + 1) * 16 * 28 * 28
    assert f"need {convolution} parameters where a linear layer needs {linear / 1e6:.1f} million" in read_prose(
        "README.md"
    )
    recipes = [recipe_for("resnet18", effort).epochs for effort in ("best", "medium", "short")]
    assert "for {} epochs. `--recipe medium` has {} epochs, without CutMix and without averaged weights. `--recipe short` has {},".format(*recipes) in read_prose("README.md")  # fmt: skip
    assert f"{len(load_sample().labels)} real test images" in read_prose("README.md")
    assert f"at most {MAX_SIDE} pixels per side and {MAX_CHANNELS} channels" in read_prose("README.md")


def test_the_formula_for_visitors_gives_the_numbers_beside_it():
    words, rate = read_prose("docs/deploy/README.md"), 25
    assert f"For 60 visitors and one process the formula gives {60 / rate - 1:.1f} s" in words
    visitors = [math.floor(processes * rate * 1.5) for processes in (1, 2, 4, 8)]
    assert "gives {} visitors for one process, {} for two, {} for four and {} for eight".format(*visitors) in words


def test_the_prose_of_the_model_card_is_filled_from_what_was_measured():
    """Its tables are made from results.json; what is typed in its sentences is named here, with the reason."""
    typed = [digits for part in (card._INTRO, card._LIMITS, card._PROTOCOL, card._CALIBRATION) for digits in
             typed_digits(re.sub(r"```.*?```", "", part, flags=re.DOTALL))]  # fmt: skip
    reasons = {"28": "the side of the pictures", "10": "bits of TF32, a format", "1708.07747": "a paper's number"}
    assert set(typed) == set(reasons)
