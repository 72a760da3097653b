"""The pictures of the model card are small, and are those that results.json gives."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from explorer.models.checkpoints import CHECKPOINTS, load_results
from explorer.prints import card
from explorer.prints.card import draw_pictures, make_pictures
from explorer.training.card import FILE, PICTURES, draw_card, write_card


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    return make_pictures(CHECKPOINTS)


def pixels(file: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB")).astype(int)


def test_what_ships_is_drawn_from_the_results(drawn):
    assert drawn.keys() == PICTURES.keys()
    for name, file in drawn.items():
        shipped = (CHECKPOINTS / name).read_bytes()
        assert len(shipped) < 100_000, name
        here, there = pixels(file), pixels(shipped)
        assert here.shape == there.shape, name
        assert (np.abs(here - there).max(axis=2) > 8).mean() < 0.0005, f"{name}: run python -m explorer.prints.card"


def test_the_same_results_give_the_same_bytes(drawn):
    draw = card._find_comparison(load_results(), load_results(section="tutorial"))
    assert card._shrink(card.write(draw, "png", "en", card._DPI)) == drawn["comparison.png"]


def test_other_results_give_other_pictures(drawn, tmp_path):
    """Or the test above would pass whatever is drawn."""
    results = json.loads((CHECKPOINTS / "results.json").read_text())
    record = results["models"]["lenet5"]
    for run in record["runs"]:
        run["test_accuracy"] -= 0.02
    record["confusion"][0][6] += 7
    record["curve"][-1]["train_accuracy"] = 0.5
    (tmp_path / "results.json").write_text(json.dumps(results))
    changed = make_pictures(tmp_path)
    assert changed.keys() == drawn.keys() - {"reliability.png"}
    for name, file in changed.items():
        here, there = pixels(file), pixels(drawn[name])
        assert here.shape != there.shape or (np.abs(here - there).max(axis=2) > 8).any(), name


def test_the_card_shows_those_that_are_there(tmp_path):
    records = {"lenet5": load_results()["lenet5"]}
    (tmp_path / "results.json").write_text(json.dumps({"models": records}))
    (tmp_path / "reliability.png").write_bytes(b"of other weights")
    draw_pictures(tmp_path)
    write_card(tmp_path)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "](curves.png)" in text and "](confusion.png)" in text and "reliability.png" not in text
    assert not (tmp_path / "reliability.png").exists()
    assert "## Pictures" not in draw_card(records, {})
    shipped = (CHECKPOINTS / FILE).read_text(encoding="utf-8")
    assert all(f"]({name})" in shipped for name in PICTURES)


def test_nothing_is_drawn_of_nothing(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps({"models": {}}))
    assert make_pictures(tmp_path) == {}
