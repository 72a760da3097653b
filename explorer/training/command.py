"""The command line of train_all.py: which models, where the results go, what to say when something is wrong."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import torch

from explorer.data import DatasetError, load_split
from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import (
    CHECKPOINTS,
    CheckpointError,
    checkpoint_problem,
    load_results,
    lock_results,
)
from explorer.models.seeds import cycles_of, machines_of, summarise_seeds
from explorer.training.card import describe_machines, write_card
from explorer.training.evaluation import Split
from explorer.training.loop import TrainingDiverged
from explorer.training.machine import adapt_to_device, has_bfloat16
from explorer.training.publish import pack_always_wrong, publish
from explorer.training.recipe import RECIPES, TUTORIAL, Recipe, recipe_for, warm_restart
from explorer.training.run import (
    SAVE_EVERY_SECONDS,
    Finished,
    Interrupted,
    Run,
    finish,
    new_run,
    restart_run,
    split_training_images,
    train,
)
from explorer.training.state import StateError, read_facts, read_finished, read_state, write_finished, write_state

RUNS = Path("runs")
DEFAULT_SEED = 42


class RunError(ValueError):
    """A run cannot start as asked; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Plan:
    """What one call of the command line is to do: its options, checked, and the folders to write to."""

    names: tuple[str, ...]
    recipe: str
    epochs: int | None
    seeds: tuple[int | None, ...]  # (None,) for a warm start, which goes on with the seed of the weights
    device: torch.device
    data_dir: str | None
    resume: bool
    warm_start: bool
    smoke: bool
    compiled: bool
    bfloat16: bool
    checkpoints: Path
    runs: Path

    def state_path(self, name: str, seed: int | None) -> Path:
        return self.runs / f"{name}-{self.recipe}-{'warm' if seed is None else seed}.safetensors"


def choose_device(wanted: str) -> torch.device:
    """The device to train on; "auto" takes CUDA where there is some.

    Raises:
        RunError: that device does not exist here.
    """
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.split(":")[0] not in ("cpu", "cuda"):
        raise RunError(f"--device must be auto, cpu or cuda, got {wanted!r}")
    try:
        device = torch.device(wanted)
        torch.zeros(1, device=device)
        return device
    except (RuntimeError, AssertionError) as error:
        raise RunError(f"--device {wanted} cannot be used on this machine ({str(error).splitlines()[0]})") from error


def check_compiler(device: torch.device) -> None:
    """Compile something small, so that a missing compiler is noticed before the data set is read.

    Raises:
        RunError: torch.compile does not work here.
    """
    try:
        torch.compile(lambda x: x.exp() + 1)(torch.zeros(8, device=device))
    except (RuntimeError, ImportError) as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise RunError(f"--compile needs a compiler that torch.compile can use on {device} ({reason})") from error


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Turns Ctrl-C and a polite kill into a question the loop can ask between steps; a second one stops at once."""
    stopping = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopping.is_set
        return

    def on_signal(number, frame) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping.is_set
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train_all.py",
        description="Train the networks of the catalogue on Fashion-MNIST and write their weights and what was "
        "measured into checkpoints/. The best place to start: --models softmax, the quickest.",
        epilog=f"Models: {', '.join(MODELS)}.",
    )
    parser.add_argument(
        "--models", default="all", metavar="NAMES", help="names with commas between, or all (default); cheapest first"
    )
    parser.add_argument(
        "--recipe",
        default="best",
        metavar="NAME",
        help="best (default): each model's own; medium and short: for a machine without a GPU, fewer epochs of the "
        "costliest with less regularisation; tutorial: the tutorial's protocol, of which only what it reached is kept and no "
        "weights",
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the images (default: the recipe's)")
    parser.add_argument(
        "--seed",
        metavar="N[,N...]",
        help=f"decides every random choice (default: {DEFAULT_SEED}); of several, the median run's weights are kept",
    )
    parser.add_argument("--device", default="auto", help="auto (default: a GPU if there is one), cpu or cuda")
    parser.add_argument("--data-dir", metavar="DIR", help="folder of Fashion-MNIST (default: find it, else download)")
    parser.add_argument("--resume", action="store_true", help="go on with interrupted runs; leave finished ones alone")
    parser.add_argument(
        "--warm-start",
        action="store_true",
        help="start from the weights in checkpoints/ and their seed instead of random ones: one more cycle, with a lower "
        "peak of the learning rate; the record becomes that of this one seed",
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile each network first (torch.compile): half a minute or more each, meant for long runs on a GPU",
    )
    parser.add_argument(
        "--bfloat16",
        action="store_true",
        help="compute in bfloat16 also where the recipe says float32, as the tutorial's does; weights stay float32",
    )
    parser.add_argument("--smoke", action="store_true", help="two tiny steps of each model into runs/smoke, as a test")
    return parser


def cheapest_first(names: Iterable[str]) -> tuple[str, ...]:
    """Names in order of work. Roughly: a matrix's weight is used once an image, a kernel's a hundred times.

    Raises:
        RunError: one of them cannot be built without numbers, as it is when its weights are loaded.
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


