"""From a plan to trained networks: each run begins or goes on, is saved, measured and published.

Each thing that happens is reported at once, as a record. The caller turns the records into words.
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
from explorer.training.publish import Published, is_published, pack_always_wrong, pack_answers, publish
from explorer.training.run import SAVE_EVERY_SECONDS, Interrupted, Run, new_run, restart_run, train
from explorer.training.splits import Images, Split, load_images
from explorer.training.state import StateError, read_facts, read_finished, read_state, write_finished, write_state


@dataclass(frozen=True)
class Began:
    """A run begins or goes on. If `run` is a Finished one, there is nothing left to train."""

    start: Start
    run: Run | Finished


@dataclass(frozen=True)
class TrainedFurther:
    """A network is left alone, because its weights were trained further by a warm start."""

    name: str


@dataclass(frozen=True)
class Failed:
    """Something failed: a run was not trained or measured, a network not stored, or the card of all not written."""

    not_done: Literal["trained", "measured", "stored", "described"]
    error: Exception
    folder: Path  # where it happened, if the error names no file
    name: str = ""  # no name for the card
    seed: int | None = None  # None for a warm start, and for the network as a whole


Event = Began | TrainedFurther | Failed | Published


def prepare(plan: Plan) -> Images:
    """Read the images to train on, after a check that the results can be stored.

    Args:
        plan: what to do; it says where the images are and to which device they go.

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
        Interrupted: `should_stop` has answered True.
        CheckpointError: results.json is damaged.
        OSError: an earlier finished run cannot be deleted.
    """
    if not plan.resume:
        forget_finished(plan)
    refused = find_refused(plan)
    for (name, seed), error in refused.items():  # reported now, before the others train for hours
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
        if is_stored:  # described at once: if this process is killed later, the card fits the weights beside it
            done.append(name)
            is_described = describe_all(images.test, plan.checkpoints, tell, plan.illustrate)
        is_complete &= is_stored and len(runs) == len(plan.seeds)
        if should_stop():
            raise Interrupted
    return done, is_complete and is_described


def forget_finished(plan: Plan) -> None:
    """Delete earlier finished runs, so that a later --resume does not take them for runs of this plan.

    Args:
        plan: its networks and seeds; only their files are looked at. Damaged files are deleted as well.

    Raises:
        OSError: a file cannot be deleted.
    """
    for path in (plan.state_path(name, seed) for name in plan.names for seed in plan.seeds):
        try:
            if path.is_file() and read_facts(path)["finished"]:
                path.unlink()
        except StateError:  # damaged; the new run will replace it
            path.unlink()


def _train_seed(name: str, seed: int | None, plan: Plan, images: Images, should_stop, tell) -> Finished | None:
    """The finished run of one seed; None if it failed, which is then reported."""
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
    if not run.step:  # from here on --resume goes on with this run, not with an earlier one in that file
        write_state(run, start.path)
    train(run, images.training, images.validation, save_state=lambda run: write_state(run, start.path),
          should_stop=should_stop, save_every=SAVE_EVERY_SECONDS, compiled=plan.compiled)  # fmt: skip
    finished = finish(run, images.validation, images.test, plan.device)
    write_finished(finished, name, start.path)
    return finished


def open_run(start: Start, plan: Plan) -> Run | Finished:
    """Open the run to train now, or the finished one that exists already.

    Args:
        start: how the run begins.
        plan: what to do.

    Raises:
        StateError: the saved run is damaged.
        CheckpointError: there are no usable weights for a warm start.
    """
    if start.beginning is Beginning.FINISHED:
        return read_finished(start.path)
    if start.beginning is Beginning.RESUMES:
        run = read_state(start.path, plan.device)
        run.recipe = start.recipe  # the same except for autocast, which depends on the device
        return run
    if plan.warm_start:
        return restart_run(start.name, start.recipe, plan.device, plan.weights_folder(start.name))
    return new_run(start.name, start.recipe, start.seed, plan.device)


def _store(name: str, plan: Plan, runs: Sequence[Finished], tell) -> bool:
    """Publish a network's runs if that was not done before. Returns whether their results are stored now."""
    try:
        if is_published(name, plan.recipe, runs, plan.checkpoints):
            return True
        published = publish(name, plan.recipe, runs, plan.checkpoints)
    except (OSError, ValueError) as error:
        tell(Failed("stored", error, plan.checkpoints, name))
        return False
    for run in runs:
        with suppress(StateError):  # then a later --resume stores the same results again
            path = plan.state_path(name, None if plan.warm_start else run.record["seed"])
            write_finished(replace(run, is_published=True), name, path)
    tell(published)
    return True


def describe_all(test: Split, checkpoints: Path, tell, illustrate: Callable[[Path], None] | None = None) -> bool:
    """Write what describes all networks of a folder together, after their weights. Returns whether that went well.

    Args:
        test: all test images.
        checkpoints: the folder.
        tell: called with what failed.
        illustrate: draws the pictures of its card; None leaves them as they are.
    """
    try:
        with lock_results(checkpoints):
            pack_always_wrong(test, checkpoints)
            pack_answers(test, checkpoints)
            if illustrate is not None:
                illustrate(checkpoints)
            write_card(checkpoints)
    except (OSError, ValueError, KeyError) as error:  # the disk, or a record of another version
        tell(Failed("described", error, checkpoints))
        return False
    return True
