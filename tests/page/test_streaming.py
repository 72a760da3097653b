"""A run on a page: its parts, one after the other, and once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.errors import InputError
from explorer.page.streaming import Run, show_parts


def follow(run: Run | None, counted: list[int]) -> list[dict]:
    def count(job: int) -> Iterator[int]:
        counted.append(job)
        yield from range(1, job + 1)

    return list(show_parts(run, count, lambda part: {"look_for": part}, lambda part: part == 3))


def test_a_run_shows_its_parts_and_then_no_stop_button():
    parts = follow(Run(3), [])
    assert [part.get("look_for") for part in parts] == [1, 2, 3, None]
    assert [part["stop"].visible for part in parts] == [True, True, False, False]


def test_a_run_that_is_asked_for_again_is_not_done_again():
    """A slider tells its last value twice; a page asks again for what it did not hear before its connection broke."""
    run, counted = Run(3), []
    follow(run, counted)
    (again,) = follow(run, counted)
    assert again["look_for"] == 3 and again["stop"].visible is False and counted == [3]


def test_a_run_that_broke_off_is_done_from_the_start():
    run, counted = Run(3), []
    parts = show_parts(run, lambda job: iter([1]), lambda part: {"look_for": part}, lambda part: part == 3)
    assert next(parts)["look_for"] == 1
    parts.close()
    assert [part.get("look_for") for part in follow(run, counted)] == [1, 2, 3, None] and counted == [3]


def test_a_run_that_the_server_has_forgotten_is_told():
    with pytest.raises(InputError):
        follow(None, [])
