"""Sentences on networks that are handed over in Python, in English."""

from __future__ import annotations

SENTENCES = {
    "no_module": "A network must be a torch.nn.Module, got {kind}.",
    "input_shape": "input_shape must be (C, H, W) or (N, C, H, W), whole numbers of at least 1, got {shape}.",
    "not_square": "The tabs show square images: height and width must be equal, got {height} and {width}. explorer.models.trace takes any.",
    "too_large": "Images have at most {most} pixels along a side and {most_channels} channels, got {side} and {channels}.",
    "not_run": "{model} cannot be run on this image: {reason}.",
    "none_given": "Give a network: show(model, (3, 224, 224)).",
    "no_shape": "Give the shape of its images: show(model, (3, 224, 224)).",
    "titles": "There must be one title for each network: {wanted}, got {count}.",
    "input_words": "--input must be three whole numbers such as 3,224,224, got {value}.",
    "model_words": "--model must be MODULE:NAME, such as package.module:build or file.py:Net, got {value}.",
    "no_import": "There is no module {module} on Python's path nor in the working directory.",
    "no_file": "There is no file {path}.",
    "no_name": "{module} has no {wanted}.",
    "needs_arguments": "{build} needs arguments: {arguments}. Name a function that builds the network without any.",
    "forgotten": "This network is not here any more: open its file again, or choose another network.",
    "file_gone": "The file is not here any more: choose it again.",
    "no_safetensors": "{file} is not a safetensors file: save weights with safetensors.torch.save_model or as train_all.py does.",
    "no_tensors": "{file} must hold 1 to {most} tensors, it holds {count}.",
    "not_finite": "{file}: {tensor} holds numbers that are not finite.",
    "no_such_network": "{file} fits no network of the catalogue: none has a tensor named {tensor}.",
    "tensor_missing": "{file} looks like {model}, but {tensor} is missing.",
    "tensor_extra": "{file} looks like {model}, which has no {tensor}.",
    "tensor_shape": "{file} looks like {model}, but {tensor} must be {wanted}, not {found}.",
    "weights_title": "My trained weights",
    "weights_about": "A safetensors file of a network of the catalogue, such as train_all.py writes. It is kept for you alone, while this page is open.",
    "weights_open": "Open a .safetensors file",
    "weights_wrong": "This is not a .safetensors file.",
    "weights_opened": "{title}: {count} parameters, right on {right} of the {total} sample images.",
}
