"""Weights on disk: what comes back, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from explorer.models import catalogue, checkpoints
from explorer.models.catalogue import MODELS, ModelEntry, create_model
from explorer.models.checkpoints import (
    CheckpointError,
    available_models,
    load_results,
    load_trained,
    model_lock,
    save_checkpoint,
)

ROOT = Path(__file__).parents[2]


def build(name: str, seed: int = 0) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return create_model(name)


@pytest.fixture
def folder(tmp_path):
    """A folder with a LeNet-5 and a softmax regression in it."""
    save_checkpoint("lenet5", build("lenet5"), {"test_accuracy": 0.9}, tmp_path)
    save_checkpoint("softmax", build("softmax"), {"test_accuracy": 0.8}, tmp_path)
    return tmp_path


def seen(folder: Path) -> set[str]:
    """Names of the files in a folder that are not hidden."""
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def weights_of(name: str, folder: Path) -> Path:
    """The one file of a small model."""
    (path,) = folder.glob(f"{name}-*.safetensors")
    return path


def test_round_trip_rounds_matrices_to_half_precision_and_keeps_vectors(folder):
    original, loaded = build("lenet5").state_dict(), load_trained("lenet5", folder)
    assert not loaded.training and all(p.requires_grad and p.dtype == torch.float32 for p in loaded.parameters())
    for key, tensor in loaded.state_dict().items():
        expected = original[key].half().float() if original[key].ndim > 1 else original[key]
        assert torch.equal(tensor, expected), key
    assert load_trained("lenet5", folder) is loaded


def test_batch_normalisation_and_its_counter_survive(tmp_path):
    model = build("resnet20")
    model(torch.rand(4, 1, 28, 28))
    save_checkpoint("resnet20", model, {}, tmp_path)
    stored = load_trained("resnet20", tmp_path).state_dict()
    assert torch.equal(stored["stem.1.running_var"], model.state_dict()["stem.1.running_var"])
    assert stored["stem.1.num_batches_tracked"].item() == 1


class WithTables(nn.Module):
    """A matrix of indices, which half precision would falsify, and one that may not be kept with the weights."""

    def __init__(self, is_kept: bool):
        super().__init__()
        self.register_buffer("index", torch.tensor([[2049, 1], [0, 4097]]))
        self.register_buffer("mask", torch.eye(2, dtype=torch.bool), persistent=is_kept)


@pytest.mark.parametrize("is_kept", [True, False])
def test_tables_of_whole_numbers_stay_as_they_are(tmp_path, monkeypatch, is_kept):
    own = {
        **MODELS,
        "softmax": ModelEntry("softmax", "Own", lambda: WithTables(is_kept), 1, lends_filters=False, is_compared=False),
    }
    monkeypatch.setattr(catalogue, "MODELS", own)
    save_checkpoint("softmax", WithTables(is_kept), {}, tmp_path)
    if is_kept:
        loaded = load_trained("softmax", tmp_path)
        assert torch.equal(loaded.index, torch.tensor([[2049, 1], [0, 4097]])) and loaded.mask.dtype == torch.bool
    else:
        with pytest.raises(CheckpointError, match="mask of softmax is not saved with its weights"):
            load_trained("softmax", tmp_path)


def test_record_names_files_with_their_digest(folder):
    record = json.loads((folder / "results.json").read_text())["models"]["lenet5"]
    (entry,) = record["files"]
    content = (folder / entry["file"]).read_bytes()
    assert entry["sha256"] == hashlib.sha256(content).hexdigest() and entry["bytes"] == len(content)
    assert record["test_accuracy"] == 0.9 and load_results(folder)["softmax"]["test_accuracy"] == 0.8
    assert seen(folder) == {
        "results.json", weights_of("lenet5", folder).name, weights_of("softmax", folder).name
    }  # fmt: skip


def test_large_network_is_cut_into_small_files_and_old_pieces_go(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_MAX_SHARD_BYTES", 200_000)
    save_checkpoint("resnet20", build("resnet20"), {}, tmp_path)
    files = sorted(path.name for path in tmp_path.glob("*.safetensors"))
    assert len(files) > 1 and all((tmp_path / file).stat().st_size < 200_000 + 2**15 for file in files)
    loaded, original = load_trained("resnet20", tmp_path), build("resnet20")
    assert torch.equal(loaded.stem[0].weight, original.stem[0].weight.half().float())
    monkeypatch.undo()
    save_checkpoint("resnet20", build("resnet20", 1), {}, tmp_path)
    assert list(tmp_path.glob("*.safetensors")) == [weights_of("resnet20", tmp_path)]


@pytest.mark.parametrize("moment", range(1, 5))
def test_killed_at_any_moment_a_network_in_several_files_is_the_old_or_the_new(tmp_path, monkeypatch, moment):
    monkeypatch.setattr(checkpoints, "_MAX_SHARD_BYTES", 300_000)
    save_checkpoint("resnet20", build("resnet20"), {}, tmp_path)
    files, replace, calls = set(tmp_path.glob("*.safetensors")), os.replace, []
    assert len(files) == 3

    def is_killed(source, target):
        calls.append(target)
        if len(calls) == moment:
            raise KeyboardInterrupt
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", is_killed)
        patch.setattr(Path, "unlink", lambda *args, **kwargs: None)  # nobody tidies up after it
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint("resnet20", build("resnet20", 1), {}, tmp_path)
    assert list(tmp_path.glob(".*.tmp"))
    assert available_models(tmp_path) == ["resnet20"]
    assert torch.equal(
        load_trained("resnet20", tmp_path).stem[0].weight, build("resnet20").stem[0].weight.half().float()
    )
    save_checkpoint("resnet20", build("resnet20", 1), {}, tmp_path)
    assert len(seen(tmp_path)) == 4 and not list(tmp_path.glob(".*.tmp")), "leftovers stay"
    assert not files & set(tmp_path.iterdir())


def test_who_reads_while_a_network_is_trained_anew_gets_the_new_one(tmp_path, monkeypatch):
    save_checkpoint("softmax", build("softmax"), {}, tmp_path)
    read, is_first = checkpoints._verified_bytes, [True]

    def read_slowly(folder, entry):
        if is_first.pop() if is_first else False:
            save_checkpoint("softmax", build("softmax", 1), {}, tmp_path)
        return read(folder, entry)

    monkeypatch.setattr(checkpoints, "_verified_bytes", read_slowly)
    loaded = load_trained("softmax", tmp_path)
    assert torch.equal(loaded.classifier.weight, build("softmax", 1).classifier.weight.half().float())


def test_resnet18_is_stored_in_files_under_nine_mebibytes(tmp_path):
    save_checkpoint("resnet18", build("resnet18"), {}, tmp_path)
    sizes = [path.stat().st_size for path in tmp_path.glob("*.safetensors")]
    assert max(sizes) < 9 * 2**20 and 22e6 < sum(sizes) < 23e6


def test_saving_again_is_seen_by_the_next_load(folder):
    before = load_trained("softmax", folder)
    save_checkpoint("softmax", build("softmax", 1), {}, folder)
    assert not torch.equal(load_trained("softmax", folder).classifier.weight, before.classifier.weight)


def tampered(path, change) -> None:
    """Rewrite a file and its digest, so that only its contents can give it away."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    record = json.loads((path.parent / "results.json").read_text())
    entry = record["models"]["lenet5"]["files"][0]
    content = path.read_bytes()
    entry.update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    (path.parent / "results.json").write_text(json.dumps(record))


