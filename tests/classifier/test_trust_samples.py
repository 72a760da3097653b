"""Methods over many images: what is stored, measured anew for some of them, and the table that tells it."""

from __future__ import annotations

import re

import pytest
import torch

from explorer.classifier.attribution import METHODS, Settings, compute_attribution
from explorer.classifier.examination import examine
from explorer.classifier.session import Choices, read_question
from explorer.classifier.trust import CONTROLS
from explorer.classifier.trust_samples import MODELS, NUM_IMAGES, load_many, load_measured, measure, measure_many
from explorer.classifier.trust_tab import on_examine, on_table
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.catalogue import MODELS as CATALOGUE
from explorer.models.checkpoints import load_trained
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
        assert orders["gradcam"].last_random.nanmean() < 0.2


@pytest.mark.parametrize(("name", "index"), [("lenet5", 7), ("lenet5", 107), ("alexnet_small", 97)])
def test_what_is_stored_is_measured_again(name, index):
    numbers = range(index, index + 1)
    again, stored = measure(name, numbers), load_measured()[name]
    for order, found in again.items():
        for kind, values in found.items():
            kept = getattr(stored[order], kind)[list(numbers)]
            assert torch.allclose(torch.tensor(values), kept, atol=0.02, equal_nan=True), (order, kind)


def test_over_many_images_the_quick_methods_were_measured(test_images):
    (name, orders), *others = load_many().items()
    assert name == "lenet5" and not others
    assert set(orders) == {*CONTROLS, *(method for method in METHODS if not METHODS[method].is_slow)}
    assert {len(each.deletion) for each in orders.values()} == {2000}
    again = measure_many(name, test_images[1200:1202])
    for key, values in again.items():
        _, order, part = key.split("/")
        kept = getattr(orders[order], part)[1200:1202]
        assert torch.allclose(values.float(), kept, atol=0.02, equal_nan=True), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_images_have_a_table_of_their_own(language):
    shown, text = on_table("lenet5 many", language=language), text_in(language)
    mean = float(load_many()["lenet5"]["gradient"].deletion.nanmean())
    assert "2,000" in shown["table"] and f"{mean:.2f}" in shown["table"]
    assert text("methods.name_occlusion") not in shown["table"]
    with pytest.raises(InputError):
        on_table("alexnet_small many", language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", MODELS)
def test_the_table_goes_from_the_smallest_area_on(name, language):
    shown, orders, text = on_table(name, language=language), load_measured()[name], text_in(language)
    sorted_by_hand = sorted(orders, key=lambda order: float(orders[order].deletion.nanmean()))
    names = [
        text(f"classifier.control_{order}" if order in CONTROLS else f"methods.name_{order}")
        for order in sorted_by_hand
    ]
    places = [re.search(f'<td class="name">{re.escape(each)}(<| \\(|（)', shown["table"]).start() for each in names]
    assert places == sorted(places)
    best = min(orders[order].deletion.mean() for order in CONTROLS)
    better = sum(orders[order].deletion.nanmean() < best for order in METHODS)
    assert f"{float(best):.2f}" in shown["look_for"] and str(int(better)) in shown["look_for"]
    assert text.title(CATALOGUE[name].title) in shown["table"]


def test_an_empty_map_orders_nothing():
    """Grad-CAM of AlexNet-Small is 0 everywhere for most samples: they do not count, and one of them is not put on trial."""
    orders, empty = load_measured()["alexnet_small"], []
    model, sample = load_trained("alexnet_small"), load_sample()
    for index in range(20):
        image = normalise(sample.images[index].float() / 255)[None, None]
        with torch.no_grad():
            target = int(model(image).argmax())
        values = compute_attribution(model, image, target, "gradcam", **vars(Settings())).values
        empty.append(not values.any())
    assert orders["gradcam"].deletion[:20].isnan().tolist() == empty and 0 < sum(empty) < 20
    counted = int((~orders["gradcam"].deletion.isnan()).sum())
    assert f"{counted} of 200" in on_table("alexnet_small", language="en")["table"]
    question = read_question(Choices(model="alexnet_small", method="gradcam", sample=empty.index(True)))
    assert examine(question) is None
    values = vars(Choices(model="alexnet_small", method="gradcam", sample=empty.index(True)))
    _, shown = on_examine(language="en", **values)["late"]
    assert "is empty" in shown["trust_look"]["value"]
