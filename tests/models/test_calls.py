"""What rules share."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.models.calls import broadcast_shapes

SHAPES = st.lists(st.lists(st.sampled_from((0, 1, 1, 2, 3)), max_size=4).map(tuple), min_size=1, max_size=4)


@given(SHAPES)
def test_shapes_meet_as_pytorch_lets_tensors_meet(shapes):
    tensors = [torch.empty(shape) for shape in shapes]
    try:
        expected = tuple(torch.broadcast_tensors(*tensors)[0].shape)
    except RuntimeError:
        with pytest.raises(RuntimeError, match="equal or 1"):
            broadcast_shapes(*shapes)
    else:
        assert broadcast_shapes(*shapes) == expected