def make_plan(arguments: argparse.Namespace) -> Plan:
    """Check the arguments.

    Raises:
        RunError: one of them is impossible.
    """
    names = list(MODELS) if arguments.models == "all" else [name.strip() for name in arguments.models.split(",")]
    for name in names:
        if name not in MODELS:
            raise RunError(f"--models must be all or names out of {', '.join(MODELS)}, got {name!r}")
    if arguments.epochs is not None and arguments.epochs < 1:
        raise RunError(f"--epochs must be >= 1, got {arguments.epochs}")
    if arguments.smoke and arguments.resume:
        raise RunError("--smoke and --resume do not go together: a smoke run is over too soon to be resumed")
    if arguments.recipe not in RECIPES:
        raise RunError(f"--recipe must be one of {', '.join(RECIPES)}, got {arguments.recipe!r}")
    if arguments.recipe == "tutorial" and arguments.epochs is not None and not arguments.smoke:
        raise RunError(
            f"--recipe tutorial has {TUTORIAL.epochs} epochs, or it is not the tutorial's: leave out --epochs"
        )
    if arguments.warm_start:
        check_warm_start(arguments)
    device = choose_device(arguments.device)
    if arguments.bfloat16 and not has_bfloat16(device):
        raise RunError(
            f"--bfloat16 needs a device that computes in bfloat16, which {device} here does not: leave it out"
        )
    if arguments.compile:
        check_compiler(device)
    return Plan(
        names=cheapest_first(dict.fromkeys(names)),
        recipe=arguments.recipe,
        epochs=arguments.epochs,
        seeds=(None,) if arguments.warm_start else parse_seeds(arguments.seed or str(DEFAULT_SEED)),
        device=device,
        data_dir=arguments.data_dir,
        resume=arguments.resume,
        warm_start=arguments.warm_start,
        smoke=arguments.smoke,
        compiled=arguments.compile,
        bfloat16=arguments.bfloat16,
        checkpoints=RUNS / "smoke" / "checkpoints" if arguments.smoke else CHECKPOINTS,
        runs=RUNS / "smoke" if arguments.smoke else RUNS,
    )


def check_warm_start(arguments: argparse.Namespace) -> None:
    """Refuse what does not go together with --warm-start.

    Raises:
        RunError: there is such an argument.
    """
    if arguments.seed is not None:
        raise RunError(f"--warm-start goes on with the seed of the weights: leave out --seed, got {arguments.seed!r}")
    if arguments.recipe == "tutorial":
        raise RunError(
            "--warm-start must have --recipe best, medium or short, got 'tutorial', whose weights are not kept"
        )
    if arguments.smoke:
        raise RunError("--smoke and --warm-start do not go together: a smoke run has no trained weights to start from")


def parse_seeds(words: str) -> tuple[int, ...]:
    """Seeds from "42" or "42,43,44", each once.

    Raises:
        RunError: one of them is no whole number.
    """
    try:
        return tuple(dict.fromkeys(int(word) for word in words.split(",")))
    except ValueError:
        raise RunError(f"--seed must be whole numbers with commas between, got {words!r}") from None


def start_or_resume(name: str, seed: int | None, plan: Plan) -> Run | Finished:
    """The run to train now, or the finished one that is there already.

    Raises:
        RunError: the saved run is damaged or was started with other settings than those asked for.
        CheckpointError: a warm start finds no weights to start from.
    """
    path, recipe = plan.state_path(name, seed), plan_recipe(name, plan)
    if plan.resume and path.is_file():
        return _resume(path, recipe, plan)
    if plan.warm_start:
        run = restart_run(name, recipe, plan.device, plan.checkpoints)
    else:
        run = new_run(name, recipe, seed, plan.device)
    if plan.resume:
        print(f"{name}: no saved run in {path}, so it starts at its first step")
    elif path.is_file() and not plan.smoke:
        print(f"{name}: starting afresh; the unfinished run in {path} is replaced (--resume would go on with it)")
    return run


