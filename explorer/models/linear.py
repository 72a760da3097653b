"""Networks that treat an image as a list of pixels: softmax regression and the multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from torch import nn


class SoftmaxRegression(nn.Module):
    """One linear layer on the flattened pixels; softmax turns its logits into probabilities.

    Args:
        input_shape: (C, H, W) of one image.
        num_classes: number of logits.

    Shape:
        (N, C, H, W) -> (N, num_classes).
    """

    def __init__(self, input_shape: Sequence[int] = (1, 28, 28), num_classes: int = 10):
        super().__init__()
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(prod(input_shape), num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.flatten(images))


class MLP(nn.Module):
    """Multilayer perceptron: Linear, ReLU and Dropout for each hidden layer, then a linear classifier.

    Args:
        input_shape: (C, H, W) of one image.
        hidden_sizes: width of each hidden layer.
        dropout: probability that a hidden activation is zeroed in training.
        num_classes: number of logits.

    Shape:
        (N, C, H, W) -> (N, num_classes).
    """

    def __init__(
        self,
        input_shape: Sequence[int] = (1, 28, 28),
        hidden_sizes: Sequence[int] = (512, 256),
        dropout: float = 0.2,
        num_classes: int = 10,
    ):
        super().__init__()
        widths = [prod(input_shape), *hidden_sizes]
        hidden: list[nn.Module] = []
        for in_features, out_features in pairwise(widths):
            hidden += [nn.Linear(in_features, out_features), nn.ReLU(), nn.Dropout(dropout)]
        self.flatten = nn.Flatten()
        self.hidden = nn.Sequential(*hidden)
        self.classifier = nn.Linear(widths[-1], num_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.hidden(self.flatten(images)))
