"""What programs call of the receptive field."""

from __future__ import annotations

from dataclasses import asdict, replace

from explorer.checks import check_choice
from explorer.models.networks import present_name
from explorer.receptive_field.maths import find_first_as_wide
from explorer.receptive_field.sentences import describe_layer
from explorer.receptive_field.session import DEEPEST, IMAGE_SIZE, TABLE, View, check_size, find_spot
from explorer.text import LANGUAGES, text_in


def receptive_field(
    model: str = "lenet5", layers: list | None = None, input_size: int = IMAGE_SIZE, language: str = "en"
) -> dict:
    """Receptive field of every layer of a network, or of a list of layers.

    Args:
        model: name of a model of the catalogue, or "torchvision/" and the name of one of torchvision's classifiers; not
            used when layers are given.
        layers: list of {"type": "conv", "pool" or "transposed", "kernel", "stride", "padding", "dilation"} instead of a
            model.
        input_size: side of the image in pixels, 1 to 512.
        language: "en" or "zh", for names and sentences.

    Returns:
        "input_size"; "layers", each with name, kind, size, jump, start (centre of the first unit, in pixels),
        num_units, reach and note (key of why it is global or uneven, or null); "as_wide_as_image_from", the name
        of the first layer whose field is, or null; "sentence", which says in words what the last layer sees.
    """
    check_choice("terms.language", language, tuple(LANGUAGES))
    text = text_in(language)
    input_size = check_size(input_size)
    view = View(present_name(model), input_size) if layers is None else View(TABLE, input_size, layers=layers)
    spot = find_spot(replace(view, layer=DEEPEST))
    wide = find_first_as_wide(spot.rows)
    return {
        "input_size": input_size,
        "layers": [asdict(row) for row in spot.rows],
        "as_wide_as_image_from": wide and wide.name,
        "sentence": describe_layer(spot, text),
    }
