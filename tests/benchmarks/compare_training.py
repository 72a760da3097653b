"""How fast train_all.py trains against the tutorial's script as written, on the same images in the same run.

    python -m tests.benchmarks.compare_training --model resnet18 --steps 4
    python -m tests.benchmarks.compare_training --model lenet5 --target 0.90
    python -m tests.benchmarks.compare_training --recipe short --target 0.94 --at-most 14

Per epoch: both take turns in bouts of some steps, so that whatever else the machine does hits both, and each bout reads
exactly the images it trains on, so that no worker of the peer fetches ahead while the other is timed; an epoch is as many
steps of the median bout as it has. The peer's first batch of a bout waits for its workers, as that of an epoch does: where
a step takes milliseconds, take bouts of 100 steps or more, or it weighs too much. The peer is section 10 of the tutorial:
PIL transforms in a DataLoader with two workers, float32, NCHW.

With --target, the epochs are then counted after which the accuracy on the same plain validation images reaches it, by our
recipe and by the tutorial's, and that many epochs of each side are compared. Both are counted by our loop, in bfloat16
where our recipe has it: the peer itself would take many hours on a CPU. Where the tutorial's recipe has not got there after
--at-most epochs, the ratio is what it is at least. Nothing is asserted, and pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms

from explorer.data import load_split
from explorer.models.catalogue import create_model
from explorer.training.card import describe_machines
from explorer.training.command import choose_device
from explorer.training.loop import TrainingBatches, run_epoch, training_loss
from explorer.training.machine import adapt_to_device, compile_network, full_tiles, identify_machine
from explorer.training.recipe import TUTORIAL, Recipe, recipe_for
from explorer.training.run import Interrupted, Run, new_run, train
from explorer.training.splits import split_training_images

EPOCH_STEPS = math.ceil(54_000 / 128)


class PilImages(Dataset):
    """As torchvision's FashionMNIST gives them: each image goes through PIL and the transforms on its own."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor):
        self.images, self.labels = images[:, 0], labels
        self.transform = transforms.Compose(
            [
                transforms.RandomHorizontalFlip(),
                transforms.RandomCrop(28, padding=4),
                transforms.ToTensor(),
                transforms.Normalize((0.2860,), (0.3530,)),
            ]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index].numpy())), int(self.labels[index])


class Tutorial:
    """The tutorial's training, some steps at a time."""

    def __init__(self, name: str, device: torch.device, bout: int):
        """Training with batches of 128; a pass over the loader is so many random batches."""
        images, labels = load_split("train", None)
        training = PilImages(images[:54_000], labels[:54_000])
        self.loader = DataLoader(
            training, 128, sampler=RandomSampler(training, num_samples=128 * bout), num_workers=2,
            pin_memory=device.type == "cuda", persistent_workers=True,
        )  # fmt: skip
        self.device = device
        self.model = create_model(name).to(device)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True
        )

    def steps(self) -> Iterator[None]:
        """One training step each time it is asked, from fetching the batch to the new weights."""
        torch.backends.cudnn.deterministic = False
        self.model.train()
        for images, labels in self.loader:
            images, labels = images.to(self.device), labels.to(self.device)
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(images), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=1.0)
            self.optimizer.step()
            loss.item()
            yield


def our_steps(name: str, recipe: Recipe, device: torch.device, compiled: bool) -> Iterator[None]:
    """One step of train_all.py each time it is asked, with the deterministic convolutions that it takes on a GPU."""
    training, _ = split_training_images(device, None)
    run = new_run(name, recipe, 0, device)
    if compiled:
        compile_network(run.model)
    criterion = training_loss(recipe)
    batches = (TrainingBatches(training.images, training.labels, recipe, 0, epoch) for epoch in itertools.count())
    with full_tiles(run.model, recipe.autocast):
        for batch in itertools.chain.from_iterable(batches):
            torch.backends.cudnn.deterministic = True  # the other side has its turns in between
            run_epoch(run.model, [batch], criterion, run.optimizer, clip_norm=recipe.clip_norm,
                      autocast=recipe.autocast)  # fmt: skip
            if run.averaged is not None:
                run.averaged.update_parameters(run.model)
            yield


def epochs_to(target: float, name: str, recipe: Recipe, at_most: int, device: torch.device) -> int | None:
    """Epochs after which the validation accuracy reaches the target, or None if not within so many."""
    training, validation = split_training_images(device, None)
    run = new_run(name, recipe, 42, device)

    def is_settled() -> bool:
        return bool(run.curve) and (run.curve[-1]["validation_accuracy"] >= target or len(run.curve) >= at_most)

    def tell(run: Run) -> None:
        print(f"  epoch {len(run.curve)} of {recipe.epochs}: {run.curve[-1]['validation_accuracy']:.2%}", flush=True)

    with contextlib.suppress(Interrupted):
        train(run, training, validation, save_state=tell, save_every=math.inf, should_stop=is_settled)
    return len(run.curve) if run.curve[-1]["validation_accuracy"] >= target else None


