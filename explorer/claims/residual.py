"""Section 8: degradation and residual connections, with what the introduction announces of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from explorer.claims.experiments import load_experiments
from explorer.claims.records import Case, Claim, no_cases
from explorer.data import load_sample, normalise
from explorer.gradient_flow.article import load_article
from explorer.gradient_flow.degradation import Curve, pick_pair, read_curves
from explorer.gradient_flow.maths import (
    CLAIMED_NORM,
    Flow,
    Settings,
    WithResidual,
    compute_spread,
    measure_gradient_norm,
    measure_gradient_norms,
)
from explorer.models.checkpoints import load_results
from explorer.models.resnet import BasicBlock, CifarResNet

VANISHED = 0.01  # of the gradient of a single block, or of the shallow network: less counts as vanishing
EXPLODED = 100.0  # times that of a single block: more counts as exploding
LEARNED = 0.01  # of the length of the input: who is off by less has learned the identity
TUTORIAL = Settings()  # 50 blocks, 100 seeds
CONV = Settings(
    depth=27, width=4, block="conv", seeds=4
)  # 54 convolutions: as many as lie between a 56-layer net's ends
NETS = {"shallow": 20, "deep": 56}
NUM_STARTS = 3


def measure_degradation() -> tuple[Case, ...]:
    """The training errors of the plain nets."""
    return (_compare_errors("plain", lambda shallow, deep: deep.train_error[-1] > shallow.train_error[-1]),)


def measure_overfitting() -> tuple[Case, ...]:
    """A net that overfits has the lower training error and the higher validation error."""
    return (
        _compare_errors(
            "plain",
            lambda shallow, deep: (
                deep.train_error[-1] > shallow.train_error[-1]
                and deep.validation_error[-1] > shallow.validation_error[-1]
            ),
        ),
    )


def measure_mended() -> tuple[Case, ...]:
    """The training errors of the residual nets."""
    return (_compare_errors("residual", lambda shallow, deep: deep.train_error[-1] <= shallow.train_error[-1]),)


def _compare_errors(kind: str, holds) -> Case:
    curves: tuple[Curve, ...] = read_curves(load_results())
    shallow, deep = pick_pair(curves, kind)
    return Case(
        "trained",
        holds(shallow, deep),
        {"few": shallow.depth, "many": deep.depth, "epochs": len(deep.train_error)},
        {
            "shallow": shallow.train_error[-1],
            "deep": deep.train_error[-1],
            "shallow_validation": shallow.validation_error[-1],
            "deep_validation": deep.validation_error[-1],
        },
    )


def measure_cause() -> tuple[Case, ...]:
    """Whether the gradient of a deep plain net vanishes before training: without normalisation, and with it."""
    cases = []
    for name, block in (("unnormalised", "conv"), ("normalised", "conv_bn")):
        settings = replace(CONV, block=block)
        first, *_, last = _medians(measure_gradient_norms(settings).plain_double)
        numbers = {"depth": settings.depth, "seeds": settings.seeds, "one": first, "deep": last}
        cases.append(Case(name, last < VANISHED * first, numbers))
    found = {name: [_start_gradient(depth, seed) for seed in range(NUM_STARTS)] for name, depth in NETS.items()}
    medians = {name: median(norms) for name, norms in found.items()}
    numbers = {"few": NETS["shallow"], "many": NETS["deep"], "seeds": NUM_STARTS, **medians}
    return (*cases, Case("network", medians["deep"] < VANISHED * medians["shallow"], numbers))


def _start_gradient(depth: int, seed: int) -> float:
    """Norm of the gradient of a plain net's first kernels before training, on shipped images, in train mode."""
    sample = load_sample()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = CifarResNet(depth, residual=False)
    loss = F.cross_entropy(model(normalise(sample.images[::20])[:, None]), sample.labels[::20])
    (gradient,) = torch.autograd.grad(loss, model.get_parameter("stem.0.weight"))
    return gradient.norm().item()


def measure_identity_hard() -> tuple[Case, ...]:
    """Errors of plain blocks that learned the identity."""
    return tuple(
        Case(name, median(best["plain"]) > LEARNED, {**settings, "low": min(best["plain"]), "high": max(best["plain"])})
        for name, best, settings in _read_identity()
    )


def measure_identity_easy() -> tuple[Case, ...]:
    """Errors of residual blocks that learned the identity, beside those of plain ones."""
    return tuple(
        Case(
            name,
            max(best["residual"]) < min(best["plain"]),
            {**settings, "low": min(best["residual"]), "high": max(best["residual"]), "plain": min(best["plain"])},
        )
        for name, best, settings in _read_identity()
    )


def _read_identity() -> Iterator[tuple[str, Mapping[str, list[float]], dict[str, Any]]]:
    """For each setting its name, the errors of each kind at its best learning rate, and how they were found."""
    stored = load_experiments()["identity"]
    settings = {"seeds": stored["seeds"], "steps": stored["steps"], "rates": list(stored["rates"])}
    for name, kinds in stored["errors"].items():
        yield name, {kind: min(rates, key=median) for kind, rates in kinds.items()}, settings


