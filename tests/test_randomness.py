"""The borrowed generator: the same draws whoever else draws, and left as found."""

from __future__ import annotations

import threading

import torch

from explorer.models.checkpoints import _load_cached, load_trained
from explorer.randomness import seeded


def draw(seed: int) -> torch.Tensor:
    with seeded(seed):
        return torch.cat([torch.randn(50) for _ in range(200)])


def test_readers_who_draw_at_the_same_time_get_what_each_would_get_alone():
    expected, found = {seed: draw(seed) for seed in range(4)}, []

    def draw_often(seed: int) -> None:
        found.extend(torch.equal(draw(seed), expected[seed]) for _ in range(30))

    threads = [threading.Thread(target=draw_often, args=(seed,)) for seed in expected]
    before = torch.random.get_rng_state()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 120 and all(found) and torch.equal(torch.random.get_rng_state(), before)


def test_loading_a_trained_network_draws_nothing():
    before = torch.random.get_rng_state()
    _load_cached.cache_clear()
    model = load_trained("lenet5")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not any(tensor.is_meta for tensor in model.state_dict().values())
