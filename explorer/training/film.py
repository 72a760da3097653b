"""Train two networks and keep their weights at moments of the training: python -m explorer.training.film --help.

An interrupted training goes on where it stopped when the same command is called again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save

from explorer.data import load_sample, normalise
from explorer.models.checkpoints import stored_form, write_atomically
from explorer.models.film import LAST_MAP, NAMES, assemble, path_of
from explorer.models.gradient_mass import mean_gradient_mass
from explorer.training.evaluation import predict_logits
from explorer.training.machine import adapt_to_device, identify_machine
from explorer.training.recipe import Recipe, recipe_for
from explorer.training.run import SAVE_EVERY_SECONDS, Run, new_run, train
from explorer.training.splits import Images, Split, load_images
from explorer.training.state import read_state, write_state

RUNS = Path("runs")
SEED = 42
STEPS = (0, 10, 30, 100)
EPOCHS = (1, 2, 3, 5, 8, 12, 20, 30, 40)
"""The moments: after these steps, and after these epochs as far as the recipe goes."""

Moments = dict[int, dict[str, torch.Tensor]]


def choose_recipe(name: str, device: torch.device) -> Recipe:
    """The network's own recipe, without the moving average of its weights: what is kept is the network as it is trained."""
    return adapt_to_device(replace(recipe_for(name), average=0.0), device)


def choose_steps(recipe: Recipe, epoch_steps: int) -> tuple[int, ...]:
    """Training steps done at each moment that is kept, ascending; the last epoch is always among them."""
    epochs = {epoch for epoch in EPOCHS if epoch < recipe.epochs} | {recipe.epochs}
    return tuple(sorted({*STEPS, *(epoch * epoch_steps for epoch in epochs)}))


class _Recorder:
    """Keeps the weights at the moments, and saves the run with them about once a minute and at the end of an epoch."""

    def __init__(self, run: Run, steps: tuple[int, ...], epoch_steps: int, moments: Moments):
        self.steps, self.epoch_steps, self.moments = steps, epoch_steps, moments
        self.saved = time.perf_counter()
        self.look_at(run)

    def look_at(self, run: Run) -> None:
        """Called after every step."""
        if run.step in self.steps and run.step not in self.moments:
            self.moments[run.step] = {key: stored_form(each).clone() for key, each in run.model.state_dict().items()}
        is_whole = len(run.curve) * self.epoch_steps == run.step
        if is_whole or time.perf_counter() - self.saved > SAVE_EVERY_SECONDS:
            self.save(run)

    def save(self, run: Run) -> None:
        _write_moments(_moments_path(run.name), self.moments)  # first: a run never knows less than its moments
        write_state(run, _state_path(run.name))
        self.saved = time.perf_counter()


def _state_path(name: str) -> Path:
    return RUNS / f"film-{name}.safetensors"


def _moments_path(name: str) -> Path:
    return RUNS / f"film-{name}-moments.safetensors"


def _write_moments(path: Path, moments: Moments) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically({path: save(_flatten(moments))})


def _flatten(moments: Moments) -> dict[str, torch.Tensor]:
    return {f"{step}.{key}": each.contiguous() for step, state in moments.items() for key, each in state.items()}


def _read_moments(path: Path, last_step: int) -> Moments:
    moments: Moments = {}
    with safe_open(path, framework="pt") as opened:
        for name in opened.keys():  # noqa: SIM118 - it is not a mapping
            step, key = name.split(".", 1)
            if int(step) <= last_step:
                moments.setdefault(int(step), {})[key] = opened.get_tensor(name)
    return moments


def make_film(name: str, recipe: Recipe, images: Images, folder: Path | None = None) -> None:
    """Train a network to its end, from wherever an earlier call stopped, and write its film.

    Args:
        name: one of NAMES.
        recipe: how it is trained.
        images: to learn from, to validate on, and to test with.
        folder: where the film goes; None for that of the shipped weights.
    """
    device = images.training.images.device
    run, moments = new_run(name, recipe, SEED, device), {}
    if _state_path(name).exists():
        run = read_state(_state_path(name), device)
        moments = _read_moments(_moments_path(name), run.step)
    epoch_steps = -(-len(images.training.images) // recipe.batch_size)
    steps = choose_steps(recipe, epoch_steps)
    recorder = _Recorder(run, steps, epoch_steps, moments)
    train(run, images.training, images.validation, save_state=recorder.look_at, save_every=0.0)
    facts = {
        "epoch_steps": epoch_steps,
        "steps": list(steps),
        "seed": SEED,
        "recipe": asdict(recipe),
        "machine": str(identify_machine(device)),
        "validation_accuracy": [epoch["validation_accuracy"] for epoch in run.curve],
    }
    _write_film(name, {step: moments[step] for step in steps}, images.test, facts, folder)


def _write_film(name: str, moments: Moments, test: Split, facts: Mapping, folder: Path | None) -> None:
    """Measure each moment with its weights as they are stored, and write everything into one file."""
    answers, losses, fields = [], [], []
    for state in moments.values():
        model = assemble(name, state).to(test.images.device)
        logits = predict_logits(model, test, Recipe(epochs=1))
        answers.append(logits.argmax(1).to(torch.uint8))
        losses.append(F.cross_entropy(logits, test.labels.cpu()))
        fields.append(measure_field(name, model.cpu()))
    measured = {"answers": torch.stack(answers), "losses": torch.stack(losses), "fields": torch.stack(fields)}
    content = save({**_flatten(moments), **measured}, {"film": json.dumps(facts)})
    write_atomically({path_of(name, folder): content})


def measure_field(name: str, model: torch.nn.Module) -> torch.Tensor:
    """The effective field of the unit of LAST_MAP over the sample images: (28, 28) float32 that sums to 1, or to 0."""
    images = normalise(load_sample().images.float() / 255)[:, None]
    return mean_gradient_mass(model, images, *LAST_MAP[name]).float()


def main() -> int:
    """Read the arguments, train what they name, and write the films."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(NAMES), help=f"out of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="cpu or cuda")
    parser.add_argument("--data-dir", help="folder of Fashion-MNIST (default: find it, else download)")
    parsed = parser.parse_args()
    unknown = [name for name in parsed.models if name not in NAMES]
    if unknown:
        print(f"film: models must be out of {', '.join(NAMES)}, got {unknown[0]!r}", file=sys.stderr)
        return 2
    device = torch.device(parsed.device)
    images = load_images(device, parsed.data_dir, smoke=False)
    for name in parsed.models:
        make_film(name, choose_recipe(name, device), images)
    return 0


if __name__ == "__main__":
    sys.exit(main())