def plan_recipe(name: str, plan: Plan) -> Recipe:
    """How the plan trains a network, on its device."""
    recipe = recipe_for(name, plan.recipe)
    recipe = adapt_to_device(replace(recipe, autocast=recipe.autocast or plan.bfloat16), plan.device)
    if plan.warm_start:
        recipe = warm_restart(recipe)
    if plan.smoke:
        recipe = replace(recipe, epochs=1, batch_size=8)
    return recipe if plan.epochs is None else replace(recipe, epochs=plan.epochs)


def _read_saved(path: Path, recipe: Recipe, plan: Plan) -> dict:
    """What a saved run says about itself, if it can be gone on with as planned."""
    facts = read_facts(path)
    _check_recipe(path, facts["recipe"], recipe)
    if plan.warm_start:
        _check_start(path, facts, plan.checkpoints)
    return facts


def _resume(path: Path, recipe: Recipe, plan: Plan) -> Run | Finished:
    facts = _read_saved(path, recipe, plan)
    if facts["finished"]:
        print(f"{facts['name']}, seed {facts['seed']}: finished already; leave out --resume to train it afresh")
        return read_finished(path)
    run = read_state(path, plan.device)
    run.recipe = recipe  # the same but for autocast, which follows the device
    if run.is_over:
        print(f"{run.name}: trained to its end already, and measured now")
    else:
        print(f"{run.name}: going on after step {run.step}, in epoch {len(run.curve) + 1} of {run.recipe.epochs}")
    return run


def _check_recipe(path: Path, saved: Mapping, recipe: Recipe) -> None:
    """Seeds of one network are only comparable, and a run only whole, by one recipe."""
    wanted = asdict(recipe)
    key = _first_difference(saved, wanted)
    if key is not None:
        with_epochs = f" (--epochs {saved.get(key)} goes on with it)" if key == "epochs" else ""
        raise RunError(
            f"{path} was started with {key} {saved.get(key)}, not {wanted.get(key)}{with_epochs}; "
            "leave out --resume to train it afresh"
        )


def _first_difference(saved: Mapping, wanted: Mapping) -> str | None:
    """The first setting in which two recipes differ, but for autocast, which follows the device.

    An older recipe that does not name a setting has its default.
    """
    saved = {**asdict(Recipe(epochs=0)), **saved}  # which every recipe names
    keys = (key for key in dict.fromkeys([*wanted, *saved]) if key != "autocast")
    return next((key for key in keys if saved.get(key) != wanted.get(key)), None)


def _check_start(path: Path, facts: Mapping, checkpoints: Path) -> None:
    """A warm start can only be gone on with while the weights it came from are shipped, or what it has become."""
    shipped = load_results(checkpoints).get(facts["name"], {})
    is_published = facts["finished"] and facts["record"]["cycles"] == shipped.get("cycles")
    if facts["earlier"]["files"] != shipped.get("files") and not is_published:
        raise RunError(f"{path} was started from other weights than lie in {checkpoints}; leave out --resume")


@dataclass(frozen=True)
class Images:
    """The three splits, on the device that trains."""

    training: Split
    validation: Split
    test: Split

    @classmethod
    def load(cls, plan: Plan) -> Images:
        """All images of the data set, or for a smoke run a few."""
        training, validation = split_training_images(plan.device, plan.data_dir)
        test = Split(*(tensor.to(plan.device) for tensor in load_split("test", plan.data_dir)))
        if not plan.smoke:
            return cls(training, validation, test)
        return cls(*(Split(s.images[:n], s.labels[:n]) for s, n in ((training, 16), (validation, 16), (test, 32))))


def train_models(plan: Plan) -> tuple[list[str], list[str]]:
    """Train every model of the plan with every seed; a run that fails does not stop the others.

    Returns:
        Names of the models that are trained now, and what failed: models, and "card" if that could not be written.

    Raises:
        Interrupted: the reader stopped it.
        DatasetError: no usable Fashion-MNIST.
        CheckpointError: results.json is damaged, so that nothing could be put into it.
    """
    load_results(plan.checkpoints)
    images = Images.load(plan)
    if not plan.resume:
        forget_finished(plan)
    refused = find_refused(plan) if plan.resume else set()
    done, failed, is_described = [], [], True
    with stop_on_signal() as should_stop:
        for name in plan.names:
            if _is_trained_further(name, plan):
                print(f"{name}: trained further since, by --warm-start; leave out --resume to train it afresh")
                done.append(name)
                continue
            runs = _train_seeds(name, plan, images, should_stop, refused)
            is_stored = bool(runs) and (_is_published(name, plan, runs) or _publish(name, plan, runs, images))
            if is_stored:  # told at once: whatever ends this process leaves a card of the weights beside it
                done.append(name)
                is_described = _describe(images.test, plan.checkpoints)
            if not is_stored or len(runs) < len(plan.seeds):
                failed.append(name)
            if should_stop():
                raise Interrupted
    return done, failed if is_described else [*failed, "card"]


