"""One number taken apart: the terms against what PyTorch's own forward gives, the weights against the network's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from explorer.classifier.anatomy import (
    Unit,
    as_maps,
    find_start,
    follow_strongest,
    read_unit,
    take_apart,
)
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.checkpoints import available_models, load_trained
from explorer.models.layer_outputs import IMAGE, plan_layers, run_layers
from explorer.models.networks import find_network
from explorer.models.trace import record

PICTURE = load_sample().images[40].float() / 255
PIXELS = normalise(PICTURE)[None, None]
NEAR = 1e-5  # of the size of the largest part


def look_into(name: str):
    model = load_trained(name)
    return run_layers(plan_layers(find_network(name).record(), (1, 28, 28)), model, PIXELS), model


def listen(model: nn.Module) -> dict[str, torch.Tensor]:
    """What PyTorch's own forward gives: the output of each module, and under "<name" what goes into it."""
    heard, hooks = {}, []
    for name, module in model.named_modules():
        if not any(module.children()):
            hooks.append(
                module.register_forward_hook(
                    lambda _module, inputs, output, name=name: heard.update({name: output[0], f"<{name}": inputs[0][0]})
                )
            )
    with torch.no_grad():
        model(PIXELS)
    for hook in hooks:
        hook.remove()
    return heard


def find_heard(layers, index: int, heard: dict[str, torch.Tensor]) -> torch.Tensor | None:
    """What was heard of a layer; of a function, what a module that reads nothing else got from it."""
    if layers[index].name in heard:
        return heard[layers[index].name]
    readers = [f"<{layer.name}" for layer in layers if layer.inputs == (index,)]
    return next((heard[name] for name in readers if name in heard), None)