def flip_last_byte(path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "must have .* bytes, got"),
        (flip_last_byte, "altered, its sha256 must be"),
        (lambda path: tampered(path, lambda t: t.pop("features.0.bias")), "do not fit it, features.0.bias is missing"),
        (lambda path: tampered(path, lambda t: t.update(extra=torch.zeros(1))), "has no extra"),
        (
            lambda path: tampered(path, lambda t: t.update({"features.0.bias": torch.zeros(7)})),
            r"features.0.bias must be \(6,\), got \(7,\)",
        ),
    ],
    ids=["missing", "truncated", "altered", "a tensor too few", "a tensor too many", "wrong shape"],
)
def test_unusable_file_is_named_and_the_others_go_on(folder, damage, message):
    damage(weights_of("lenet5", folder))
    checkpoints._load_cached.cache_clear()
    with pytest.raises(CheckpointError, match=message) as error:
        load_trained("lenet5", folder)
    assert str(folder) in str(error.value)
    assert "softmax" in available_models(folder)
    load_trained("softmax", folder)


def test_pickle_is_not_loaded(folder):
    import pickle

    content = pickle.dumps({"weights": 1})
    weights_of("lenet5", folder).write_bytes(content)
    record = json.loads((folder / "results.json").read_text())
    record["models"]["lenet5"]["files"][0].update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    (folder / "results.json").write_text(json.dumps(record))
    checkpoints._load_cached.cache_clear()
    with pytest.raises(CheckpointError, match=r"lenet5-\w+\.safetensors: not a safetensors file"):
        load_trained("lenet5", folder)


