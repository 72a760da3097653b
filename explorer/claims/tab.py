"""The tab of the tutorial's claims, and the list of those that belong to another tab."""

from __future__ import annotations

import gradio as gr

from explorer.checks import check_choice
from explorer.claims.catalogue import CLAIMS
from explorer.claims.figures import (
    claims_of,
    count_verdicts,
    describe_claims,
    draw_bar,
    draw_claims,
    draw_sections,
    verdict_of,
)
from explorer.claims.records import Claim, Verdict
from explorer.page.events import wire
from explorer.page.layout import Wing, build_explanation, build_intro, build_look_for, controls_column, picture_column
from explorer.text import text_in

ALL = "all"
VERDICTS = (ALL, *(each.value for each in Verdict))
_ORDER = ("convolution", "receptive_field", "shapes", "gradient_flow", "classifier")
TABS = (ALL, *sorted({claim.wing for claim in CLAIMS.values()}, key=_ORDER.index))


def choose_claims(verdict: str, about: str) -> list[Claim]:
    """The claims with that verdict that belong to that tab, in the order of the tutorial.

    Raises:
        InputError: there is no such verdict or no such tab.
    """
    verdict = check_choice("claims.verdict", verdict, VERDICTS)
    about = check_choice("claims.about", about, TABS)
    return [
        claim for claim in CLAIMS.values() if about in (ALL, claim.wing) and verdict in (ALL, verdict_of(claim).value)
    ]


def on_choice(verdict: str, about: str, *, language: str) -> dict:
    """The claims that were chosen, counted and told."""
    text, chosen = text_in(language), choose_claims(verdict, about)
    if not chosen:
        return {"look_for": text("claims.look_none"), "bar": "", "claims": ""}
    return {
        "look_for": describe_claims(chosen, text),
        "bar": draw_bar(chosen, text),
        "claims": draw_sections(chosen, text, language),
    }


def build_tab(language: str) -> Wing:
    """Lay the tab out in that language and wire it."""
    text = text_in(language)
    first = on_choice(ALL, ALL, language=language)
    build_intro("claims", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            verdicts = [(text(f"claims.{each}"), each) for each in VERDICTS]
            tabs = [(text("claims.all_tabs" if each == ALL else f"{each}.tab"), each) for each in TABS]
            controls = {
                "verdict": gr.Radio(verdicts, value=ALL, label=text("claims.verdict")),
                "about": gr.Dropdown(tabs, value=ALL, label=text("claims.about")),
            }
        with picture_column():
            look_for = build_look_for(first["look_for"])
            bar = gr.HTML(first["bar"], apply_default_css=False, elem_classes="claims-verdicts")
    claims = gr.HTML(first["claims"], apply_default_css=False, elem_classes="claims-verdicts")
    build_explanation("claims", language)
    outputs = {"look_for": look_for, "bar": bar, "claims": claims}
    wire([each.input for each in controls.values()], on_choice, controls, outputs, language)
    return Wing("claims", controls, on_choice, controls, outputs)


def build_claims(wing: str, language: str) -> None:
    """At the foot of a tab: what the tutorial says of its subject; nothing where it says nothing."""
    text, claims = text_in(language), claims_of(wing)
    if not claims:
        return
    fails = count_verdicts(claims)[Verdict.FAILS]
    with gr.Accordion(text("claims.here", count=len(claims), fails=fails), open=False):
        gr.HTML(draw_claims(claims, text, language), apply_default_css=False, elem_classes="claims-verdicts")