def measure_jacobian() -> tuple[Case, ...]:
    """The gradient of the input against the formula, with the branch's whole Jacobian by autograd, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        last, inside = WithResidual().double(), BasicBlock(2, 2).double().eval()
        vector, feature_map = torch.randn(1, 10).double(), torch.randn(1, 2, 4, 4).double()
        cotangents = [torch.randn(each.shape).double() for each in (vector, feature_map)]
    branch = nn.Sequential(inside.conv1, inside.bn1, inside.relu1, inside.conv2, inside.bn2)
    cases = []
    for name, block, of, x, cotangent in (
        ("last", last, last.layers, vector, cotangents[0]),
        ("inside", inside, branch, feature_map, cotangents[1]),
    ):
        difference = _differ_from_formula(block, of, x, cotangent)
        cases.append(Case(name, difference < 1e-12, {"difference": difference}))
    return tuple(cases)


def _differ_from_formula(block: nn.Module, branch: nn.Module, x: torch.Tensor, cotangent: torch.Tensor) -> float:
    """Greatest difference between the gradient by autograd and dL/dy (J + I), by the greatest entry of the gradient."""
    x = x.requires_grad_()
    (gradient,) = torch.autograd.grad((block(x) * cotangent).sum(), x)
    jacobian = torch.autograd.functional.jacobian(branch, x).reshape(x.numel(), x.numel())
    formula = cotangent.flatten() @ (jacobian + torch.eye(x.numel(), dtype=x.dtype))
    return ((gradient.flatten() - formula).abs().max() / gradient.abs().max()).item()


def measure_plain() -> tuple[Case, ...]:
    """The gradient of plain stacks: by the tutorial's setting, with other weights, and with another activation."""
    found = measure_gradient_norms(TUTORIAL)
    zeros = int((found.plain.first_block[:, -1] == 0).sum())
    numbers = {"depth": TUTORIAL.depth, "seeds": TUTORIAL.seeds, "zeros": zeros}
    cases = [Case("default", zeros > TUTORIAL.seeds / 2, numbers)]
    article = load_article()
    for depth in (10, 50):
        at_depth = article.plain_he[article.depths.index(depth)]
        numbers = {"depth": depth, "seeds": TUTORIAL.seeds, "one": article.plain_he[0], "deep": at_depth}
        cases.append(Case(f"he_{depth}", at_depth < VANISHED * article.plain_he[0], numbers))
    tanh = measure_gradient_norms(replace(TUTORIAL, activation="tanh", initialisation="orthogonal"))
    first, *_, last = _medians(tanh.plain)
    numbers = {"depth": TUTORIAL.depth, "seeds": TUTORIAL.seeds, "one": first, "deep": last}
    return (*cases, Case("orthogonal", last < VANISHED * first, numbers))


def measure_size() -> tuple[Case, ...]:
    """The norm of residual stacks beside the one that the tutorial expects; within a factor of ten counts as equal."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        script = measure_gradient_norm(WithResidual)
    spread = compute_spread(measure_gradient_norms(TUTORIAL).residual.first_block[:, -1:])
    low, middle, high = (getattr(spread, name).item() for name in ("low", "median", "high"))
    he = load_article().residual_he[-1]
    settings = {"depth": TUTORIAL.depth, "seeds": TUTORIAL.seeds}
    return (
        Case("script", _is_claimed(script), {"norm": script}),
        Case("seeds", _is_claimed(middle), {**settings, "median": middle, "low": low, "high": high}),
        Case("he", _is_claimed(he), {**settings, "median": he}),
    )


def _is_claimed(norm: float) -> bool:
    return CLAIMED_NORM / 10 <= norm <= CLAIMED_NORM * 10


def measure_solved() -> tuple[Case, ...]:
    """Whether the gradient of residual stacks keeps its size, within VANISHED and EXPLODED."""
    settings: Mapping[str, Settings] = {
        "default": TUTORIAL,
        "he": replace(TUTORIAL, initialisation="he"),
        "sigmoid": replace(CONV, activation="sigmoid"),
        "normalised": replace(CONV, block="conv_bn"),
    }
    cases = []
    for name, each in settings.items():
        first, *_, last = _medians(measure_gradient_norms(each).residual_double)
        numbers: dict[str, Any] = {"depth": each.depth, "seeds": each.seeds, "one": first, "deep": last}
        cases.append(Case(name, VANISHED <= last / first <= EXPLODED, numbers))
    return tuple(cases)


def _medians(flow: Flow) -> list[float]:
    return compute_spread(flow.first_block).median.tolist()


_BATCH_NORM = {"block": "conv_bn", "depth": "20", "width": "8", "seeds": "8"}
CLAIMS = (
    Claim("deep_trains_easier", "8", "gradient_flow", {}, no_cases),
    Claim("degradation", "8.1", "gradient_flow", {}, measure_degradation),
    Claim("no_overfitting", "8.1", "gradient_flow", {}, measure_overfitting),
    Claim("degradation_cause", "8.1", "gradient_flow", _BATCH_NORM, measure_cause),
    Claim("identity_hard", "8.1", "gradient_flow", {}, measure_identity_hard),
    Claim("identity_easy", "8.2", "gradient_flow", {}, measure_identity_easy),
    Claim("residual_degradation", "8.2", "gradient_flow", {}, measure_mended),
    Claim("residual_jacobian", "8.2", "gradient_flow", {"depth": "1"}, measure_jacobian),
    Claim("plain_vanishes", "8.2", "gradient_flow", {"depth": "50"}, measure_plain),
    Claim("residual_norm", "8.2", "gradient_flow", {"depth": "50"}, measure_size),
    Claim("vanishing_solved", "8.2", "gradient_flow", {"initialisation": "he", "depth": "50"}, measure_solved),
)
