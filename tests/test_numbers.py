"""A number in a sentence is a placeholder, filled from what was computed or measured; these tests find those that are typed."""

from __future__ import annotations

import re

import pytest

from explorer.claims.catalogue import CLAIMS
from explorer.text import FORMULA, LANGUAGES, sentences

# Digits that are no results: pattern -> why they may be typed.
NO_RESULTS = {
    r"`[^`]*`|nn\.\w+\([^)]*\)|show\([^)]*\)|\w*(?:Conv|Pool|MaxPooling|Flatten|Dense|Linear)\w*\([^)]*\)": "code",
    r"https?://\S+": "addresses",
    r"\b(?:19|20)\d\d\b": "years of publication",
    r"\b(?:Le|Alex|Res|RepLK|ConvNe)?Net-\d+|\bVGG-\d+|conv2d_manual|\w*[cC]onv\w*2[dD]\b|\w*Pool2d|b?float(?:16|32|64)|\w+/\w+\d": "names",
    r"(?:section|figure|table) \d+(?:\.\d+)?|第? ?\d+(?:\.\d+)? ?节|图 \d+": "places in a paper",
    r"\d+ ?[×x] ?\d+(?= (?:layers?|convolutions?|kernels?|pooling|one)|\b.{0,3}(?:卷积|核|池化|层))": "names of kernels",
    r"\b1[×x]1\b|\b3[×x]3\b|\b5[×x]5\b|\b7[×x]7\b": "names of kernels",
    r"(?:[Ss]trides?|[Dd]ilations?|padding|步幅|空洞率|stride=)(?: of|为| alone,?)? ?\d+": "settings",
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
    "images.too_large": "a unit of Chinese, ten thousand",
    "images.too_large_size": "a unit of Chinese, ten thousand",
    "images.unknown_range": "ranges that file formats have",
    "models.input_words": "an example of what to type",
    "receptive_field.questions": "the kernels of RepLKNet, as its paper has them",
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
