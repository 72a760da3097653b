"""What excites a channel of a trained network: the patches of test images at which it is greatest, and its share in each class.

`python -m explorer.classifier.channels` measures it anew over the 10,000 test images, in about two minutes on one core, and stores
it in checkpoints/channels.safetensors.

Source: Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 4, figure 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from safetensors import safe_open
from torch import nn

from explorer.classifier.keyed_files import list_keyed, read_keyed, recorded_weights, write_keyed
from explorer.data import CLASSES, load_split, normalise
from explorer.models.checkpoints import load_trained
from explorer.models.fields import ReceptiveField
from explorer.models.networks import find_network

FILE = "channels.safetensors"
NUM_PATCHES = 9
SIDE = 28  # pixels
# Network -> the layers that are looked at: each ends with a ReLU.
LAYERS: Mapping[str, tuple[str, ...]] = {
    "lenet5": ("features.1", "features.4"),
    "alexnet_small": ("features.1", "features.4", "features.7", "features.9"),
    "resnet20": ("stem", "layer1.2", "layer2.2", "layer3.2"),
}
_BATCH = 100
_PARTS = ("values", "indices", "places", "patches", "shares")


@dataclass(frozen=True)
class Channels:
    """The channels of one layer over all test images.

    Attributes:
        values: (C, 9) float32, the greatest values of each channel in nine different images, in descending order.
        indices: (C, 9) int16, positions of these images in the test set.
        places: (C, 9, 2) uint8, row and column of the unit with this value.
        patches: (C, 9, h, w) uint8, what these units see of the images; what lies beyond the image is 0. Where they see as much as
            the whole image or more, it is the image.
        shares: (C, 10) float32, how the mean value of a channel is divided among the classes: they add up to 1, or are 0 for a
            channel that is 0 everywhere.
    """

    values: torch.Tensor
    indices: torch.Tensor
    places: torch.Tensor
    patches: torch.Tensor
    shares: torch.Tensor

    @property
    def sees_all(self) -> bool:
        """Whether the patches are whole images."""
        return self.patches.shape[-1] == SIDE


@contextmanager
def record_layer(model: nn.Module, layer: str) -> Iterator[list[torch.Tensor]]:
    """Within this, the feature maps (N, C, H, W) of a layer are appended to a list at each forward pass."""
    maps: list[torch.Tensor] = []
    hook = model.get_submodule(layer).register_forward_hook(lambda _, __, output: maps.append(output.detach()))
    try:
        yield maps
    finally:
        hook.remove()


def find_field(name: str, layer: str) -> ReceptiveField:
    """What a unit of a layer, or of the last layer of a stage, sees."""
    layers = find_network(name).record().trace((1, SIDE, SIDE)).layers
    return [each for each in layers if f"{each.name}.".startswith(f"{layer}.")][-1].receptive_field


def cut_patch(image: torch.Tensor, field: ReceptiveField, place: tuple[int, int]) -> torch.Tensor:
    """What the unit at (row, column) sees of an image.

    Args:
        image: (28, 28).
        field: of the layer; its units lie on a regular grid.
        place: row and column of the unit.

    Returns:
        (h, w), with 0 beyond the image; the image itself where the field is at least as large.
    """
    size = field.size[0]
    if size >= SIDE:
        return image
    top, left = find_corner(field, place)
    padded = torch.nn.functional.pad(image, (size, size, size, size))
    return padded[top + size : top + 2 * size, left + size : left + 2 * size]


def find_corner(field: ReceptiveField, place: tuple[int, int]) -> tuple[int, int]:
    """Row and column of the first pixel of what a unit sees, which may lie beyond the image."""
    row, column = (
        round(start + jump * at - (size - 1) / 2)
        for start, jump, at, size in zip(field.start, field.jump or (0, 0), place, field.size, strict=True)
    )
    return row, column


def measure_channels(name: str, images: torch.Tensor, labels: torch.Tensor) -> dict[str, Channels]:
    """Find the patches and the shares of all layers that are looked at.

    Args:
        name: a key of LAYERS.
        images: (N, 28, 28) uint8, at least nine.
        labels: (N,) classes.

    Returns:
        Layer -> its channels.
    """
    model = load_trained(name)
    return {layer: _measure_layer(model, name, layer, images, labels) for layer in LAYERS[name]}


def _measure_layer(model: nn.Module, name: str, layer: str, images: torch.Tensor, labels: torch.Tensor) -> Channels:
    greatest, units, means = [], [], []
    with record_layer(model, layer) as maps, torch.inference_mode():
        for batch in images.split(_BATCH):
            model(normalise(batch)[:, None])
            width, flat = maps[-1].shape[-1], maps.pop().flatten(2)
            values, where = flat.max(2)
            greatest.append(values)
            units.append(where)
            means.append(flat.mean(2))
    values, indices = torch.cat(greatest).T.topk(NUM_PATCHES, dim=1)
    chosen = torch.cat(units).T.gather(1, indices)
    places = torch.stack([chosen // width, chosen % width], 2)
    field = find_field(name, layer)
    patches = [
        torch.stack([cut_patch(images[i], field, tuple(p)) for i, p in zip(*each, strict=True)])
        for each in zip(indices.tolist(), places.tolist(), strict=True)
    ]
    return Channels(
        values, indices.to(torch.int16), places.to(torch.uint8), torch.stack(patches),
        compute_shares(torch.cat(means), labels),
    )  # fmt: skip


def compute_shares(means: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """How the mean value of each channel is divided among the classes.

    Args:
        means: (N, C), the mean of each channel for each image, at least 0.
        labels: (N,) classes.

    Returns:
        (C, 10), rows that add up to 1, or to 0 for a channel that is 0 everywhere.
    """
    by_class = torch.stack([means[labels == label].mean(0) for label in range(len(CLASSES))], 1)
    return by_class / by_class.sum(1, keepdim=True).clamp(min=torch.finfo(by_class.dtype).tiny)


def list_measured() -> tuple[str, ...]:
    """The networks to whose weights something is stored."""
    return list_keyed(FILE, tuple(LAYERS))


def load_channels(name: str, layer: str) -> Channels | None:
    """The channels of a layer, or None where there is nothing for the weights that are here."""
    return read_keyed(FILE, name, lambda file: _read(file, name, layer))


def _read(file: safe_open, name: str, layer: str) -> Channels:
    return Channels(*(file.get_tensor(f"{name}/{layer}/{part}") for part in _PARTS))


def main() -> None:
    images, labels = load_split("test")
    tensors: dict[str, torch.Tensor] = {}
    for name in LAYERS:
        for layer, found in measure_channels(name, images[:, 0], labels).items():
            tensors |= {f"{name}/{layer}/{part}": getattr(found, part) for part in _PARTS}
            print(f"{name}, {layer}: measured", flush=True)
    write_keyed(FILE, tensors, {name: recorded_weights(name) for name in LAYERS})


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
