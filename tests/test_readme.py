"""What the README says is what the repository does."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path
from statistics import mean, stdev

import gradio
import pytest
from huggingface_hub import metadata_load

from explorer.classifier.results import standard_error
from explorer.interface import API, WINGS
from explorer.models.catalogue import DEGRADATION_NAMES, MODELS
from explorer.models.checkpoints import load_results
from explorer.models.seeds import cycles_of, machines_of
from explorer.settings import PREFIX, Settings
from explorer.text import text_in
from explorer.training.card import describe_machines

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table_rows(first_column: str) -> list[list[str]]:
    """Cells of the README's table whose first column has that title."""
    lines = README.split(f"\n| {first_column} |", 1)[1].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_front_matter_is_that_of_a_space():
    front = metadata_load(ROOT / "README.md")
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] == gradio.__version__
    assert (ROOT / front["app_file"]).is_file()
    assert front["python_version"] == "3.12"
    assert len(front["short_description"]) <= 60
    assert {"title", "emoji", "colorFrom", "colorTo", "pinned", "license", "tags"} <= set(front)


def say_reached(record: dict | None) -> str:
    """One run, or the mean of several from the lowest to the highest."""
    if record is None:
        return ""
    each = [100 * run["test_accuracy"] for run in record["runs"]]
    many = f" ({min(each):.2f}–{max(each):.2f} %, {len(each)} seeds)" if len(each) > 1 else ""
    return f"{mean(each):.2f} %{many}"


