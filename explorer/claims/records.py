"""A claim, the cases in which it was tried, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Verdict(Enum):
    """What the cases say of a claim."""

    HOLDS = "holds"
    CONDITIONS = "conditions"
    FAILS = "fails"
    OPEN = "open"


@dataclass(frozen=True)
class Case:
    """One setting in which a claim was tried.

    Attributes:
        name: the sentence that tells it is "claims.CLAIM_NAME" with these two names.
        holds: whether the claim is right in this setting, computed from what was measured.
        numbers: placeholder of the sentence -> a number or a list of them.
        shares: placeholder -> a share, 0 to 1, shown in per cent; or a list of them.
    """

    name: str
    holds: bool
    numbers: Mapping[str, float | list] = field(default_factory=dict)
    shares: Mapping[str, float | list] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """One claim of the tutorial.

    The claim in our words is the sentence "claims.NAME". A claim without cases has a sentence "claims.NAME_open", which
    says what it would take to judge it.

    Attributes:
        name: names its sentences, and its place on the page.
        section: of the tutorial, such as "4.1".
        wing: the tab to which it belongs.
        link: query parameters that show it in that tab.
        measure: computes its cases; long experiments are read from where `experiments` stored them.
    """

    name: str
    section: str
    wing: str
    link: Mapping[str, str]
    measure: Callable[[], Sequence[Case]]


def judge(cases: Sequence[Case]) -> Verdict:
    """The verdict on a claim: it holds in all of its cases, in some, in none; or there is no case.

    >>> judge([Case("small", True), Case("large", False)])
    <Verdict.CONDITIONS: 'conditions'>
    """
    if not cases:
        return Verdict.OPEN
    held = [case.holds for case in cases]
    return Verdict.HOLDS if all(held) else Verdict.CONDITIONS if any(held) else Verdict.FAILS


def no_cases() -> tuple[Case, ...]:
    """Of a claim that nobody can judge here."""
    return ()
