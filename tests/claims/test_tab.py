"""The tab of claims: what a reader may choose, what is drawn, and that each claim's link can be opened."""

from __future__ import annotations

import re

import gradio as gr
import pytest

from explorer.claims.catalogue import CLAIMS, load_cases
from explorer.claims.figures import claims_of, draw_bar, draw_claims, verdict_of
from explorer.claims.records import Verdict
from explorer.claims.tab import ALL, TABS, VERDICTS, choose_claims, on_choice
from explorer.errors import InputError
from explorer.interface import WINGS
from explorer.page.links import read_settings
from explorer.text import LANGUAGES, text_in


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_claim_is_drawn_with_every_case(language):
    drawn = draw_claims(list(CLAIMS.values()), text_in(language), language)
    assert drawn.count('<section class="claim ') == len(CLAIMS)
    assert drawn.count("<li>") == sum(map(len, load_cases().values()))
    assert "{" not in drawn and "nan" not in drawn


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_choice_shows_those_claims_alone(verdict):
    chosen = choose_claims(verdict, ALL)
    assert {verdict_of(each).value for each in chosen} <= ({verdict} if verdict != ALL else set(VERDICTS))
    in_parts = [claim for about in TABS[1:] for claim in choose_claims(verdict, about)]
    assert sorted(each.name for each in in_parts) == sorted(each.name for each in chosen)
    assert choose_claims(ALL, ALL) == list(CLAIMS.values())


def test_the_parts_of_the_bar_are_as_wide_as_they_have_claims():
    claims = list(CLAIMS.values())
    drawn = draw_bar(claims, text_in("en"))
    for verdict in Verdict:
        count = sum(verdict_of(each) is verdict for each in claims)
        widths = re.findall(f'class="{verdict.value}" x="[^"]*" y="0" width="([^"]*)"', drawn)
        assert [round((float(width) + 2) / 1000 * len(claims)) for width in widths] == ([count] if count else [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("verdict", "about"), [("true", ALL), (ALL, "nowhere"), (None, ALL), (ALL, ["shapes"])])
def test_what_is_no_choice_is_refused(verdict, about, language):
    with pytest.raises(InputError) as refused:
        on_choice(verdict, about, language=language)
    assert refused.value.sentence(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_main_section_has_its_heading_once(language):
    drawn, text = on_choice(ALL, ALL, language=language)["claims"], text_in(language)
    numbers = list(dict.fromkeys(claim.section.split(".")[0] for claim in CLAIMS.values()))
    assert re.findall("<h2>(.*?)</h2>", drawn) == [text(f"claims.part_{number}") for number in numbers]
    assert numbers == sorted(numbers, key=int) and drawn.count('<section class="claim ') == len(CLAIMS)


def test_where_nothing_is_left_it_says_so():
    empty = next((v, t) for v in VERDICTS for t in TABS if not choose_claims(v, t))
    assert on_choice(*empty, language="en")["claims"] == ""


def test_every_claim_can_be_shown_in_its_tab():
    with gr.Blocks():
        built = {name: module.build_tab("en") for name, module in WINGS.items() if claims_of(name)}
    assert {claim.wing for claim in CLAIMS.values()} <= built.keys()
    for claim in CLAIMS.values():
        wing = built[claim.wing]
        assert claim.link.keys() <= wing.link_settings.keys(), claim.name
        values = dict(zip(wing.link_settings, read_settings(wing, claim.link), strict=True))
        for key in claim.link:
            skipped = isinstance(values[key], dict) and values[key].keys() == {"__type__"}
            assert not skipped, (claim.name, key)
