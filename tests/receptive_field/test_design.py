"""What the fields say of a design, against networks that run and fields that autograd finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.errors import InputError
from explorer.models.footprint import measure_footprint
from explorer.models.networks import find_network
from explorer.receptive_field.design import find_smallest_size, judge_design
from explorer.receptive_field.maths import parse_layers, trace_layer_table
from explorer.receptive_field.networks import build_chain, record_network
from explorer.receptive_field.sentences import describe_design
from explorer.receptive_field.session import TABLE, View, find_chain, find_spot
from explorer.receptive_field.tab import on_view
from explorer.text import LANGUAGES, text_in
from tests.receptive_field.test_chains import layer_strategy


def judge(model: str, size: int, **changes):
    return judge_design(find_chain(View(model, size, **changes)))


def runs(model: torch.nn.Module, channels: int, size: int) -> bool:
    try:
        with torch.no_grad():
            model(torch.zeros(1, channels, size, size))
    except (RuntimeError, AssertionError, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    ("name", "size", "smallest"),
    [("alexnet_small", 28, 4), ("resnet18", 28, 1), ("torchvision/alexnet", 224, 63), ("torchvision/squeezenet1_1", 224, 17),
     ("torchvision/vgg11", 224, 32), ("torchvision/googlenet", 224, 15), ("torchvision/densenet121", 224, 29)],
)  # fmt: skip
def test_the_smallest_size_is_the_smallest_at_which_pytorch_runs(name, size, smallest):
    assert find_smallest_size(find_chain(View(name, size))) == (smallest, False)
    network = find_network(name)
    model = network.draw()
    assert runs(model, network.channels, smallest)
    assert not any(runs(model, network.channels, size) for size in range(max(1, smallest - 3), smallest))


def test_a_network_of_one_size_says_so():
    assert find_smallest_size(find_chain(View("lenet5", 28))) == (28, True)
    assert find_smallest_size(find_chain(View("torchvision/vit_b_16", 224))) == (224, True)


@settings(max_examples=30, deadline=None)
@given(layers=st.lists(layer_strategy, min_size=1, max_size=4), input_size=st.integers(5, 24))
def test_the_smallest_size_of_a_chain_is_that_of_its_modules(layers, input_size):
    try:
        trace_layer_table(layers, input_size)
    except InputError:
        assume(False)
    smallest, is_fixed = find_smallest_size(find_chain(View(TABLE, input_size, layers=layers)))
    model = build_chain(parse_layers(layers), device="cpu")
    assert not is_fixed and 1 <= smallest <= input_size and runs(model, 1, smallest)
    for size in range(1, smallest):
        if runs(model, 1, size):  # there it runs, and no unit sees a pixel
            with pytest.raises(InputError, match="no unit sees any pixel"):
                trace_layer_table(layers, size)


@pytest.mark.parametrize(
    ("name", "size"), [("lenet5", 28), ("alexnet_small", 28), ("resnet18", 28), ("torchvision/resnet18", 64)]
)
def test_from_where_on_every_unit_sees_the_image_is_what_autograd_says(name, size):
    chain = find_chain(View(name, size))
    whole = judge_design(chain).whole_from
    number = chain.rows.index(whole)
    shape = (find_network(name).channels, size, size)

    def sees_all(row, unit) -> bool:
        mask = measure_footprint(record_network(name), shape, row.name, unit).mask
        return bool(mask[[0, 0, -1, -1], [0, -1, 0, -1]].all())  # of a box: its corners

    for row in chain.rows[number:]:
        if row.kind != "global":
            last = row.num_units - 1
            assert all(sees_all(row, unit) for unit in ((0, 0), (0, last), (last, 0), (last, last)))
    before = chain.rows[number - 1]
    assert before.kind == "input" or not sees_all(before, (0, 0)) or not sees_all(before, (before.num_units - 1,) * 2)


def test_shares_are_those_of_the_boxes():
    design = judge("lenet5", 28)
    assert (design.last.name, design.last.size, design.seen_share) == ("features.5", 16, 16**2 / 28**2)
    assert design.wide == () and design.padding_share == 0 and design.whole_from.kind == "global"
    design = judge("resnet18", 28)
    assert min(row.size for row in design.wide) > 28 and design.seen_share == 1
    last = design.wide[-1]
    assert design.padding_share == pytest.approx(1 - 28**2 / last.size**2, abs=0.01)
    design = judge("mlp", 28)
    assert design.last.kind == "input" and design.whole_from.kind == "global"
    assert judge(TABLE, 28, layers=[{"kernel": 3}]).whole_from is None
    wide = judge(TABLE, 8, layers=[{"kernel": 15, "padding": 7}, {"kernel": 3, "padding": 1}])
    assert wide.whole_from.name == "conv1" and len(wide.wide) == 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("model", "size", "numbers"),
    [
        ("lenet5", 28, ("classifier.1", "features.5", "16 × 16", "33%", "28 × 28")),
        ("resnet18", 28, ("layer4.0.conv1", "93%", "1 × 1")),
        ("torchvision/inception_v3", 299, ("75 × 75",)),
        (TABLE, 28, ("12 × 12",)),
        ("mlp", 28, ("28 × 28",)),
    ],
)
def test_the_page_says_it(model, size, numbers, language):
    html = on_view(None, language=language, **vars(View(model, size, compared=[])))["design"].make()
    assert all(number in html for number in numbers), html
    assert "{" not in html and html.count("<li>") >= 2
    chain = find_spot(View(model, size)).chain
    assert len(describe_design(judge_design(chain), size, text_in(language))) == html.count("<li>")


def test_it_is_the_same_wherever_a_unit_is_seen():
    first, second = (
        on_view(None, language="en", **vars(View(seen_in=number, layer=4)))["design"].mark for number in (0, 2)
    )
    assert first == second


def test_a_stride_that_skips_pixels_leaves_no_layer_that_sees_all():
    chain = find_chain(View("torchvision/squeezenet1_1", 224))
    assert judge_design(chain).whole_from is None
    seen = np.zeros((224, 224), bool)
    seen[: chain.rows[-1].reach, : chain.rows[-1].reach] = True
    assert not seen.all()
