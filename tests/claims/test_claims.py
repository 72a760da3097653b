"""Each claim: stored cases against a new measurement, its sentences in both languages, its link."""

from __future__ import annotations

import math

import pytest

from explorer.claims.catalogue import CLAIMS, load_cases
from explorer.claims.records import Case, Verdict, judge
from explorer.text import LANGUAGES, sentences


def assert_same(found: object, stored: object) -> None:
    """Whole numbers exactly, others within what another processor may round: differences of float32 are some 1e-7 on each."""
    if isinstance(found, list):
        assert len(found) == len(stored)
        for one, other in zip(found, stored, strict=True):
            assert_same(one, other)
    elif isinstance(found, float):
        assert math.isclose(found, stored, rel_tol=2e-3, abs_tol=1e-6), (found, stored)
    else:
        assert found == stored


@pytest.mark.parametrize("name", CLAIMS)
def test_what_is_stored_is_what_is_measured(name):
    measured, stored = CLAIMS[name].measure(), load_cases()[name]
    assert [(each.name, each.holds) for each in measured] == [(each.name, each.holds) for each in stored]
    for one, other in zip(measured, stored, strict=True):
        for found, kept in ((one.numbers, other.numbers), (one.shares, other.shares)):
            assert found.keys() == kept.keys()
            for key in found:
                assert_same(found[key], kept[key])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_claim_has_its_sentences(language):
    known = sentences(language)
    wanted = {f"claims.{name}" for name in CLAIMS} | {
        f"claims.{name}_{case}"
        for name, cases in load_cases().items()
        for case in ([c.name for c in cases] or ["open"])
    }
    assert wanted <= known.keys()


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        ([], Verdict.OPEN),
        ([True], Verdict.HOLDS),
        ([True, False], Verdict.CONDITIONS),
        ([False, False], Verdict.FAILS),
    ],
)
def test_the_verdict_follows_from_the_cases(held, verdict):
    assert judge([Case(str(number), each) for number, each in enumerate(held)]) is verdict