@pytest.mark.parametrize("name", available_models())
def test_the_terms_of_units_of_every_layer_add_up_to_what_the_network_gives(name):
    outputs, model = look_into(name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    heard, generator = listen(model), torch.Generator().manual_seed(7)
    for index, layer in enumerate(outputs.layers):
        real = find_heard(outputs.layers, index, heard)
        if real is None:  # channels padded with zeros, which an addition reads
            shortcut = model.get_submodule(layer.name.removesuffix(".pad"))
            real = F.pad(heard[outputs.layers[layer.inputs[0]].name], (0, 0, 0, 0, *shortcut.channel_padding))
        real = as_maps(real)
        unit = Unit(index, *(int(torch.randint(count, (1,), generator=generator)) for count in real.shape))
        found = take_apart(outputs, model, unit)
        total = sum(term.value for term in found.terms)
        assert abs(total - float(real[unit[1:]])) <= NEAR * found.scale, (layer.name, unit)
        assert total == pytest.approx(found.total, abs=NEAR * found.scale)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not model.training and all(each.grad is None for each in model.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())


@pytest.mark.parametrize("name", available_models())
def test_the_largest_terms_lead_from_the_score_to_a_pixel(name):
    outputs, model = look_into(name)
    start = find_start(outputs)
    with torch.no_grad():
        assert start.channel == int(model(PIXELS).argmax())
    last = start
    for unit in follow_strongest(outputs, model, start):
        terms = [term for term in take_apart(outputs, model, last).terms if term.unit is not None]
        assert max(abs(term.value) for term in terms) == abs(terms[0].value) and terms[0].unit == unit
        assert unit.layer < last.layer
        last = unit
    assert last.layer == IMAGE
    assert read_unit(outputs, last) == float(PIXELS[0][last[1:]])
    pixel = take_apart(outputs, model, last)
    assert pixel.terms == () and pixel.total == pixel.value


def test_a_convolution_weighs_a_window_by_its_kernel():
    outputs, model = look_into("lenet5")
    index = [layer.name for layer in outputs.layers].index("features.3")
    found = take_apart(outputs, model, Unit(index, 9, 4, 6))
    (window,) = found.windows
    kernel = model.get_submodule("features.3").weight[9].detach().double()
    assert torch.equal(window.weights, kernel)
    assert (window.top, window.left, window.channels) == (4, 6, tuple(range(6)))
    below = outputs.of(outputs.layers[index].inputs[0])
    assert torch.equal(window.inputs, below[:, 4:9, 6:11].double())
    parts = (kernel * below[:, 4:9, 6:11]).sum((1, 2))
    channels = [term for term in found.terms if term.kind == "channel"]
    assert [term.unit.channel for term in channels] == parts.abs().argsort(descending=True).tolist()
    assert [term.value for term in channels] == pytest.approx(sorted(parts.tolist(), key=abs, reverse=True))
    (bias,) = [term for term in found.terms if term.kind == "bias"]
    assert bias.value == pytest.approx(float(model.get_submodule("features.3").bias[9].detach()))
    at_the_border = take_apart(outputs, model, Unit(0, 2, 0, 27)).windows[0]  # padding 2: a corner of 3 x 3 is left
    assert torch.equal(at_the_border.weights, model.get_submodule("features.0").weight[2][:, 2:, :3].detach().double())


def test_a_maximum_is_the_number_that_won():
    outputs, model = look_into("lenet5")
    index = [layer.name for layer in outputs.layers].index("features.2")
    below = outputs.of(outputs.layers[index].inputs[0])
    _, winners = F.max_pool2d(below[None], 2, return_indices=True)
    found = take_apart(outputs, model, Unit(index, 1, 6, 7))
    first, *others = found.terms
    assert first.unit == Unit(index - 1, 1, *divmod(int(winners[0, 1, 6, 7]), 28))
    assert first.value == found.value and [each.value for each in others] == [0, 0, 0]
    assert torch.equal(found.windows[0].inputs[0], below[1, 12:14, 14:16].double())


def test_batch_normalisation_rescales_all_terms_and_relu_takes_away_what_is_negative():
    outputs, model = look_into("resnet20")
    names = [layer.name for layer in outputs.layers]
    index = names.index("layer2.1.relu1")
    before = outputs.of(names.index("layer2.1.bn1"))
    channel, row, column = map(int, torch.unravel_index(before.argmin(), before.shape))
    found = take_apart(outputs, model, Unit(index, channel, row, column))
    norm = model.get_submodule("layer2.1.bn1")
    factor = float((norm.weight.detach() / (norm.running_var + norm.eps).sqrt())[channel])
    assert found.factor == pytest.approx(factor, rel=1e-5)
    kinds = {term.kind: term for term in found.terms if term.kind != "channel"}
    shift = float(norm.bias[channel].detach() - factor * norm.running_mean[channel])
    assert kinds["norm"].value == pytest.approx(shift, rel=1e-4, abs=1e-6)
    assert kinds["activation"].value == pytest.approx(-float(before.min())) and found.value == 0
    assert [outputs.layers[each].kind for each in found.passes] == ["BatchNorm2d", "ReLU"]
    kernel = model.get_submodule("layer2.1.conv1").weight[channel].detach().double()
    (window,) = found.windows
    if window.weights.shape[1:] == (3, 3):
        assert torch.allclose(window.weights, factor * kernel, rtol=1e-5)


def test_a_shortcut_is_a_term_of_its_own():
    outputs, model = look_into("resnet18")
    names = [layer.name for layer in outputs.layers]
    index = names.index("layer2.1.relu2")
    found = take_apart(outputs, model, Unit(index, 3, 5, 6))
    branches = {names[term.layer]: term for term in found.terms if term.kind == "branch"}
    assert set(branches) == {"layer2.1.bn2", "layer2.0.relu2"}
    for name, term in branches.items():
        assert term.value == pytest.approx(float(outputs.of(names.index(name))[3, 5, 6]))
        assert term.unit == Unit(names.index(name), 3, 5, 6)


def test_flattening_and_dropout_are_seen_through():
    outputs, model = look_into("alexnet_small")
    names = [layer.name for layer in outputs.layers]
    linear = model.get_submodule("classifier.3")
    (window,) = take_apart(outputs, model, Unit(names.index("classifier.3"), 17)).windows
    assert names[window.layer] == "classifier.0"
    assert torch.equal(window.weights, linear.weight[17].detach().double().view(64, 4, 4))
    flat = take_apart(outputs, model, Unit(names.index("classifier.1"), 16 * 5 + 7))
    assert flat.base_unit == Unit(names.index("classifier.0"), 5, 1, 3)


class Product(nn.Module):
    """A number times itself is no sum."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, images):
        x = self.conv(images)
        return (x * x).mean((2, 3))


def test_what_is_not_there_and_what_is_no_sum_is_refused():
    outputs, model = look_into("lenet5")
    for unit in (
        Unit(99, 0),
        Unit(-2, 0),
        Unit(0, 6, 0, 0),
        Unit(0, 0, 28, 0),
        Unit(0, 0, 0, -1),
        Unit(IMAGE, 1, 0, 0),
    ):
        with pytest.raises(InputError):
            take_apart(outputs, model, unit)
    product = Product().eval()
    squared = run_layers(plan_layers(record(product), (1, 28, 28)), product, PIXELS)
    with pytest.raises(InputError, match="mul"):
        take_apart(squared, product, Unit(1, 0, 3, 3))