def time_in_turns(sides: list[Callable[[], Iterator[None]]], bout: int, repeats: int) -> list[float]:
    """Median seconds of a step of each side, of so many bouts after one of warm-up."""
    seconds: list[list[float]] = [[] for _ in sides]
    for number in range(repeats + 1):
        for side, record in zip(sides, seconds, strict=True):
            start = time.perf_counter()
            for _ in side():
                pass
            if number:
                record.append((time.perf_counter() - start) / bout)
    return [statistics.median(record) for record in seconds]


def report(what: str, ours: str, peer: str, ratio: str) -> None:
    print(f"{what:28}{ours:>18}{peer:>18}{ratio:>16}", flush=True)


def compare_speed(
    name: str, recipe: Recipe, device: torch.device, bout: int, repeats: int, compiled: bool = False
) -> tuple[float, float]:
    """Seconds of an epoch of both sides."""
    endless, tutorial = our_steps(name, recipe, device, compiled), Tutorial(name, device, bout)
    ours, peer = time_in_turns([lambda: itertools.islice(endless, bout), tutorial.steps], bout, repeats)
    ratio = f"{peer / ours:.2f}x"
    report("one step of 128 images", f"{ours * 1e3:.1f} ms", f"{peer * 1e3:.1f} ms", ratio)
    report("one epoch (422 steps)", f"{ours * EPOCH_STEPS:.0f} s", f"{peer * EPOCH_STEPS:.0f} s", ratio)
    return ours * EPOCH_STEPS, peer * EPOCH_STEPS


def compare_targets(target: float, name: str, recipe: Recipe, device: torch.device, at_most: int, seconds) -> None:
    """What it takes both sides to reach the target, given the seconds of an epoch of each."""
    what = f"to {target:.1%} on validation"
    ours = epochs_to(target, name, recipe, recipe.epochs, device)
    if ours is None:
        return report(what, f"not in {recipe.epochs} epochs", "", "")
    same_exam = replace(TUTORIAL, augment_validation=False, autocast=recipe.autocast, patience=None)
    peer = epochs_to(target, name, same_exam, at_most, device)
    if peer is None and at_most >= same_exam.epochs:
        return report(what, f"{ours} epochs", f"not in {same_exam.epochs} epochs", "")
    took = [
        (epochs * each, f"{epochs} epochs") for epochs, each in zip((ours, peer or at_most + 1), seconds, strict=True)
    ]
    least = "" if peer else "at least "
    ratio = f"{least}{took[1][0] / took[0][0]:.2f}x"
    report(what, f"{ours} epochs", f"{peer} epochs" if peer else f"over {at_most} epochs", ratio)
    report("", f"{took[0][0]:.0f} s", f"{least}{took[1][0]:.0f} s", "")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare train_all.py with the tutorial's training script.")
    parser.add_argument("--model", default="resnet18", help="name in the catalogue (default: resnet18)")
    parser.add_argument(
        "--recipe", default="best", choices=("best", "medium", "short"), help="of our side (default: best)"
    )
    parser.add_argument("--steps", type=int, default=10, help="steps of a bout (default: 10)")
    parser.add_argument("--bouts", type=int, default=5, help="timed bouts of each side (default: 5)")
    parser.add_argument("--target", type=float, help="validation accuracy to train to, such as 0.94 (default: do not)")
    parser.add_argument("--at-most", type=int, default=50, help="epochs the tutorial's recipe is given (default: 50)")
    parser.add_argument("--compile", action="store_true", help="compile our side, as train_all.py --compile does")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    arguments = parser.parse_args()
    device = choose_device(arguments.device)
    recipe = adapt_to_device(recipe_for(arguments.model, arguments.recipe), device)
    arithmetic = "bfloat16" if recipe.autocast else "float32"
    machine = describe_machines([identify_machine(device)])
    print(f"{arguments.model} on {machine}; ours in {arithmetic}{', compiled' * arguments.compile}")
    report("", "ours", "tutorial", "faster")
    seconds = compare_speed(arguments.model, recipe, device, arguments.steps, arguments.bouts, arguments.compile)
    if arguments.target is not None:
        compare_targets(arguments.target, arguments.model, recipe, device, arguments.at_most, seconds)


if __name__ == "__main__":
    main()
