"""Sections 6, 7 and 9: LeNet-5, AlexNet and the ResNets."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from statistics import fmean, median

import torch
import torch.nn.functional as F
from torch import nn

from explorer.claims.records import Case, Claim
from explorer.claims.training_experiments import load_seeds, swap_activation
from explorer.data import load_sample, normalise
from explorer.gradient_flow.maths import (
    INITIALISATIONS,
    Flow,
    Settings,
    compute_spread,
    draw_networks,
    measure_gradient_norms,
)
from explorer.models.alexnet import AlexNetSmall
from explorer.models.catalogue import create_model
from explorer.models.lenet import LeNet5
from explorer.models.resnet import BasicBlock, BottleneckBlock, ResNet18
from explorer.models.torchvision_models import create_torchvision

LENET_SHAPES = (
    (6, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 10, 10), (16, 5, 5),
    (400,), (120,), (120,), (84,), (84,), (10,),
)  # fmt: skip
LENET_PARAMS, LINEAR_WIDTH, NUM_CONVS = 61_706, 4_096, 5
SQUASH, SLOPE = 1.7159, 2 / 3  # of LeCun et al. 1998, appendix A
S2_PARAMS = 12  # of the first subsampling layer, by their section II.B
RESNET_PARAMS = {18: 11_173_962, 34: 21_282_122, 50: 23_508_234}
DEPTHS = (2, 10, 50)
NUM_STARTS = 10  # networks with fresh weights
BLOCK_CHANNELS = 256


def count_params(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def layers_of(module: nn.Module, kind: type[nn.Module]) -> list:
    """The modules of one kind, in the order of their registration."""
    return [each for each in module.modules() if isinstance(each, kind)]


def measure_lenet() -> tuple[Case, ...]:
    """The shapes that leave LeNet-5's layers, by forward hooks, and its parameters."""
    model, shapes = LeNet5(), []
    for layer in (*model.features, *model.classifier):
        layer.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    model(torch.zeros(1, 1, 28, 28))
    same = sum(found == claimed for found, claimed in zip(shapes, LENET_SHAPES, strict=True))
    count = count_params(model)
    return (
        Case("shapes", same == len(LENET_SHAPES), {"same": same, "total": len(LENET_SHAPES)}),
        Case("counted", count == LENET_PARAMS, {"count": count}),
    )


def measure_original() -> tuple[Case, ...]:
    """What LeCun et al. describe beside PyTorch's sigmoid and average pooling."""
    x = torch.linspace(-6, 6, 101)
    squashed, logistic = SQUASH * torch.tanh(SLOPE * x), x.sigmoid()
    pooling = count_params(nn.AvgPool2d(2))
    return (
        Case(
            "activation",
            torch.allclose(squashed, logistic, atol=0.01),
            {"constant": SQUASH, "slope": SLOPE, "low": squashed.min().item(), "high": squashed.max().item()},
        ),
        Case("pooling", pooling == S2_PARAMS, {"paper": S2_PARAMS, "count": pooling}),
    )


def measure_summary() -> tuple[Case, ...]:
    """The pooling of section 7's summary beside that of section 6, on the picture of section 5.1."""
    picture = torch.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    largest, average = nn.MaxPool2d(2)(picture).flatten(), nn.AvgPool2d(2)(picture).flatten()
    paper = _subsample(picture).flatten()
    return (
        Case("itself", torch.equal(largest, average), {"largest": largest.int().tolist(), "average": average.tolist()}),
        Case("paper", torch.equal(largest, paper), {"largest": largest.int().tolist(), "sums": paper.int().tolist()}),
    )


def _subsample(picture: torch.Tensor) -> torch.Tensor:
    """S2 of LeCun et al. 1998 before its coefficient, bias and squashing: the sums of windows of four."""
    return F.avg_pool2d(picture, 2, divisor_override=1)


def measure_kernels() -> tuple[Case, ...]:
    """The first kernels of AlexNet-Small and of AlexNet beside LeNet-5's."""
    lenet, small, original = (
        layers_of(model, nn.Conv2d)[0].kernel_size[0]
        for model in (LeNet5(), AlexNetSmall(), create_torchvision("alexnet"))
    )
    return (
        Case("small", small > lenet, {"kernel": small, "lenet": lenet}),
        Case("original", original > lenet, {"kernel": original, "lenet": lenet}),
    )


