"""What trained networks still know without some of their blocks."""

from __future__ import annotations

import copy
import json
import math
import shutil

import pytest
import torch
import torch.nn.functional as F

from explorer.errors import InputError
from explorer.gradient_flow.paths import load_paths
from explorer.gradient_flow.removal import (
    BATCH,
    MODELS,
    NUM_IMAGES,
    ORDERS,
    SEEDS,
    _load,
    add_part,
    count_parts,
    list_blocks,
    load_removals,
    load_test_images,
    measure_cut,
    measure_without,
    order_blocks,
)
from explorer.gradient_flow.removal_figures import (
    WAYS,
    describe_paths,
    describe_removals,
    describe_swaps,
    draw_ordered,
    draw_single,
    name_block,
)
from explorer.gradient_flow.removal_tab import on_cut, on_open, on_way
from explorer.gradient_flow.swaps import load_swaps
from explorer.models import checkpoints
from explorer.models.ablation import list_removable_blocks
from explorer.models.answers import load_answers
from explorer.models.checkpoints import load_trained
from explorer.text import LANGUAGES, text_in


@pytest.mark.parametrize("name", MODELS)
def test_a_part_of_what_is_stored_is_measured_anew(name):
    removal, model = load_removals()[name], copy.deepcopy(load_trained(name))
    images, labels = load_test_images(BATCH)
    path, going = removal.blocks[7], order_blocks(removal.blocks, "random0")
    stored = {(path,): removal.single[path], tuple(going[:4]): removal.ordered["random0"][4]}
    for gone, score in stored.items():
        (correct, loss) = measure_without(model, gone, images, labels).parts[0]
        assert abs(correct - score.parts[0][0]) <= 1 and loss == pytest.approx(score.parts[0][1], abs=0.02)


@pytest.mark.parametrize("name", MODELS)
def test_with_all_blocks_the_answers_are_those_that_are_shipped(name):
    removal = load_removals()[name]
    _, labels = load_test_images(removal.whole.count)
    answers = load_answers().predicted[name][: removal.whole.count]
    assert abs(int((answers == labels).sum()) - removal.whole.correct) <= 2
    assert list(removal.blocks) == list_removable_blocks(load_trained(name))
    assert 2_000 <= removal.whole.count <= NUM_IMAGES
    assert len(removal.single) == len(removal.blocks)
    for order in ORDERS:
        scores = removal.ordered[order]
        assert len(scores) == len(removal.blocks) + 1 and scores[0] == removal.whole
        assert scores[1] == removal.single[order_blocks(removal.blocks, order)[0]]
        assert sorted(order_blocks(removal.blocks, order)) == sorted(removal.blocks)
    everything = {removal.ordered[order][-1].parts for order in ORDERS}
    assert len(everything) == 1  # in whatever order all of them went


def test_a_residual_net_survives_what_a_plain_one_does_not():
    residual, plain = (load_removals()[name] for name in MODELS)
    median = {kind: sorted(score.accuracy for score in each.single.values())[12]
              for kind, each in (("residual", residual), ("plain", plain))}  # fmt: skip
    assert median["residual"] > 0.85 and median["plain"] < 0.5


def test_the_mean_loss_of_the_parts_is_that_of_all():
    model = copy.deepcopy(load_trained("plain20"))
    images, labels = (each[: 2 * BATCH] for each in load_test_images(NUM_IMAGES))
    score = measure_without(model, (), images, labels)
    with torch.no_grad():
        logits = model(images)
    assert score.loss == pytest.approx(float(F.cross_entropy(logits, labels)), abs=1e-3)
    assert score.accuracy == float((logits.argmax(1) == labels).double().mean())


def test_a_reader_takes_blocks_away():
    blocks = list_blocks(MODELS[0])
    cut = measure_cut(MODELS[0], blocks[3:5], 138)
    assert cut.cut.correct != cut.whole.correct and cut.whole.count == 200
    assert [stage for stage, (whole, after) in cut.maps.items() if not torch.equal(whole, after)] == [
        "layer1", "layer2", "layer3",
    ]  # fmt: skip
    later = measure_cut(MODELS[0], blocks[-1:], 138).maps
    assert torch.equal(*later["layer1"]) and not torch.equal(*later["layer3"])
    assert measure_cut(MODELS[0], (), 138).cut == cut.whole  # the network is as it was


