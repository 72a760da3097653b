"""What one call of train_all.py will do: which network by which recipe, and for each seed how its run begins.

These functions read the folders and decide. They do not train, write or print anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum, auto
from pathlib import Path

import torch

from explorer.models.catalogue import create_model
from explorer.models.checkpoints import SHIPPED, load_results
from explorer.models.seeds import cycles_of
from explorer.training.machine import adapt_to_device
from explorer.training.recipe import Recipe, first_difference, recipe_for, warm_restart
from explorer.training.state import StateError, read_facts


class RunError(ValueError):
    """A run cannot start as asked; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Plan:
    """What one call of the command line will do: its options, checked, and the folders to write to."""

    names: tuple[str, ...]
    recipe: str
    epochs: int | None  # None for the number of the recipe
    seeds: tuple[int | None, ...]  # (None,) for a warm start, which goes on with the seed of the weights
    device: torch.device
    data_dir: str | None  # None to find or download Fashion-MNIST
    resume: bool
    warm_start: bool
    smoke: bool
    compiled: bool
    bfloat16: bool
    checkpoints: Path  # where trained weights and results.json are written
    runs: Path  # the saved runs
    shipped: Path = SHIPPED  # what the app opens; only `publish` writes there
    publish: bool = False
    even_if_worse: bool = False
    illustrate: Callable[[Path], None] | None = None  # draws the pictures of the card of a folder

    def weights_folder(self, name: str) -> Path:
        """Where the weights lie from which a warm start of a network begins: those of one's own training, else the shipped ones.

        Raises:
            CheckpointError: results.json is damaged.
        """
        return self.checkpoints if name in load_results(self.checkpoints) else self.shipped

    def state_path(self, name: str, seed: int | None) -> Path:
        """The file of the saved run of one network and seed."""
        return self.runs / f"{name}-{self.recipe}-{'warm' if seed is None else seed}.safetensors"

    def recipe_of(self, name: str) -> Recipe:
        """The recipe by which the plan trains a network, on its device.

        Args:
            name: a key of MODELS.

        Raises:
            ValueError: no model has that name, or it has no recipe.
        """
        recipe = recipe_for(name, self.recipe)
        recipe = adapt_to_device(replace(recipe, autocast=recipe.autocast or self.bfloat16), self.device)
        if self.warm_start:
            recipe = warm_restart(recipe)
        if self.smoke:
            recipe = replace(recipe, epochs=1, batch_size=8)
        return recipe if self.epochs is None else replace(recipe, epochs=self.epochs)


class Beginning(Enum):
    """How a run begins: at its first step, with what lies in its file, or not at all."""

    FRESH = auto()
    NOTHING_SAVED = auto()  # it should go on with a saved run, but there is none
    REPLACES = auto()  # an unfinished run lies in its file
    RESUMES = auto()
    FINISHED = auto()  # nothing is left to train


@dataclass(frozen=True)
class Start:
    """How the run of one network and seed begins, by which recipe, and where it is saved."""

    name: str
    seed: int | None
    beginning: Beginning
    recipe: Recipe
    path: Path


def cheapest_first(names: Iterable[str]) -> tuple[str, ...]:
    """Sort networks by their cost, roughly: a weight of a matrix is used once for an image, one of a kernel 100 times.

    Args:
        names: keys of MODELS.

    Raises:
        RunError: one of the networks cannot be built on the meta device, where it is built when its weights are loaded.
    """

    def cost(name: str) -> int:
        try:
            with torch.device("meta"):
                model = create_model(name)
        except (RuntimeError, NotImplementedError) as error:  # its weights could never be loaded again
            reason = str(error).splitlines()[0]
            raise RunError(f"{name} cannot be trained: its constructor looks at numbers ({reason})") from error
        return sum(parameter.numel() * (100 if parameter.ndim == 4 else 1) for parameter in model.parameters())

    return tuple(sorted(names, key=cost))


