"""Sentences on networks that are handed over in Python, in English."""

from __future__ import annotations

SENTENCES = {
    "no_module": "A network must be a torch.nn.Module, got {kind}.",
    "input_shape": "input_shape must be (C, H, W) or (N, C, H, W), whole numbers of at least 1, got {shape}.",
    "not_square": "The tabs show square images: height and width must be equal, got {height} and {width}. explorer.models.trace takes any.",
    "too_large": "Images have at most {most} pixels along a side and {most_channels} channels, got {side} and {channels}.",
    "not_run": "{model} cannot be run on this image: {reason}.",
    "not_copied": "{kind} cannot be copied: {reason}.",
    "none_given": "Give a network: show(model, (3, 224, 224)).",
    "no_shape": "Give the shape of its images: show(model, (3, 224, 224)).",
    "titles": "There must be one title for each network: {wanted}, got {count}.",
    "input_words": "--input must be three whole numbers such as 3,224,224, got {value}.",
    "model_words": "--model must be MODULE:NAME, such as package.module:build or file.py:Net, got {value}.",
    "no_import": "There is no module {module} on Python's path nor in the working directory.",
    "no_file": "There is no file {path}.",
    "no_name": "{module} has no {wanted}.",
    "needs_arguments": "{build} needs arguments: {arguments}. Name a function that builds the network without any.",
}