def _describe(test: Split, checkpoints: Path) -> bool:
    """Write what tells of all networks together; says whether that went well. The weights are stored already."""
    try:
        with lock_results(checkpoints):
            pack_always_wrong(test, checkpoints)
            write_card(checkpoints)
    except (OSError, ValueError, KeyError) as error:  # the disk, or a record of another version
        print(f"The card of the weights is not up to date. {_tell(error, checkpoints)}", file=sys.stderr)
        return False
    return True


def _tell(error: Exception, folder: Path) -> str:
    """What went wrong, in one line."""
    if isinstance(error, OSError):
        return f"{error.filename or folder}: {error.strerror}"
    if isinstance(error, KeyError):
        return f"{folder}: a record lacks {error}; train its network afresh"
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _is_trained_further(name: str, plan: Plan) -> bool:
    """Whether what is shipped went on from the very run that is planned, which must not take its place again."""
    if not plan.resume or plan.warm_start or plan.recipe == "tutorial":
        return False
    first, *later = cycles_of(load_results(plan.checkpoints).get(name, {}))
    if not later or first["seed"] not in plan.seeds:
        return False
    is_same = _first_difference(first["recipe"], asdict(plan_recipe(name, plan))) is None
    recorded = {first["seed"]: first}
    return is_same and not any(
        _holds_another_run(plan.state_path(name, seed), recorded.get(seed)) for seed in plan.seeds
    )


def _holds_another_run(path: Path, first: Mapping | None) -> bool:
    """Whether there is a saved run that was begun since, or is finished and not the recorded one, where that is known."""
    if not path.is_file():
        return False
    try:
        facts = read_facts(path)
    except StateError:  # who goes on with it is told so
        return True
    if not facts["finished"] or not facts.get("published", True):
        return True
    return first is not None and any(facts["record"][key] != first[key] for key in ("test_correct", "seconds"))


def find_refused(plan: Plan) -> set[Path]:
    """The saved runs that --resume cannot go on with; a sentence says why, before hours go by with the others."""
    refused = set()
    for name, seed in product(plan.names, plan.seeds):
        path = plan.state_path(name, seed)
        if not path.is_file() or _is_trained_further(name, plan):
            continue
        try:
            _read_saved(path, plan_recipe(name, plan), plan)
        except (StateError, RunError) as error:
            print(f"{_label(name, seed)}: not trained. {error}", file=sys.stderr)
            refused.add(path)
    return refused


def _train_seeds(name: str, plan: Plan, images: Images, should_stop, refused: Container[Path]) -> list[Finished]:
    """The finished runs of a network; of each that fails, a sentence says why, of the refused one has said so."""
    finished = []
    for seed in plan.seeds:
        if plan.state_path(name, seed) in refused:
            continue
        try:
            finished.append(_train_one(name, seed, plan, images, should_stop))
        except (TrainingDiverged, StateError, RunError, CheckpointError) as error:
            print(f"{_label(name, seed)}: not trained. {error}", file=sys.stderr)
        except OSError as error:
            print(f"{_label(name, seed)}: not measured. {error}; {_WITHOUT_TRAINING}", file=sys.stderr)
        except RuntimeError as error:  # too little memory, a compiler that gives up
            print(f"{_label(name, seed)}: not trained. {_tell(error, plan.runs)}", file=sys.stderr)
    return finished


_WITHOUT_TRAINING = "the same call with --resume tries again and trains nothing anew"


def _is_published(name: str, plan: Plan, runs: Sequence[Finished]) -> bool:
    """Whether nothing was trained now and the record that is there came later or holds these very runs."""
    is_whole = _section(plan.recipe) == "tutorial" or checkpoint_problem(name, plan.checkpoints) is None
    record = load_results(plan.checkpoints, _section(plan.recipe)).get(name)
    if record is None or not is_whole or _add_seeds(runs, record):
        return False
    return all(run.is_published for run in runs)


def _add_seeds(runs: Sequence[Finished], record: Mapping) -> bool:
    """Whether runs that were published one by one hold all seeds of a record by their recipe, and more."""
    recorded = {run["seed"] for run in record.get("runs", [])}
    is_same = "cycles" not in record and _first_difference(record.get("recipe", {}), runs[0].record["recipe"]) is None
    return is_same and recorded < {run.record["seed"] for run in runs}


