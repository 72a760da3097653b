"""What happens inside plain and residual networks while they learn, with and without batch normalisation.

`python -m explorer.gradient_flow.learning` trains them and stores what it measured in checkpoints/learning.safetensors. What
is stored is not measured again, so that an interrupted command goes on with the next network. Each statistic is measured in
float32 on the same images before the step that it belongs to; a test measures some of them anew, from the weights of a moment.

Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", for measuring
activations and gradients during training; He et al. 2015, "Deep Residual Learning for Image Recognition", for the networks.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save
from torch import nn

from explorer.data import normalise
from explorer.models import checkpoints
from explorer.models.checkpoints import DAMAGED, write_atomically
from explorer.models.resnet import BasicBlock, CifarResNet
from explorer.randomness import seeded
from explorer.training.evaluation import predict_logits
from explorer.training.loop import TrainingBatches, arrange, derive_seed
from explorer.training.machine import adapt_to_device
from explorer.training.recipe import Recipe
from explorer.training.splits import Split, split_training_images

FILE = "learning.safetensors"
DEPTHS = (8, 20, 56)
KINDS = ("plain", "residual")
SEEDS = (0, 1, 2)
NUM_TRAINING, NUM_VALIDATION, NUM_PROBE = 6_400, 2_000, 128
RECIPE = Recipe(epochs=12, batch_size=128, peak_lr=0.05, warmup=0.05, weight_decay=5e-4, flip=True, crop_padding=2,
                autocast=True, channels_last=True)  # fmt: skip
PER_BLOCK = ("gradient", "update", "activation", "dead")
"""Statistics of each block: the norm of the gradient of its weights; the norm of what the step changed in them over the norm
of the weights themselves; the root mean square of its output; the share of its ReLUs' units that are 0 for all images."""
SNAPSHOT = ("residual-8-bn-0", 100)
"""The training, and the step of it, before and after which the weights are stored: a test measures from them."""


@dataclass(frozen=True)
class Net:
    """One network and one seed.

    Attributes:
        kind: one of KINDS.
        depth: one of DEPTHS, layers with weights.
        normalised: with batch normalisation, or without any normalisation.
        seed: one of SEEDS; it decides the first weights, the order of the images and their changes.
    """

    kind: str
    depth: int
    normalised: bool
    seed: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.depth}-{'bn' if self.normalised else 'none'}-{self.seed}"


NETS = tuple(
    Net(kind, depth, normalised, seed)
    for seed in SEEDS
    for depth in DEPTHS
    for normalised in (True, False)
    for kind in KINDS
)


@dataclass(frozen=True)
class Course:
    """How the training of one network went. The first axis of all is that of `steps`.

    Attributes:
        net: which one.
        steps: training steps done when each record was taken, ascending; the first is 0.
        loss: cross-entropy of the probe images, nats.
        validation_error: share of wrong answers on the validation images, 0 to 1; nan where it was not measured.
        per_block: statistic, one of PER_BLOCK -> (records, blocks).
        ended: None, or the step whose loss was no finite number, after which the training was ended.
    """

    net: Net
    steps: tuple[int, ...]
    loss: torch.Tensor
    validation_error: torch.Tensor
    per_block: Mapping[str, torch.Tensor]
    ended: int | None


def draw_network(net: Net) -> CifarResNet:
    """The network with its first weights. Without normalisation, identities stand in its place."""
    with seeded(derive_seed(net.seed, "weights", 0)):
        model = CifarResNet(net.depth, residual=net.kind == "residual")
    if not net.normalised:
        for module in list(model.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, nn.BatchNorm2d):
                    setattr(module, name, nn.Identity())
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stub lacks this form


def list_blocks(model: nn.Module) -> list[BasicBlock]:
    """The blocks in the order in which they are called."""
    return [module for module in model.modules() if isinstance(module, BasicBlock)]


