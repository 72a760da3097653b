"""Long work ends when nobody waits for it, and when it takes too long."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from explorer import patience
from explorer.classifier.attribution import METHODS, compute_attribution
from explorer.errors import InputError
from explorer.gradient_flow.maths import Settings, measure_gradient_norms
from explorer.models.catalogue import create_model
from explorer.models.footprint import measure_footprint
from explorer.models.reach import measure_reach
from explorer.models.trace import record, record_catalogue
from explorer.patience import Lanes, NobodyWaitsError, aside, asking, go_on, in_turn
from explorer.receptive_field.effective import measure_gradient_mass


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


def stop_after(times: int):
    """Within this, somebody waits until he was asked so often."""
    answers = iter([True] * times)
    return asking(lambda: next(answers, False))


@pytest.mark.parametrize("times", [0, 3, 20])
def test_what_follows_a_network_asks_at_its_calls(times):
    """Footprints and the way forward: the run ends in the middle of a network, and the next one is whole."""
    recording = record_catalogue("resnet18")
    for work in (
        lambda: measure_footprint(recording, (1, 28, 28), "layer4.1.conv2", (0, 0)),
        lambda: measure_reach(recording, (1, 28, 28), (14, 14), ["layer4.1.conv2"]),
    ):
        with pytest.raises(NobodyWaitsError), stop_after(times):
            work()
        work()


def test_the_effective_field_asks_inside_a_part():
    model = create_model("resnet18").eval()
    with pytest.raises(NobodyWaitsError), stop_after(3):
        measure_gradient_mass(model, torch.zeros(2, 1, 28, 28), "layer4", (0, 0))
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in model.modules())


def test_a_network_that_catches_everything_ends_all_the_same():
    class Stubborn(nn.Module):
        def forward(self, x):
            try:
                return torch.relu(x)
            except Exception:
                return x

    with pytest.raises(NobodyWaitsError), stop_after(0):
        record(Stubborn(), (1, 8, 8)).trace((1, 8, 8))


def test_heavy_work_steps_back_behind_all_other():
    def look() -> tuple[int, str]:
        go_on()
        niceness = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else 10
        return niceness, threading.current_thread().name

    with asking(lambda: True):
        niceness, name = aside(look)
    assert niceness >= 10 and name.startswith("heavy")
    if sys.platform == "linux":
        assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < 10
    with pytest.raises(NobodyWaitsError), asking(lambda: False):
        aside(look)


def test_one_computes_at_a_time_in_the_order_of_coming():
    lanes, order, running = Lanes(count=1, seconds=60), [], Counter()

    def work(number: int) -> None:
        with lanes.one():
            running["now"] += 1
            assert running["now"] == 1
            order.append(number)
            time.sleep(0.005)
            running["now"] -= 1

    with ThreadPoolExecutor(8) as threads:
        done = []
        for number in range(8):
            done.append(threads.submit(work, number))
            time.sleep(0.002)  # they come one after the other
        for each in done:
            each.result()
    assert order == list(range(8))


def test_who_takes_long_lets_others_begin():
    lanes, ended = Lanes(count=1, seconds=0.05), threading.Event()

    def take_long() -> bool:
        with lanes.one():
            return ended.wait(10)

    with ThreadPoolExecutor(1) as threads:
        long = threads.submit(take_long)
        time.sleep(0.02)
        with lanes.one():  # begins while the long one is still there
            assert not long.done()
        ended.set()
        assert long.result()


def test_gradient_norms_ask_between_their_parts():
    settings, asked = Settings(depth=20, width=16, block="conv", seeds=40), []
    with pytest.raises(NobodyWaitsError), asking(lambda: asked.append(1) or len(asked) < 2):
        measure_gradient_norms(settings)
    assert len(asked) == 2


def test_what_nobody_waits_for_any_more_is_not_begun():
    begun = []
    for do in (in_turn, aside):
        with pytest.raises(NobodyWaitsError), asking(lambda: False):
            do(lambda: begun.append(1))
    assert begun == []


def test_when_the_process_ends_nobody_waits(monkeypatch):
    monkeypatch.setattr(patience, "_ENDING", threading.Event())
    with asking(lambda: True):
        go_on()
        patience.end_all()
        with pytest.raises(NobodyWaitsError):
            go_on()
