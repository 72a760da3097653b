"""Where the chart has room for its words."""

from __future__ import annotations

import pytest

from explorer.receptive_field.figures import _find_room


@pytest.mark.parametrize(
    ("lines", "room"),
    [
        ([[1, 5, 6, 14, 16, 28]], "top left"),
        ([[1, 29, 29, 29, 29, 60]], "bottom left"),
        ([[1, 27, 29, 31, 60, 120, 180, 240]], "top right"),
        ([[1, 27, 29, 29, 29, 29, 29, 29]], "bottom right"),
        ([[29, 27, 29, 27, 29, 27]], "top left"),  # there is none
        ([[1, 2, 3, 4, 5, 28], [1, 30]], "bottom left"),  # another network's line counts as well
    ],
)
def test_the_words_at_the_images_size_cross_no_line(lines, room):
    assert _find_room(lines, 28) == room
