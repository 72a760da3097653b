"""The numbers of the article are those that a new measurement gives."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from explorer.gradient_flow.article import load_article, measure_article
from explorer.gradient_flow.figures import fill_article
from explorer.text import LANGUAGES, text_in


def test_the_stored_medians_are_measured_again():
    stored, measured = asdict(load_article()), asdict(measure_article())
    assert stored.keys() == measured.keys()
    for name, value in stored.items():
        assert measured[name] == pytest.approx(value, rel=1e-3), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_article_tells_them(language):
    """In the words of the article: the residual gradient grows, the plain one is lost, and tanh keeps both in bounds."""
    article, text = load_article(), text_in(language)
    filled = fill_article(article)
    told = text("gradient_flow.explanation", **filled) + text("gradient_flow.questions", **filled)
    assert f"| {article.depths[-1]} | 0 |" in told and filled["residual_he"] in told
    assert article.residual[-1] > 10 > article.tanh_growth > 1 and 0 < article.plain_double < 1e-40
    assert article.num_dead > article.num_dead_leaky == 0 and 0.1 < article.orthogonal_change < 10
    assert article.num_overflowing > 50
