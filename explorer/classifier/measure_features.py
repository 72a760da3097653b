"""Measures what networks make of training, validation and test images, and of pictures that are no clothes.

`python -m explorer.classifier.measure_features` writes checkpoints/references.safetensors, unlike.safetensors and
feature_map.safetensors, in about seven minutes on one core. Networks cannot be measured one by one, because all share files.
"""

from __future__ import annotations

import torch
from torch import nn

from explorer.classifier.feature_map import NUM_IMAGES, compute_map, save_maps
from explorer.classifier.keyed_files import recorded_weights
from explorer.classifier.prediction import record_features
from explorer.classifier.references import (
    PER_CLASS,
    References,
    save_references,
    to_directions,
    to_pixel_directions,
)
from explorer.classifier.strange_pictures import CLOTHES, STRANGE, make_pictures
from explorer.classifier.unlike import TEST, VALIDATION, measure_distances, save_distances
from explorer.data import CLASSES, load_split, normalise
from explorer.models.checkpoints import available_models, load_trained
from explorer.training.splits import split_training_images

NUM_STRANGE = 200  # pictures of each kind
_BATCH = 100


def compute_features(model: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """What the last layer of a network in eval mode gets.

    Args:
        model: the network.
        pixels: (N, 28, 28), uint8 or 0 to 1.

    Returns:
        (N, D) float32.
    """
    with record_features(model) as features, torch.inference_mode():
        for batch in pixels.split(_BATCH):
            model(normalise(batch)[:, None])
    return torch.cat(features)


def choose_references() -> tuple[torch.Tensor, torch.Tensor]:
    """The references: images (N, 28, 28) uint8 and labels (N,).

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    learned, _ = split_training_images(torch.device("cpu"), None)
    order = torch.cat([(learned.labels == label).nonzero()[:PER_CLASS, 0] for label in range(len(CLASSES))])
    return learned.images[order, 0], learned.labels[order]


def collect_pictures() -> dict[str, torch.Tensor]:
    """Set of pictures -> (N, 28, 28), 0 to 1: all on which distances are measured.

    Raises:
        DatasetError: there is no usable Fashion-MNIST.
    """
    _, validation = split_training_images(torch.device("cpu"), None)
    test = load_split("test")[0][:, 0].float() / 255
    strange = {kind: make_pictures(kind, NUM_STRANGE, test) for kind in (*STRANGE, *CLOTHES)}
    return {VALIDATION: validation.images[:, 0].float() / 255, TEST: test, **strange}


def main() -> None:
    (images, labels), sets = choose_references(), collect_pictures()
    test_labels = load_split("test")[1]
    names = available_models()
    weights = {name: recorded_weights(name) for name in names}
    references, in_pixels, in_features, maps = {}, {}, {}, {}
    for name in names:
        model = load_trained(name)
        own = to_directions(compute_features(model, images)).half()  # as they are stored
        features = {key: compute_features(model, each) for key, each in sets.items()}
        known = References(images, labels, to_pixel_directions(images), own.float())
        distances = {key: measure_distances(known, each, features[key]) for key, each in sets.items()}
        in_pixels = {key: each[0] for key, each in distances.items()}
        maps[name] = compute_map(features[TEST][:NUM_IMAGES], test_labels[:NUM_IMAGES])
        if not torch.equal(known.pixels.half(), own):
            references[name], in_features[name] = own, {key: each[1] for key, each in distances.items()}
        print(f"{name}: measured", flush=True)
    save_references(images, labels, references, weights)
    save_distances(in_pixels, in_features, weights)
    save_maps(maps, weights)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
