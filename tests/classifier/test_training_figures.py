"""What the results show of the trainings."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from explorer.classifier.results_figures import draw_curve
from explorer.classifier.training_figures import DRAWS, SHOWN, draw_augmented, draw_models, read_recipe
from explorer.data import load_sample
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_results
from explorer.text import LANGUAGES, text_in

RECORDS = load_results()


def pixels_of(drawn: dict) -> np.ndarray:
    """(maps, 28, 28), 0 to 255, of what the canvas gets."""
    found = []
    for each in drawn["maps"]:
        codes = np.frombuffer(base64.b64decode(each["codes"]), dtype="<u2").reshape(28, 28).astype(float)
        low, high = each["low"], each["high"]
        found.append((low + codes / 65534 * (high - low)) * 255)
    return np.stack(found).round()


@pytest.mark.parametrize("name", ["softmax", "lenet5"])
def test_the_pictures_are_what_the_recipe_makes_of_them(name):
    drawn = draw_augmented(RECORDS[name], text_in("en"))
    original = load_sample().images[list(SHOWN)].numpy()
    seen = pixels_of(drawn).reshape(1 + DRAWS, len(SHOWN), 28, 28)
    assert np.array_equal(seen[0], original)
    for batch in seen[1:]:
        for image, before in zip(batch, original, strict=True):
            mirrored = np.array_equal(image, before[:, ::-1])
            assert np.array_equal(image, before) or (name == "lenet5" and mirrored)
    assert np.array_equal(seen[1], original) == (name == "softmax")


def test_a_mixed_picture_says_how_much_each_label_counts():
    record = {"recipe": {**RECORDS["resnet18"]["recipe"], "cutmix": 1.0, "erase": 0.0}}
    captions = [each["caption"] for each in draw_augmented(record, text_in("en"))["maps"][len(SHOWN) :]]
    shares = [
        [int(part.split("\u00a0")[0].split()[-1]) for part in caption.split(", ")] for caption in captions if caption
    ]
    assert shares and all(99 <= sum(each) <= 101 for each in shares) and any(len(each) == 2 for each in shares)


def test_a_record_without_a_recipe_shows_none():
    assert draw_augmented({"curve": []}, text_in("en")) is None


def test_the_learning_rate_is_the_recorded_one():
    record = RECORDS["lenet5"]
    (rate,) = [line for line in draw_curve(record, text_in("en")).data if line.yaxis == "y2"]
    # A line up to the peak and half a cosine down, by PyTorch's own schedulers; the record has the last step of each epoch.
    recipe, steps = read_recipe(record), 422
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=recipe.peak_lr)
    warmup = round(recipe.warmup * recipe.epochs * steps)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=recipe.epochs * steps - warmup)
    down = []
    for _ in range(recipe.epochs * steps - warmup):
        down.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        cosine.step()
    up = [recipe.peak_lr * (step + 1) / warmup for step in range(warmup)]
    expected = [*up, *down][steps - 1 :: steps]
    assert list(rate.y) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bars_are_the_claims_and_the_runs(language):
    tutorial, text = load_results(section="tutorial"), text_in(language)
    claimed, theirs, ours = draw_models(RECORDS, tutorial, text).data
    names = [name for name in RECORDS if MODELS[name].claimed_accuracy]
    assert list(claimed.x) == [text.title(RECORDS[name]["title"]) for name in names]
    assert list(claimed.y) == [100 * MODELS[name].claimed_accuracy for name in names]
    for bars, records in ((theirs, tutorial), (ours, RECORDS)):
        for place, name in enumerate(names):
            runs = [100 * run["test_accuracy"] for run in records[name].get("runs", [records[name]])]
            assert bars.y[place] == pytest.approx(sum(runs) / len(runs))
            assert bars.y[place] + bars.error_y.array[place] == pytest.approx(max(runs))
            assert bars.y[place] - bars.error_y.arrayminus[place] == pytest.approx(min(runs))
