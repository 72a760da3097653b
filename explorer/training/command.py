"""The command line of train_all.py: it reads the arguments, prints what happens, and returns the exit status."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from explorer.data import DatasetError
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import SHIPPED, CheckpointError, load_results, lock_publication
from explorer.models.seeds import cycles_of, machines_of, summarise_seeds
from explorer.training.card import describe_machines
from explorer.training.finished import Finished
from explorer.training.lifecycle import Began, Event, Failed, TrainedFurther, prepare, train_models
from explorer.training.machine import has_bfloat16
from explorer.training.plan import Beginning, Plan, RunError, cheapest_first
from explorer.training.publish import Published, section_of
from explorer.training.recipe import RECIPES, TUTORIAL
from explorer.training.shipping import Shipment, compare, look_ahead, ship, validation_accuracy
from explorer.training.splits import Images

RUNS = Path("runs")
DEFAULT_SEED = 42


def choose_device(wanted: str) -> torch.device:
    """Choose the device to train on.

    Args:
        wanted: "cpu", "cuda", "cuda:1" and so on; "auto" takes a GPU if there is one.

    Raises:
        RunError: the word is another one, or this machine has no such device that can be used.
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

    Args:
        device: on which the networks will be trained.

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
    """Catch Ctrl-C and SIGTERM, so that the training can end between two steps.

    Outside of the main thread nothing is caught, and the answer is always False.

    Yields:
        A function without arguments for the loop to ask between steps: has a signal come?

    Raises:
        KeyboardInterrupt: a second signal has come.
    """
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
    """Describe what can be typed after `python train_all.py`."""
    parser = argparse.ArgumentParser(
        prog="train_all.py",
        description="Train the networks of the catalogue on Fashion-MNIST and write their weights and what was "
        "measured into runs/checkpoints/. What is shipped in checkpoints/ stays as it is without --publish. The best place to "
        "start: --models softmax, the quickest. To see the result: CNN_EXPLORER_CHECKPOINTS=runs/checkpoints python app.py",
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
        help="start from the weights in runs/checkpoints/, or else from those in checkpoints/, and their seed instead of random "
        "ones: one more cycle, with a lower peak of the learning rate; the record becomes that of this one seed",
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
    parser.add_argument(
        "--publish",
        action="store_true",
        help="afterwards replace the networks in checkpoints/ by those that were trained; worse ones (by the validation images) "
        "are left out. With --resume, what was trained before is published and nothing is trained anew",
    )
    parser.add_argument("--even-if-worse", action="store_true", help="with --publish: replace better networks as well")
    parser.add_argument("--smoke", action="store_true", help="two tiny steps of each model into runs/smoke, as a test")
    return parser


def make_plan(arguments: argparse.Namespace) -> Plan:
    """Check the arguments and make a plan from them.

    Args:
        arguments: what `build_parser` has read.

    Raises:
        RunError: one of them is impossible here, or it does not go together with another one.
    """
    names = list(MODELS) if arguments.models == "all" else [name.strip() for name in arguments.models.split(",")]
    for name in names:
        if name not in MODELS:
            raise RunError(f"--models must be all or names out of {', '.join(MODELS)}, got {name!r}")
    if arguments.epochs is not None and arguments.epochs < 1:
        raise RunError(f"--epochs must be >= 1, got {arguments.epochs}")
    if arguments.smoke and arguments.resume:
        raise RunError("--smoke and --resume do not go together: a smoke run is over too soon to be resumed")
    if arguments.smoke and arguments.publish:
        raise RunError("--smoke and --publish do not go together: two steps train nothing that is worth keeping")
    if arguments.even_if_worse and not arguments.publish:
        raise RunError("--even-if-worse belongs to --publish: without it nothing is replaced")
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
        checkpoints=(RUNS / "smoke" if arguments.smoke else RUNS) / "checkpoints",
        runs=RUNS / "smoke" if arguments.smoke else RUNS,
        shipped=SHIPPED,
        publish=arguments.publish,
        even_if_worse=arguments.even_if_worse,
    )


