"""Section 10: the recipe and its results."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from explorer.claims.experiments import load_experiments
from explorer.claims.records import Case, Claim, no_cases
from explorer.claims.training_experiments import load_seeds
from explorer.classifier.results import accuracy_margin, compare_with_claim, exact_mcnemar
from explorer.models.answers import load_answers
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_results

TYPICAL = (0.950, 0.955)
TABLED = ("lenet5", "alexnet_small", "resnet18")  # whose recipe the tutorial states


def _count_images(record: Mapping[str, Any]) -> int:
    return sum(map(sum, record["confusion"]))


def measure_typical() -> tuple[Case, ...]:
    """The accuracy of the tutorial's recipe, and its 95 % interval."""
    record = load_results(section="tutorial")["resnet18"]
    reached, images = record["test_accuracy"], _count_images(record)
    margin = accuracy_margin(record["test_correct"], images)
    shares = {"reached": reached, "margin": margin}
    return (Case("recipe", TYPICAL[0] <= reached <= TYPICAL[1], {"seed": record["seed"], "images": images}, shares),)


def measure_most() -> tuple[Case, ...]:
    """Whether ResNet-18 gets beyond 95 %: by the tutorial's recipe, and by the one of the shipped weights."""
    theirs, ours = load_results(section="tutorial")["resnet18"], load_results()["resnet18"]
    reached = [run["test_accuracy"] for run in ours["runs"]]
    return (
        Case("recipe", theirs["test_accuracy"] >= TYPICAL[0], {}, {"reached": theirs["test_accuracy"]}),
        Case(
            "shipped",
            min(reached) >= TYPICAL[0],
            {"epochs": ours["epochs"], "seeds": len(reached)},
            {"low": min(reached), "high": max(reached)},
        ),
    )


def measure_table() -> tuple[Case, ...]:
    """Whether chance explains the difference between the table and what the tutorial's recipe gave here."""
    cases = []
    for name in TABLED:
        record, claimed = load_results(section="tutorial")[name], MODELS[name].claimed_accuracy
        found = compare_with_claim([record["test_accuracy"]], _count_images(record), claimed)
        numbers = {"seed": record["seed"], "p": found.p}
        cases.append(
            Case(name, found.verdict == "undecided", numbers, {"reached": record["test_accuracy"], "claimed": claimed})
        )
    return tuple(cases)


def measure_order() -> tuple[Case, ...]:
    """The multilayer perceptron beside LeNet-5: both by the tutorial's recipe, and the shipped ones on the same images."""
    theirs = {name: load_results(section="tutorial")[name] for name in ("mlp", "lenet5")}
    reached = {name: record["test_accuracy"] for name, record in theirs.items()}
    answers = load_answers()
    assert answers, "the answers of the shipped networks are missing or damaged"
    right = {name: answers.predicted[name] == answers.labels for name in theirs}
    only = {
        "mlp_only": int((right["mlp"] & ~right["lenet5"]).sum()),
        "lenet5_only": int((right["lenet5"] & ~right["mlp"]).sum()),
    }
    return (
        Case("recipe", reached["mlp"] > reached["lenet5"], {}, reached),
        Case("shipped", only["mlp_only"] > only["lenet5_only"], {**only, "p": exact_mcnemar(*only.values())}),
    )


def measure_augmented() -> tuple[Case, ...]:
    """Accuracy on validation images as they are, and as the script changes them before it measures."""
    stored = {"lenet5": load_seeds("augmented_lenet5"), "resnet18": [load_experiments()["augmented_resnet18"]]}
    cases = []
    for name, runs in stored.items():
        total = runs[0]["validation"]
        plain, changed = [run["plain"] for run in runs], [fmean(run["augmented"]) for run in runs]
        margin = max(accuracy_margin(right, total) for right in plain)
        difference = max(abs(before - after) / total for before, after in zip(plain, changed))
        shares = {
            "plain": [right / total for right in plain],
            "changed": [right / total for right in changed],
            "margin": margin,
        }
        numbers = {"images": total, "draws": len(runs[0]["augmented"])}
        cases.append(Case(name, difference <= margin, numbers, shares))
    return tuple(cases)


CLAIMS = (
    Claim("accuracy_typical", "10", "classifier", {"model": "resnet18"}, measure_typical),
    Claim("accuracy_most", "10", "classifier", {"model": "resnet18"}, measure_most),
    Claim("table", "10", "classifier", {"model": "lenet5"}, measure_table),
    Claim("table_earlier", "10", "classifier", {"model": "mlp"}, no_cases),
    Claim("table_order", "10", "classifier", {"model": "mlp"}, measure_order),
    Claim("augmented_validation", "10", "classifier", {"model": "lenet5"}, measure_augmented),
)
