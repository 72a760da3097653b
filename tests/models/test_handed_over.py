"""Networks that somebody hands over: what is copied, what is refused, and what stays as it was."""

from __future__ import annotations

import copy
import itertools
import threading

import pytest
import torch
from torch import nn

from explorer.errors import InputError
from explorer.models.handed_over import hand_over, take_back
from explorer.models.networks import HANDED_OVER, NETWORKS, find_network, leave_network
from explorer.models.reach import measure_change, read_values
from explorer.randomness import seeded
from explorer.receptive_field.effective import measure_gradient_mass
from explorer.text import LANGUAGES


class Small(nn.Module):
    """A convolution, a head, and something that only training reads."""

    def __init__(self, channels: int = 3):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


@pytest.fixture
def handed():
    """Hands networks over and takes them back at the end."""
    networks = []

    def hand(*args, **settings):
        networks.append(hand_over(*args, **settings))
        return networks[-1]

    yield hand
    for network in networks:
        take_back(network)


def test_it_is_a_network_like_all_others(handed):
    network = handed(Small(), (3, 20, 20), title="Mine")
    assert find_network(network.name) is network and network.name.startswith("mine/Mine")
    assert (network.source, network.title, network.channels, network.input_size) == (HANDED_OVER, "Mine", 3, 20)
    found = network.record().trace((3, 20, 20))
    assert found.num_params == sum(each.numel() for each in Small().parameters()) and found.output_shape == (2,)
    assert network.record().trace((3, 33, 33)).layers[0].output_shape == (4, 33, 33)


def test_two_of_one_title_have_two_names_and_leave_one_by_one(handed):
    first, second = handed(Small(), (3, 8, 8)), hand_over(Small(), (1, 3, 8, 8))
    take_back(second)
    assert first.name in NETWORKS and second.name not in NETWORKS
    third = handed(Small(), (3, 8, 8))  # what was computed of the second may be remembered by its name
    assert len({first.name, second.name, third.name}) == 3
    with pytest.raises(InputError, match="no longer here"):
        find_network(second.name)
    with pytest.raises(ValueError, match="was not handed over"):
        leave_network(find_network("lenet5"))


@pytest.mark.parametrize("title", ["Ä b/c?d=é", "…", "<script>", "  "])
def test_names_can_stand_in_a_link(handed, title):
    name = handed(Small(), (3, 8, 8), title=title).name
    assert name.startswith("mine/") and set(name.removeprefix("mine/")) <= set("abcdinoprstwek-12345")


def test_the_copy_stays_what_it_was_and_the_original_is_left_as_found(handed):
    model = Small().train()
    model.conv.weight.grad = torch.ones_like(model.conv.weight)
    calls = []
    model.conv.register_forward_hook(lambda *_: calls.append(1))
    before = copy.deepcopy(model.state_dict())
    network = handed(model, (3, 16, 16))
    image = torch.rand(1, 3, 16, 16)
    calls.clear()
    with network.borrow() as copied, torch.no_grad():
        expected = copied(image)
    with torch.no_grad():
        model.conv.weight.zero_()
    with network.borrow() as copied, torch.no_grad():
        assert torch.equal(copied(image), expected) and not copied.training
    assert model.training and model.conv.weight.grad is not None and len(model.conv._forward_hooks) == 1
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items() if key != "conv.weight")


def test_weights_that_a_hook_computed_are_copied(handed):
    model = Small()
    with pytest.warns(FutureWarning):
        nn.utils.weight_norm(model.conv)
    model(
        torch.rand(1, 3, 8, 8)
    )  # a tensor with a history now stands where the weights were, and deepcopy refuses those
    network, image = handed(model, (3, 8, 8)), torch.rand(1, 3, 8, 8)
    with network.borrow() as copied, torch.no_grad():
        torch.testing.assert_close(copied(image), model.eval()(image))
    assert not network.can_draw  # to draw them again, one must know what the hook does


def test_fresh_weights_are_those_of_the_layers_own_initialisation(handed):
    network = handed(Small(), (3, 8, 8))
    with seeded(5):
        drawn = network.draw()
    with seeded(5):
        expected = Small()
    assert all(torch.equal(*pair) for pair in zip(drawn.state_dict().values(), expected.state_dict().values()))


