"""From a plan to trained networks: each run begins or goes on, is saved, measured and published.

What happens is told as records, at once; whoever calls turns them into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from explorer.models.checkpoints import CheckpointError, load_results, lock_results
from explorer.training.card import write_card
from explorer.training.finished import Finished, finish
from explorer.training.plan import Beginning, Plan, RunError, Start, find_refused, is_trained_further, plan_start
from explorer.training.publish import Published, is_published, pack_always_wrong, publish
from explorer.training.run import SAVE_EVERY_SECONDS, Interrupted, Run, new_run, restart_run, train
from explorer.training.splits import Images, Split, load_images
from explorer.training.state import StateError, read_facts, read_finished, read_state, write_finished, write_state


@dataclass(frozen=True)
class Began:
    """A run begins or goes on; or it is a Finished one, of which nothing is left to train."""

    start: Start
    run: Run | Finished


@dataclass(frozen=True)
class TrainedFurther:
    """A network is left alone, because its weights were trained further by a warm start."""

    name: str


@dataclass(frozen=True)
class Failed:
    """A run could not be trained or measured, or the network not stored, or the card of all networks not written."""

    not_done: Literal["trained", "measured", "stored", "described"]
    error: Exception
    folder: Path  # where it happened, if the error names no file
    name: str = ""  # no name for the card
    seed: int | None = None  # None for a warm start, and for the network as a whole


Event = Began | TrainedFurther | Failed | Published


def prepare(plan: Plan) -> Images:
    """The images to train on, read only if what they give can be stored.

    Raises:
        CheckpointError: results.json is damaged, so that nothing could be put into it.
        DatasetError: there is no usable Fashion-MNIST.
    """
    load_results(plan.checkpoints)
    return load_images(plan.device, plan.data_dir, plan.smoke)


def train_models(
    plan: Plan, images: Images, should_stop: Callable[[], bool], tell: Callable[[Event], None]
) -> tuple[list[str], bool]:
    """Train every model of the plan with every seed; a run that fails does not stop the others.

    Args:
        plan: what to do.
        images: as from `prepare`.
        should_stop: asked after each step, each epoch and each network.
        tell: called with each thing that happens, as soon as it happens.

    Returns:
        Names of the models that are trained now, and whether everything went well.

    Raises:
        Interrupted: should_stop said so.
    """
    if not plan.resume:
        forget_finished(plan)
    refused = find_refused(plan)
    for (name, seed), error in refused.items():  # told now, before hours go by with the others
        tell(Failed("trained", error, plan.runs, name, seed))
    done, is_complete, is_described = [], True, True
    for name in plan.names:
        if is_trained_further(name, plan):
            tell(TrainedFurther(name))
            done.append(name)
            continue
        seeds = [seed for seed in plan.seeds if (name, seed) not in refused]
        runs = [run for seed in seeds if (run := _train_seed(name, seed, plan, images, should_stop, tell))]
        is_stored = bool(runs) and _store(name, plan, runs, tell)
        if is_stored:  # described at once: whatever ends this process leaves a card of the weights beside them
            done.append(name)
            is_described = _describe(images.test, plan.checkpoints, tell)
        is_complete &= is_stored and len(runs) == len(plan.seeds)
        if should_stop():
            raise Interrupted
    return done, is_complete and is_described


def forget_finished(plan: Plan) -> None:
    """Delete earlier finished runs, so that a later --resume does not take them for those of this plan."""
    for path in (plan.state_path(name, seed) for name in plan.names for seed in plan.seeds):
        try:
            if path.is_file() and read_facts(path)["finished"]:
                path.unlink()
        except StateError:  # damaged; the new run will replace it
            path.unlink()


def _train_seed(name: str, seed: int | None, plan: Plan, images: Images, should_stop, tell) -> Finished | None:
    """The finished run of one seed; None where it failed, and then that is told."""
    try:
        return _train_one(name, seed, plan, images, should_stop, tell)
    except OSError as error:
        tell(Failed("measured", error, plan.runs, name, seed))
    # RuntimeError: a loss that is not finite, too little memory, a compiler that gives up.
    except (RuntimeError, StateError, RunError, CheckpointError) as error:
        tell(Failed("trained", error, plan.runs, name, seed))
    return None


def _train_one(name: str, seed: int | None, plan: Plan, images: Images, should_stop, tell) -> Finished:
    start = plan_start(name, seed, plan)
    run = open_run(start, plan)
    tell(Began(start, run))
    if isinstance(run, Finished):
        return run
    if not run.step:  # from here on --resume goes on with this run and not with what lay there before
        write_state(run, start.path)
    train(run, images.training, images.validation, save_state=lambda run: write_state(run, start.path),
          should_stop=should_stop, save_every=SAVE_EVERY_SECONDS, compiled=plan.compiled)  # fmt: skip
    finished = finish(run, images.validation, images.test, plan.device)
    write_finished(finished, name, start.path)
    return finished


def open_run(start: Start, plan: Plan) -> Run | Finished:
    """The run to train now, or the finished one that is there already.

    Raises:
        StateError: the saved run is damaged.
        CheckpointError: a warm start finds no weights to start from.
    """
    if start.beginning is Beginning.FINISHED:
        return read_finished(start.path)
    if start.beginning is Beginning.RESUMES:
        run = read_state(start.path, plan.device)
        run.recipe = start.recipe  # the same but for autocast, which follows the device
        return run
    if plan.warm_start:
        return restart_run(start.name, start.recipe, plan.device, plan.checkpoints)
    return new_run(start.name, start.recipe, start.seed, plan.device)


def _store(name: str, plan: Plan, runs: Sequence[Finished], tell) -> bool:
    """Publish a network's runs unless that was done before; says whether their results are stored now."""
    if is_published(name, plan.recipe, runs, plan.checkpoints):
        return True
    try:
        published = publish(name, plan.recipe, runs, plan.checkpoints)
    except (OSError, ValueError) as error:
        tell(Failed("stored", error, plan.checkpoints, name))
        return False
    for run in runs:
        with suppress(StateError):  # then a later --resume stores the same once more
            path = plan.state_path(name, None if plan.warm_start else run.record["seed"])
            write_finished(replace(run, is_published=True), name, path)
    tell(published)
    return True


def _describe(test: Split, checkpoints: Path, tell) -> bool:
    """Write what describes all networks together; says whether that went well. The weights are stored already."""
    try:
        with lock_results(checkpoints):
            pack_always_wrong(test, checkpoints)
            write_card(checkpoints)
    except (OSError, ValueError, KeyError) as error:  # the disk, or a record of another version
        tell(Failed("described", error, checkpoints))
        return False
    return True
