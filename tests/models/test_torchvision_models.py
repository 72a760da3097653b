"""torchvision's 80 classifiers: parameters, multiply-adds and shapes against PyTorch, torchvision and torchinfo.

torchinfo runs a real forward of every network, live, on the meta device: that takes no arithmetic and half a second
each, so nothing here is precomputed. One run gives torchinfo's counts and the shapes that PyTorch finds.
"""

from __future__ import annotations

from collections import Counter
from math import prod

import pytest
import torch
import torchinfo
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model_weights, list_models

from explorer.errors import InputError
from explorer.models.footprint import check_field
from explorer.models.torchvision_models import (
    TORCHVISION_CLASSIFIERS,
    create_torchvision,
    trace_torchvision,
)
from explorer.models.trace import ShapeError, record

# Auxiliary classifiers, which only training uses; the shipped weights of GoogLeNet lack them.
UNUSED = {"googlenet": {"aux1": 3_188_968, "aux2": 3_191_016}, "inception_v3": {"AuxLogits": 3_326_696}}

# Where torchinfo's multiply-adds are not those of the computation, by kind of layer; all else agrees exactly. It takes
# for a layer without children one that is no leaf of its own, and counts each matrix at one position only.
TORCHINFO_IS_WRONG = {
    "Linear": "counts one position, whatever the number of tokens or pixels that the matrix is applied to",
    "MultiheadAttention": "counts nothing: the layer inside is never called, so it takes this one for a container",
    "ShiftedWindowAttention": "counts nothing: matrices are applied by F.linear, the layers inside are never called",
    "ShiftedWindowAttentionV2": "counts nothing but its table of positions, and that at one position",
    "PartitionAttentionLayer": "counts its layers at one position, and none of the products of attention",
}
EXPLAINED = {
    **{f"convnext_{size}": {"Linear"} for size in ("tiny", "small", "base", "large")},
    **{f"vit_{size}": {"Linear", "MultiheadAttention"} for size in ("b_16", "b_32", "l_16", "l_32", "h_14")},
    **{f"swin_{size}": {"Linear", "ShiftedWindowAttention"} for size in "tsb"},
    **{f"swin_v2_{size}": {"Linear", "ShiftedWindowAttentionV2"} for size in "tsb"},
    "maxvit_t": {"Linear", "PartitionAttentionLayer", "LayerNorm"},  # its LayerNorms lie inside the attention blocks
}


def test_the_list_is_torchvisions():
    assert sorted(TORCHVISION_CLASSIFIERS) == list_models(module=torchvision.models)
    for name, entry in TORCHVISION_CLASSIFIERS.items():
        if name != "vit_h_14":  # the only one whose weights are for another size than the network itself
            assert entry.input_size == get_model_weights(name).DEFAULT.transforms().crop_size[0], name
    assert len({entry.title for entry in TORCHVISION_CLASSIFIERS.values()}) == 80


@pytest.mark.parametrize("name", TORCHVISION_CLASSIFIERS)
def test_every_classifier(name):
    """In one test a network, since building and recording it takes the most time."""
    entry, model = TORCHVISION_CLASSIFIERS[name], create_torchvision(name)
    recording = record(model)
    traced = recording.trace(entry.input_shape)
    with torch.no_grad():
        info = torchinfo.summary(model, input_data=torch.empty(1, *entry.input_shape, device="meta"), verbose=0)
    compare_parameters(name, model, traced, info)
    compare_shapes(model, traced, info)
    compare_mult_adds(name, traced, info)
    compare_fields(name, recording, traced)
    try_other_sizes(entry, recording, traced)


def compare_parameters(name, model, traced, info):
    num_params = sum(parameter.numel() for parameter in model.parameters())
    assert traced.unused == UNUSED.get(name, {})
    assert traced.num_params_total == num_params == info.total_params
    if name != "vit_h_14":  # its weights have position embeddings for an image of 518 pixels
        assert get_model_weights(name).DEFAULT.meta["num_params"] in (num_params, traced.num_params)


def compare_shapes(model, traced, info):
    """With those that PyTorch finds in a forward."""
    paths = {id(module): path for path, module in model.named_modules()}
    seen = {paths[item.layer_id]: tuple(item.output_size[1:]) for item in info.summary_list if item.layer_id in paths}
    reported = {layer.name: layer.output_shape for layer in traced.layers if layer.name in seen}
    assert len(reported) > len(traced.layers) / 4
    assert reported == {path: seen[path] for path in reported}


def compare_mult_adds(name, traced, info):
    theirs, ours = Counter(), Counter()
    for item in info.summary_list:
        theirs[item.class_name] += item.macs if item.is_leaf_layer else 0
    for layer in traced.layers:
        ours[layer.kind] += layer.mult_adds
    differ = {kind for kind in theirs | ours if theirs[kind] != ours[kind]}
    assert differ == EXPLAINED.get(name, set())
    assert name in EXPLAINED or traced.mult_adds == info.total_mult_adds
    if name != "vit_h_14":  # torchvision publishes giga-multiply-adds of its weights, biases left out
        published = get_model_weights(name).DEFAULT.meta["_ops"]
        assert traced.mult_adds / 1e9 == pytest.approx(published, rel=0.01, abs=0.001)


