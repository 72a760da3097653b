"""The classifier's pictures: the steps, the bars and the maps."""

from __future__ import annotations

import html
from collections.abc import Mapping

import torch
import torch.nn.functional as F

from explorer.classifier.attribution import METHODS, Attribution
from explorer.classifier.outcome import Outcome
from explorer.classifier.preprocessing import Prepared, Step
from explorer.classifier.relevance import GAMMA
from explorer.classifier.shapley import CELL
from explorer.models.networks import find_network
from explorer.page.canvas import Map, draw_maps, format_number
from explorer.text import Text, join_sentences

_ALL = 0.99  # of a map on the clothes: only the baseline keeps the rest at 0
_LEAST_LINE = 0.005  # share from which on a line is drawn: below, it would stand on the bar's foot
_SHOWN_SIDE = 112  # pixels to which larger pictures are reduced before they are sent to the page


def percent(share: float, text: Text, digits: int = 1) -> str:
    """A share as the reader sees it: what is only nearly all or nothing does not become 100 or 0 %."""
    least = 10.0**-digits
    value = f"{100 * share:.{digits}f}"
    if 0 < 100 * share < least / 2:
        value = f"< {least:g}"
    if 100 - least / 2 <= 100 * share < 100:
        value = f"> {100 - least:g}"
    return text("classifier.percent", value=value)


def class_name(text: Text, label: int) -> str:
    """Name of a class in the page's language."""
    return text(f"terms.class_{label}")


def method_name(method: str, text: Text) -> str:
    """What a method is called."""
    return text(f"methods.name_{method}")


def explained_class(outcome: Outcome, text: Text) -> str:
    """The class that is explained; with another one, which it is compared with, both."""
    target = class_name(text, outcome.target)
    if outcome.against is None:
        return target
    return text("methods.rather_than", target=target, against=class_name(text, outcome.against))


# ---- the sentences ----------------------------------------------------------------------------------------------


def choose_sentence(outcome: Outcome, text: Text) -> str:
    """What to look for: what the network says, and what the map shows, with the numbers."""
    return join_sentences([say_answer(outcome, text), _what_to_look_for(outcome, text)], text)


def say_answer(outcome: Outcome, text: Text) -> str:
    """What the network says, and what is odd about the picture."""
    remarks = [text(f"classifier.remark_{each.name}", value=each.value) for each in outcome.prepared.remarks]
    return join_sentences([_verdict(outcome, text), warn(outcome, text), *remarks], text)


def warn(outcome: Outcome, text: Text) -> str:
    """That the picture is unlike the training images, if it is; else nothing."""
    likeness = outcome.likeness
    if likeness is None or not likeness.is_unlike:
        return ""
    share = percent(likeness.false_alarms, text, 0)
    warning = text("garments.unlike", model=find_network(outcome.model).title, share=share)
    return warning if outcome.truth is not None else join_sentences([warning, text("garments.unlike_own")], text)


def _verdict(outcome: Outcome, text: Text) -> str:
    values = {
        "model": find_network(outcome.model).title,
        "predicted": class_name(text, outcome.predicted),
        "probability": percent(float(outcome.probabilities[outcome.predicted]), text),
    }
    if outcome.truth is None:
        return text("classifier.verdict_own", **values)
    if outcome.truth == outcome.predicted:
        return text("classifier.verdict_right", **values)
    truth_probability = percent(float(outcome.probabilities[outcome.truth]), text)
    return text(
        "classifier.verdict_wrong",
        truth=class_name(text, outcome.truth),
        truth_probability=truth_probability,
        **values,
    )


def _what_to_look_for(outcome: Outcome, text: Text) -> str:
    target = explained_class(outcome, text)
    if outcome.attribution is None:
        return text("classifier.look_no_map")
    if not outcome.attribution.has_evidence:
        return text(
            f"classifier.look_empty_{METHODS[outcome.method].empty}",
            target=target,
            method=method_name(outcome.method, text),
        )
    colours = text(f"classifier.colours_{METHODS[outcome.method].colours}", target=target)
    is_wrong = outcome.truth not in (None, outcome.predicted) and outcome.target == outcome.predicted
    if is_wrong and outcome.against is None:
        return text("classifier.look_wrong", colours=colours, truth=class_name(text, outcome.truth))
    complete = outcome.attribution.completeness_gap is not None  # then a pixel equal to the baseline gets exactly 0
    has_background = outcome.area < 1
    if complete and has_background and outcome.settings.baseline == "black" and outcome.share > _ALL:
        return text("classifier.look_black_baseline", colours=colours)
    share, area = percent(outcome.share, text, 0), percent(outcome.area, text, 0)
    key = "look_share" if outcome.truth is not None else "look_share_own"
    return text(f"classifier.{key}", colours=colours, share=share, area=area)


