"""The model card says what results.json says, in a form that the Hub reads."""

from __future__ import annotations

import pytest
from huggingface_hub import ModelCard

from explorer.classifier.results import find_errors
from explorer.models.checkpoints import CHECKPOINTS, load_results, save_record
from explorer.training.card import FILE, PICTURES, draw_card, write_card

RECORD = {
    "title": "LeNet-5", "num_params": 61_706, "test_accuracy": 0.9154, "flip_accuracy": 0.92, "epochs": 20, "seed": 43,
    "kept_epoch": 12, "hardware": [{"name": "abacus", "threads": None, "compiled": False}], "seconds": 1800.0, "trained_on": "2026-01-01",
    "recipe": {"epochs": 20, "flip": True, "clip_norm": None, "erase": 0.0}, "versions": {"torch": "2.11.0"},
    "confusion": [[9 if row == column else 1 if column == (row + 1) % 10 else 0 for column in range(10)]
                  for row in range(10)],
    "runs": [{"seed": seed, "test_accuracy": accuracy} for seed, accuracy in ((42, 0.91), (43, 0.9154), (44, 0.92))],
    "always_wrong": list(range(612)),
    "calibration": {"temperature": 1.25, "ece_before": 0.03, "ece_after": 0.0123},
}  # fmt: skip


def test_card_says_what_was_measured():
    card = draw_card({"lenet5": RECORD}, {"lenet5": {**RECORD, "test_accuracy": 0.8937}})
    assert "| LeNet-5 | 61,706 | 91.54 % | 91.51 ± 0.50 % (3) | 92.00 % | 43 | 20 | 612 |" in card
    assert "| LeNet-5 | 91.0 % | 89.37 % | 91.51 ± 0.50 % (3) | 20 (kept: 12) | float32 | abacus |" in card
    assert "| Shirt | 90.0 % |" in card and "| LeNet-5 | 3.00 | 1.23 | 1.250 |" in card
    assert "epochs 20, flip True. Seed 43, 20 epochs in 0.50 h on abacus, 2026-01-01; torch 2.11.0." in card


def test_card_marks_what_was_computed_in_bfloat16():
    record = {**RECORD, "recipe": {**RECORD["recipe"], "autocast": True}}
    assert "| 20 (kept: 12) | bfloat16 | abacus |" in draw_card({}, {"lenet5": record})


def test_card_tells_of_every_cycle():
    cycles = [
        {**RECORD, "epochs": 17, "seconds": 1620.0},
        {**RECORD, "epochs": 3, "seconds": 180.0, "hardware": [{"name": "bier", "threads": 2, "compiled": True}]},
    ]
    card = draw_card({"lenet5": {**RECORD, "cycles": cycles}}, {})
    first, last = card.split("**LeNet-5** (`lenet5`): ")[1].split(" Then one more cycle from these weights: ")
    assert (
        "17 epochs in 0.45 h on abacus" in first
        and "3 epochs in 0.05 h on bier, 2 threads, compiled, " in last.split("##")[0]
    )


def test_card_of_a_record_without_the_newer_facts():
    bare = {key: value for key, value in RECORD.items()
            if key not in ("runs", "flip_accuracy", "calibration", "always_wrong")}  # fmt: skip
    card = draw_card({"lenet5": bare}, {})
    assert "| LeNet-5 | 61,706 | 91.54 % | one run | 43 | 20 |" in card
    for missing in ("tutorial's recipe", "Calibration", "mirror image", "every seed"):
        assert missing not in card


def test_hub_reads_the_card(tmp_path):
    save_record("lenet5", RECORD, tmp_path)
    write_card(tmp_path)
    data = ModelCard.load(tmp_path / FILE).data
    assert data.license == "mit" and data.pipeline_tag == "image-classification"
    (result,) = data.eval_results
    assert (result.metric_value, result.dataset_name) == (0.9154, "Fashion-MNIST")


def test_limits_say_what_the_records_bear_out():
    """Most mistakes of every network lie among clothes for the upper body."""
    assert "Most mistakes are\nbetween shirt, T-shirt, pullover, coat and dress" in (CHECKPOINTS / FILE).read_text(
        encoding="utf-8"
    )
    assert min(find_errors(record["confusion"]).upper_body for record in load_results().values()) > 0.5


def test_shipped_card_is_that_of_the_shipped_results():
    card = draw_card(load_results(), load_results(section="tutorial"), [*PICTURES])
    assert (CHECKPOINTS / FILE).read_text(encoding="utf-8") == card


@pytest.mark.parametrize("number", range(10))
def test_every_class_has_a_row(number):
    from explorer.data import CLASSES

    assert f"| {CLASSES[number]} |" in draw_card({"lenet5": RECORD}, {})
