"""Several seeds of one network become one shipped network."""

from __future__ import annotations

import json

import pytest
import torch

from explorer.models.always_wrong import FILE, load_always_wrong
from explorer.models.answers import count_answers, load_answers
from explorer.models.catalogue import create_model
from explorer.models.checkpoints import load_results, load_trained
from explorer.training import publish as publishing
from explorer.training.finished import Finished
from explorer.training.publish import choose_median, combine, pack_always_wrong, pack_answers, publish
from explorer.training.splits import Split


def finished(seed: int, wrong: list[int]) -> Finished:
    torch.manual_seed(seed)
    record = {
        "seed": seed, "test_correct": 100 - len(wrong), "test_accuracy": 1 - len(wrong) / 100, "flip_accuracy": 0.5,
        "validation_accuracy": 0.6, "epochs": 3, "kept_epoch": 2, "seconds": 1.5, 
        "hardware": [{"name": "abacus", "threads": 1, "compiled": False}], "trained_on": "2026-01-01", "title": "LeNet-5",
    }  # fmt: skip
    return Finished(record, wrong, create_model("lenet5").eval())


@pytest.mark.parametrize(("counts", "median"), [([5], 0), ([5, 7, 6], 2), ([9, 7], 0), ([4, 4, 4], 1)])
def test_the_run_in_the_middle(counts, median):
    runs = [finished(seed, list(range(count))) for seed, count in enumerate(counts)]
    assert choose_median(runs) is runs[median]


def test_record_of_all_seeds():
    runs = [finished(3, [1, 5, 9]), finished(1, [5, 9]), finished(2, [0, 5, 7, 9])]
    record = combine(runs)
    assert record["seed"] == 3 and record["title"] == "LeNet-5"
    assert [run["seed"] for run in record["runs"]] == [1, 2, 3]
    assert [run["test_correct"] for run in record["runs"]] == [98, 96, 97]
    assert record["always_wrong"] == [5, 9]


def test_the_tutorials_recipe_ships_no_weights(tmp_path):
    runs = [finished(seed, list(range(seed))) for seed in (1, 2, 3)]
    publish("lenet5", "tutorial", runs, tmp_path)
    assert load_results(tmp_path) == {} and not list(tmp_path.glob("*.safetensors"))
    publish("lenet5", "best", runs, tmp_path)
    assert load_results(tmp_path, "tutorial")["lenet5"]["seed"] == load_results(tmp_path)["lenet5"]["seed"] == 2
    loaded = load_trained("lenet5", tmp_path)
    assert torch.equal(loaded.features[0].weight, runs[1].model.features[0].weight.half().float())


def test_images_that_no_network_gets_right(tmp_path):
    images = torch.randint(0, 256, (20, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    test = Split(images, torch.arange(20) % 10)
    assert pack_always_wrong(test, tmp_path) == 0 and load_always_wrong(tmp_path) is None
    publish("lenet5", "best", [finished(1, [1, 5, 9, 12]), finished(2, [0, 5, 9, 12])], tmp_path)
    torch.manual_seed(0)
    softmax = Finished(finished(3, [2, 9, 12]).record, [2, 9, 12], create_model("softmax").eval())
    publish("softmax", "best", [softmax], tmp_path)
    assert pack_always_wrong(test, tmp_path) == 2
    found = load_always_wrong(tmp_path)
    assert found.indices.tolist() == [9, 12] and found.labels.tolist() == [9, 2]
    assert torch.equal(found.images, images[[9, 12], 0]) and set(found.predicted) == {"softmax", "lenet5"}
    pixels = (images[[9, 12]].float() / 255 - 0.2860) / 0.3530
    assert torch.equal(found.predicted["softmax"], load_trained("softmax", tmp_path)(pixels).argmax(1))
    publish("softmax", "best", [Finished(softmax.record, [2], softmax.model)], tmp_path)
    assert pack_always_wrong(test, tmp_path) == 0 and load_always_wrong(tmp_path) is None, "earlier images stay"


def test_a_network_that_has_left_the_catalogue_is_passed_over(tmp_path):
    test = Split(torch.zeros(20, 1, 28, 28, dtype=torch.uint8), torch.arange(20) % 10)
    publish("lenet5", "best", [finished(1, [1, 5, 9])], tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    results["models"]["gone"] = {**results["models"]["lenet5"], "always_wrong": [5]}
    (tmp_path / "results.json").write_text(json.dumps(results))
    assert pack_always_wrong(test, tmp_path) == 3


@pytest.mark.parametrize("damage", [b"", b"not safetensors"])
def test_a_damaged_pack_is_done_without(tmp_path, damage):
    (tmp_path / FILE).write_bytes(damage)
    assert load_always_wrong(tmp_path) is None


def test_answers_are_packed_and_computed_anew_only_for_other_weights(tmp_path, monkeypatch):
    images = torch.randint(0, 256, (20, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    test, pixels = Split(images, torch.arange(20) % 10), (images.float() / 255 - 0.2860) / 0.3530
    pack_answers(test, tmp_path)
    assert load_answers(tmp_path) is None

    def store(name: str, seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        model = create_model(name).eval()
        publish(name, "best", [Finished(finished(seed, [1]).record, [1], model)], tmp_path)
        expected = load_trained(name, tmp_path)(pixels).argmax(1)
        confusion = count_answers(test.labels, expected)
        publish(name, "best", [Finished({**finished(seed, [1]).record, "confusion": confusion}, [1], model)], tmp_path)
        return expected

    answered = []
    answer = publishing.predict_logits
    monkeypatch.setattr(
        publishing, "predict_logits", lambda model, *rest: answered.append(model) or answer(model, *rest)
    )
    for name, seed, count in (("softmax", 1, 1), ("lenet5", 1, 1), ("softmax", 2, 1)):
        expected = store(name, seed)
        answered.clear()
        pack_answers(test, tmp_path)
        assert torch.equal(load_answers(tmp_path).predicted[name].long(), expected) and len(answered) == count
    pack_answers(test, tmp_path)
    assert len(answered) == 1, "nothing has changed"
    assert set(load_answers(tmp_path).predicted) == {"softmax", "lenet5"}
    assert torch.equal(load_answers(tmp_path).labels.long(), test.labels)