def compare_fields(name, recording, traced):
    """The last local field, at the border and in the middle, with autograd's footprint."""
    local = [layer for layer in traced.layers if layer.map_axes and not layer.receptive_field.is_global]
    layer = local[-1]
    for unit in [(0, 0), tuple(layer.output_shape[axis] // 2 for axis in layer.map_axes)]:
        check = check_field(recording, traced.input_shape, layer.name, unit)
        if name.startswith("swin"):  # attention's windows have a test of their own
            assert check.reason == "trace.check_unsupported"
        elif check.reason != "trace.check_too_large":
            assert check.verdict == "confirmed", check


def try_other_sizes(entry, recording, traced):
    wide = (3, entry.input_size + 32, entry.input_size + 65)
    if entry.fixed_size:
        with pytest.raises(ShapeError) as caught:
            recording.trace(wide)
        assert "Proxy" not in str(caught.value)
        return
    assert recording.trace(wide).output_shape == (1000,)
    assert recording.trace(wide).num_params == traced.num_params
    try:
        recording.trace((3, 20, 20))
    except ShapeError as error:
        assert error.layer in {layer.name for layer in traced.layers}
    with pytest.raises(ShapeError, match="3"):
        recording.trace((1, *traced.input_shape[1:]))


@pytest.mark.parametrize(
    "name", ["convnext_tiny", "vit_b_16", "vit_l_32", "swin_s", "swin_v2_t", "maxvit_t", "resnet18", "efficientnet_b0"]
)
def test_where_torchinfo_is_wrong_the_arithmetic_of_pytorch_agrees(name):
    """PyTorch counts the products of every matrix operation that it runs; biases and normalisation are added here."""
    entry, model = TORCHVISION_CLASSIFIERS[name], create_torchvision(name)
    beside = Counter()

    def count(module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        beside["all"] += work_beside_products(module, inputs[0], output)

    for module in model.modules():
        module.register_forward_hook(count)
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, *entry.input_shape, device="meta"))
    expected = counter.get_total_flops() // 2 + beside["all"]  # hooks run once more while the network is recorded
    assert record(model).trace(entry.input_shape).mult_adds == expected


def work_beside_products(module: nn.Module, image: torch.Tensor, output: torch.Tensor) -> int:
    """Biases at every position, and the parameters of normalisation once, as torchinfo counts them."""
    if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
        return sum(parameter.numel() for parameter in module.parameters())
    if isinstance(module, nn.Conv2d) and module.bias is not None:
        return output.numel()
    if isinstance(module, nn.Linear) and module.bias is not None:
        return output.numel()
    if isinstance(module, nn.MultiheadAttention):
        return image[..., 0].numel() * (module.in_proj_bias.numel() + module.out_proj.bias.numel())
    if type(module).__name__.startswith("ShiftedWindowAttention"):  # these inputs are whole windows
        assert all(size % window == 0 for size, window in zip(image.shape[1:3], module.window_size))
        return image[..., 0].numel() * (module.qkv.bias.numel() + module.proj.bias.numel())
    return 0


def test_squeeze_and_attention_say_why_everything_is_seen():
    layers = {layer.name: layer for layer in trace_torchvision("efficientnet_b0", (3, 224, 224)).layers}
    assert layers["features.1.0.block.0.2"].field_note is None
    assert layers["features.1.0.block.1.avgpool"].field_note == "trace.note_global_pool"
    assert layers["features.1.0.block.1.mul"].field_note == "trace.note_squeeze_excitation"
    assert layers["features.8.2"].field_note == "trace.note_squeeze_excitation"
    layers = trace_torchvision("vit_b_16", (3, 224, 224)).layers
    assert layers[0].receptive_field.size == (16, 16) and layers[0].receptive_field.jump == (16, 16)
    attention = next(layer for layer in layers if layer.kind == "MultiheadAttention")
    assert attention.field_note == "trace.note_attention" and attention.receptive_field.size == (224, 224)
    before = layers[attention.inputs[0]]
    assert before.field_note == "trace.note_flattened" and before.receptive_field.size == (16, 16)


def test_an_unknown_name_is_refused_in_both_languages():
    with pytest.raises(InputError) as caught:
        create_torchvision("resnet19")
    assert "resnet19" in caught.value.sentence("en") and "resnet19" in caught.value.sentence("zh")


def test_building_takes_no_memory_and_leaves_the_default_device():
    model = create_torchvision("regnet_y_128gf")
    assert all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))
    assert not model.training
    assert torch.empty(1).device.type == "cpu"
    assert prod(model.fc.weight.shape) == 7392 * 1000