def test_without_numbers_there_are_shapes_alone(handed):
    with torch.device("meta"):
        model = Small()
    network = handed(model, (3, 8, 8))
    assert not network.has_weights and not network.can_draw and network.record().trace((3, 8, 8)).num_params == 130


def test_only_one_may_use_it_at_once(handed):
    network, order = handed(Small(), (3, 8, 8)), []

    def use():
        with network.borrow():
            order.append("second")

    with network.borrow():
        thread = threading.Thread(target=use)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


class Locked(Small):
    """It holds what cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class Writing(Small):
    """Its forward writes into all that it has."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.ones(1))
        self.seen = []

    def forward(self, x):
        self.count += 1
        self.seen.append(x)
        self.conv.weight.data.mul_(1.5)
        return super().forward(x) * self.count


def test_what_a_forward_writes_stays_in_a_copy(handed):
    model = Writing()
    network, image = handed(model, (3, 8, 8)), torch.rand(1, 3, 8, 8)
    layers = network.record().trace((3, 8, 8)).layers
    names = [layer.name for layer in layers]
    answers = []
    for _ in range(2):
        with network.borrow() as borrowed, torch.no_grad():
            answers.append(borrowed(image))
        with network.borrow() as borrowed:
            before = read_values(borrowed, layers, image, names)
            changed = measure_change(borrowed, layers, before, image)
            assert not any(change.mask.any() for change in changed.values())
        answers.append(before[names[-1]])
    assert all(torch.equal(each, answers[0]) for each in answers)
    for each in (model, network.module):
        assert each.count == 1 and not each.seen and torch.equal(each.conv.weight, model.conv.weight)


def test_a_lock_that_cannot_be_copied_is_shared(handed):
    network = handed(Locked(), (3, 8, 8))
    with network.borrow() as borrowed:
        assert borrowed.lock is network.module.lock


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_precision_are_run_as_they_are(handed, kind):
    network = handed(Small().to(kind), (3, 12, 12))
    layers = network.record().trace((3, 12, 12)).layers
    image = torch.rand(1, 3, 12, 12)
    other = image.clone()
    other[:, :, 5, 5] += 1
    with network.borrow() as model:
        before = read_values(model, layers, image, ["conv"])
        assert before["conv"].dtype == kind
        changed = measure_change(model, layers, before, other)["conv"].mask
        mass = measure_gradient_mass(model, image, "conv", (5, 5))
    assert {tuple(each) for each in zip(*changed.nonzero())} == set(itertools.product((4, 5, 6), repeat=2))
    assert mass.dtype == torch.float64 and (mass[0] > 0).sum() == 9


class Broken(Small):
    """Its forward raises, but not at first."""

    is_broken = False

    def forward(self, x):
        if self.is_broken:
            raise ZeroDivisionError("no numbers, please")
        return super().forward(x)


@pytest.mark.parametrize(
    ("model", "shape", "key"),
    [
        ("resnet18", (3, 8, 8), "models.no_module"),
        (Small, (3, 8, 8), "models.no_module"),
        (Small(), (3, 8), "models.input_shape"),
        (Small(), "3,8,8", "models.input_shape"),
        (Small(), (3, 8.0, 8.0), "models.input_shape"),
        (Small(), (3, 0, 0), "models.input_shape"),
        (Small(), (3, 8, 9), "models.not_square"),
        (Small(), (3, 2048, 2048), "models.too_large"),
        (Small(17), (17, 8, 8), "models.too_large"),
        (Small(), (1, 8, 8), "trace.channels"),
        (torch.jit.script(Small()), (3, 8, 8), "trace.scripted"),
        (nn.Sequential(nn.LazyConv2d(4, 3)), (3, 8, 8), "trace.not_initialised"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words_and_not_kept(model, shape, key):
    before = set(NETWORKS)
    with pytest.raises(InputError) as refused:
        hand_over(model, shape)
    assert refused.value.key == key and all(refused.value.sentence(language) for language in LANGUAGES)
    assert set(NETWORKS) == before


def test_what_its_own_code_raises_is_told(handed):
    network = handed(Broken(), (3, 8, 8))
    network.module.is_broken = True
    with pytest.raises(InputError, match="no numbers, please"), network.borrow() as model:
        model(torch.rand(1, 3, 8, 8))
