"""How plain and residual networks learned, in words and as two small tables: the chosen networks, and the end at each depth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from explorer.gradient_flow.figures import say_number
from explorer.gradient_flow.learning import KINDS, Course, Net
from explorer.gradient_flow.learning_outcomes import (
    EXPLODING,
    HUGE,
    TINY,
    VANISHING,
    Gradient,
    Outcome,
    is_worse,
    list_outcomes,
    list_steps,
)
from explorer.text import Text, join_sentences

_HEADS = ("seeds", "error", "loss", "start", "end")
_NOTHING = "–"


def describe(courses: Mapping[Net, Course], depth: int, normalised: bool, text: Text) -> str:
    """The judgement: what of degradation, vanishing and explosion is seen, when, and whether it fits the tutorial."""
    deeper = {kind: list_outcomes(courses, kind, normalised) for kind in KINDS}
    chosen = {kind: each for kind, outcomes in deeper.items() for each in outcomes if each.depth == depth}
    if not chosen:
        return text("learning.none")
    shallower = {kind: [each for each in outcomes if each.depth < depth] for kind, outcomes in deeper.items()}
    worse = {kind: is_worse(each, shallower[kind]) for kind, each in chosen.items()}
    said = [_say_depths(depth, worse, text)] if any(shallower.values()) and len(chosen) == len(KINDS) else []
    said += [_say_ended(each, text) for each in chosen.values() if each.ended]
    if "plain" in chosen:
        said.append(_say_flow(chosen["plain"], text))
        said.append(_say_cause(chosen["plain"], text) if worse["plain"] else "")
    return join_sentences(said, text)


def _say_depths(depth: int, worse: Mapping[str, bool], text: Text) -> str:
    which = [kind for kind in KINDS if worse[kind]]
    key = "both" if len(which) > 1 else which[0] if which else "none"
    return text(f"learning.worse_{key}", depth=depth)


def _say_ended(outcome: Outcome, text: Text) -> str:
    about = {"kind": _name(outcome.kind, text), "step": f"{outcome.ended[0]:,}", "seeds": outcome.num_seeds}
    return text("learning.ended", count=len(outcome.ended), **about)


def _say_flow(plain: Outcome, text: Text) -> str:
    """When the gradient of the plain network is how."""
    start, end = plain.start.judge(), plain.end and plain.end.judge()
    state = text(f"learning.flow_{start}")
    if end is None:
        return text("learning.flow_before", state=state)
    if end == start:
        return text("learning.flow_stays", state=state)
    return text("learning.flow_changes", state=state, later=text(f"learning.flow_{end}"), step=f"{plain.settled:,}")


def _say_cause(plain: Outcome, text: Text) -> str:
    """Whether the gradient vanishes, as the tutorial has it of a deep plain network that learns worse."""
    judged = [each.judge() for each in (plain.start, plain.end) if each]
    if "vanishes" in judged:
        return text(f"learning.cause_{'fits' if judged[0] == 'vanishes' else 'late'}")
    return text(f"learning.cause_{'tiny' if 'tiny' in judged else 'differs'}")


def _name(kind: str, text: Text) -> str:
    return text(f"learning.kind_{kind}")


def list_facts(outcome: Outcome, text: Text) -> dict[str, tuple[str, str]]:
    """One row of the table: column -> what stands there large, and what small below it."""
    ended = outcome.ended
    return {
        "seeds": (str(outcome.num_seeds), text("learning.cell_stopped", count=len(ended)) if ended else ""),
        "error": _say_error(outcome.errors, text),
        "loss": (
            _say_loss(outcome),
            text(f"learning.cell_{'infinite' if outcome.losses else 'step'}", step=list_steps(ended)) if ended else "",
        ),
        "start": _say_gradient(outcome.start, text),
        "end": _say_gradient(outcome.end, text) if outcome.end else (_NOTHING, ""),
    }


def _say_loss(outcome: Outcome) -> str:
    return f"{outcome.loss:.2f}" if outcome.losses else "∞"


def _say_error(errors: Sequence[float], text: Text) -> tuple[str, str]:
    if not errors:
        return _NOTHING, ""
    least, middle, most = (f"{100 * each:.1f}" for each in (errors[0], median(errors), errors[-1]))
    span = text("learning.cell_span", least=least, most=most) if least != most else ""
    return text("learning.cell_share", share=middle), span


def _say_gradient(gradient: Gradient, text: Text) -> tuple[str, str]:
    """How many times as large it is in the first block, and which norms these are."""
    judged = gradient.judge()
    if judged == "unknown":
        return _NOTHING, ""
    ratio, state = say_number(gradient.ratio), text(f"learning.state_{judged}")
    norms = f"{say_number(gradient.first)} ÷ {say_number(gradient.last)}"
    if judged in ("tiny", "huge"):  # then the ratio says little
        return state, norms if math.isnan(gradient.ratio) else f"{norms} = {ratio}"
    return text("learning.cell_ratio", ratio=ratio, state=state), norms


def draw_tables(courses: Mapping[Net, Course], depth: int, normalised: bool, text: Text) -> str:
    """Both tables as HTML: a row for each kind of network; nothing where the networks were not trained."""
    outcomes = {kind: list_outcomes(courses, kind, normalised) for kind in KINDS}
    chosen = [each for found in outcomes.values() for each in found if each.depth == depth]
    if not chosen:
        return ""
    tables = _draw_chosen(chosen, text) + _draw_depths(outcomes, depth, text)
    return f'<div class="tables">{tables}</div><p class="note">{_say_note(chosen, text)}</p>'


def _say_note(outcomes: Sequence[Outcome], text: Text) -> str:
    """What is divided by what, and what is called how."""
    judged = {each.judge() for outcome in outcomes for each in (outcome.start, outcome.end) if each}
    said = [text("learning.note", vanishing=f"{VANISHING:g}", exploding=f"{EXPLODING:g}")]
    said += [text("learning.note_tiny", tiny=f"{TINY:g}")] if "tiny" in judged else []
    said += [text("learning.note_huge", huge=f"{HUGE:g}")] if "huge" in judged else []
    return join_sentences(said, text)


def _draw_chosen(chosen: Sequence[Outcome], text: Text) -> str:
    heads = [text("learning.head_net", depth=chosen[0].depth), *(text(f"learning.head_{head}") for head in _HEADS)]
    rows = [(each.kind, [*map(_cell, list_facts(each, text).values())]) for each in chosen]
    return _draw_table("chosen", heads[0], [_head(each) for each in heads], rows, text)


def _draw_depths(outcomes: Mapping[str, Sequence[Outcome]], depth: int, text: Text) -> str:
    """The end at every depth: degradation is seen in a row."""
    depths = sorted({each.depth for found in outcomes.values() for each in found})
    names = [text("learning.head_depth", depth=each) for each in depths]
    heads = [_head(text("learning.head_depths"))]
    heads += [_head(name, each == depth) for name, each in zip(names, depths, strict=True)]
    rows = []
    for kind, found in outcomes.items():
        there = {each.depth: _say_end(each, text) for each in found}
        cells = [_cell(there.get(each, (_NOTHING, "")), each == depth) for each in depths]
        rows.append((kind, cells))
    return _draw_table("depths", text("learning.head_depths"), heads, rows, text)


def _say_end(outcome: Outcome, text: Text) -> tuple[str, str]:
    error, _ = _say_error(outcome.errors, text)
    loss = text("learning.cell_loss", loss=_say_loss(outcome))
    counted = {"count": len(outcome.errors), "seeds": outcome.num_seeds}
    some = text("learning.cell_some", **counted) if outcome.ended and outcome.errors else ""
    return error, "<br>".join(filter(None, (loss, some)))


def _draw_table(
    name: str, label: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], text: Text
) -> str:
    """Roles are said, since the style sheet lays the rows of one side by side on a phone, and then they would be lost."""
    body = "".join(
        f'<tr role="row"><th scope="row" role="rowheader" class="{kind}">{_name(kind, text)}</th>{"".join(cells)}</tr>'
        for kind, cells in rows
    )
    return (
        f'<table class="{name}" role="table" aria-label="{label}"><thead role="rowgroup"><tr role="row">{"".join(heads)}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


def _head(words: str, is_chosen: bool = False) -> str:
    return f'<th scope="col" role="columnheader"{_mark(is_chosen)}>{words}</th>'


def _cell(words: tuple[str, str], is_chosen: bool = False) -> str:
    large, small = words
    below = f"<small>{small}</small>" if small else ""
    return f'<td role="cell"{_mark(is_chosen)}><b>{large}</b>{below}</td>'


def _mark(is_chosen: bool) -> str:
    return ' class="now" aria-current="true"' if is_chosen else ""


def describe_facts(courses: Mapping[Net, Course], depth: int, normalised: bool, text: Text) -> str:
    """The tables in sentences for paper, a line for each."""
    outcomes = {kind: list_outcomes(courses, kind, normalised) for kind in KINDS}
    chosen = [each for found in outcomes.values() for each in found if each.depth == depth]
    said = [*(_say_facts(each, text) for each in chosen), _say_note(chosen, text) if chosen else ""]
    for kind, found in outcomes.items():
        ends = [_say_end_in_words(each, text) for each in found]
        said.append(text("learning.depths", kind=_name(kind, text), ends=ends) if len(ends) > 1 else "")
    return "\n".join(filter(None, said))


def _say_facts(outcome: Outcome, text: Text) -> str:
    facts = list_facts(outcome, text)
    named = {head: _in_words(*facts[head], text) for head in _HEADS}
    return text("learning.facts", kind=_name(outcome.kind, text), depth=outcome.depth, **named)


def _say_end_in_words(outcome: Outcome, text: Text) -> str:
    large, small = _say_end(outcome, text)
    told = _in_words(large, small.replace("<br>", text("learning.and")), text)
    return text("learning.depth_end", depth=outcome.depth, end=told)


def _in_words(large: str, small: str, text: Text) -> str:
    return text("learning.with_small", large=large, small=small) if small else large
