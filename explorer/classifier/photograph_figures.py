"""What preparation does for photos, as a table for the questions."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.classifier.figures import percent
from explorer.classifier.photographs import BY_HAND, share_right
from explorer.models.catalogue import MODELS
from explorer.text import Text


def describe_photographs(measured: Mapping[str, Mapping[str, Mapping[str, str]]], text: Text) -> str:
    """A table in Markdown: for each kind of photo the share of right answers without, with, and with a setting by hand.

    Args:
        measured: network -> kind -> way -> answers, as `load_photographs` gives it.
        text: of the reader's language.
    """
    if not measured:
        return ""
    names = list(measured)
    titles = [MODELS[name].title for name in names]
    rows = [[text("classifier.photo_kind"), *titles], ["---"] * (len(names) + 1)]
    for kind, ways in measured[names[0]].items():
        title = text(f"classifier.photo_{kind}")
        rows.append([title, *(_change(measured[name][kind], "none", "auto", text) for name in names)])
        if "hand" in ways:
            by_hand = text("classifier.photo_by_hand", photo=title, setting=_describe_setting(kind, text))
            rows.append([by_hand, *(_change(measured[name][kind], "auto", "hand", text) for name in names)])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    total = len(measured[names[0]]["plain"]["auto"])
    return f"{text('classifier.photo_about', images=total)}\n\n{table}"


def _describe_setting(kind: str, text: Text) -> str:
    preparation = BY_HAND[kind]
    if preparation.turned:
        return text("classifier.photo_hand_turned", degrees=f"{preparation.turned:g}")
    return text("classifier.photo_hand_faint", faint=f"{preparation.faint:g}")


def _change(ways: Mapping[str, str], before: str, after: str, text: Text) -> str:
    """Two shares with an arrow between them."""
    return " → ".join(percent(share_right(ways[way]), text, 0) for way in (before, after))
