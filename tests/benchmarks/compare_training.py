"""How fast train_all.py trains against the tutorial's script as written, on the same images in the same run.

    python -m tests.benchmarks.compare_training --model resnet18 --steps 4
    python -m tests.benchmarks.compare_training --model lenet5 --target 0.90 --epochs 10

Per epoch: both take turns in bouts of some steps, so that whatever else the machine does hits both, and each bout reads
exactly the images it trains on, so that no worker of the peer fetches ahead while the other is timed; an epoch is as many
steps of the median bout as it has. The peer's first batch of a bout waits for its workers, as that of an epoch does: where
a step takes milliseconds, take bouts of 100 steps or more, or it weighs too much. With --target, each then trains by its
own recipe until its accuracy on the same plain validation images reaches that (ours in a one-cycle run of --epochs epochs,
without averaging, erasing and CutMix), and the times are compared. The peer is section 10 of the tutorial: PIL transforms
in a DataLoader with two workers, float32, NCHW. Nothing is asserted, and pytest does not collect this file.
"""

from __future__ import annotations

import argparse
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
from explorer.training import run as runs
from explorer.training.command import choose_device
from explorer.training.loop import TrainingBatches, run_epoch, training_loss
from explorer.training.recipe import recipe_for
from explorer.training.run import (
    Interrupted,
    adapt_to_device,
    describe_hardware,
    full_tiles,
    new_run,
    split_training_images,
    train,
)

EPOCH_STEPS = math.ceil(54_000 / 128)


class PilImages(Dataset):
    """As torchvision's FashionMNIST gives them: each image goes through PIL and the transforms on its own."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, augmented: bool):
        self.images, self.labels = images[:, 0], labels
        self.transform = transforms.Compose([
            *([transforms.RandomHorizontalFlip(), transforms.RandomCrop(28, padding=4)] if augmented else []),
            transforms.ToTensor(),
            transforms.Normalize((0.2860,), (0.3530,)),
        ])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index].numpy())), int(self.labels[index])


class Tutorial:
    """The tutorial's training, one step or one epoch at a time."""

    def __init__(self, name: str, device: torch.device, bout: int | None = None):
        """Training with batches of 128; with a bout, a pass over the loader is so many random batches."""
        images, labels = load_split("train", None)
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(42))
        learn, validate = order[:54_000], order[54_000:]
        training = PilImages(images[learn], labels[learn], augmented=True)
        self.loader = DataLoader(
            training, 128, sampler=RandomSampler(training, num_samples=bout and 128 * bout), num_workers=2,
            pin_memory=device.type == "cuda", persistent_workers=bout is not None,
        )  # fmt: skip
        # Not augmented, as the script has it: both sides sit the same exam.
        self.validation = DataLoader(PilImages(images[validate], labels[validate], augmented=False), 256, num_workers=2)
        self.device = device
        self.model = create_model(name).to(device)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True
        )
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=50, eta_min=1e-4)

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

    def train_to(self, target: float) -> float | None:
        """Seconds until the validation accuracy reaches the target, or None within its 50 epochs."""
        start = time.perf_counter()
        for _ in range(50):
            for _ in self.steps():
                pass
            self.scheduler.step()
            batches = ((images.to(self.device), labels.to(self.device)) for images, labels in self.validation)
            if run_epoch(self.model, batches, self.criterion)[1] >= target:
                return time.perf_counter() - start
        return None


def our_steps(name: str, device: torch.device) -> Iterator[None]:
    """One step of train_all.py each time it is asked, with the deterministic convolutions that it takes on a GPU."""
    training, _ = split_training_images(device, None)
    recipe = adapt_to_device(recipe_for(name), device)
    run = new_run(name, recipe, 0, device)
    criterion = training_loss(recipe)
    batches = (TrainingBatches(training.images, training.labels, recipe, 0, epoch) for epoch in itertools.count())
    with full_tiles(run):
        for batch in itertools.chain.from_iterable(batches):
            torch.backends.cudnn.deterministic = True  # the other side has its turns in between
            run_epoch(run.model, [batch], criterion, run.optimizer, clip_norm=recipe.clip_norm,
                      autocast=recipe.autocast)  # fmt: skip
            if run.averaged is not None:
                run.averaged.update_parameters(run.model)
            yield


def train_to(name: str, device: torch.device, target: float, epochs: int) -> float | None:
    """Seconds until our validation accuracy reaches the target, or None within so many epochs."""
    training, validation = split_training_images(device, None)
    recipe = replace(adapt_to_device(recipe_for(name), device), epochs=epochs, average=0.0, erase=0.0, cutmix=0.0)
    run = new_run(name, recipe, 0, device)

    def reached() -> bool:
        return bool(run.curve) and run.curve[-1]["validation_accuracy"] >= target

    start = time.perf_counter()
    try:
        train(run, training, validation, should_stop=reached)
    except Interrupted:
        pass
    return time.perf_counter() - start if reached() else None


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


def report(what: str, ours: float | None, peer: float | None, say: Callable[[float], str]) -> None:
    ratio = f"{peer / ours:.2f}x" if ours and peer else ""
    cells = ["not reached" if seconds is None else say(seconds) for seconds in (ours, peer)]
    print(f"{what:28}{cells[0]:>14}{cells[1]:>14}{ratio:>10}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare train_all.py with the tutorial's training script.")
    parser.add_argument("--model", default="resnet18", help="name in the catalogue (default: resnet18)")
    parser.add_argument("--steps", type=int, default=10, help="steps of a bout (default: 10)")
    parser.add_argument("--bouts", type=int, default=5, help="timed bouts of each side (default: 5)")
    parser.add_argument("--target", type=float, help="validation accuracy to train to, such as 0.94 (default: do not)")
    parser.add_argument("--epochs", type=int, default=10, help="length of our run to the target (default: 10)")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    arguments = parser.parse_args()
    device = choose_device(arguments.device)
    print(f"{arguments.model} on {describe_hardware(device)}; bfloat16: {runs.has_bfloat16(device)}")
    print(f"{'':28}{'ours':>14}{'tutorial':>14}{'faster':>10}")
    endless, tutorial = our_steps(arguments.model, device), Tutorial(arguments.model, device, arguments.steps)
    ours, peer = time_in_turns(
        [lambda: itertools.islice(endless, arguments.steps), tutorial.steps], arguments.steps, arguments.bouts
    )
    report("one step of 128 images", ours, peer, lambda seconds: f"{seconds * 1e3:.1f} ms")
    report("one epoch (422 steps)", ours * EPOCH_STEPS, peer * EPOCH_STEPS, lambda seconds: f"{seconds:.0f} s")
    if arguments.target is not None:
        ours = train_to(arguments.model, device, arguments.target, arguments.epochs)
        peer = Tutorial(arguments.model, device).train_to(arguments.target)
        report(f"to {arguments.target:.1%} on validation", ours, peer, lambda seconds: f"{seconds:.0f} s")


if __name__ == "__main__":
    main()
