"""A run that is over: it is measured with its weights as they are loaded back from disk."""

from __future__ import annotations

import copy
import platform
import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import torch
from torch import nn

from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import load_trained, save_checkpoint
from explorer.training.cycles import append_cycle
from explorer.training.evaluation import count_confusion, find_wrong, measure_calibration, predict_logits
from explorer.training.run import Run
from explorer.training.splits import Split


@dataclass(frozen=True)
class Finished:
    """A run that is over and measured.

    Attributes:
        record: what was measured, in the form that results.json will hold.
        wrong: indices of the test images that it gets wrong.
        model: the network as it is loaded from disk, on the CPU, in eval mode.
        earlier: as in Run.
        is_published: whether its network's record was written with it.
    """

    record: dict
    wrong: list[int]
    model: nn.Module
    earlier: dict | None = None
    is_published: bool = False


def finish(run: Run, validation: Split, test: Split, device: torch.device) -> Finished:
    """Measure a run that is over on the test images, with its weights as they are loaded back from disk.

    Args:
        run: its training is over.
        validation: images on which a temperature is fitted.
        test: images to measure on.
        device: where to compute; the images are there too.

    Raises:
        OSError: the weights cannot be written, because the disk is full for example.
        CheckpointError: the weights cannot be loaded back, because a buffer is not saved with them for example.
    """
    kept = run.measured if run.best is None else run.best
    loaded = reload(run.name, kept)
    layout = torch.channels_last if run.recipe.channels_last else torch.contiguous_format
    placed = copy.deepcopy(loaded).to(device=device, memory_format=layout)
    logits = predict_logits(placed, test, run.recipe)
    mirrored = predict_logits(placed, test, run.recipe, mirrored=True)
    both = (logits.softmax(1) + mirrored.softmax(1)) / 2
    calibration = measure_calibration(
        predict_logits(placed, validation, run.recipe), validation.labels, logits, test.labels
    )
    wrong = find_wrong(logits, test.labels)
    record = {
        "title": MODELS[run.name].title,
        "num_params": sum(parameter.numel() for parameter in loaded.parameters()),
        "test_accuracy": (len(test.labels) - len(wrong)) / len(test.labels),
        "test_correct": len(test.labels) - len(wrong),
        "flip_accuracy": (len(test.labels) - len(find_wrong(both, test.labels))) / len(test.labels),
        "validation_accuracy": run.curve[run.kept_epoch - 1]["validation_accuracy"],
        "epochs": len(run.curve),
        "kept_epoch": run.kept_epoch,
        "seed": run.seed,
        "hardware": [asdict(machine) for machine in run.hardware],
        "seconds": round(run.seconds, 1),
        "trained_on": date.today().isoformat(),
        "recipe": {**asdict(run.recipe), "autocast": run.bfloat16},
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "curve": run.curve,
        "confusion": count_confusion(logits, test.labels),
        "calibration": asdict(calibration),
    }
    return Finished(append_cycle(record, run.earlier), wrong, loaded, run.earlier)


def reload(name: str, kept: nn.Module | dict[str, torch.Tensor]) -> nn.Module:
    """Write a network as a checkpoint into a temporary folder and load it back.

    Args:
        name: a key of the catalogue.
        kept: the network, or its weights by name.

    Returns:
        The network on the CPU, in eval mode, with its weights rounded as they are on disk.

    Raises:
        OSError: the weights cannot be written, because the disk is full for example.
        CheckpointError: the weights cannot be loaded back, because a buffer is not saved with them for example.
        ValueError: no model has that name.
    """
    if isinstance(kept, dict):
        weights, kept = kept, create_model(name)
        kept.load_state_dict(weights)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            save_checkpoint(name, kept, {}, Path(scratch))
        except OSError as error:  # a full disk names no file
            raise OSError(error.errno, error.strerror, scratch) from error
        return load_trained(name, Path(scratch))
