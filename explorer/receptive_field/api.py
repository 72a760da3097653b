"""What programs call of the receptive field."""

from __future__ import annotations

from dataclasses import asdict, replace

from explorer.checks import check_choice
from explorer.models.networks import present_name
from explorer.receptive_field.maths import find_first_as_wide
from explorer.receptive_field.networks import find_bounds
from explorer.receptive_field.reach import find_reach
from explorer.receptive_field.sentences import describe_layer
from explorer.receptive_field.session import (
    DEEPEST,
    IMAGE_SIZE,
    TABLE,
    Spot,
    View,
    check_pixel_numbers,
    check_size,
    find_spot,
)
from explorer.text import LANGUAGES, text_in


def receptive_field(
    model: str = "lenet5",
    layers: list | None = None,
    input_size: int = IMAGE_SIZE,
    pixel: list | None = None,
    language: str = "en",
) -> dict:
    """Receptive field of every layer of a network, or of a list of layers.

    Args:
        model: name of a model of the catalogue, or "torchvision/" and the name of one of torchvision's classifiers; not
            used when layers are given.
        layers: list of {"type": "conv", "pool" or "transposed", "kernel", "stride", "padding", "dilation"} instead of a
            model.
        input_size: side of the image in pixels, 1 to 512.
        pixel: [row, column] of a pixel of the image, of which to tell whom it reaches.
        language: "en" or "zh", for names and sentences.

    Returns:
        "input_size"; "layers", each with name, kind, size, jump, start (centre of the first unit, in pixels),
        num_units, reach, note (key of why it is global or uneven, or null) and width (the same along the width where that
        differs from the height, or null); "as_wide_as_image_from", the name of the first layer whose field is, or null;
        "sentence", which says in words what the last layer sees. With a pixel also "pixel_reaches": for the image and each
        layer its name, rows and columns of units, reached (how many units can change with the pixel), box (top, left,
        bottom, right of the smallest box around them, the last two excluded, or null) and is_exact (false where a layer
        before was not followed path by path, so that some of these may not be reached).
    """
    check_choice("terms.language", language, tuple(LANGUAGES))
    text = text_in(language)
    input_size = check_size(input_size)
    view = View(present_name(model), input_size) if layers is None else View(TABLE, input_size, layers=layers)
    spot = find_spot(replace(view, layer=DEEPEST))
    wide = find_first_as_wide(spot.rows)
    reached = {} if pixel is None else {"pixel_reaches": _tell_reach(spot, check_pixel_numbers(pixel, input_size))}
    return {
        "input_size": input_size,
        "layers": [asdict(row) for row in spot.rows],
        "as_wide_as_image_from": wide and wide.name,
        "sentence": describe_layer(spot, text),
        **reached,
    }


def _tell_reach(spot: Spot, pixel: tuple[int, int]) -> list[dict]:
    told = []
    for row, reach in zip(spot.rows, find_reach(spot.chain, pixel), strict=True):
        rows, columns = reach.mask.shape
        bounds = find_bounds(reach.mask)
        told.append({
            "name": row.name, "rows": rows, "columns": columns, "reached": int(reach.mask.sum()),
            "box": None if bounds is None else list(bounds), "is_exact": reach.is_exact,
        })  # fmt: skip
    return told