def test_results_are_those_that_were_measured():
    results, tutorial = load_results(), load_results(section="tutorial")
    rows = {row[0]: row for row in table_rows("model")}
    assert set(rows) == {MODELS[name].title for name in results}
    for name, record in results.items():
        _, params, accuracy, claim, epochs, seed, spread, by_tutorial, time, hardware = rows[MODELS[name].title]
        assert params == f"{record['num_params']:,}"
        assert accuracy == f"{record['test_accuracy']:.2%}".replace("%", " %")
        claimed = MODELS[name].claimed_accuracy
        assert claim == ("" if claimed is None else f"{claimed:.1%}".replace("%", " %"))
        assert (epochs, seed) == (str(record["epochs"]), str(record["seed"]))
        assert hardware == describe_machines(machines_of(cycles_of(record)))
        each = [100 * run["test_accuracy"] for run in record.get("runs", [])]
        assert spread == (f"{mean(each):.2f} ± {stdev(each):.2f} % ({len(each)})" if len(each) > 1 else "one run")
        assert by_tutorial == say_reached(tutorial.get(name))
        seconds = record["seconds"]
        assert time == (f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min")


def say_results() -> list[str]:
    """What the README's sentences say of results.json: training errors of the degradation study, standard errors, seeds."""
    results = load_results()
    *first, last = (f"{100 * run['test_accuracy']:.2f}" for run in results["resnet18"]["runs"])
    errors = {name: 100 * (1 - results[name]["curve"][-1]["train_accuracy"]) for name in DEGRADATION_NAMES}
    plain, residual = ([f"{errors[f'{kind}{depth}']:.1f} %" for depth in (20, 56)] for kind in ("plain", "resnet"))
    (epochs,) = {results[name]["epochs"] for name in DEGRADATION_NAMES}
    spreads = [100 * standard_error(record["test_accuracy"], 10_000) for record in results.values()]
    return [
        f"three seeds gave {', '.join(first)} and {last} %",
        f"training error is {plain[0]} with 20 and {plain[1]} with 56 plain layers, and {residual[0]} and {residual[1]} with",
        f"trained for {epochs} epochs each, with one recipe and one seed",
        f"accuracy is {min(spreads):.1f} to {max(spreads):.1f} points",
        f"its confidence is {100 * results['softmax']['calibration']['ece_before']:.1f} points",
        f"reaches the tutorial's {100 * MODELS['mlp'].claimed_accuracy:.1f} %",
        f"the {100 * MODELS['softmax'].claimed_accuracy:.1f} % of softmax regression",
    ]


def test_sentences_about_the_results_hold_what_was_measured():
    results, words = load_results(), " ".join(README.split())
    assert [said for said in say_results() if said not in words] == []
    assert all(len(results[name]["runs"]) == 1 for name in DEGRADATION_NAMES)
    best = max(run["test_accuracy"] for run in results["mlp"]["runs"])
    assert best < MODELS["mlp"].claimed_accuracy and "No MLP here reaches the tutorial's" in words


@pytest.mark.parametrize("line", re.findall(r"^hf .+$", README, re.MULTILINE))
def test_commands_of_the_hub_exist_in_the_pinned_version(line):
    words = line.split()
    _, *command = takewhile(str.islower, words)
    tool = Path(sys.executable).with_name("hf")
    done = subprocess.run(
        [tool, *command, "--help"], capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in words if word.startswith("--"))


def test_every_setting_is_named_with_its_default():
    rows = {row[0].strip("`"): row[1].strip("`") for row in table_rows("variable")}
    assert rows == {PREFIX + name.upper(): str(default) for name, default in vars(Settings()).items()}


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt"])
def test_every_dependency_is_pinned_and_has_its_reason(file: str):
    reasons = {name for row in table_rows("package") for name in row[0].split(", ")}
    for line in (ROOT / file).read_text().splitlines():
        if line and not line.startswith(("#", "-r")):
            name, _, version = line.partition(";")[0].partition("==")
            assert re.fullmatch(r"\d+(\.\d+)+", version), f"{line} is not pinned"
            assert name in reasons, f"{name} has no row in the README"


def test_every_package_of_the_check_of_scripts_is_pinned_and_has_its_reason():
    reasons = {name for row in table_rows("package") for name in row[0].split(", ")}
    for name, version in json.loads((ROOT / "package.json").read_text())["devDependencies"].items():
        assert re.fullmatch(r"\d+(\.\d+)+", version), f"{name} is not pinned in package.json"
        assert name in reasons, f"{name} has no row in the README"


@pytest.mark.parametrize(
    ("folders", "files"),
    [(("explorer", "*.py"), ["requirements.txt"]), (("tests",), ["requirements.txt", "tests/requirements.txt"])],
)
def test_every_package_that_is_imported_is_pinned(folders, files):
    pins = re.findall(r"^([\w-]+)==", "\n".join((ROOT / file).read_text() for file in files), re.MULTILINE)
    pins = [pin.replace("-", "_") for pin in pins]
    ours = {"explorer", "tests", "app", "train_all", *sys.stdlib_module_names}
    paths = [
        path
        for folder in folders
        for path in ([*ROOT.glob(folder)] if "*" in folder else (ROOT / folder).rglob("*.py"))
    ]
    imported = {name for path in paths for name in _imports(path)}
    assert paths and {{"PIL": "pillow", "fontTools": "fonttools"}.get(name, name) for name in imported - ours} <= set(
        pins
    )


def _imports(path: Path) -> set[str]:
    """Names of the packages that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {
        name.split(".")[0]
        for name in plain | {n.module for n in nodes if isinstance(n, ast.ImportFrom) and not n.level}
    }


def test_every_tab_has_its_row():
    titles = [text_in("en")(f"{wing}.tab") for wing in WINGS]
    assert [row[0] for row in table_rows("tab")] == titles, "README.md, What it answers: one row a tab, in their order"


def test_every_function_for_programs_is_named():
    missing = {name for name in API if f"`/{name}`" not in README}
    assert not missing, f"README.md, What it answers: {missing} are missing"


def test_every_folder_of_the_app_stands_in_the_tree():
    tree = README.split("## The house", 1)[1].split("```")[1]
    folders = {path.parent.name for path in (ROOT / "explorer").glob("*/__init__.py")}
    missing = {name for name in folders if f"  {name}/ " not in tree}
    assert not missing, f"README.md, The house: {missing} are missing"


def test_files_and_folders_of_the_tree_exist():
    tree = README.split("## The house", 1)[1].split("```")[1]
    folder = ROOT
    for line in filter(None, tree.splitlines()):
        entry = line[:24] if line.startswith("  ") else line.split("  ")[0]
        for name in entry.split():
            assert (folder / name if line.startswith("  ") else ROOT / name).exists(), name
        if line.startswith("explorer/"):
            folder = ROOT / "explorer"


def test_files_that_the_recipes_name_exist():
    words = re.findall(r"`([\w./*]+/[\w.*]*|[\w]+\.py)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    paths = {word for word in words if "NAME" not in word}
    folders = (ROOT, ROOT / "explorer/models", ROOT / "explorer/convolution")  # beside a file that is named in full
    missing = {path for path in paths if not any(list(folder.glob(path)) for folder in folders)}
    assert len(paths) > 20 and not missing, f"CONTRIBUTING.md names {missing}"


def test_no_file_is_too_large_for_a_space():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of the repository's files")
    sizes = {name: (ROOT / name).stat().st_size for name in listed.stdout.split("\0") if (ROOT / name).is_file()}
    assert sizes and max(sizes.values()) <= 9 * 2**20
