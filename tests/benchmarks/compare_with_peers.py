"""How long our parts take against a peer that does the same job, measured in the same run.

    python -m tests.benchmarks.compare_with_peers

Prints one row a comparison: the medians of both and their ratio. Both sides take turns, so that whatever else the
machine does hits both; ratios hold better than times. Nothing is asserted, and pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from io import BytesIO

import torch
import torch.nn.functional as F
from torch import nn


def time_in_turns(ours: Callable, peer: Callable, repeats: int) -> tuple[float, float]:
    """Median seconds of each after one warm-up call."""
    seconds: tuple[list[float], list[float]] = ([], [])
    ours(), peer()
    for _ in range(repeats):
        for function, record in zip((ours, peer), seconds, strict=True):
            start = time.perf_counter()
            function()
            record.append(time.perf_counter() - start)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def trace_against_torchinfo() -> tuple[Callable, Callable]:
    """Shapes, parameters and multiply-adds of ResNet-18 on 28x28; torchinfo gives no receptive fields."""
    from torchinfo import summary

    from explorer.models.catalogue import create_model
    from explorer.models.trace import trace

    model = create_model("resnet18").eval()
    return lambda: trace(model, (1, 1, 28, 28)), lambda: summary(model, (1, 1, 28, 28), verbose=0)


def loop_against_library() -> tuple[Callable, Callable]:
    """A 3x3 convolution of 28x28: the readable loop against F.conv2d."""
    from explorer.convolution.maths import conv2d_manual

    image, kernel = torch.randn(28, 28), torch.randn(3, 3)
    batch, kernels = image[None, None], kernel[None, None]
    return lambda: conv2d_manual(image, kernel, padding=1), lambda: F.conv2d(batch, kernels, padding=1)


def canvas_against_matplotlib() -> tuple[Callable, Callable]:
    """64 maps of 14x14: the payload for the canvas against a matplotlib grid saved as PNG."""
    from matplotlib.figure import Figure

    from explorer.page.canvas import Map, draw_maps

    maps = torch.randn(64, 14, 14).numpy()

    def draw_grid() -> bytes:
        figure = Figure(figsize=(8, 8))
        for index, values in enumerate(maps):
            axes = figure.add_subplot(8, 8, index + 1)
            axes.imshow(values, cmap="RdBu", vmin=-3, vmax=3)
            axes.set_axis_off()
        file = BytesIO()
        figure.savefig(file, format="png")
        return file.getvalue()

    return lambda: draw_maps([Map(values, limit=3.0) for values in maps]), draw_grid


def batched_seeds_against_modules() -> tuple[Callable, Callable]:
    """Norms of 50 plain and 50 residual stacks of 50 blocks, in two precisions, against loops of modules."""
    from explorer.gradient_flow.maths import Settings, measure_in_parts

    def loop() -> list[float]:
        norms = []
        for dtype in (torch.float32, torch.float64):
            for residual in (False, True):
                norms += [_first_norm(seed, residual, dtype) for seed in range(50)]
        return norms

    return lambda: list(measure_in_parts(Settings(depth=50, seeds=50))), loop


def _first_norm(seed: int, residual: bool, dtype: torch.dtype) -> float:
    torch.manual_seed(seed)
    blocks = [nn.Sequential(nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU()).to(dtype) for _ in range(50)]
    x = torch.randn(1, 10, dtype=dtype)
    for block in blocks:
        x = block(x) + x if residual else block(x)
    x.sum().backward()
    return blocks[0][0].weight.grad.norm().item()


COMPARISONS = {
    "trace / torchinfo": trace_against_torchinfo,
    "conv2d_manual / F.conv2d": loop_against_library,
    "canvas payload / matplotlib grid": canvas_against_matplotlib,
    "seeds in a batch / loop of modules": batched_seeds_against_modules,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the explorer's parts with peers that do the same job.")
    parser.add_argument("--repeats", type=int, default=10, help="timed calls of each side (default: 10)")
    parser.add_argument("--only", choices=COMPARISONS, help="one of the comparisons")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'ours / peer':36}{'ours':>12}{'peer':>12}{'ratio':>10}")
    for name in [arguments.only] if arguments.only else COMPARISONS:
        ours, peer = time_in_turns(*COMPARISONS[name](), arguments.repeats)
        print(f"{name:36}{ours * 1e3:>9.2f} ms{peer * 1e3:>9.2f} ms{ours / peer:>10.3g}")


if __name__ == "__main__":
    main()