def plan_start(name: str, seed: int | None, plan: Plan) -> Start:
    """Decide how a run begins.

    Args:
        name: a key of MODELS.
        seed: of the run; None for a warm start.
        plan: what to do.

    Raises:
        RunError: the saved run was started with other settings than those of the plan, or from other weights.
        StateError: the saved run is damaged.
        CheckpointError: results.json is damaged; it is read if a warm start is resumed.
    """
    path, recipe = plan.state_path(name, seed), plan.recipe_of(name)
    is_saved = path.is_file()
    if plan.resume and is_saved:
        beginning = Beginning.FINISHED if _read_fitting(path, recipe, plan)["finished"] else Beginning.RESUMES
    elif plan.resume:
        beginning = Beginning.NOTHING_SAVED
    else:
        beginning = Beginning.REPLACES if is_saved and not plan.smoke else Beginning.FRESH
    return Start(name, seed, beginning, recipe, path)


def _read_fitting(path: Path, recipe: Recipe, plan: Plan) -> Mapping:
    """What a saved run says about itself.

    Raises:
        RunError: the plan cannot go on with it.
    """
    facts = read_facts(path)
    _check_recipe(path, facts["recipe"], recipe)
    if plan.warm_start:
        _check_weights(path, facts, plan.weights_folder(facts["name"]))
    return facts


def _check_recipe(path: Path, saved: Mapping, recipe: Recipe) -> None:
    """Check that a run has one recipe from its first step to its last, the same one as all seeds of its network."""
    wanted = asdict(recipe)
    key = first_difference(saved, wanted)
    if key is not None:
        with_epochs = f" (--epochs {saved.get(key)} goes on with it)" if key == "epochs" else ""
        raise RunError(
            f"{path} was started with {key} {saved.get(key)}, not {wanted.get(key)}{with_epochs}; "
            "leave out --resume to train it afresh"
        )


def _check_weights(path: Path, facts: Mapping, checkpoints: Path) -> None:
    """A warm start can go on only if the shipped weights are those from which it started, or those that it gave."""
    shipped = load_results(checkpoints).get(facts["name"], {})
    is_published = facts["finished"] and facts["record"]["cycles"] == shipped.get("cycles")
    if facts["earlier"]["files"] != shipped.get("files") and not is_published:
        raise RunError(f"{path} was started from other weights than lie in {checkpoints}; leave out --resume")


def find_refused(plan: Plan) -> dict[tuple[str, int | None], ValueError]:
    """Find the saved runs with which --resume cannot go on.

    Args:
        plan: what to do.

    Returns:
        (network, seed) of each such run -> the error that says why; empty without --resume.

    Raises:
        CheckpointError: results.json is damaged.
    """
    refused: dict[tuple[str, int | None], ValueError] = {}
    for name in plan.names if plan.resume else ():
        for seed in () if is_trained_further(name, plan) else plan.seeds:
            try:
                plan_start(name, seed, plan)
            except (StateError, RunError) as error:
                refused[name, seed] = error
    return refused


def is_trained_further(name: str, plan: Plan) -> bool:
    """Whether the shipped weights were trained further from the same run that is planned, which must not replace them.

    Args:
        name: a key of MODELS.
        plan: what to do.

    Raises:
        CheckpointError: results.json is damaged.
    """
    if not plan.resume or plan.warm_start or plan.recipe == "tutorial":
        return False
    first, *later = cycles_of(load_results(plan.checkpoints).get(name, {}))
    if not later or first["seed"] not in plan.seeds:
        return False
    is_same = first_difference(first["recipe"], asdict(plan.recipe_of(name))) is None
    recorded = {first["seed"]: first}
    return is_same and not any(
        _holds_another_run(plan.state_path(name, seed), recorded.get(seed)) for seed in plan.seeds
    )


def _holds_another_run(path: Path, first: Mapping | None) -> bool:
    """Whether a file holds a run that began later, or a finished one that is not the recorded one, if there is one."""
    if not path.is_file():
        return False
    try:
        facts = read_facts(path)
    except StateError:  # who wants to go on with it gets this error then
        return True
    if not facts["finished"] or not facts.get("published", True):
        return True
    return first is not None and any(facts["record"][key] != first[key] for key in ("test_correct", "seconds"))
