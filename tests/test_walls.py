"""The walls of the house: who may import whom, and where a script or a heavy library may stand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from explorer import interface

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "explorer"
MODULES = sorted(PACKAGE.rglob("*.py"))
WINGS = ("convolution", "receptive_field", "shapes", "gradient_flow", "classifier")
ABOVE_WINGS = "claims"  # a tab as well: it compares what the tutorial says with what the others measure

# From the ground up: a part may import parts of lower floors, and itself.
FLOORS = (
    ("text", "settings", "caches", "avif", "file_kinds"),
    ("errors", "decoding"),
    ("checks", "locks", "patience", "uploads"),
    ("models", "data", "images", "hardware", "randomness"),
    ("page", "training"),
    ("prints",),
    ("server",),
    WINGS,
    (ABOVE_WINGS,),
    ("wings",),
    ("take_away",),
    ("interface",),
    ("launch",),
)
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}

# What computes knows nothing of pages and charts.
PURE = {
    "activations", "anatomy", "article", "attribution", "cams", "channels", "class_code", "class_texts", "conv_jacobians", "degradation",
    "design", "edit", "effective", "equivariance", "examination", "faithfulness", "feature_map", "film", "inside",
    "interpreter", "jacobians", "kernels", "keyed_files", "known_calls", "ladder", "layer_input", "layer_list", "layers", "learning", "learning_outcomes", "live_training", "maths",
    "measure_features", "measure_ways", "mistakes", "moves", "networks", "outcome", "pasted_calls", "pasted_expressions", "pasted_text",
    "pasted_values", "paths", "photographs", "prediction", "preprocessing", "printouts", "reach", "references", "relevance",
    "removal", "results", "robustness", "scores", "sent", "session", "shapley", "strange_pictures", "swaps", "theory", "told", "trust",
    "trust_samples", "unlike", "ways",
}  # fmt: skip
# What speaks, draws or lays out.
DRAWS = {
    "anatomy_figures", "anatomy_tab", "api", "backward_tab", "cell_tab", "channels_tab", "effective_tab",
    "equivariance_figures", "equivariance_tab", "figures", "film_figures", "film_tab", "graph", "inside_figures", "inside_tab",
    "layer_maps", "layer_maps_tab", "learn_tab", "learning_figures", "learning_tab", "learning_table", "live_charts", "live_figures", "live_tab",
    "panels", "photograph_figures", "prints", "removal_figures", "removal_tab", "results_figures", "results_tab", "section_prints", "sections",
    "sentences", "shifts_tab", "signal_figures", "tab", "training_figures", "trial_figures", "trial_tab", "trust_figures",
    "trust_tab", "ways_figures", "ways_tab",
}  # fmt: skip
PAGE_AND_CHARTS = {
    "gradio",
    "plotly",
    "matplotlib",
    "explorer.page.style",
    "explorer.page.canvas",
    "explorer.page.layout",
}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports_of(path: Path, top_only: bool = False) -> set[str]:
    """Full names of the modules that a file imports; `from a import b` counts as a and as a.b."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def reaches(imports: set[str], libraries: set[str]) -> set[str]:
    return {name for name in imports for library in libraries if name == library or name.startswith(f"{library}.")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards(path):
    part = part_of(name_of(path))
    if not part:
        assert not reaches(imports_of(path), {"explorer"})
        return
    others = {part_of(name) for name in reaches(imports_of(path), {"explorer"})} - {part, ""}
    nowhere = {each for each in {part, *others} if each not in FLOOR_OF}
    assert not nowhere, f"{nowhere} stand on none of the FLOORS of tests/test_walls.py"
    upwards = {other for other in others if FLOOR_OF[other] >= FLOOR_OF[part]}
    assert not upwards, f"{name_of(path)} imports {upwards}, which do not lie below it"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.stem in PURE or part_of(name_of(path)) in ("models", "training")],
    ids=name_of,
)
def test_what_computes_knows_neither_page_nor_charts(path):
    assert not reaches(imports_of(path), PAGE_AND_CHARTS)


@pytest.mark.parametrize("name", ["data", "checks", "errors", "settings", "text/__init__"])
def test_the_ground_floor_knows_neither_page_nor_charts(name):
    assert not reaches(imports_of(PACKAGE / f"{name}.py"), PAGE_AND_CHARTS)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_slow_libraries_are_imported_where_they_are_used(path):
    assert not reaches(imports_of(path, top_only=True), {"torchvision", "captum", "matplotlib"})


@pytest.mark.parametrize("path", [*MODULES, *ROOT.glob("*.py")], ids=lambda path: path.stem)
def test_pyplot_is_used_nowhere(path):
    assert not reaches(imports_of(path), {"matplotlib.pyplot", "pylab"})


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_page_scripts_stand_in_their_own_files(path):
    strings = [node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if is_text(node)]
    scripts = [text for text in strings if "=>" in text or "addEventListener" in text or "function(" in text]
    assert all("\n" not in text.strip() and len(text) < 200 for text in scripts), scripts


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_program_only_builds_and_launches():
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) < 40


def test_every_part_has_a_floor():
    parts = {part_of(name_of(path)) for path in MODULES} - {""}
    assert parts == set(FLOOR_OF), f"{parts ^ set(FLOOR_OF)}: FLOORS in tests/test_walls.py and explorer/ differ"


def test_every_file_of_a_wing_computes_or_draws():
    files = {path.stem for path in MODULES if part_of(name_of(path)) in WINGS and path.stem != "__init__"}
    assert files == PURE | DRAWS, (
        f"{files ^ (PURE | DRAWS)}: PURE and DRAWS in tests/test_walls.py, and the wings, differ"
    )


def test_every_tab_is_a_wing_of_which_no_other_knows():
    tabs = {part_of(module.__name__) for module in interface.WINGS.values()}
    assert tabs == {*WINGS, ABOVE_WINGS} == set(interface.WINGS), (
        "WINGS in explorer/wings.py and in tests/test_walls.py differ"
    )


@pytest.mark.parametrize(
    "path", [path for path in MODULES if part_of(name_of(path)) == ABOVE_WINGS and path.stem != "tab"], ids=name_of
)
def test_the_claims_know_of_the_wings_what_they_compute(path):
    modules = {name_of(module) for module in MODULES}
    known = {name for name in imports_of(path) & modules if part_of(name) in WINGS}
    assert {name.rpartition(".")[2] for name in known} <= PURE | set(WINGS)