def test_available_models_leaves_out_what_does_not_verify(folder):
    assert available_models(folder) == ["softmax", "lenet5"]
    flip_last_byte(weights_of("softmax", folder))
    assert available_models(folder) == ["lenet5"]
    (folder / "results.json").unlink()
    assert available_models(folder) == [] and load_results(folder) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"models": []}', '{"models": {"lenet5": 3}}', '{"other": {}}'])
def test_damaged_results_are_named(folder, text):
    (folder / "results.json").write_text(text)
    with pytest.raises(CheckpointError, match="results.json: damaged"):
        load_results(folder)
    assert available_models(folder) == []


def test_record_without_files_is_named(folder):
    (folder / "results.json").write_text(json.dumps({"models": {"lenet5": {"files": [{"file": "../x"}]}}}))
    with pytest.raises(CheckpointError, match="record of lenet5 does not list its files"):
        load_trained("lenet5", folder)


def test_unknown_names_are_refused(tmp_path):
    for use in (load_trained, model_lock, lambda name: save_checkpoint(name, build("softmax"), {}, tmp_path)):
        with pytest.raises(ValueError, match="must be one of .*got '../x'"):
            use("../x")


def test_one_lock_a_model():
    assert model_lock("mlp") is model_lock("mlp") is not model_lock("lenet5")


def test_records_written_at_once_are_all_kept(tmp_path):
    names = ["softmax", "mlp", "lenet5", "resnet20", "plain20"]
    threads = [threading.Thread(target=save_checkpoint, args=(name, build(name), {}, tmp_path)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert available_models(tmp_path) == sorted(names, key=["softmax", "mlp", "lenet5", "resnet20", "plain20"].index)


KILLED_WITH_THE_LOCK = """
import os, signal, sys
from pathlib import Path
from explorer.models.checkpoints import lock_results
with lock_results(Path(sys.argv[1])):
    print("locked", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_lets_go_of_the_lock(tmp_path):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WITH_THE_LOCK, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert killed.stdout == "locked\n" and killed.returncode == -signal.SIGKILL
    save_checkpoint("softmax", build("softmax"), {}, tmp_path)
    assert available_models(tmp_path) == ["softmax"]


def test_who_finds_the_lock_taken_waits(tmp_path):
    order = []

    def write() -> None:
        with checkpoints.lock_results(tmp_path):
            order.append("second")

    with checkpoints.lock_results(tmp_path):
        waiting = threading.Thread(target=write)
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize("name", load_results())
def test_shipped_weights_load_and_their_records_add_up(name):
    record = load_results()[name]
    model = load_trained(name)
    assert sum(parameter.numel() for parameter in model.parameters()) == record["num_params"]
    assert all(entry["bytes"] < 9 * 2**20 for entry in record["files"])
    confusion = torch.tensor(record["confusion"])
    assert confusion.sum(1).tolist() == [1000] * 10
    assert confusion.trace().item() == record["test_correct"] == round(record["test_accuracy"] * 10_000)
    assert len(record["curve"]) == record["epochs"]


@pytest.mark.parametrize("name", load_results())
def test_shipped_weights_recognise_the_packed_sample(name):
    from explorer.data import load_sample

    sample = load_sample()
    pixels = (sample.images.float() / 255 - 0.2860) / 0.3530
    with torch.no_grad():
        correct = load_trained(name)(pixels.unsqueeze(1)).argmax(1) == sample.labels
    assert correct.float().mean().item() == pytest.approx(load_results()[name]["test_accuracy"], abs=0.07)
