"""How each network of the catalogue is trained. Numbers only: nothing here touches a tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import cos, pi

from explorer.models.catalogue import DEGRADATION_NAMES, MODELS


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a training run goes, apart from its seed.

    Attributes:
        epochs: passes over the training images, at most.
        batch_size: images a step.
        peak_lr: highest learning rate.
        final_lr: learning rate at the end of the cosine.
        warmup: share of all steps, 0 to 1, during which the learning rate rises to its peak (0: plain cosine decay).
        lr_by_epoch: the learning rate changes only between epochs, not at every step.
        momentum: Nesterov momentum of SGD.
        weight_decay: L2 penalty on weight matrices and kernels.
        decay_vectors: whether biases and normalisation are penalised too.
        label_smoothing: probability mass spread evenly over the classes.
        gce_q: exponent of the generalised cross-entropy; 0 for the cross-entropy itself.
        clip_norm: largest norm of the whole gradient, or None.
        flip: mirror each image with probability one half.
        crop_padding: pixels of black added on each side before a random crop of the old size; 0 for no crop.
        erase: probability with which a random rectangle of an image is painted grey.
        cutmix: probability with which a batch is mixed: each image gets a rectangle of another, and the same share of
            its label.
        average: decay of an exponential moving average of the weights, which is what is measured; 0 for none.
        patience: a run stops after so many epochs without a better validation accuracy; None never stops early.
        keep_best: keep the weights of the epoch with the best validation accuracy instead of the last.
        augment_validation: validate on augmented images, as the tutorial's script does by its one shared data set.
        autocast: compute in bfloat16 where the processor can; weights stay float32.
        channels_last: keep the channels innermost in memory.
    """

    epochs: int
    batch_size: int = 128
    peak_lr: float = 0.1
    final_lr: float = 0.0
    warmup: float = 0.2
    lr_by_epoch: bool = False
    momentum: float = 0.9
    weight_decay: float = 5e-4
    decay_vectors: bool = False
    label_smoothing: float = 0.0
    gce_q: float = 0.0
    clip_norm: float | None = None
    flip: bool = False
    crop_padding: int = 0
    erase: float = 0.0
    cutmix: float = 0.0
    average: float = 0.0
    patience: int | None = None
    keep_best: bool = False
    augment_validation: bool = False
    autocast: bool = False
    channels_last: bool = False

    def __post_init__(self):
        """Refuse settings that contradict each other.

        Raises:
            ValueError: there is label smoothing, but the loss is not the cross-entropy.
        """
        if self.gce_q and self.label_smoothing:
            raise ValueError("label_smoothing belongs to the cross-entropy: leave it 0.0 or take gce_q 0.0")

    def learning_rate(self, step: int, total_steps: int) -> float:
        """Learning rate of one step: a line up to the peak, then half a cosine down to `final_lr` ("one-cycle").

        It depends only on the step, so a resumed run does not need the state of a scheduler.

        Args:
            step: 0 for the first step.
            total_steps: steps of the whole run, >= 1; with `lr_by_epoch` at least one for each epoch.

        Returns:
            The factor of the gradient in that step, at most `peak_lr`.

        Raises:
            ValueError: the step lies outside the run.

        Source: Smith & Topin 2018, "Super-convergence".

        >>> recipe = Recipe(epochs=1, peak_lr=0.1, warmup=0.5)
        >>> [round(recipe.learning_rate(step, 4), 3) for step in range(4)]
        [0.05, 0.1, 0.1, 0.05]
        """
        if not 0 <= step < total_steps:
            raise ValueError(f"step must be in 0..{total_steps - 1}, got {step}")
        if self.lr_by_epoch:
            epoch_steps = total_steps // self.epochs
            step -= step % epoch_steps
        warmup_steps = round(self.warmup * total_steps)
        if step < warmup_steps:
            return self.peak_lr * (step + 1) / warmup_steps
        done = (step - warmup_steps) / (total_steps - warmup_steps)
        return self.final_lr + (self.peak_lr - self.final_lr) * (1 + cos(pi * done)) / 2


# The tutorial's own protocol (section 10), the same for every network. Its script also does the following: it cuts the
# validation images from an augmented data set, so they are flipped and cropped too; it changes the learning rate once
# in each epoch; its weight decay acts on every parameter.
TUTORIAL = Recipe(
    epochs=50,
    batch_size=128,
    peak_lr=0.1,
    final_lr=1e-4,
    warmup=0.0,
    lr_by_epoch=True,
    weight_decay=1e-4,
    decay_vectors=True,
    label_smoothing=0.1,
    clip_norm=1.0,
    flip=True,
    crop_padding=4,
    patience=10,
    keep_best=True,
    augment_validation=True,
    channels_last=True,  # a layout in memory: the arithmetic is the script's float32
)

