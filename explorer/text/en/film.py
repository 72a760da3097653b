"""Sentences of the film of a training, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "A film of the training: from random weights to a trained network",
    "intro": "Each network was trained once more (random seed {seed}), and its weights were kept at {least} to {most} moments. Move the slider: "
    "all pictures show the same moment. It is another training, without a moving average of the weights, so its numbers differ a little from "
    "those of the networks above.",
    "film": "Training of",
    "none": "There is no film of {model} here. `python -m explorer.training.film` makes it.",
    "look": "Before training, {model} gives the right answer to {first} % of the test images. After {half} of {steps} training steps it "
    "gives the right answer to {at_half} %, and at the end to {last} %.",
    "moment_start": "Before training",
    "moment_steps": "After {steps} steps",
    "moment_epoch": "After {epochs} epoch ({steps} steps)",
    "moment_epochs": "After {epochs} epochs ({steps} steps)",
    "line": "<b>{moment}:</b> {share} of the {images} test images are right (loss {loss}). This picture: {first} {first_share}, "
    "{second} {second_share}.",
    "kernels": "First layer",
    "kernels_caption": "like the last ones: {correlation}",
    "field": "Effective field",
    "field_caption": "of {layer}",
    "gradient": "Gradient of the score",
    "gradient_caption": "for {name}",
    "confusion": "Confusion matrix",
    "confusion_caption": "rows: true classes",
    "about_kernels": "“Like the last ones” is the correlation of all weights of the first layer with those at the end: {most} for equal weights, "
    "about {none} for unrelated ones.",
    "label": "{model}, {moment}: kernels of the first layer, effective field, gradient of the score, confusion matrix",
    "play": "Play",
    "pause": "Pause",
    "time": "Moment of the training",
    "axis_time": "epochs",
    "axis_accuracy": "right test images, %",
}