def record_steps(total: int, epoch_steps: int) -> tuple[int, ...]:
    """Steps at which a record is taken: 0, the powers of two of the first epoch, then every half epoch, and the end."""
    powers = {2**power for power in range(int(math.log2(epoch_steps)) + 1)}
    halves = {half * epoch_steps // 2 for half in range(2 * total // epoch_steps)}
    return tuple(sorted({0, *powers, *halves, total}))


def measure_blocks(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Measure a network in float32 on some images, as in training: batch normalisation uses these images.

    The network is left as found: no weight, statistic or gradient changes.

    Args:
        model: a network of basic blocks.
        images: (N, 1, 28, 28), normalised.
        labels: (N,).

    Returns:
        "loss", (), and "gradient", "activation" and "dead" of PER_BLOCK, each (blocks,), float64.
    """
    blocks, outputs, silent = list_blocks(model), [], []
    hooks = [block.register_forward_hook(lambda _module, _inputs, output: outputs.append(output)) for block in blocks]
    hooks += [relu.register_forward_hook(lambda _module, _inputs, output: silent.append((output == 0).all(0)))
              for block in blocks for relu in (block.relu1, block.relu2)]  # fmt: skip
    was_training, buffers = model.training, {key: each.clone() for key, each in model.named_buffers()}
    weights = [list(block.parameters()) for block in blocks]
    try:
        model.train()
        loss = F.cross_entropy(model(images), labels)
        gradients = torch.autograd.grad(loss, [each for block in weights for each in block])
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
        for key, each in model.named_buffers():
            each.copy_(buffers[key])
    ends = [0, *torch.tensor([len(block) for block in weights]).cumsum(0).tolist()]
    return {
        "loss": loss.detach().double(),
        "gradient": torch.stack([_norm(gradients[a:b]) for a, b in pairwise(ends)]),
        "activation": torch.stack([output.detach().double().square().mean().sqrt() for output in outputs]),
        "dead": torch.stack([torch.cat([each.flatten() for each in silent[2 * i : 2 * i + 2]]).double().mean()
                             for i in range(len(blocks))]),
    }  # fmt: skip


def _norm(tensors) -> torch.Tensor:
    """Euclidean norm of all numbers together, float64."""
    return torch.stack([each.detach().double().square().sum() for each in tensors]).sum().sqrt()


def measure_update(before: list[list[torch.Tensor]], after: list[list[torch.Tensor]]) -> torch.Tensor:
    """For each block, the norm of what a step changed over the norm of what there was: (blocks,) float64."""
    changes = [[new - old for old, new in zip(*pair)] for pair in zip(before, after)]
    return torch.stack([_norm(change) / _norm(old) for change, old in zip(changes, before)])


def copy_weights(model: nn.Module) -> list[list[torch.Tensor]]:
    """The weights of each block, as they are now."""
    return [[each.detach().clone() for each in block.parameters()] for block in list_blocks(model)]


@dataclass(frozen=True)
class Material:
    """The images: to learn from, to validate on, and the first of those to learn from, on which statistics are measured."""

    training: Split
    validation: Split
    probe: tuple[torch.Tensor, torch.Tensor]


def load_material(data_dir: str | None = None) -> Material:
    """Read the images.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    training, validation = split_training_images(torch.device("cpu"), data_dir)
    training = Split(training.images[:NUM_TRAINING], training.labels[:NUM_TRAINING])
    validation = Split(validation.images[:NUM_VALIDATION], validation.labels[:NUM_VALIDATION])
    probe = arrange(normalise(training.images[:NUM_PROBE].float() / 255), RECIPE)
    return Material(training, validation, (probe, training.labels[:NUM_PROBE]))


def train_net(
    net: Net, recipe: Recipe, material: Material, keep: int | None = None
) -> tuple[Course, dict[str, torch.Tensor]]:
    """Train one network from its first weights and record it.

    Args:
        net: which one.
        recipe: how.
        material: the images.
        keep: a recorded step before and after which the weights are kept as well.

    Returns:
        How it went, and "before.KEY" and "after.KEY" for the kept weights.
    """
    model, kept = draw_network(net), {}
    weights = [each for each in model.parameters() if each.ndim > 1]
    vectors = [each for each in model.parameters() if each.ndim <= 1]
    groups = [{"params": weights}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=recipe.peak_lr, momentum=recipe.momentum, nesterov=True,
                                weight_decay=recipe.weight_decay)  # fmt: skip
    epoch_steps = math.ceil(len(material.training.images) / recipe.batch_size)
    total = epoch_steps * recipe.epochs
    wanted, records, ended = record_steps(total, epoch_steps), [], None
    for step, (images, labels) in enumerate(_all_batches(net, recipe, material.training)):
        is_recorded = step in wanted
        if is_recorded:
            records.append(_take_record(step, model, material, epoch_steps, total))
            before = copy_weights(model)
        if step == keep:
            kept |= {f"before.{key}": each.clone() for key, each in model.state_dict().items()}
        loss = _take_step(model, optimizer, images, labels, recipe, recipe.learning_rate(step, total))
        if is_recorded:
            records[-1]["update"] = measure_update(before, copy_weights(model))
        if step == keep:
            kept |= {f"after.{key}": each.clone() for key, each in model.state_dict().items()}
        if not math.isfinite(loss):
            ended = step
            break
    if ended is None:
        records.append(_take_record(total, model, material, epoch_steps, total))
        records[-1]["update"] = torch.full_like(records[-1]["gradient"], math.nan)  # no step follows
    return _gather(net, records, ended), kept


def _all_batches(net: Net, recipe: Recipe, training: Split) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    for epoch in range(recipe.epochs):
        yield from TrainingBatches(training.images, training.labels, recipe, net.seed, epoch)


def _take_step(model, optimizer, images, labels, recipe: Recipe, learning_rate: float) -> float:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    model.train()
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=recipe.autocast):
        logits = model(images)
    loss = F.cross_entropy(logits.float(), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _take_record(step: int, model: nn.Module, material: Material, epoch_steps: int, total: int) -> dict:
    """The statistics, and at the end of each epoch the error on the validation images."""
    record = {"step": step, **measure_blocks(model, *material.probe)}
    is_whole = step % epoch_steps == 0
    record["validation_error"] = measure_error(model, material.validation) if is_whole else math.nan
    return record


def measure_error(model: nn.Module, split: Split) -> float:
    """Share of wrong answers of the network in eval mode, 0 to 1."""
    return float((predict_logits(model, split, RECIPE).argmax(1) != split.labels).double().mean())


def _gather(net: Net, records: list[dict], ended: int | None) -> Course:
    per_block = {name: torch.stack([record[name] for record in records]).float() for name in PER_BLOCK}
    errors = torch.tensor([record["validation_error"] for record in records])
    loss = torch.stack([record["loss"] for record in records]).float()
    return Course(net, tuple(record["step"] for record in records), loss, errors, per_block, ended)


# ---- stored -------------------------------------------------------------------------------------------------------


def _to_tensors(course: Course) -> dict[str, torch.Tensor]:
    numbers = {"steps": torch.tensor(course.steps, dtype=torch.int32), "loss": course.loss,
               "validation_error": course.validation_error, **course.per_block}  # fmt: skip
    if course.ended is not None:
        numbers["ended"] = torch.tensor([course.ended], dtype=torch.int32)
    return {f"{course.net}/{key}": each.contiguous() for key, each in numbers.items()}


def _to_course(net: Net, tensors: Mapping[str, torch.Tensor]) -> Course:
    found = {key: tensors[f"{net}/{key}"] for key in ("steps", "loss", "validation_error", *PER_BLOCK)}
    ended = tensors.get(f"{net}/ended")
    return Course(
        net,
        tuple(found["steps"].tolist()),
        found["loss"],
        found["validation_error"],
        {name: found[name] for name in PER_BLOCK},
        None if ended is None else int(ended),
    )


def load_courses() -> dict[Net, Course]:
    """All that is stored; nothing where the file is missing or damaged."""
    return _load_courses(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load_courses(folder: Path) -> dict[Net, Course]:
    tensors, _ = _read(folder / FILE)
    try:
        return {net: _to_course(net, tensors) for net in NETS if f"{net}/steps" in tensors}
    except DAMAGED:
        return {}


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """All tensors and what is written about them; nothing where the file is missing or damaged."""
    try:
        with safe_open(path, framework="pt") as opened:
            about = json.loads(opened.metadata()["about"])
            # Copies: what safetensors gives lies in the file, and a file that becomes shorter would end the program.
            return {key: opened.get_tensor(key).clone() for key in opened.keys()}, about  # noqa: SIM118 - it is not a mapping
    except DAMAGED:
        return {}, {}


def load_snapshot(folder: Path | None = None) -> dict[str, dict[str, torch.Tensor]]:
    """The stored weights of SNAPSHOT: "before" and "after" the step, each a state of the network; empty without them."""
    tensors, _ = _read((folder or checkpoints.CHECKPOINTS) / FILE)
    found: dict[str, dict[str, torch.Tensor]] = {}
    for key, each in tensors.items():
        if key.startswith("snapshot."):
            _, when, name = key.split(".", 2)
            found.setdefault(when, {})[name] = each
    return found


def main() -> int:
    """Train what is not stored, and store it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", help=f"names as {NETS[0]} (default: all that are not stored)")
    parser.add_argument("--data-dir", help="folder of Fashion-MNIST (default: find it, else download)")
    parsed = parser.parse_args()
    unknown = set(parsed.nets) - set(map(str, NETS))
    if unknown:
        print(f"learning: names must be out of {', '.join(map(str, NETS))}, got {min(unknown)!r}", file=sys.stderr)
        return 2
    material, path = load_material(parsed.data_dir), checkpoints.CHECKPOINTS / FILE
    recipe = adapt_to_device(RECIPE, torch.device("cpu"))
    for net in NETS:
        tensors, about = _read(path)
        if (parsed.nets and str(net) not in parsed.nets) or (not parsed.nets and f"{net}/steps" in tensors):
            continue
        course, kept = train_net(net, recipe, material, SNAPSHOT[1] if str(net) == SNAPSHOT[0] else None)
        tensors = {key: each for key, each in tensors.items() if not key.startswith(f"{net}/")}
        tensors |= _to_tensors(course) | {f"snapshot.{key}": each.contiguous() for key, each in kept.items()}
        write_atomically({path: save(tensors, {"about": json.dumps(about)})})
        print(net, "ended" if course.ended is not None else f"{course.validation_error[-1]:.2%}", flush=True)
    return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