def measure_size() -> tuple[Case, ...]:
    """Convolutions and widest hidden linear layer of AlexNet and of AlexNet-Small."""
    cases = []
    for name, model in (("original", create_torchvision("alexnet")), ("small", AlexNetSmall())):
        convs, width = (
            len(layers_of(model, nn.Conv2d)),
            max(each.out_features for each in layers_of(model, nn.Linear)[:-1]),
        )
        cases.append(Case(name, (convs, width) == (NUM_CONVS, LINEAR_WIDTH), {"convs": convs, "width": width}))
    return tuple(cases)


def measure_activation() -> tuple[Case, ...]:
    """Gradients with ReLU beside those with sigmoid, in stacks and in LeNet-5, and how LeNet-5 learned with either."""
    stacks = {name: measure_gradient_norms(Settings(depth=max(DEPTHS), activation=name)) for name in _KINDS}
    depths = stacks["relu"].settings.depths
    medians = {name: compute_spread(each.plain.first_block).median.tolist() for name, each in stacks.items()}
    cases = [
        Case(
            f"stack_{depth}",
            relu > sigmoid,
            {"depth": depth, "relu": relu, "sigmoid": sigmoid, "seeds": stacks["relu"].seeds_done},
        )
        for depth, relu, sigmoid in zip(depths, medians["relu"], medians["sigmoid"])
        if depth in DEPTHS
    ]
    starts = {name: [_start_gradient(kind, seed) for seed in range(NUM_STARTS)] for name, kind in _KINDS.items()}
    cases.append(
        Case(
            "lenet",
            min(starts["relu"]) > max(starts["sigmoid"]),
            {"seeds": NUM_STARTS, **{name: median(found) for name, found in starts.items()}},
        )
    )
    return (*cases, _compare_learning())


_KINDS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}


def _start_gradient(activation: type[nn.Module], seed: int) -> float:
    """Norm of the gradient of LeNet-5's first kernels before training, on the shipped images."""
    sample = load_sample()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = swap_activation(LeNet5(), activation)
    loss = F.cross_entropy(model(normalise(sample.images)[:, None]), sample.labels)
    (gradient,) = torch.autograd.grad(loss, model.get_parameter("features.0.weight"))
    return gradient.norm().item()


def _compare_learning() -> Case:
    """What LeNet-5 reached with either activation, at the learning rate with the best mean over the seeds."""
    best = {}
    for name in _KINDS:
        runs = load_seeds(f"activation_{name}")
        by_rate = zip(*(run["right"] for run in runs))
        best[name] = [right / run["validation"] for right, run in zip(max(by_rate, key=fmean), runs)]
    settings = {"images": runs[0]["training"], "epochs": runs[0]["recipe"]["epochs"], "seeds": len(runs)}
    holds = min(best["relu"]) > max(best["sigmoid"])
    return Case("trained", holds, {**settings, "rates": list(runs[0]["rates"])}, best)


def measure_dropout() -> tuple[Case, ...]:
    """The gap between images that were learned and others, and the accuracy on others, with and without dropout."""
    accuracies, gaps = {}, {}
    for name in ("on", "off"):
        runs = load_seeds(f"dropout_{name}")
        learned, others = ([run["right"][part] / run[part] for run in runs] for part in ("training", "validation"))
        accuracies[name], gaps[name] = others, [one - other for one, other in zip(learned, others)]
    settings = {"images": runs[0]["training"], "epochs": runs[0]["recipe"]["epochs"], "seeds": len(runs)}
    return (
        Case("gap", max(gaps["on"]) < min(gaps["off"]), settings, gaps),
        Case("accuracy", min(accuracies["on"]) > max(accuracies["off"]), settings, accuracies),
    )


def measure_global_pooling() -> tuple[Case, ...]:
    """The parameters that it saves, and the fully connected layers that stay."""
    head = layers_of(AlexNetSmall().classifier, nn.Linear)
    before, after = sum(map(count_params, head)), count_params(nn.Linear(64, head[-1].out_features))
    squeezenet, resnet = create_torchvision("squeezenet1_0"), ResNet18()
    counts = [len(layers_of(each, nn.Linear)) for each in (squeezenet, resnet)]
    return (
        Case("parameters", after < before, {"before": before, "after": after}),
        Case("squeezenet", counts[0] == 0, {"count": counts[0]}),
        Case("resnet", counts[1] == 0, {"count": counts[1]}),
    )