def draw_about(outcome: Outcome, text: Text) -> str:
    """One sentence on what the method shows and does not show, or why it cannot be used here, as HTML."""
    if outcome.attribution is None:
        return f'<p class="about">{html.escape(outcome.problem.sentence(text.language))}</p>'
    attribution = outcome.attribution
    sentence = text(f"methods.about_{outcome.method}", **_tell_numbers(outcome, text))
    if attribution.steps and attribution.is_final and not attribution.is_complete:
        sentence = text("methods.about_rough", sentence=sentence, steps=attribution.steps)
    if outcome.against is not None:
        names = {"target": class_name(text, outcome.target), "against": class_name(text, outcome.against)}
        difference = text("methods.about_difference", score=signed(attribution.score), **names)
        sentence = join_sentences([sentence, difference], text)
    if attribution.has_evidence:
        sentence = join_sentences([sentence, text("classifier.scale", limit=_say_limit(attribution.values))], text)
    about = text("classifier.about", method=method_name(outcome.method, text), sentence=sentence)
    return f'<p class="about">{about}</p>'


def _tell_numbers(outcome: Outcome, text: Text) -> dict:
    """What the sentences about the methods tell; each names what it needs."""
    attribution, settings = outcome.attribution, outcome.settings
    values = {
        "sum": signed(float(attribution.values.sum())),
        "score": signed(attribution.score),
        "steps": attribution.steps,
        "samples": attribution.samples,
        "regions": attribution.regions,
        "cell": CELL,
        "gamma": GAMMA,
        "seed": settings.seed,
        "window": settings.window,
        "training": text(f"methods.covered_{'sometimes' if outcome.saw_covered else 'never'}"),
    }
    if attribution.baseline_score is not None:
        values["difference"] = signed(attribution.score_rise)
    if attribution.layer_size:
        height, width = attribution.layer_size
        where = text(f"methods.cam_{'placed' if settings.grid else 'stretched'}")
        values |= {"layer": attribution.layer, "height": height, "width": width, "where": where}
    return values


def signed(value: float) -> str:
    """A number with two digits and the sign that is printed.

    >>> signed(-0.001), signed(-1.5)
    ('0.00', '−1.50')
    """
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


# ---- one picture ------------------------------------------------------------------------------------------------


def draw_steps(prepared: Prepared, text: Text) -> dict:
    """What each step of preparation gave, the last one on the signed scale."""
    maps = list_step_maps(prepared, text)
    return draw_maps(maps, max_height=180, label=text("classifier.steps_label"), equal_cells=False)


def list_step_maps(prepared: Prepared, text: Text) -> list[Map]:
    """The maps of `draw_steps`."""
    own = prepared.steps[0].name == "grey"
    return [_draw_step(step, own, text) for step in prepared.steps]


def _draw_step(step: Step, own: bool, text: Text) -> Map:
    if step.name == "normalised":
        low, high = (f"{float(end):.2f}".replace("-", "−") for end in step.values.aminmax())
        caption = text("classifier.caption_normalised", low=low, high=high)
        return Map(step.values, text("classifier.step_normalised"), caption, scale="signed")
    height, width = step.values.shape
    title = text(f"classifier.step_{step.name if own else 'sample'}")
    return Map(
        _reduce(step.values), title, text("classifier.caption_size", height=height, width=width), scale="grey",
        numbers=False,
    )  # fmt: skip


def _reduce(picture: torch.Tensor) -> torch.Tensor:
    """At most _SHOWN_SIDE pixels a side, by area."""
    scale = _SHOWN_SIDE / max(picture.shape)
    if scale >= 1:
        return picture
    size = [max(1, round(side * scale)) for side in picture.shape]
    return F.interpolate(picture[None, None], size, mode="area")[0, 0]


def draw_bars(outcome: Outcome, text: Text) -> str:
    """The ten probabilities as bars, in HTML; colours say whether the network is right."""
    title = text("classifier.probabilities", model=find_network(outcome.model).title)
    rows = draw_rows(outcome.probabilities, outcome.truth, text, outcome.calibrated)
    legend, about = ("", "") if outcome.calibrated is None else _describe_lines(outcome, text)
    return f'<p class="bars-title">{html.escape(title)}</p>{legend}<div class="bars">{rows}</div>{about}'