_RESNET = Recipe(
    epochs=60,
    peak_lr=0.15,
    label_smoothing=0.1,
    clip_norm=5.0,
    flip=True,
    crop_padding=2,
    erase=0.5,
    cutmix=0.5,
    average=0.999,
    autocast=True,
    channels_last=True,
)
# He et al. 2015, section 4.2, ask how well deep networks can be optimised: so only weight decay regularises here. All
# four have the same recipe, because their curves are compared; the peak is one with which plain-56 still trains.
_DEGRADATION = Recipe(
    epochs=12, peak_lr=0.05, clip_norm=5.0, flip=True, crop_padding=2, autocast=True, channels_last=True
)

_RECIPES = {
    # A flip or a shift moves a garment to pixels about which these two know nothing: augmentation makes them worse.
    # One layer cannot fit every image, and the images that it cannot fit spoil its answers to others. So softmax has
    # the q of Zhang & Sabuncu. On three times 6,000 training images that were left out, it was right on 85.96 % with
    # it and on 85.62 % without it; on the validation images, which are one of the three, 85.87 % and 85.60 %.
    "softmax": Recipe(epochs=30, peak_lr=0.05, weight_decay=3e-4, gce_q=0.7, average=0.999),
    "mlp": Recipe(epochs=40, peak_lr=0.1, label_smoothing=0.1, average=0.999),
    "lenet5": Recipe(epochs=40, peak_lr=0.1, flip=True, average=0.999, channels_last=True),
    "alexnet_small": Recipe(
        epochs=60,
        peak_lr=0.1,
        warmup=0.1,
        weight_decay=3e-4,
        label_smoothing=0.1,
        clip_norm=1.0,
        flip=True,
        crop_padding=1,
        average=0.999,
        channels_last=True,
    ),
    **dict.fromkeys(("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"), _RESNET),
    # Without normalised shortcuts the training of a deep plain stack easily diverges: so the peak is lower.
    "plain18": replace(_RESNET, peak_lr=0.05),
    "plain34": replace(_RESNET, peak_lr=0.05),
    **dict.fromkeys(DEGRADATION_NAMES, _DEGRADATION),
}

# For a processor without a GPU, where sixty epochs of a wide residual network take many hours. In so few epochs there
# is nothing to regularise, and an average of the weights would lag behind them.
_SHORT_RESNET = {"epochs": 7, "erase": 0.0, "cutmix": 0.0, "average": 0.0}
# For a processor with bfloat16, or for another cycle: so many epochs are enough for erased rectangles to help.
_MEDIUM_RESNET = {"epochs": 16, "cutmix": 0.0, "average": 0.0}

# On the command line.
RECIPES = ("best", "medium", "short", "tutorial")
_ABRIDGED = {"best": {}, "medium": _MEDIUM_RESNET, "short": _SHORT_RESNET}


def recipe_for(name: str, recipe: str = "best") -> Recipe:
    """The recipe of a network of the catalogue.

    Args:
        name: a key of MODELS.
        recipe: "best" for its own. "medium" and "short" are for a processor without a GPU, with bfloat16 and without:
            they shorten the recipe if it would take too long there. "tutorial" is the tutorial's protocol.

    Raises:
        ValueError: no model or no recipe has that name, or the model has no recipe.
    """
    if name not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    if recipe not in RECIPES:
        raise ValueError(f"recipe must be one of {', '.join(RECIPES)}, got {recipe!r}")
    if recipe == "tutorial":
        return TUTORIAL
    if name not in _RECIPES:
        raise ValueError(f"{name!r} has no recipe in _RECIPES of explorer/training/recipe.py")
    best = _RECIPES[name]
    is_like_resnet = bool(best.cutmix)
    return replace(best, **_ABRIDGED[recipe]) if is_like_resnet else best


def warm_restart(recipe: Recipe) -> Recipe:
    """Make the recipe for another cycle, which starts from trained weights.

    Args:
        recipe: of the first cycle.

    Returns:
        The same recipe with a peak of 1/2.5 of the learning rate, to which the first tenth of the steps leads.

    Source: after Loshchilov & Hutter 2017, "SGDR". Their restarts go back to the old peak at once.
    """
    return replace(recipe, peak_lr=recipe.peak_lr / 2.5, warmup=0.1)


def first_difference(saved: Mapping, wanted: Mapping) -> str | None:
    """Find the first setting in which two recipes differ. Autocast does not count, because it depends on the device.

    Args:
        saved: a recipe as a dict; if an older one does not name a setting, it has the default.
        wanted: the other recipe, as a dict.

    Returns:
        Name of the setting, or None if there is no difference.
    """
    saved = {**asdict(Recipe(epochs=0)), **saved}  # every recipe names its epochs
    keys = (key for key in dict.fromkeys([*wanted, *saved]) if key != "autocast")
    return next((key for key in keys if saved.get(key) != wanted.get(key)), None)
