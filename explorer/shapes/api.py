"""What programs call of the shapes of networks."""

from __future__ import annotations

from explorer.checks import check_choice, check_whole
from explorer.models.networks import STEMS, find_network
from explorer.models.trace import Trace
from explorer.shapes.maths import spans_image
from explorer.shapes.session import MAX_SIZE


def trace_shapes(
    model: str = "lenet5",
    height: int = 28,
    width: int = 28,
    channels: int = 1,
    stem: str = "small",
    language: str = "en",
) -> dict:
    """Walk a network layer by layer without running it.

    Args:
        model: a network of the catalogue, such as "lenet5", "alexnet_small" or "resnet18", or one of torchvision's
            classifiers, such as "torchvision/resnet50".
        height: height of the image in pixels, 1 to 1024.
        width: width of the image in pixels, 1 to 1024.
        channels: channels of the image, 1 to 16.
        stem: "small" for a 3x3 first convolution, "large" for 7x7 with pooling (ResNet-18 to ResNet-152 alone).
        language: language of error messages, "en" or "zh".

    Returns:
        {"layers": [{"name", "kind", "input_shape", "output_shape", "num_params", "mult_adds", "activation_bytes",
        "receptive_field", "spans_image"}, ...], "num_params", "mult_adds"}; shapes are of one image,
        the receptive field is the box of what a unit sees, multiply-adds are as torchinfo counts them, bytes those of
        the output in float32.
    """
    trace = _trace(model, height, width, channels, stem)
    layers = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "input_shape": list(layer.input_shape),
            "output_shape": list(layer.output_shape),
            "num_params": layer.num_params,
            "mult_adds": layer.mult_adds,
            "activation_bytes": layer.activation_bytes,
            "receptive_field": list(layer.receptive_field.size),
            "spans_image": spans_image(layer, trace),
        }
        for layer in trace.layers
    ]
    return {"layers": layers, "num_params": trace.num_params, "mult_adds": trace.mult_adds}


def _trace(model, height, width, channels, stem) -> Trace:
    network = find_network(model)
    check_choice("shapes.stem", stem, STEMS)
    shape = (
        check_whole("shapes.channels", channels, 1, 16),
        check_whole("terms.height", height, 1, MAX_SIZE),
        check_whole("terms.width", width, 1, MAX_SIZE),
    )
    return network.record(shape[0], stem).trace(shape)
