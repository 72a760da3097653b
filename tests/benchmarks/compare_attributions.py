"""How long attributions take, as ratios to one bare forward and backward pass of the same network in the same run.

    python -m tests.benchmarks.compare_attributions [--models lenet5,resnet18] [--repeats 10]

One thread, one picture. Beside each method stands how many times as long as a bare pass it takes, and beside those that
pytorch-grad-cam has, how long that takes; its column is empty where the package is not installed (`pip install grad-cam`).
Then, for integrated gradients: at how many points the gradient was computed, how many captum's Gauss-Legendre rule
took before (50, or 250 where 50 missed the sum by more than the bound), and how far both maps lie from one of 1,000 points.
At last, what all methods of all networks take together. Nothing is asserted, and pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

import torch
from captum.attr import IntegratedGradients
from torch import nn

from explorer.classifier.attribution import (
    LARGEST_GAP,
    METHODS,
    compute_attribution,
    gradcam_layers,
    refine_attribution,
)
from explorer.data import load_sample, normalise
from explorer.models.checkpoints import available_models, load_trained

PICTURES = (5, 33, 61, 139)  # of the packed test images: for the points of integrated gradients


def prepare(index: int) -> torch.Tensor:
    """(1, 1, 28, 28), as the networks get it."""
    return normalise(load_sample().images[index].float() / 255)[None, None]


def measure_in_turns(functions: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Median milliseconds of work of each, after one call that does not count; what takes long is called less often.

    Work is the time of the processor: that other processes want it, too, prolongs everything else, but hardly this.
    """
    times: list[list[float]] = [[] for _ in functions]
    for round_number in range(repeats + 1):
        for function, record in zip(functions, times, strict=True):
            start = time.process_time()
            function()
            record.append(1000 * (time.process_time() - start))
        if round_number and sum(map(sum, times)) > 5000:
            break
    return [statistics.median(record[1:]) for record in times]


def run_bare(model: nn.Module, image: torch.Tensor, target: int) -> None:
    """One forward and one backward pass, down to the pixels."""
    pixels = image.clone().requires_grad_(True)
    torch.autograd.grad(model(pixels)[0, target], pixels)


def run_first(model: nn.Module, image: torch.Tensor, target: int, method: str) -> None:
    """Up to the first map, which the page shows while it is refined."""
    next(refine_attribution(model, image, target, method, in_parts=True))


def find_peers(model: nn.Module, image: torch.Tensor, target: int) -> dict[str, Callable[[], object]]:
    """What pytorch-grad-cam does of the same; nothing where it is not installed."""
    layers = list(gradcam_layers(model).values())
    try:  # by name, because it is none of the packages that the tests need: it brings OpenCV and scikit-learn along
        peer = import_module("pytorch_grad_cam")
        targets = [import_module("pytorch_grad_cam.utils.model_targets").ClassifierOutputTarget(target)]
    except ImportError:
        return {}
    if not layers:
        return {}

    def compute(kind: type) -> object:
        with kind(model=model, target_layers=layers[-1:]) as cam:
            return cam(input_tensor=image.clone(), targets=targets)

    kinds = {"gradcam": peer.GradCAM, "gradcam_plus_plus": peer.GradCAMPlusPlus, "layercam": peer.LayerCAM}

    own = copy.deepcopy(model)  # its ReLUs are exchanged, and come back in the mode of training

    def guide() -> object:
        return peer.GuidedBackpropReLUModel(own, "cpu")(image.clone(), target_category=target)

    return {**{method: partial(compute, kind) for method, kind in kinds.items()}, "guided_backprop": guide}


def compare_methods(name: str, repeats: int) -> dict[str, float]:
    """Print a row for each method; give the milliseconds of each."""
    model, image = load_trained(name), prepare(PICTURES[0])
    with torch.no_grad():
        target = int(model(image).argmax())
    print(f"\n{name}")
    print(f"{'':24}{'ms':>10}{'bare, ms':>10}{'ratio':>10}{'first map, ms':>16}{'pytorch-grad-cam, ms':>24}")
    peers, found = find_peers(model, image, target), {}
    for method in METHODS:
        if METHODS[method].uses_layer and not gradcam_layers(model):
            continue
        whole = partial(compute_attribution, model, image, target, method)
        first = partial(run_first, model, image, target, method)
        functions = [whole, partial(run_bare, model, image, target), first]
        functions += [peers[method]] if method in peers else []
        found[method], bare, first_map, *peer = measure_in_turns(functions, repeats)
        row = f"{method:24}{found[method]:>10.2f}{bare:>10.2f}{found[method] / bare:>10.2f}{first_map:>16.2f}"
        print(row + "".join(f"{each:>24.2f}" for each in peer), flush=True)
    return found


def compare_points(names: Sequence[str]) -> None:
    """How many gradients integrated gradients need, and how good their maps are."""
    print(f"\nintegrated gradients, means over {len(PICTURES)} pictures")
    print(f"{'':16}{'points':>10}{'error':>10}{'captum':>10}{'error':>10}")
    for name in names:
        rows = torch.tensor([_count_points(name, index) for index in PICTURES])
        points, error, captum_points, captum_error = rows.mean(dim=0).tolist()
        print(f"{name:16}{points:>10.1f}{error:>10.3f}{captum_points:>10.1f}{captum_error:>10.3f}")


def _count_points(name: str, index: int) -> tuple[float, float, float, float]:
    """Points and error of the map, ours and captum's; the error is a share of the sum of all magnitudes."""
    model, image = load_trained(name), prepare(index)
    black = normalise(torch.zeros_like(image))
    with torch.no_grad():
        target = int(model(image).argmax())
        rise = float((model(image) - model(black))[0, target])
    captum = IntegratedGradients(model)

    def integrate(points: int, method: str = "gausslegendre") -> torch.Tensor:
        found = captum.attribute(image, black, target, n_steps=points, method=method, internal_batch_size=50)
        return found[0, 0].detach().float()

    exact, ours = integrate(1000, "riemann_middle"), compute_attribution(model, image, target, "integrated_gradients")
    theirs, points = integrate(50), 50
    if abs(float(theirs.sum()) - rise) > LARGEST_GAP * abs(rise):
        theirs, points = integrate(200), 250
    size = exact.abs().sum()
    return (
        ours.steps or 0, float((ours.values - exact).abs().sum() / size),
        points, float((theirs - exact).abs().sum() / size),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare attributions with bare passes and with pytorch-grad-cam.")
    parser.add_argument("--models", default=",".join(available_models()), help="names, with commas (default: all)")
    parser.add_argument("--repeats", type=int, default=10, help="most timed calls of each (default: 10)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    names = arguments.models.split(",")
    found = {name: compare_methods(name, arguments.repeats) for name in names}
    print("\nall networks together, ms: " + ", ".join(
        f"{method} {sum(times.get(method, 0) for times in found.values()):.0f}" for method in METHODS
    ))  # fmt: skip
    compare_points(names)


if __name__ == "__main__":
    main()