def measure_bottleneck() -> tuple[Case, ...]:
    """Parameters of blocks with the same channels, and of networks of such blocks for each layer with weights."""
    basic = count_params(BasicBlock(BLOCK_CHANNELS, BLOCK_CHANNELS))
    bottleneck = count_params(BottleneckBlock(BLOCK_CHANNELS, BLOCK_CHANNELS // BottleneckBlock.expansion))
    shallow, deep = _resnet_params(34, 1), _resnet_params(50, 1)
    return (
        Case("block", bottleneck < basic, {"channels": BLOCK_CHANNELS, "basic": basic, "bottleneck": bottleneck}),
        Case("layer", deep / 50 < shallow / 34, {"basic": round(shallow / 34), "bottleneck": round(deep / 50)}),
    )


def _resnet_params(depth: int, channels: int) -> int:
    with torch.device("meta"):
        return count_params(create_model(f"resnet{depth}", in_channels=channels))


def measure_resnet(depth: int) -> tuple[Case, ...]:
    """The parameters for images of one channel, which the code beside the number builds, and for three."""
    counts = {name: _resnet_params(depth, channels) for name, channels in (("one", 1), ("three", 3))}
    return tuple(Case(name, count == RESNET_PARAMS[depth], {"count": count}) for name, count in counts.items())


def measure_he() -> tuple[Case, ...]:
    """Which initialisation keeps the gradient of ReLU stacks nearest to that of a single block."""
    cases = []
    for name, depth, kind in (("shallow", 10, "plain"), ("deep", 50, "plain"), ("residual", 50, "residual")):
        growth = {each: _grow(Settings(depth=depth, initialisation=each), kind) for each in INITIALISATIONS}
        cases.append(Case(name, _nearest(growth) == "he", {"depth": depth, "seeds": Settings.seeds, **growth}))
    deep = Settings(depth=50)
    growth = {"he": _grow(replace(deep, initialisation="he"), "plain"), "orthogonal": _grow_orthogonal(deep)}
    return (*cases, Case("gain", _nearest(growth) == "he", {"depth": deep.depth, "seeds": deep.seeds, **growth}))


def _nearest(growth: Mapping[str, float]) -> str:
    """Whose gradient changed by the smallest factor."""
    return min(growth, key=lambda name: abs(math.log(max(growth[name], sys.float_info.min))))


def _grow(settings: Settings, kind: str) -> float:
    """The median gradient norm of the first block by that of a single block, in float64; `kind` is plain or residual."""
    flow: Flow = getattr(measure_gradient_norms(settings), f"{kind}_double")
    first, *_, last = compute_spread(flow.first_block).median.tolist()
    return last / first


def _grow_orthogonal(settings: Settings) -> float:
    """The same of a plain stack with orthogonal weights that have He's gain, the root of 2."""
    norms = []
    for depth in (1, settings.depth):
        chosen = replace(settings, depth=depth, initialisation="orthogonal")
        networks = draw_networks(chosen, range(settings.seeds))
        layers = [weights.double() * math.sqrt(2) for block in networks.weights for weights in block]
        x = networks.inputs.double()
        first = layers[0].requires_grad_()
        for weights in layers:  # the biases are 0
            x = F.relu(x @ weights.transpose(1, 2))
        (gradient,) = torch.autograd.grad(x.sum(), first)
        norms.append(gradient.flatten(1).norm(dim=1).median().item())
    return norms[1] / norms[0]


CLAIMS = (
    Claim("lenet_shapes", "6", "shapes", {"model": "lenet5"}, measure_lenet),
    Claim("lenet_original", "6", "shapes", {"model": "lenet5"}, measure_original),
    Claim("lenet_summary", "7", "shapes", {"model": "lenet5"}, measure_summary),
    Claim("alexnet_kernels", "7", "receptive_field", {"model": "alexnet_small"}, measure_kernels),
    Claim("alexnet_size", "7", "shapes", {"model": "torchvision/alexnet"}, measure_size),
    Claim("relu_gradients", "7", "gradient_flow", {"activation": "sigmoid", "depth": "10"}, measure_activation),
    Claim("dropout", "7", "classifier", {"model": "alexnet_small"}, measure_dropout),
    Claim("pooled_head", "7", "shapes", {"model": "alexnet_small"}, measure_global_pooling),
    Claim("bottleneck", "9.1", "shapes", {"model": "resnet50", "view": "graph"}, measure_bottleneck),
    *(
        Claim(f"resnet{depth}_parameters", "9.2", "shapes", {"model": f"resnet{depth}"}, partial(measure_resnet, depth))
        for depth in RESNET_PARAMS
    ),
    Claim("he_optimal", "9.2", "gradient_flow", {"initialisation": "he"}, measure_he),
)
