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
        warmup: part of all steps in which the learning rate rises to its peak (0: plain cosine decay).
        lr_by_epoch: the learning rate changes between epochs only, not with every step.
        momentum: Nesterov momentum of SGD.
        weight_decay: L2 penalty on weight matrices and kernels.
        decay_vectors: whether biases and normalisation are penalised too.
        label_smoothing: probability mass spread evenly over the classes.
        gce_q: exponent of the generalised cross-entropy; 0 for the cross-entropy itself.
        clip_norm: greatest norm of the whole gradient, or None.
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
            ValueError: there is label smoothing, but no cross-entropy to which it could belong.
        """
        if self.gce_q and self.label_smoothing:
            raise ValueError("label_smoothing belongs to the cross-entropy: leave it 0.0 or take gce_q 0.0")

    def learning_rate(self, step: int, total_steps: int) -> float:
        """Learning rate of one step: a line up to the peak, then half a cosine down to `final_lr` ("one-cycle").

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
        if self.lr_by_epoch:
            epoch_steps = total_steps // self.epochs
            step -= step % epoch_steps
        warmup_steps = round(self.warmup * total_steps)
        if step < warmup_steps:
            return self.peak_lr * (step + 1) / warmup_steps
        done = (step - warmup_steps) / (total_steps - warmup_steps)
        return self.final_lr + (self.peak_lr - self.final_lr) * (1 + cos(pi * done)) / 2


# The tutorial's own protocol (section 10), the same for every network. What its script does besides: the validation
# images are cut from an augmented data set, so they are flipped and cropped too; the learning rate changes once an
# epoch; weight decay acts on every parameter.
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
# He et al. 2015, section 4.2, asks how well depth can be optimised at all: nothing here regularises but weight decay.
# The same recipe for all four, or their curves could not be compared; the peak is what plain-56 still bears.
_DEGRADATION = Recipe(
    epochs=12, peak_lr=0.05, clip_norm=5.0, flip=True, crop_padding=2, autocast=True, channels_last=True
)

_RECIPES = {
    # A flip or a shift moves a garment to pixels that these two know nothing about: augmentation costs them accuracy.
    # Nor can one layer fit every image, and those that it cannot pull at the others: with the q that Zhang & Sabuncu
    # take it was right on 85.96 instead of 85.62 % of three times 6,000 training images left out, on the validation
    # images among them on 85.87 instead of 85.60 %.
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
    # Without normalised shortcuts a deep plain stack is easily thrown off: a gentler peak.
    "plain18": replace(_RESNET, peak_lr=0.05),
    "plain34": replace(_RESNET, peak_lr=0.05),
    **dict.fromkeys(DEGRADATION_NAMES, _DEGRADATION),
}

# For a processor without a GPU, where sixty epochs of a wide residual network are many hours: so few leave nothing to
# regularise, and an average of the weights would lag behind them.
_SHORT_RESNET = {"epochs": 7, "erase": 0.0, "cutmix": 0.0, "average": 0.0}
# For one with bfloat16, or for another cycle: long enough for erased rectangles to pay.
_MEDIUM_RESNET = {"epochs": 16, "cutmix": 0.0, "average": 0.0}

# On the command line.
RECIPES = ("best", "medium", "short", "tutorial")
_ABRIDGED = {"best": {}, "medium": _MEDIUM_RESNET, "short": _SHORT_RESNET}


def recipe_for(name: str, recipe: str = "best") -> Recipe:
    """Recipe of a network of the catalogue.

    Args:
        name: a key of MODELS.
        recipe: "best" for its own, chosen on the validation images where it was tried; "medium" and "short" for one
            that a processor without a GPU can finish, with bfloat16 and without, where the best is too long for that;
            "tutorial" for the tutorial's protocol.

    Raises:
        ValueError: no model or no recipe has that name.
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
    """The recipe for another cycle that starts from trained weights: a tenth of the steps leads up to a lower peak.

    Source: after Loshchilov & Hutter 2017, "SGDR", whose restarts jump back to the old peak at once.
    """
    return replace(recipe, peak_lr=recipe.peak_lr / 2.5, warmup=0.1)


def first_difference(saved: Mapping, wanted: Mapping) -> str | None:
    """The first setting, except autocast, in which two recipes differ; None if there is none. Autocast follows the device.

    Args:
        saved: a recipe as a dict; where an older one does not name a setting, the default counts.
        wanted: the other recipe, as a dict.
    """
    saved = {**asdict(Recipe(epochs=0)), **saved}  # which every recipe names
    keys = (key for key in dict.fromkeys([*wanted, *saved]) if key != "autocast")
    return next((key for key in keys if saved.get(key) != wanted.get(key)), None)
