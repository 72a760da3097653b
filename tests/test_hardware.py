"""Where the networks compute: on the processor, on a GPU, and on one that a ZeroGPU Space lends for a call."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import spaces
import torch

from explorer import hardware
from explorer.errors import InputError

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("cuda", "zero", "outside", "inside"),
    [(False, False, "cpu", "cpu"), (True, False, "cuda", "cuda"), (True, True, "cpu", "cuda")],
)
def test_device(cuda, zero, outside, inside, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(hardware, "_is_zero_gpu", lambda: zero)
    decorated = hardware.on_gpu(lambda: hardware.device().type)
    assert (hardware.device().type, decorated(), hardware.device().type) == (outside, inside, outside)


def test_the_mark_of_a_lent_device_goes_after_an_exception():
    @hardware.on_gpu
    def fail():
        raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert not hardware._IS_LENT.get()


def test_what_a_reader_did_wrong_comes_back_from_the_process_that_has_the_gpu(monkeypatch):
    """As `spaces` has it: an answer is pickled, and of an exception only the name of its class remains."""

    def in_another_process(function):
        def call(*args):
            try:
                return pickle.loads(pickle.dumps(function(*args)))
            except Exception as error:
                raise RuntimeError(type(error).__name__) from None

        return call

    def refuse(key):
        raise InputError(key)

    monkeypatch.setattr(spaces, "GPU", in_another_process)
    with pytest.raises(InputError) as caught:
        hardware.on_gpu(refuse)("classifier.blank")
    assert caught.value.sentence("zh") == InputError("classifier.blank").sentence("zh")
    assert hardware.on_gpu(lambda key: key)("classifier.blank") == "classifier.blank"


ON_A_SPACE = """
import threading
import spaces, torch
from explorer.classifier import api
assert torch.cuda.is_available() and spaces.config.Config.zero_gpu, "this is no ZeroGPU Space"
found = []
thread = threading.Thread(target=lambda: found.append(api.classify(sample=3, model="softmax")["predicted"]))
thread.start()
thread.join()
print("classified as", *found)
"""


def test_a_space_that_lends_gpus_classifies_without_one():
    """The package `spaces` behaves as on such a Space, where CUDA seems to be there and fails in a thread."""
    environment = {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", ON_A_SPACE], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0 and "classified as" in done.stdout, done.stderr[-2000:]
