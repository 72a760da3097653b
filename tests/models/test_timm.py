"""Networks of timm, as they come: small models of varied families against PyTorch. Random weights, no network."""

from __future__ import annotations

import pytest
import timm
import torch

from explorer.models.footprint import MAX_CHECK_SIZE, check_field
from explorer.models.trace import record

# Side of the image, and whether every field is exact.
FAMILIES = {
    "resnet10t": (64, True),
    "mobilenetv3_small_050": (64, True),
    "efficientnet_es": (64, True),  # F.batch_norm
    "tf_efficientnet_b0": (60, True),  # padding that depends on the size
    "convnext_atto": (64, True),
    "regnetx_002": (64, True),
    "ghostnet_050": (64, True),
    "repvgg_a0": (64, True),
    "mixer_s32_224": (224, True),
    "vit_tiny_patch16_224": (224, False),
    "edgenext_xx_small": (64, False),  # a module computes positions, and sees no image
    "poolformerv2_s12": (64, True),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family(name):
    side, is_exact = FAMILIES[name]
    model = timm.create_model(name).eval()
    recording = record(model)
    traced = recording.trace((3, side, side))
    with torch.no_grad():
        assert traced.output_shape == tuple(model(torch.zeros(1, 3, side, side)).shape[1:])
    assert traced.num_params == traced.num_params_total == sum(parameter.numel() for parameter in model.parameters())
    assert any(layer.receptive_field.is_upper_bound for layer in traced.layers) != is_exact
    local = [
        layer
        for layer in traced.layers
        if layer.receptive_field.jump and not layer.receptive_field.is_upper_bound
        if max(layer.receptive_field.size) < MAX_CHECK_SIZE
    ]
    for layer in (local[len(local) // 2], local[-1]):
        unit = (layer.output_shape[1] // 2, 0)
        assert check_field(recording, (3, side, side), layer.name, unit).verdict == "confirmed"
