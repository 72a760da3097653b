"""Which paths through a residual network carry its gradient, by their length.

Each block offers two ways, its branch and its shortcut, so that n blocks have 2^n paths; the length of a path is the number of
branches on it. `python -m explorer.gradient_flow.paths` measures the gradient that single paths carry in the trained ResNet-56
and stores it in checkpoints/paths.json; a test measures some of it anew.

Source: Veit, Wilber and Belongie 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks", section 5.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from explorer.gradient_flow.removal import fold_normalisation, load_test_images
from explorer.models import checkpoints
from explorer.models.catalogue import DEGRADATION
from explorer.models.checkpoints import DAMAGED, load_results, load_trained, read_stored, weights_of, write_atomically
from explorer.models.resnet import BasicBlock

FILE = "paths.json"
MODEL = DEGRADATION["residual"][56]
NUM_IMAGES = 1_000  # the first ones of the test set; each has one path of each length
BATCH = 100


@dataclass(frozen=True)
class PathGradients:
    """The gradient of the loss by the image, along single paths.

    Attributes:
        norms: mean Euclidean norm along one path, by its length: 0, 1, ..., the number of blocks.
        whole: mean norm of the ordinary gradient, along all paths together.
        num_images: how many images, each with one random path of each length.
    """

    norms: tuple[float, ...]
    whole: float
    num_images: int

    @property
    def num_blocks(self) -> int:
        """Blocks of the network, and length of its longest path."""
        return len(self.norms) - 1

    @property
    def path_shares(self) -> tuple[float, ...]:
        """Share of the paths that have each length: binomial."""
        return tuple(math.comb(self.num_blocks, length) / 2**self.num_blocks for length in range(self.num_blocks + 1))

    @property
    def gradient_shares(self) -> tuple[float, ...]:
        """Share of each length in the sum of the norms of all paths. As vectors, which they are, they partly cancel."""
        carried = [share * norm for share, norm in zip(self.path_shares, self.norms, strict=True)]
        return tuple(each / sum(carried) for each in carried)

    @property
    def excess(self) -> float:
        """The norms of all paths added up, over the norm of the ordinary gradient: 1 if all paths had the same direction."""
        return sum(math.comb(self.num_blocks, length) * norm for length, norm in enumerate(self.norms)) / self.whole

    def find_length(self, share: float, of_paths: bool = False) -> int:
        """The shortest length up to which paths have this share of the sum of norms, or make up this share of all paths."""
        shares, total = self.path_shares if of_paths else self.gradient_shares, 0.0
        for length, each in enumerate(shares):
            total += each
            if total >= share:
                return length
        return self.num_blocks


@contextmanager
def along_paths(blocks: Sequence[BasicBlock], on_branch: torch.Tensor) -> Iterator[None]:
    """Within this, the backward pass follows one path for each image. The forward pass is the ordinary one.

    Args:
        blocks: all residual blocks of a network in eval mode.
        on_branch: (len(blocks), N), whether the path of an image takes the branch of a block, and not its shortcut.
    """

    def keep(kept: torch.Tensor):
        chosen = kept[:, None, None, None]
        return lambda _module, _given, output: torch.where(chosen, output, output.detach())

    with ExitStack() as stack:
        for block, is_taken in zip(blocks, on_branch, strict=True):
            if block.shortcut is None:
                raise ValueError("blocks must have shortcuts, got one without")
            for end, kept in ((block.bn2, is_taken), (block.shortcut, ~is_taken)):
                stack.callback(end.register_forward_hook(keep(kept)).remove)
        yield


def measure_path_norms(
    model: nn.Module, images: torch.Tensor, labels: torch.Tensor, on_branch: torch.Tensor | None
) -> torch.Tensor:
    """Norm of the gradient of each image's cross-entropy by the image, along one path for each.

    Args:
        model: of basic blocks, in eval mode.
        images: (N, C, H, W).
        labels: (N,).
        on_branch: as for `along_paths`; None for the ordinary gradient, along all paths.

    Returns:
        (N,).
    """
    blocks = list_residual_blocks(model)
    with torch.enable_grad(), ExitStack() as stack:
        if on_branch is not None:
            stack.enter_context(along_paths(blocks, on_branch))
        images = images.detach().requires_grad_()
        loss = F.cross_entropy(model(images), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, images)
    return gradient.flatten(1).norm(dim=1)


def list_residual_blocks(model: nn.Module) -> list[BasicBlock]:
    """The blocks of a network from its input to its output."""
    return [module for module in model.modules() if isinstance(module, BasicBlock)]


def draw_paths(num_blocks: int, length: int, count: int, generator: torch.Generator) -> torch.Tensor:
    """Random paths of a length, (num_blocks, count): all are equally likely."""
    places = torch.rand(num_blocks, count, generator=generator).argsort(0).argsort(0)
    return places < length


def measure_part(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, seed: int) -> list[float]:
    """Mean norms of one batch: along a random path of each length, and last along all paths."""
    num_blocks, generator = len(list_residual_blocks(model)), torch.Generator().manual_seed(seed)
    chosen = [draw_paths(num_blocks, length, len(images), generator) for length in range(num_blocks + 1)]
    return [float(measure_path_norms(model, images, labels, paths).mean()) for paths in (*chosen, None)]


def load_paths() -> PathGradients | None:
    """What is stored of the weights that are here, or None."""
    return _load(checkpoints.CHECKPOINTS)


@lru_cache(maxsize=2)
def _load(folder: Path) -> PathGradients | None:
    entry = read_stored(folder / FILE).get(MODEL, {})
    try:
        if not entry["parts"] or entry["weights"] != weights_of(load_results(folder).get(MODEL)):
            return None
        *norms, whole = torch.tensor(entry["parts"], dtype=torch.float64).mean(0).tolist()
        return PathGradients(tuple(norms), whole, BATCH * len(entry["parts"]))
    except DAMAGED:
        return None


def main() -> None:
    folder, weights = checkpoints.CHECKPOINTS, weights_of(load_results()[MODEL])
    model = fold_normalisation(load_trained(MODEL))
    entry: Mapping = read_stored(folder / FILE).get(MODEL, {})
    parts = list(entry["parts"]) if entry.get("weights") == weights else []
    images, labels = load_test_images(NUM_IMAGES)
    batches = list(zip(images.split(BATCH), labels.split(BATCH), strict=True))
    for seed in range(len(parts), len(batches)):
        parts.append(measure_part(model, *batches[seed], seed))
        text = json.dumps({MODEL: {"weights": weights, "parts": parts}}) + "\n"
        write_atomically({folder / FILE: text.encode()})
        print(seed + 1, "of", len(batches), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