def check_warm_start(arguments: argparse.Namespace) -> None:
    """Refuse arguments that do not go together with --warm-start.

    Args:
        arguments: what `build_parser` has read, with --warm-start.

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
    """Read the seeds.

    Args:
        words: "42" or "42,43,44".

    Returns:
        The seeds in the given order, each once.

    Raises:
        RunError: one of them is not a whole number.
    """
    try:
        return tuple(dict.fromkeys(int(word) for word in words.split(",")))
    except ValueError:
        raise RunError(f"--seed must be whole numbers with commas between, got {words!r}") from None


def tell(event: Event) -> None:
    """Print what happens: failures to stderr, everything else to stdout."""
    if isinstance(event, Failed):
        print(_describe_failure(event), file=sys.stderr)
    elif isinstance(event, Published):
        test_images = sum(map(sum, event.record["confusion"]))
        print(f"{event.name}: {event.record['test_accuracy']:.2%} of {test_images:,} test images")
        if event.replaced:
            seeds = ", ".join(map(str, event.replaced))
            print(f"{event.name}: the record no longer holds seed {seeds} of an earlier training")
    elif isinstance(event, TrainedFurther):
        print(f"{event.name}: trained further since, by --warm-start; leave out --resume to train it afresh")
    elif sentence := _describe_beginning(event):
        print(sentence)


def _describe_failure(event: Failed) -> str:
    reason = str(event.error) if event.not_done == "measured" else _describe_error(event.error, event.folder)
    if event.not_done == "described":
        return f"The card of the weights is not up to date. {reason}"
    label = event.name if event.seed is None else f"{event.name}, seed {event.seed}"
    advice = "" if event.not_done == "trained" else "; the same call with --resume tries again and trains nothing anew"
    return f"{label}: not {event.not_done}. {reason}{advice}"


def _describe_error(error: Exception, folder: Path) -> str:
    """What went wrong, in one line."""
    if isinstance(error, OSError):
        return f"{error.filename or folder}: {error.strerror}"
    if isinstance(error, KeyError):
        return f"{folder}: a record lacks {error}; train its network afresh"
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _describe_beginning(event: Began) -> str | None:
    """How a run begins, in words; None if there is nothing to say about it."""
    name, run, beginning, path = event.start.name, event.run, event.start.beginning, event.start.path
    if isinstance(run, Finished):
        return f"{name}, seed {run.record['seed']}: finished already; leave out --resume to train it afresh"
    if beginning is Beginning.NOTHING_SAVED:
        return f"{name}: no saved run in {path}, so it starts at its first step"
    if beginning is Beginning.REPLACES:
        return f"{name}: starting afresh; the unfinished run in {path} is replaced (--resume would go on with it)"
    if beginning is Beginning.RESUMES and run.is_over:
        return f"{name}: trained to its end already, and measured now"
    if beginning is Beginning.RESUMES:
        return f"{name}: going on after step {run.step}, in epoch {len(run.curve) + 1} of {run.recipe.epochs}"
    return None


def format_table(names: Sequence[str], folder: Path, recipe: str = "best") -> str:
    """Write the final table. It shows the shipped run of each model, and how much the seeds differ.

    Args:
        names: models to show.
        folder: where results.json lies.
        recipe: one of RECIPES; it decides which section of results.json is read.

    Returns:
        A head, then one line for each model.

    Raises:
        CheckpointError: results.json is damaged.
    """
    rows = [("model", "parameters", "test accuracy", "all seeds", "epochs", "seed", "time", "hardware")]
    results = load_results(folder, section_of(recipe))
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


def main(arguments: Sequence[str] | None = None, illustrate: Callable[[Path], None] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after `python train_all.py`; None takes those of this process.
        illustrate: draws the pictures of the model card of a folder; None leaves them out.

    Returns:
        The exit status: 0 if all is well, 1 if a model failed, 2 for impossible arguments, missing data or damaged
        files, 130 if someone stopped it.

    Raises:
        SystemExit: the parser cannot read the arguments (status 2), or was asked for help (status 0).
    """
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    try:
        plan = replace(make_plan(parsed), illustrate=illustrate)
        images = prepare(plan)
        if plan.publish:
            print("\n".join(_announce(each, plan) for each in look_ahead(plan)))
        with stop_on_signal() as should_stop:
            done, is_complete = train_models(plan, images, should_stop, tell)
        print(format_table(done, plan.checkpoints, plan.recipe))
        if plan.publish:
            is_complete &= publish_trained(plan, done, images)
        elif not plan.smoke:
            print(
                f"All of this is in {plan.checkpoints}/; {plan.shipped.name}/ is as it was. To replace what is not better there:"
            )
            print(f"  {resume_command(parsed)} --publish")
        return 0 if is_complete else 1
    except (RunError, DatasetError, CheckpointError, OSError) as error:
        print(f"train_all.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        advice = "" if parsed.smoke else f" To go on: {resume_command(parsed)}"
        print(f"\nStopped.{advice}", file=sys.stderr)
        return 130


def publish_trained(plan: Plan, names: Sequence[str], images: Images) -> bool:
    """Replace shipped networks by trained ones, and tell of each what becomes of it.

    Args:
        plan: what to do.
        names: networks that are trained.
        images: those of the training.

    Returns:
        Whether all of them are shipped now.

    Raises:
        CheckpointError: weights or results are damaged.
        OSError: a file cannot be written; what was shipped before is whole.
    """
    with lock_publication(plan.shipped):  # or another publication would come between comparing and writing
        shipments = compare(plan, names)
        is_complete = ship(plan, shipments, images.test, tell)
    print("\n".join(_report(each, plan) for each in shipments))
    if any(each.old and (each.fate == "better" or (each.fate == "worse" and plan.even_if_worse)) for each in shipments):
        print("What other commands measured of the old weights is not shown any more: README.md names these commands.")
    return is_complete


def _announce(each: Shipment, plan: Plan) -> str:
    where = f"{plan.shipped.name}/"
    if each.old is None:
        return f"--publish: {each.name} is not in {where} yet"
    rule = (
        "any network replaces it"
        if plan.even_if_worse
        else "only one that is not worse on the validation images replaces it"
    )
    return f"--publish: {where} holds {each.name} with {_say_accuracy(each.old)}; {rule}"


def _report(each: Shipment, plan: Plan) -> str:
    where = f"{plan.shipped.name}/"
    if each.fate == "same":
        return f"{each.name}: this network is in {where} already"
    if each.old is None:
        return f"{each.name}: new in {where}, {_say_accuracy(each.new)}"
    if each.fate == "worse" and not plan.even_if_worse:
        return (
            f"{each.name}: NOT published, because {_say_accuracy(each.new)} is worse than {_say_accuracy(each.old)} in {where}; "
            "--resume --publish --even-if-worse replaces it nevertheless"
        )
    return f"{each.name}: {_say_accuracy(each.old)} in {where} replaced by {_say_accuracy(each.new)}"


def _say_accuracy(record: Mapping) -> str:
    count = len(record.get("runs", ())) or 1
    seeds = f"{count} seed" + ("s" if count > 1 else "")
    return f"{validation_accuracy(record):.2%} of the validation images ({record['test_accuracy']:.2%} of the test images, {seeds})"


def resume_command(parsed: argparse.Namespace) -> str:
    """Write what to type to go on with an interrupted call.

    Args:
        parsed: the arguments of that call.
    """
    names = ("models", "recipe", "epochs", "seed", "device", "data_dir")
    given = {f"--{name.replace('_', '-')}": getattr(parsed, name) for name in names}
    words = [str(word) for option, value in given.items() if value is not None for word in (option, value)]
    words += ["--warm-start"] if parsed.warm_start else []
    words += ["--compile"] if parsed.compile else []
    words += ["--bfloat16"] if parsed.bfloat16 else []
    words += ["--publish"] if parsed.publish else []
    words += ["--even-if-worse"] if parsed.even_if_worse else []
    return shlex.join(["python", "train_all.py", "--resume", *words])
