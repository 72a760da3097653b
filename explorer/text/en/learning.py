"""Sentences on what happens in networks while they learn, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "While they learn: gradients, updates and dead units at every step",
    "intro": "The charts above show networks before or after training. Here plain and residual networks were trained on {images} images for "
    "{epochs} epochs, and every block was measured on the way. Choose a depth, and see what goes wrong, and when.",
    "depth": "Layers with weights",
    "normalisation": "Normalisation",
    "normalisation_bn": "batch normalisation",
    "normalisation_none": "none",
    "statistic": "Measured in each block",
    "statistic_gradient": "norm of the gradient",
    "statistic_update": "update / weights",
    "statistic_activation": "size of the output",
    "statistic_dead": "dead units",
    "about_gradient": "The norm of the gradient of all weights of the block, for the mean loss of the same images at every step.",
    "about_update": "The norm of what one training step changes in the weights of the block, divided by the norm of these weights.",
    "about_activation": "The root mean square of the numbers that the block gives.",
    "about_dead": "The share of units behind the ReLUs of the block that are 0 for all of the images.",
    "about": "The validation error is that of {validation} images which no network learns from. All networks have the same recipe (peak of the "
    "learning rate: {lr}; no clipping of gradients). Number of random seeds of each network: {seeds}; small differences may be chance. Lines are medians; where there are several seeds, the band "
    "shows the least and the greatest value. The pictures of the blocks show one seed.",
    "none": "This network was not trained yet. `python -m explorer.gradient_flow.learning` trains it.",
    "net": "{kind}, {depth} layers",
    "ended": "<b>{net}:</b> the loss becomes infinite, first at step {step} ({count} of {seeds} seeds).",
    "final": "<b>{net}:</b> {least} to {most} % of the validation images are wrong at the end ({seeds} seeds).",
    "final_one": "<b>{net}:</b> {least} % of the validation images are wrong at the end (one seed).",
    "start_vanishes": "Before training, the gradient in the first block is only {ratio} times that in the last one: it vanishes.",
    "start_explodes": "Before training, the gradient in the first block is {ratio} times that in the last one: it explodes.",
    "start_even": "Before training, the gradient in the first block is {ratio} times that in the last one.",
    "start_unknown": "Before training, the gradient cannot be computed: numbers are infinite.",
    "end": "At the end this ratio is {ratio}.",
    "depths": "{kind}: {errors}.",
    "depth_error": "{error} % wrong with {depth} layers",
    "depth_error_some": "{error} % wrong with {depth} layers (only {count} of {seeds} seeds; the loss of the others becomes infinite)",
    "depth_ended": "an infinite loss with {depth} layers",
    "kind_plain": "Plain",
    "kind_residual": "Residual",
    "hover": "step %{x}, block %{y}: %{customdata}",
    "axis_epochs": "epochs",
    "axis_steps": "training steps",
    "axis_loss": "training loss (cross-entropy)",
    "axis_validation_error": "validation error (%)",
    "axis_block": "block",
}
