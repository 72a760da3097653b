"""Memory: what a value holds is measured, and what is remembered is bounded by it."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from explorer.caches import Memory, measure_bytes, remember


@dataclass(frozen=True)
class Pictured:
    number: int
    pixels: torch.Tensor = field(compare=False)


@dataclass(frozen=True)
class Held:
    values: object
    again: object = None


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros(100_000),
        lambda: [float(number) for number in range(30_000)],
        lambda: {str(number): (number, [number]) for number in range(1000, 5000)},
        lambda: Held("x" * 500_000, [Held(bytes(1000)) for _ in range(300)]),
    ],
)
def test_the_measure_is_near_that_of_the_allocator(make):
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    value = make()
    allocated = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert measure_bytes(value) == pytest.approx(allocated, rel=0.3)


def test_numbers_of_tensors_count_once_and_only_where_they_are():
    tensor = torch.zeros(1000, 250)
    assert measure_bytes(tensor) == pytest.approx(1_000_000, rel=0.01)
    assert measure_bytes([tensor, tensor[1:], tensor.T, Held(tensor)]) == pytest.approx(1_000_000, rel=0.01)
    assert measure_bytes(tensor[:1]) == pytest.approx(1_000_000, rel=0.01)  # a part keeps the whole
    assert measure_bytes(torch.zeros(1000, 1000, device="meta")) < 5000
    assert measure_bytes(torch.nn.Linear(500, 500)) == pytest.approx(4 * 500 * 501, rel=0.05)


def test_the_latest_answers_are_remembered_up_to_so_many_bytes():
    calls = []

    @remember(1)
    def compute(number: int) -> np.ndarray:
        """Says what it is."""
        calls.append(number)
        return np.zeros(int(0.3 * 1024**2), dtype=np.uint8)

    for number in (1, 2, 3, 1, 4, 1, 2):
        compute(number)
    assert calls == [1, 2, 3, 4, 2]
    assert compute.cache_info().currsize <= 1024**2 and compute.__doc__ == "Says what it is."
    compute.cache_clear()
    compute(1)
    assert calls[-1] == 1 and compute.cache_info().misses == 1


def test_what_is_too_large_and_what_fails_is_not_remembered():
    calls = []

    @remember(0.1)
    def compute(fails: bool) -> bytes:
        calls.append(fails)
        if fails:
            raise ValueError
        return bytes(200_000)

    for _ in range(2):
        assert len(compute(False)) == 200_000
        with pytest.raises(ValueError):
            compute(True)
    assert len(calls) == 4


def test_a_memory_keeps_the_latest_values_up_to_so_many_bytes():
    memory = Memory(1)
    for number in (1, 2, 3):
        memory.put(number, bytes(int(0.3 * 1024**2)))
    assert memory.get(1) and memory.get(5) is None
    memory.put(4, bytes(int(0.3 * 1024**2)))
    memory.put(5, bytes(2 * 1024**2))
    assert [bool(memory.get(number)) for number in (1, 2, 3, 4, 5)] == [True, False, True, True, False]
    memory.clear()
    assert memory.get(1) is None


def test_what_the_arguments_hold_counts_as_well():
    @remember(megabytes=1)
    def side(picture: Pictured) -> int:
        return picture.number

    for number in range(40):
        assert side(Pictured(number, torch.zeros(100_000, dtype=torch.uint8))) == number
    assert 5 <= side.cache_info().currsize / 100_000 <= 10.5, "about ten pictures of a tenth of a megabyte"
