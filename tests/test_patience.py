"""Long work ends when nobody waits for it, and when it takes too long."""

from __future__ import annotations

import pytest
import torch

from explorer.classifier.attribution import METHODS, compute_attribution
from explorer.errors import InputError
from explorer.gradient_flow.maths import Settings, measure_gradient_norms
from explorer.models.catalogue import create_model
from explorer.patience import NobodyWaitsError, asking, go_on


def test_outside_of_a_question_nothing_happens():
    go_on()


def test_work_ends_when_nobody_waits_or_time_is_up():
    with asking(lambda: True):
        go_on()
    with pytest.raises(NobodyWaitsError), asking(lambda: False):
        go_on()
    with pytest.raises(InputError, match="longer than 0 seconds"), asking(lambda: True, longest=0):
        go_on()
    go_on()


@pytest.mark.parametrize("method", METHODS)
def test_every_attribution_asks_and_leaves_the_network_as_found(method):
    model, image = create_model("lenet5").eval(), torch.zeros(1, 1, 28, 28)
    answers = iter([True])
    with pytest.raises(NobodyWaitsError), asking(lambda: next(answers, False)):
        compute_attribution(model, image, 0, method)
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in model.modules())


def test_gradient_norms_ask_between_their_parts():
    settings, asked = Settings(depth=20, width=16, block="conv", seeds=40), []
    with pytest.raises(NobodyWaitsError), asking(lambda: asked.append(1) or len(asked) < 2):
        measure_gradient_norms(settings)
    assert len(asked) == 2
