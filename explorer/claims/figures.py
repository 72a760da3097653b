"""What the page shows of the claims: how many hold, and each with its cases, as HTML."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from urllib.parse import urlencode

from explorer.claims.catalogue import CLAIMS, load_cases
from explorer.claims.records import Case, Claim, Verdict, judge
from explorer.page.canvas import format_number
from explorer.text import LANGUAGES, Text, join_words

SIGNS = {Verdict.HOLDS: "✓", Verdict.CONDITIONS: "≈", Verdict.FAILS: "✗", Verdict.OPEN: "?"}
_BAR = (1000, 36)  # width and height of the bar, in units of its drawing; the page stretches it


def verdict_of(claim: Claim) -> Verdict:
    """What the stored cases say of a claim."""
    return judge(load_cases()[claim.name])


def count_verdicts(claims: Iterable[Claim]) -> dict[Verdict, int]:
    """How many of these claims have each verdict."""
    counts = Counter(map(verdict_of, claims))
    return {verdict: counts[verdict] for verdict in Verdict}


def describe_claims(claims: Sequence[Claim], text: Text) -> str:
    """The sentence above the bar."""
    counts = count_verdicts(claims)
    verdicts = [text(f"claims.count_{verdict.value}", count=count) for verdict, count in counts.items() if count]
    return text("claims.look", count=len(claims), verdicts=verdicts)


def draw_bar(claims: Sequence[Claim], text: Text) -> str:
    """A bar with a part for each verdict, as wide as it has claims, and a legend."""
    counts, (width, height) = count_verdicts(claims), _BAR
    parts, legend, left = [], [], 0.0
    for verdict, count in counts.items():
        if not count:
            continue
        share = width * count / len(claims)
        parts.append(
            f'<rect class="{verdict.value}" x="{left:.1f}" y="0" width="{max(share - 2, 1):.1f}" height="{height}"/>'
        )
        left += share
        words = text("claims.legend", verdict=html.escape(text(f"claims.{verdict.value}")), count=count)
        legend.append(f"<li>{_badge(verdict)} {words}</li>")
    label = html.escape(describe_claims(claims, text))
    drawing = "".join(parts)
    return (
        f'<svg class="verdict-bar" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{drawing}</svg><ul class="verdict-legend">{"".join(legend)}</ul>'
    )


def draw_claims(claims: Sequence[Claim], text: Text, language: str) -> str:
    """A list of claims, each with its verdict, its cases and the link that shows it."""
    return "".join(_draw_claim(claim, text, language) for claim in claims)


def draw_sections(claims: Sequence[Claim], text: Text, language: str) -> str:
    """The same under a heading for each main section of the tutorial; the claims are in its order."""
    parts = []
    for number, alike in groupby(claims, key=lambda claim: claim.section.split(".")[0]):
        title = html.escape(text(f"claims.part_{number}"))
        parts.append(f"<h2>{title}</h2>{draw_claims(list(alike), text, language)}")
    return "".join(parts)


def _draw_claim(claim: Claim, text: Text, language: str) -> str:
    verdict, cases = verdict_of(claim), load_cases()[claim.name]
    rows = "".join(_draw_case(claim, case, text) for case in cases)
    about = f"<ul>{rows}</ul>" if cases else f"<p>{html.escape(text(f'claims.{claim.name}_open'))}</p>"
    address = html.escape(f".{LANGUAGES[language].path}?{urlencode({'tab': claim.wing, **claim.link})}")
    section = html.escape(text("claims.section", section=claim.section))
    where = html.escape(text("claims.show" if claim.link else "claims.open_tab", tab=text(f"{claim.wing}.tab")))
    return f"""<section class="claim {verdict.value}">
<h3>{_badge(verdict)} {html.escape(text(f"claims.{claim.name}"))}</h3>
<p class="claim-about"><b>{html.escape(text(f"claims.{verdict.value}"))}</b> · {section} · <a href="{address}">{where}</a></p>
{about}</section>"""


def _draw_case(claim: Claim, case: Case, text: Text) -> str:
    numbers = {name: _write(value, _write_number) for name, value in case.numbers.items()}
    shares = {name: _Share.of(value, text) for name, value in case.shares.items()}
    sentence = html.escape(text(f"claims.{claim.name}_{case.name}", **numbers, **shares))
    sign = text("claims.case_holds" if case.holds else "claims.case_fails")
    badge = _badge(Verdict.HOLDS if case.holds else Verdict.FAILS, sign)
    return f"<li>{badge} {sentence}</li>"


class _Share(str):
    """A share in per cent, or several of them; with the format "points" a difference of shares in percentage points."""

    points: str

    @classmethod
    def of(cls, value: float | list[float], text: Text) -> _Share:
        numbers = [f"{100 * each:.1f}" for each in (value if isinstance(value, list) else [value])]
        share = cls(join_words([text("classifier.percent", value=number) for number in numbers], text))
        share.points = text("claims.points", value=join_words(numbers, text))
        return share

    def __format__(self, kind: str) -> str:
        return self.points if kind == "points" else str(self)


def _badge(verdict: Verdict, label: str = "") -> str:
    """The sign of a verdict; without a label it stands beside words that say the same."""
    spoken = f'role="img" aria-label="{html.escape(label)}"' if label else 'aria-hidden="true"'
    return f'<span class="verdict {verdict.value}" {spoken}>{SIGNS[verdict]}</span>'


def _write(value, write):
    return [write(each) for each in value] if isinstance(value, list) else write(value)


def _write_number(value: float | str) -> str:
    """Whole numbers with all of their digits, others with three."""
    if isinstance(value, str):
        return value
    return f"{value:,}".replace("-", "−") if isinstance(value, int) else format_number(value)


def claims_of(wing: str) -> list[Claim]:
    """The claims that belong to a tab."""
    return [claim for claim in CLAIMS.values() if claim.wing == wing]