def _label(name: str, seed: int | None) -> str:
    return name if seed is None else f"{name}, seed {seed}"


def _publish(name: str, plan: Plan, runs: Sequence[Finished], images: Images) -> bool:
    """Store what a network's runs have reached; says whether that went well."""
    before = load_results(plan.checkpoints, _section(plan.recipe)).get(name, {})
    replaced = {run["seed"] for run in before.get("runs", [])} - {run.record["seed"] for run in runs}
    try:
        record = publish(name, plan.recipe, runs, plan.checkpoints)
    except (OSError, ValueError) as error:
        print(f"{name}: not stored. {_tell(error, plan.checkpoints)}; {_WITHOUT_TRAINING}", file=sys.stderr)
        return False
    for run in runs:
        with suppress(StateError):  # then a later --resume stores the same once more
            path = plan.state_path(name, None if plan.warm_start else run.record["seed"])
            write_finished(replace(run, is_published=True), name, path)
    print(f"{name}: {record['test_accuracy']:.2%} of {len(images.test.labels):,} test images")
    if replaced:
        print(f"{name}: the record no longer holds seed {', '.join(map(str, sorted(replaced)))} of an earlier training")
    return True


def _section(recipe: str) -> str:
    """Where results.json keeps what this recipe reached."""
    return "tutorial" if recipe == "tutorial" else "models"


def forget_finished(plan: Plan) -> None:
    """Drop earlier finished runs, so that a later --resume does not take them for this one's."""
    for path in (plan.state_path(name, seed) for name in plan.names for seed in plan.seeds):
        try:
            if path.is_file() and read_facts(path)["finished"]:
                path.unlink()
        except StateError:  # damaged; the new run will replace it
            path.unlink()


def _train_one(name: str, seed: int | None, plan: Plan, images: Images, should_stop) -> Finished:
    run = start_or_resume(name, seed, plan)
    if isinstance(run, Finished):
        return run
    path = plan.state_path(name, seed)
    if not run.step:  # from here on --resume goes on with this run and not with what lay there before
        write_state(run, path)
    train(run, images.training, images.validation, save_state=lambda run: write_state(run, path),
          should_stop=should_stop, save_every=SAVE_EVERY_SECONDS, compiled=plan.compiled)  # fmt: skip
    finished = finish(run, images.validation, images.test, plan.device)
    write_finished(finished, name, path)
    return finished


def format_table(names: Sequence[str], folder: Path, recipe: str = "best") -> str:
    """The final table, one line a model: the shipped run, and how far the seeds lie apart."""
    rows = [("model", "parameters", "test accuracy", "all seeds", "epochs", "seed", "time", "hardware")]
    results = load_results(folder, _section(recipe))
    for name in names:
        record = results.get(name)
        if record is None:
            rows.append((name, "", "not in results.json", "", "", "", "", ""))
            continue
        rows.append((
            name, f"{record['num_params']:,}", f"{record['test_accuracy']:.2%}", _spread(record), str(record["epochs"]),
            str(record["seed"]), _duration(record["seconds"]),
            describe_machines(machines_of(cycles_of(record))),
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _spread(record: Mapping) -> str:
    """Mean and standard deviation of the seeds' test accuracy, in per cent; empty with one seed."""
    seeds = summarise_seeds(record)
    return "" if seeds is None else f"{100 * seeds.mean:.2f} +- {100 * seeds.deviation:.2f} %"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit status: 0 if all is well, 1 if a model failed, 2 for bad arguments."""
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    try:
        plan = make_plan(parsed)
        done, failed = train_models(plan)
        print(format_table(done, plan.checkpoints, plan.recipe))
        return 1 if failed else 0
    except (RunError, DatasetError, CheckpointError, OSError) as error:
        print(f"train_all.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        advice = "" if parsed.smoke else f" To go on: {resume_command(parsed)}"
        print(f"\nStopped.{advice}", file=sys.stderr)
        return 130


def resume_command(parsed: argparse.Namespace) -> str:
    """What to type to go on with an interrupted call."""
    names = ("models", "recipe", "epochs", "seed", "device", "data_dir")
    given = {f"--{name.replace('_', '-')}": getattr(parsed, name) for name in names}
    words = [str(word) for option, value in given.items() if value is not None for word in (option, value)]
    words += ["--warm-start"] if parsed.warm_start else []
    words += ["--compile"] if parsed.compile else []
    words += ["--bfloat16"] if parsed.bfloat16 else []
    return shlex.join(["python", "train_all.py", "--resume", *words])
