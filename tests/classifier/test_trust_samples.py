"""Methods over many images: what is stored, measured anew for some of them, and the table that tells it."""

from __future__ import annotations

import pytest
import torch

from explorer.classifier.attribution import METHODS
from explorer.classifier.trust import CONTROLS
from explorer.classifier.trust_samples import MODELS, NUM_IMAGES, load_measured, measure
from explorer.classifier.trust_tab import on_table
from explorer.models.catalogue import MODELS as CATALOGUE
from explorer.text import LANGUAGES, text_in


def test_everything_was_measured_on_every_image():
    measured = load_measured()
    assert set(measured) == set(MODELS)
    for orders in measured.values():
        assert set(orders) == {*METHODS, *CONTROLS}
        for name, each in orders.items():
            correlations = 0 if name in CONTROLS else NUM_IMAGES
            assert [len(each.deletion), len(each.insertion)] == [NUM_IMAGES] * 2
            assert [len(each.last_random), len(each.all_random)] == [correlations] * 2


def test_what_the_sentences_say_of_random_weights_was_measured():
    """`about_guided_backprop` and `about_gradcam_plus_plus`: little changes when the last layer is random."""
    for orders in load_measured().values():
        for method in ("guided_backprop", "gradcam_plus_plus"):
            assert orders[method].last_random.mean() > 0.75
        assert orders["gradcam"].last_random.mean() < 0.2


@pytest.mark.parametrize(("name", "index"), [("lenet5", 7), ("lenet5", 107), ("alexnet_small", 97)])
def test_what_is_stored_is_measured_again(name, index):
    numbers = range(index, index + 1)
    again, stored = measure(name, numbers), load_measured()[name]
    for order, found in again.items():
        for kind, values in found.items():
            kept = getattr(stored[order], kind)[list(numbers)]
            assert torch.allclose(torch.tensor(values), kept, atol=0.02), (order, kind)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MODELS)
def test_the_table_goes_from_the_smallest_area_on(name, language):
    shown, orders, text = on_table(name, language=language), load_measured()[name], text_in(language)
    sorted_by_hand = sorted(orders, key=lambda order: sum(orders[order].deletion.tolist()))
    names = [
        text(f"classifier.control_{order}" if order in CONTROLS else f"methods.name_{order}")
        for order in sorted_by_hand
    ]
    places = [shown["table"].index(f'<td class="name">{each}</td>') for each in names]
    assert places == sorted(places)
    best = min(orders[order].deletion.mean() for order in CONTROLS)
    better = sum(orders[order].deletion.mean() < best for order in METHODS)
    assert f"{float(best):.2f}" in shown["look_for"] and str(int(better)) in shown["look_for"]
    assert text.title(CATALOGUE[name].title) in shown["table"]
