"""Sentences on the network that a reader trains himself, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "Train it here: watch a network learn",
    "intro": (
        "A small network learns from {training} real training images of Fashion-MNIST, on this server, for you alone. It starts with random "
        "weights. {validation} other training images, which it never learns from, show what it is worth. No test image is used."
    ),
    # settings
    "network": "Network",
    "network_lenet5": "LeNet-5",
    "network_residual": "Thin residual network",
    "network_plain": "Thin plain network",
    "network_pair": "Plain and residual, side by side",
    "depth": "Layers of the thin networks",
    "learning_rate": "Learning rate",
    "momentum": "Momentum",
    "initialisation": "Initialisation",
    "activation": "Activation function",
    "normalisation": "Normalisation",
    "normalisation_none": "None",
    "normalisation_batch": "Batch norm",
    "normalisation_layer": "Layer norm",
    "augmentation": "Data augmentation",
    "augmentation_none": "None",
    "augmentation_flip": "Flips",
    "augmentation_crop": "Shifts",
    "augmentation_erase": "Grey rectangles",
    "augmentation_all": "Flips, shifts and grey rectangles",
    "dropout": "Dropout",
    "epochs": "Epochs",
    "seed": "Random seed",
    "more": "More settings",
    "guess": "Your guess: validation accuracy at the end (%)",
    "story_lenet5": "LeNet-5",
    "story_sigmoid": "With sigmoid",
    "story_pair": "Plain beside residual",
    "story_bare": "The same without normalisation",
    "story_large": "Too large a learning rate",
    # buttons
    "start": "Train",
    "pause": "Pause",
    "resume": "Go on",
    "cancel": "Cancel",
    "to_classifier": "Open in Classifier",
    "to_convolution": "Use its filters in Convolution",
    "save": "Save the weights: {title} (.safetensors)",
    "trained_here": "trained here",
    # how it goes
    "before": "Choose a network, guess how good it will become, and press <b>Train</b>.",
    "waiting": (
        "Training starts as soon as it is your turn: {most} can run on this server at a time, and the place in the queue "
        "stands at the top of the page. Whoever leaves the page gives up the turn."
    ),
    "under_way": "Step {step} of {steps}, epoch {epoch} of {epochs}.",
    "paused": "Paused after step {step} of {steps}. Others can train meanwhile. <b>Go on</b> continues from the same place.",
    "turn_over": (
        "Paused after step {step} of {steps}, because others may be waiting. <b>Go on</b> continues from the same place when it is your turn again."
    ),
    "cancelled": "Cancelled after step {step} of {steps}. What was drawn so far stays.",
    "done": "Done: {steps} steps.",
    "now": "<b>{model}</b> is right on {accuracy}\u00a0% of the validation images.",
    "by_chance": "That is not better than guessing: one class of {classes} is right by chance in {chance}\u00a0% of the images.",
    "dead": (
        "In <b>{model}</b> the gradient of the first layer is exactly 0: the ReLUs of a layer give 0 for every image, so nothing before them "
        "can learn any more. A smaller learning rate prevents that."
    ),
    "diverged": (
        "<b>{model}</b> has diverged: after step {step} its loss or its answers are no longer finite numbers, and no further step can "
        "repair that. A smaller learning rate helps, and so does normalisation."
    ),
    "guessed": "You guessed {guess}\u00a0%; {model} reached {accuracy}\u00a0%.",
    "nothing": "There are no trained weights yet. Train a network first.",
    # pictures
    "step_axis": "step",
    "loss_axis": "loss (cross-entropy)",
    "accuracy_axis": "accuracy (%)",
    "layer_axis": "layer (1 is next to the input)",
    "norm_axis": "gradient norm",
    "of_training": "{model}, in training",
    "of_validation": "{model}, validation",
    "norms_first": "{model}, step {step}",
    "norms_now": "{model}, now",
    "hover_layer": "{model}, {layer}: {norm}",
    "filters": "{model}: filters of the first layer",
    "seen": "What the network saw last",
    "pictures": "Filters of the first layer, and the last images in training",
    "caption": (
        "First chart: the loss of each step (pale) and the mean of the last {every} steps. Second: accuracy in training is counted while the "
        "weights change, with augmentation and dropout; validation accuracy is measured without both. Third: the norm of "
        "the gradient of each layer's weights, in one step; a layer whose gradient is exactly 0 has no point."
    ),
}
