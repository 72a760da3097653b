"""Single paths through residual networks, and blocks that have changed places."""

from __future__ import annotations

import copy
import math
from itertools import combinations, product

import pytest
import torch
import torch.nn.functional as F

from explorer.gradient_flow import paths, removal, swaps
from explorer.gradient_flow.paths import PathGradients, along_paths, draw_paths, list_residual_blocks, load_paths
from explorer.gradient_flow.removal import MODELS, Walk, fold_normalisation, load_removals, load_test_images
from explorer.gradient_flow.swaps import compute_kendall_tau, draw_order, load_swaps
from explorer.models.ablation import list_removable_blocks
from explorer.models.checkpoints import load_trained
from explorer.models.resnet import CifarResNet


@pytest.fixture
def small() -> CifarResNet:
    """Three blocks, two of which change the shape, with statistics that are not those of a new network."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = CifarResNet(8).double()
        model.train()(torch.randn(16, 1, 12, 12).double())
    return model.eval()


def test_the_gradients_of_all_paths_add_up_to_that_of_autograd(small):
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(4, 1, 12, 12, generator=generator, dtype=torch.float64).requires_grad_()
    labels, blocks = torch.tensor([0, 3, 5, 9]), list_residual_blocks(small)
    logits = small(images)
    (whole,) = torch.autograd.grad(F.cross_entropy(logits, labels, reduction="sum"), images)
    total, norms = torch.zeros_like(whole), []
    for path in product([False, True], repeat=len(blocks)):
        with along_paths(blocks, torch.tensor(path)[:, None].expand(-1, 4)):
            output = small(images)
            (gradient,) = torch.autograd.grad(F.cross_entropy(output, labels, reduction="sum"), images)
        torch.testing.assert_close(output, logits)  # the forward pass is the ordinary one
        total += gradient
        norms.append(gradient.flatten(1).norm(dim=1))
    torch.testing.assert_close(total, whole)
    assert all((norm > 0).all() for norm in norms[:-1])
    assert not any(module._forward_hooks for module in small.modules())
    chosen = torch.tensor([[False, True, False, True], [True, True, False, False], [False, False, True, True]])
    measured = paths.measure_path_norms(small, images, labels, chosen)  # another path for each image
    expected = [norms[int(sum(4 >> row for row in range(3) if chosen[row, image]))][image] for image in range(4)]
    torch.testing.assert_close(measured, torch.stack(expected).detach())
    torch.testing.assert_close(paths.measure_path_norms(small, images, labels, None), whole.flatten(1).norm(dim=1))


def test_no_hook_stays_after_an_error_and_plain_nets_have_no_paths(small):
    with pytest.raises(RuntimeError), along_paths(list_residual_blocks(small), torch.zeros(3, 5, dtype=torch.bool)):
        small(torch.zeros(4, 1, 12, 12, dtype=torch.float64))
    assert not any(module._forward_hooks for module in small.modules())
    plain = list_residual_blocks(CifarResNet(8, residual=False))
    with pytest.raises(ValueError, match="shortcuts"), along_paths(plain, torch.zeros(3, 1, dtype=torch.bool)):
        pass
    assert not any(module._forward_hooks for block in plain for module in block.modules())


def test_all_paths_of_a_length_are_equally_likely():
    drawn = draw_paths(5, 2, 20_000, torch.Generator().manual_seed(0))
    assert (drawn.sum(0) == 2).all()
    together = {pair: int((drawn[pair[0]] & drawn[pair[1]]).sum()) for pair in combinations(range(5), 2)}
    deviation = math.sqrt(20_000 * 0.1 * 0.9)
    assert all(abs(count - 2_000) < 4 * deviation for count in together.values())


def test_shares_of_a_network_whose_branches_halve_the_gradient():
    """Each branch carries half of what a shortcut does: (1 + 1/2)^n in all, of which C(n, k) / 2^k along length k."""
    measured = PathGradients(tuple(0.5**length for length in range(11)), 1.5**10, 1)
    expected = [math.comb(10, length) * 0.5**length / 1.5**10 for length in range(11)]
    assert measured.gradient_shares == pytest.approx(expected)
    assert sum(measured.path_shares) == pytest.approx(1) and measured.path_shares[5] == 252 / 1024
    assert measured.find_length(0.5, of_paths=True) == 5 and measured.find_length(0.5) == 3
    assert measured.find_length(1.1) == 10


def test_a_part_of_the_stored_paths_is_measured_anew():
    stored, model = load_paths(), fold_normalisation(load_trained(paths.MODEL))
    images, labels = load_test_images(paths.BATCH)
    assert stored.num_images == paths.NUM_IMAGES and stored.num_blocks == 27
    entry = paths.read_stored(paths.checkpoints.CHECKPOINTS / paths.FILE)[paths.MODEL]["parts"][0]
    generator = torch.Generator().manual_seed(0)
    chosen = [draw_paths(27, length, paths.BATCH, generator) for length in range(4)]
    again = float(paths.measure_path_norms(model, images, labels, chosen[3]).mean())
    assert again == pytest.approx(entry[3], rel=1e-2)
    assert float(paths.measure_path_norms(model, images, labels, None).mean()) == pytest.approx(entry[-1], rel=1e-2)


def test_short_paths_carry_the_gradient():
    stored = load_paths()
    assert stored.find_length(0.5) < stored.find_length(0.5, of_paths=True) == 13


@pytest.mark.parametrize("name", MODELS)
def test_a_walk_gives_what_the_rebuilt_network_gives(name):
    """Whatever blocks are gone, and whichever have changed places: the modules are put there, one by one."""
    model = copy.deepcopy(load_trained(name)).double()
    images = load_test_images(6)[0].double()
    blocks = list_removable_blocks(model)
    with torch.inference_mode():
        walk = Walk(model, images)
        folded = Walk(fold_normalisation(model), images)
        torch.testing.assert_close(walk.compute_logits(()), model(images))
        gone = [blocks[5], blocks[13], blocks[24]]
        moved = {blocks[2]: blocks[7], blocks[7]: blocks[2], blocks[20]: blocks[24], blocks[24]: blocks[20]}
        for kind, ways in (("gone", (gone, {})), ("moved", ((), moved))):
            rebuilt, modules = copy.deepcopy(model), dict(model.named_modules())
            for path in gone if kind == "gone" else moved:
                stage, _, place = path.partition(".")
                new = torch.nn.Identity() if kind == "gone" else modules[moved[path]]
                setattr(rebuilt.get_submodule(stage), place, new)
            expected = rebuilt(images)
            assert not torch.allclose(expected, model(images))
            torch.testing.assert_close(walk.compute_logits(*ways), expected)
            torch.testing.assert_close(folded.compute_logits(*ways), expected)


def test_kendalls_tau_is_its_definition():
    """Concordant minus discordant pairs (Kendall 1938), counted over places."""
    for seed in range(5):
        order = torch.randperm(9, generator=torch.Generator().manual_seed(seed)).tolist()
        signs = [(i - j) * (order[i] - order[j]) for i in range(9) for j in range(i)]
        agree, turn = sum(sign > 0 for sign in signs), sum(sign < 0 for sign in signs)
        assert compute_kendall_tau(order) == pytest.approx((agree - turn) / 36)


def test_swaps_stay_within_a_stage():
    blocks = [f"layer{stage}.{number}" for stage in (1, 2) for number in range(4)]
    for count in (1, 6):
        order = draw_order(blocks, count, 3)
        assert sorted(order[:4]) == [0, 1, 2, 3] and sorted(order[4:]) == [4, 5, 6, 7]
        assert order == draw_order(blocks, count, 3)
    assert sum(place != block for place, block in enumerate(draw_order(blocks, 1, 3))) == 2


@pytest.mark.parametrize("name", MODELS)
def test_a_part_of_the_stored_swaps_is_measured_anew(name):
    stored, model = load_swaps()[name], fold_normalisation(load_trained(name))
    entry = swaps.read_stored(swaps.checkpoints.CHECKPOINTS / swaps.FILE)[name]
    blocks, (images, labels) = list_removable_blocks(model), load_test_images(swaps.BATCH)
    order = draw_order(blocks, swaps.COUNTS[1], 0)
    with torch.inference_mode():
        moves = {blocks[place]: blocks[block] for place, block in enumerate(order) if place != block}
        logits = Walk(model, images).compute_logits((), moves)
    number = 1 + len(swaps.SEEDS)  # after the trained order and those of one swap
    assert abs(int((logits.argmax(1) == labels).sum()) - entry["parts"][0][number]) <= 1
    assert stored.orders[number - 1].tau == compute_kendall_tau(order) and stored.num_images == swaps.NUM_IMAGES
    whole = load_removals()[name].whole.parts[: swaps.NUM_IMAGES // swaps.BATCH]
    assert abs(stored.whole * swaps.NUM_IMAGES - sum(correct for correct, _ in whole)) <= 2


def test_a_residual_net_survives_swaps_that_a_plain_one_does_not():
    residual, plain = (load_swaps()[name] for name in MODELS)
    accuracies = [sum(each.accuracy for each in found.orders if each.count == 1) / 5 for found in (residual, plain)]
    assert accuracies[0] > residual.whole - 0.2 and accuracies[1] < plain.whole - 0.2


@pytest.mark.parametrize("text", ["[]", "null", '{"resnet56": 5}', '{"resnet56": {"parts": []}}', "[" * 100_000])
def test_what_is_stored_and_damaged_counts_as_missing(tmp_path, text):
    for module in (paths, removal, swaps):
        (tmp_path / module.FILE).write_text(text)
        assert not module._load.__wrapped__(tmp_path)
