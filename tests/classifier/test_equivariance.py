"""What moves with the picture: against F.conv2d and F.max_pool2d computed here, and in every trained network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from explorer.classifier.equivariance import compare_layers, overlap
from explorer.classifier.equivariance_figures import draw_channel, draw_layers
from explorer.classifier.equivariance_tab import DIRECTIONS, on_other_layer, on_shift
from explorer.classifier.inside import find_shifted
from explorer.classifier.session import Choices, find_sample
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.checkpoints import available_models, load_trained
from explorer.models.layer_outputs import plan_layers, run_layers
from explorer.models.trace import record
from explorer.text import LANGUAGES, text_in

PICTURE = load_sample().images[40].float() / 255
PICTURE_AT_HAND = {name: getattr(Choices(), name) for name in OF_PICTURE}
SET = {"direction": "right", "pixels": 2, "layer": None, "channel": None}


def shift_by_hand(down: int, right: int) -> torch.Tensor:
    """(1, 1, 28, 28), normalised; black comes in."""
    moved = torch.zeros(28, 28)
    for row in range(28):
        for column in range(28):
            if 0 <= row - down < 28 and 0 <= column - right < 28:
                moved[row, column] = PICTURE[row - down, column - right]
    return normalise(moved)[None, None]


def compare(model: nn.Module, down: int, right: int):
    plan = plan_layers(record(model), (1, 28, 28))
    before, after = (run_layers(plan, model, shift_by_hand(*by)) for by in ((0, 0), (down, right)))
    return compare_layers(before, after, (down, right)), before, after


def seeded(*layers: nn.Module) -> nn.Sequential:
    generator = torch.Generator().manual_seed(3)
    for layer in layers:
        for parameter in layer.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator)
    return nn.Sequential(*layers).eval()


@pytest.mark.parametrize("shift", [(0, 1), (0, -3), (2, 1)])
def test_a_convolution_with_stride_1_moves_exactly_away_from_the_border(shift):
    conv = nn.Conv2d(1, 4, 3, padding=1)
    (found,), before, _ = compare(seeded(conv), *shift)
    images = (shift_by_hand(0, 0), shift_by_hand(*shift))
    old, new = (F.conv2d(image, conv.weight, conv.bias, padding=1)[0].detach() for image in images)
    moved = torch.roll(old, shift, (1, 2))
    down, right = shift
    rows = slice(max(down, 0), 28 + min(down, 0))
    columns = slice(max(right, 0), 28 + min(right, 0))
    is_equal = torch.isclose(new, moved, atol=1e-5 * float(old.abs().max()))[:, rows, columns]
    assert found.is_whole and found.moved == shift
    assert found.exact == pytest.approx(float(is_equal.float().mean()), abs=1e-3)
    # Of the places before and after, those at the border read the padding; these are left.
    assert found.exact_interior == 1 and found.num_interior == (26 - abs(down)) * (26 - abs(right))
    difference = (new - moved)[:, rows, columns].norm() / moved[:, rows, columns].norm()
    assert found.difference == pytest.approx(float(difference), rel=1e-4)
    assert torch.allclose(before.values[0], old, atol=1e-5)


def test_max_pooling_moves_by_whole_windows_alone():
    pool = seeded(nn.Conv2d(1, 3, 3), nn.MaxPool2d(2))  # without padding nothing sees a border
    _, two = compare(pool, 0, 2)[0]
    assert two.units == two.moved == (0, 1) and two.exact_interior == 1 and two.num_interior == 13 * 12
    found, before, after = compare(pool, 0, 1)
    assert found[0].is_whole and not found[1].is_whole and found[1].units == (0, 0.5)
    assert found[1].num_interior == 0 and found[1].exact_interior is None and found[1].exact < 1
    old, new = (
        F.max_pool2d(F.conv2d(shift_by_hand(0, by), pool[0].weight, pool[0].bias), 2)[0].detach() for by in (0, 1)
    )
    best = min(float((new - old).norm() / old.norm()),
               float((new[:, :, 1:] - old[:, :, :-1]).norm() / old[:, :, :-1].norm()))  # fmt: skip
    assert found[1].difference == pytest.approx(best, rel=1e-4)
    assert torch.allclose(after.values[1], new, atol=1e-5) and before.values[1].shape == (3, 13, 13)


def test_a_stride_moves_by_its_steps_alone():
    model = seeded(nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(2, 2, 3, stride=2, padding=1))
    wholes = {shift: [each.is_whole for each in compare(model, shift, 0)[0]] for shift in (1, 2, 4)}
    assert wholes == {1: [False] * 3, 2: [True, True, False], 4: [True] * 3}


def test_what_lies_over_each_other():
    before = torch.arange(12.0).view(1, 3, 4)
    old, new = overlap(before, before, (1, -2))
    assert old.tolist() == [[[2, 3], [6, 7]]] and new.tolist() == [[[4, 5], [8, 9]]]


@pytest.mark.parametrize("name", available_models())
def test_in_every_network_the_interior_moves_exactly_where_the_shift_is_whole(name):
    picture, counts = find_sample(40), []
    model = load_trained(name)
    for shift in ((0, 1), (-4, 0)):
        shifted = find_shifted(name, picture, shift)
        for each in shifted.layers:
            assert each.exact_interior in (None, 1.0), (shifted.before.layers[each.index].name, shift)
            counts.append(each.num_interior)
        with torch.no_grad():
            assert torch.equal(shifted.after.values[-1], model(shift_by_hand(*shift))[0])
    has_maps = any(values.ndim == 3 for values in shifted.before.values)
    assert has_maps == any(counts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentence_and_the_chart_show_what_was_measured(language):
    text = text_in(language)
    shown = on_shift(language=language, **PICTURE_AT_HAND, **{**SET, "layer": "lenet5 2", "channel": 1})
    shifted = find_shifted("lenet5", find_sample(Choices().sample), (0, 2))
    found = shifted.layers[2]
    assert f"{100 * found.exact:.1f}" in shown["look_for"] and str(found.num_interior) in shown["look_for"]
    lines = {trace.name: trace for trace in draw_layers(shifted, text).data}
    line = lines[text("inside.shift_line_difference")]
    assert list(line.y) == [pytest.approx(100 * each.difference) for each in shifted.layers]
    whole = lines[text("inside.shift_line_exact")]
    assert list(whole.x) == [1, 2, 3, 4, 5]
    drawn = draw_channel(shifted, 2, 1, text)
    assert len(drawn["maps"]) == 3 and drawn == shown["maps"]["value"]


def test_a_layer_is_chosen_where_none_of_this_network_is():
    first = on_shift(language="en", **PICTURE_AT_HAND, **{**SET, "pixels": 1})
    assert first["layer"]["value"] == "lenet5 2"  # the pooling: of two pixels
    other = on_shift(language="en", **{**PICTURE_AT_HAND, "model": "resnet20"}, **{**SET, "layer": "lenet5 2"})
    assert other["layer"]["value"].startswith("resnet20 ")
    same = on_other_layer(language="en", **PICTURE_AT_HAND, **{**SET, "layer": "lenet5 0", "channel": 15})
    assert "layer" not in same and 0 <= same["channel"] < 6


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "bad", [{"direction": "round"}, {"pixels": 0}, {"pixels": 1.5}, {"channel": 6}, {"channel": "x"}, {"model": "mlp"}]
)
def test_what_cannot_be_shifted_is_refused_in_words(bad, language):
    with pytest.raises(InputError) as refused:
        on_shift(language=language, **{**PICTURE_AT_HAND, **SET, "layer": "lenet5 0", **bad})
    assert refused.value.sentence(language)


def test_without_a_picture_it_asks_for_one():
    shown = on_shift(language="en", **{**PICTURE_AT_HAND, **SET, "source": "drawing"})
    assert list(shown) == ["look_for"] and set(DIRECTIONS) == {"right", "left", "up", "down"}