def _describe_lines(outcome: Outcome, text: Text) -> tuple[str, str]:
    """What the lines across the bars are, above them, and how they come about, below, as HTML."""
    predicted = class_name(text, outcome.predicted)
    probability = percent(float(outcome.calibrated[outcome.predicted]), text)
    legend = text("classifier.bars_legend", predicted=predicted, probability=probability)
    key = "bars_about" if outcome.truth is not None else "bars_about_own"
    about = text(f"classifier.{key}", temperature=f"{outcome.temperature:.2f}")
    return f'<p class="bars-legend">{html.escape(legend)}</p>', f'<p class="bars-about">{html.escape(about)}</p>'


def draw_rows(
    probabilities: torch.Tensor, truth: int | None, text: Text, calibrated: torch.Tensor | None = None
) -> str:
    """The ten probabilities as rows of the class "bars", in HTML.

    Args:
        probabilities: (10,).
        truth: the true class, None where nobody knows it.
        text: of the reader's language.
        calibrated: (10,), drawn as lines across the bars.
    """
    predicted = int(probabilities.argmax())
    role = "own" if truth is None else "correct" if predicted == truth else "wrong"
    return "".join(
        _draw_row(
            label, float(share), role if label == predicted else "", label == truth, text, _line_at(calibrated, label)
        )
        for label, share in enumerate(probabilities)
    )


def _line_at(calibrated: torch.Tensor | None, label: int) -> str:
    if calibrated is None or calibrated[label] < _LEAST_LINE:
        return ""
    return f'<i class="line" style="left:{100 * float(calibrated[label]):.2f}%"></i>'


def _draw_row(label: int, share: float, role: str, is_truth: bool, text: Text, line: str) -> str:
    chosen = " chosen" if role else ""
    mark = f' truth" title="{html.escape(text("classifier.true_class"))}' if is_truth else ""
    return (
        f'<span class="name{chosen}{mark}">{html.escape(class_name(text, label))}</span>'
        f'<span class="track"><div class="bar {role}" style="width:{100 * share:.2f}%"></div>{line}</span>'
        f'<span class="value{chosen}">{html.escape(percent(share, text))}</span>'
    )


def draw_attribution(outcome: Outcome, text: Text) -> dict:
    """The picture, the map over it, and the map alone."""
    label = text(
        "classifier.maps_label", method=method_name(outcome.method, text), target=explained_class(outcome, text)
    )
    return draw_maps(list_attribution_maps(outcome, text), columns=3, max_height=250, label=label)


def list_attribution_maps(outcome: Outcome, text: Text) -> list[Map]:
    """The maps of `draw_attribution`."""
    picture = outcome.prepared.pixels
    maps = [Map(picture, text("classifier.map_picture"), scale="grey")]
    method, target = method_name(outcome.method, text), explained_class(outcome, text)
    if outcome.attribution is not None:
        values = outcome.attribution.values
        over = values if outcome.attribution.has_evidence else None
        time = text(
            f"classifier.caption_{'time' if outcome.is_final else 'first'}", milliseconds=f"{outcome.milliseconds:.0f}"
        )
        caption = text("classifier.caption_over", target=target)
        maps.append(Map(picture, text("classifier.map_over"), caption, scale="grey", overlay=over))
        maps.append(Map(values, method, time))
    return maps


def _say_limit(values: torch.Tensor) -> str:
    """The values that have the strongest colours of a map."""
    limit = format_number(float(values.abs().max()))
    return limit if values.min() >= 0 else f"±{limit}"


def draw_comparison(maps: Mapping[str, Attribution | None], outcome: Outcome, text: Text) -> dict:
    """The maps of all methods side by side, each on a scale of its own."""
    label = text("classifier.compare_label", target=explained_class(outcome, text))
    return draw_maps(list_method_maps(maps, text), columns=5, max_height=640, label=label)


def list_method_maps(maps: Mapping[str, Attribution | None], text: Text) -> list[Map]:
    """The maps of `draw_comparison`."""
    drawn = []
    for method, attribution in maps.items():
        title = method_name(method, text)
        if attribution is None:
            drawn.append(Map(torch.zeros(28, 28), title, text("classifier.not_available")))
        else:
            drawn.append(Map(attribution.values, title))
    return drawn