@pytest.mark.parametrize("wrong", ["layer1.0", ["layer2.0"], [3], {"layer1.0": 1}, [["layer1.0"]], ["layer1.0", "x"]])
def test_what_is_no_block_is_refused(wrong):
    with pytest.raises(InputError):
        on_cut(wrong, language="en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_charts_show_what_is_stored(language):
    text, measured = text_in(language), load_removals()
    *bars, guess = draw_single(measured, text).data
    assert set(guess.y) == {10.0} and "10" in guess.name
    assert [bar.name for bar in bars] == [text.title(title) for title in ("ResNet-56 (CIFAR)", "Plain-56 (CIFAR)")]
    for bar, removal in zip(bars, measured.values(), strict=True):
        assert list(bar.x) == [name_block(path) for path in removal.blocks]
        assert list(bar.y) == [100 * removal.single[path].accuracy for path in removal.blocks]
    for way in WAYS:
        lines = [trace for trace in on_way(way, language=language)["ordered"].data if trace.mode == "lines+markers"]
        assert [line.y[0] for line in lines] == [100 * each.whole.accuracy for each in measured.values()]
        assert all(len(line.x) == 26 for line in lines)
    *bands, _ = (trace for trace in draw_ordered(measured, "random", text).data if trace.fill == "toself")
    assert len(bands) == 1 and len(SEEDS) > 1  # one for each network
    assert f"{100 * measured['plain56'].whole.accuracy:.1f}" in describe_removals(measured, text)
    with pytest.raises(InputError):
        on_way("sideways", language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_opened_section_shows_paths_and_swaps_as_stored(language):
    text, shown = text_in(language), on_open("back", language=language)
    assert [len(shown[name].data) for name in ("single", "ordered", "paths", "swaps")] == [3, 3, 2, 3]
    paths, swaps = load_paths(), load_swaps()
    of_paths, of_gradient = shown["paths"].data
    assert sum(of_paths.y) == pytest.approx(100) == sum(of_gradient.y)
    carried = [share * norm for share, norm in zip(of_paths.y, paths.norms, strict=True)]
    assert [value / sum(carried) * 100 for value in carried] == pytest.approx(list(of_gradient.y))
    for points, found in zip(shown["swaps"].data[:-1], swaps.values(), strict=True):
        assert list(points.y[1:]) == [100 * each.accuracy for each in found.orders] and points.x[0] == 1
    counted = [math.comb(27, length) * norm for length, norm in enumerate(paths.norms)]
    assert (
        paths.excess == pytest.approx(sum(counted) / paths.whole) and paths.excess > 1
    )  # vectors are no longer than their norms added up
    said = describe_paths(paths, text), describe_swaps(swaps, text)
    assert f"{2**27:,}" in said[0] and all(f"{100 * found.whole:.1f}" in said[1] for found in swaps.values())
    with pytest.raises(InputError):
        on_open("sideways", language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_counts_the_sample_images(language):
    shown = on_cut(["layer1.1", "layer3.4"], language=language)
    assert "1.2" in shown["look_for"] and "3.5" in shown["look_for"] and shown["maps"]["visible"]
    assert len(shown["maps"]["value"]["maps"]) == 12
    assert on_cut([], language=language)["maps"]["visible"] is False


def test_an_interrupted_measurement_counts_as_far_as_both_networks_have_it(tmp_path, monkeypatch):
    """The command goes on where it was, and what belongs to other weights does not count."""
    shutil.copy(checkpoints.CHECKPOINTS / "results.json", tmp_path)
    records, numbers = checkpoints.load_results(), [BATCH // 2, 1.0]
    entries = {}
    for name, parts in zip(MODELS, (2, 1), strict=True):
        entries[name] = {"weights": checkpoints.weights_of(records[name]), "batch": BATCH, "single": {}, "ordered": {}}
        part = {"single": {"": numbers, "layer1.0": numbers}, "ordered": {order: [numbers] * 2 for order in ORDERS}}
        for _ in range(parts):
            add_part(entries[name], part)
    assert [count_parts(entry) for entry in entries.values()] == [2, 1]
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    assert load_removals() == {}
    for change, count in (({}, 2), ({"weights": ["another"]}, 1), ({"batch": 7}, 1)):
        _load.cache_clear()
        changed = {**entries, MODELS[1]: {**entries[MODELS[1]], **change}}
        (tmp_path / "removal.json").write_text(json.dumps(changed))
        found = load_removals()
        assert len(found) == count and found[MODELS[0]].whole.count == (1 if count == 2 else 2) * BATCH
        assert found[MODELS[0]].ordered["random2"][1].accuracy == 0.5
