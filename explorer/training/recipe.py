"""How each network of the catalogue is trained. Numbers only: nothing here touches a tensor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, pi

from explorer.models.catalogue import MODELS


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a training run goes, apart from its seed.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step.
        peak_lr: highest learning rate.
        warmup: part of all steps in which the learning rate rises to its peak (0: plain cosine decay).
        momentum: Nesterov momentum of SGD.
        weight_decay: L2 penalty on weight matrices and kernels; biases and normalisation go free.
        label_smoothing: probability mass spread evenly over the classes.
        clip_norm: greatest norm of the whole gradient, or None.
        flip: mirror each image with probability one half.
        crop_padding: pixels of black added on each side before a random crop of the old size; 0 for no crop.
        autocast: compute in bfloat16 where that is safe; weights stay float32.
        channels_last: keep the channels innermost in memory.
    """

    epochs: int
    batch_size: int = 128
    peak_lr: float = 0.1
    warmup: float = 0.2
    momentum: float = 0.9
    weight_decay: float = 5e-4
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    flip: bool = False
    crop_padding: int = 0
    autocast: bool = False
    channels_last: bool = False

    def learning_rate(self, step: int, total_steps: int) -> float:
        """Learning rate of one step: a line up to the peak, then half a cosine down to zero ("one-cycle").

        It depends on nothing but the step, so a resumed run needs no scheduler's memory.

        Args:
            step: 0 for the first step.
            total_steps: steps of the whole run, >= 1.

        Raises:
            ValueError: the step lies outside the run.

        Source: Smith & Topin 2018, "Super-convergence".

        >>> recipe = Recipe(epochs=1, peak_lr=0.1, warmup=0.5)
        >>> [round(recipe.learning_rate(step, 4), 3) for step in range(4)]
        [0.05, 0.1, 0.1, 0.05]
        """
        if not 0 <= step < total_steps:
            raise ValueError(f"step must be in 0..{total_steps - 1}, got {step}")
        warmup_steps = round(self.warmup * total_steps)
        if step < warmup_steps:
            return self.peak_lr * (step + 1) / warmup_steps
        done = (step - warmup_steps) / (total_steps - warmup_steps)
        return self.peak_lr * (1 + cos(pi * done)) / 2


_RESNET = Recipe(
    epochs=7,
    peak_lr=0.15,
    label_smoothing=0.1,
    clip_norm=5.0,
    flip=True,
    crop_padding=2,
    autocast=True,
    channels_last=True,
)

_RECIPES = {
    # A flip or a shift moves a garment to pixels that these two know nothing about: augmentation costs them accuracy.
    "softmax": Recipe(epochs=15, peak_lr=0.02, weight_decay=1e-4),
    "mlp": Recipe(epochs=20, peak_lr=0.1, weight_decay=1e-4),
    "lenet5": Recipe(epochs=20, peak_lr=0.1, flip=True),
    "alexnet_small": Recipe(epochs=15, peak_lr=0.05, clip_norm=1.0, flip=True, autocast=True, channels_last=True),
    # Without normalised shortcuts a deep plain stack is easily thrown off: a gentler peak.
    "plain18": replace(_RESNET, peak_lr=0.05),
    "plain34": replace(_RESNET, peak_lr=0.05),
    "plain20": replace(_RESNET, epochs=12, peak_lr=0.05),
    "plain56": replace(_RESNET, epochs=12, peak_lr=0.05),
    "resnet20": replace(_RESNET, epochs=12),
    "resnet56": replace(_RESNET, epochs=12),
}


def recipe_for(name: str) -> Recipe:
    """Recipe of a network of the catalogue.

    Raises:
        ValueError: no model has that name.
    """
    if name not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    return _RECIPES.get(name, _RESNET)
