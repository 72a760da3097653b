"""Random changes to whole batches of images: flips, crops, erased rectangles, mixtures of two images.

Images are (N, 1, H, W) uint8 on any device. Random numbers are drawn on the CPU, so that a seed gives the same changes
on every device.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from explorer.training.recipe import Recipe

_GREY = 73  # Fashion-MNIST's mean pixel, 0.2860 * 255: an erased rectangle is 0 after normalisation
_ERASED_AREA = (0.02, 0.4)  # smallest and largest share of the image, Zhong et al. 2017, section 3.2
_LEAST_ASPECT = 0.3


def place(drawn: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Move random numbers that were drawn on the CPU to a device.

    They go to a GPU from pinned memory: otherwise the program would wait until the GPU has finished all earlier work.

    Args:
        drawn: a tensor on the CPU.
        device: where it goes.
    """
    return drawn.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else drawn.to(device)


def flip_images(images: torch.Tensor, flipped: torch.Tensor) -> torch.Tensor:
    """Mirror some images left to right.

    Args:
        images: (N, C, H, W).
        flipped: (N,) bool, True for the images to mirror.

    Returns:
        (N, C, H, W).
    """
    return torch.where(flipped[:, None, None, None], images.flip(-1), images)


def crop_images(images: torch.Tensor, tops: torch.Tensor, lefts: torch.Tensor, padding: int) -> torch.Tensor:
    """Pad with zeros (black) on every side, then cut each image back to its size at its own place.

    Args:
        images: (N, C, H, W).
        tops: (N,) first row of each cut, in 0..2 * padding.
        lefts: (N,) first column of each cut, in 0..2 * padding.
        padding: pixels added on each side.

    Returns:
        (N, C, H, W).
    """
    height, width = images.shape[-2:]
    padded = F.pad(images, (padding, padding, padding, padding))
    rows = tops[:, None] + torch.arange(height, device=images.device)
    columns = lefts[:, None] + torch.arange(width, device=images.device)
    index = torch.arange(len(images), device=images.device)[:, None, None]
    # Indexing around the sliced channel axis puts that axis last: (N, H, W, C).
    return padded[index, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def mark_rectangles(rectangles: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Which pixels lie in each rectangle.

    Args:
        rectangles: (N, 4) whole numbers: first row, end row, first column, end column (ends are exclusive).
        height: of the images, in pixels.
        width: of the images, in pixels.

    Returns:
        (N, 1, height, width) bool.
    """
    top, bottom, left, right = (each[:, None] for each in rectangles.T)
    rows = torch.arange(height, device=rectangles.device)
    columns = torch.arange(width, device=rectangles.device)
    inside_rows = (rows >= top) & (rows < bottom)
    inside_columns = (columns >= left) & (columns < right)
    return (inside_rows[:, :, None] & inside_columns[:, None, :])[:, None]


def draw_rectangles(areas: torch.Tensor, aspects: torch.Tensor, side: int, generator: torch.Generator) -> torch.Tensor:
    """Draw random places for rectangles of given areas. They lie completely inside a square image.

    Args:
        areas: (N,) share of the image that each covers, 0 to 1.
        aspects: (N,) height over width.
        side: of the image, in pixels.
        generator: draws the places.

    Returns:
        (N, 4) as mark_rectangles takes them; sides are rounded to whole pixels and cut to the image.
    """
    heights = (side * (areas * aspects).sqrt()).round().clamp(0, side)
    widths = (side * (areas / aspects).sqrt()).round().clamp(0, side)
    tops = (torch.rand(len(areas), generator=generator) * (side - heights + 1)).floor()
    lefts = (torch.rand(len(areas), generator=generator) * (side - widths + 1)).floor()
    return torch.stack([tops, tops + heights, lefts, lefts + widths], dim=1).long()


def erase_images(images: torch.Tensor, probability: float, generator: torch.Generator) -> torch.Tensor:
    """Paint a random rectangle grey in some of the images.

    Args:
        images: (N, 1, H, H) uint8.
        probability: of a rectangle in each image, 0 to 1.
        generator: draws the images that get one, and sizes, shapes and places.

    Returns:
        (N, 1, H, H) uint8. A rectangle covers about 2 to 40 % of its image.

    Source: Zhong et al. 2017, "Random erasing data augmentation"; grey is the data set's mean.
    """
    count, side = len(images), images.shape[-1]
    chosen = torch.rand(count, generator=generator) < probability
    least, greatest = _ERASED_AREA
    areas = least + (greatest - least) * torch.rand(count, generator=generator)
    spread = -math.log(_LEAST_ASPECT)
    aspects = torch.exp(spread * (2 * torch.rand(count, generator=generator) - 1))
    rectangles = place(draw_rectangles(areas * chosen, aspects, side, generator), images.device)
    return images.masked_fill(mark_rectangles(rectangles, *images.shape[-2:]), _GREY)


def mix_images(
    images: torch.Tensor, targets: torch.Tensor, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """CutMix: each image gets a rectangle of its partner, and its target the same share of the partner's target.

    Args:
        images: (N, 1, H, H).
        targets: (N, num_classes) probabilities.
        generator: draws the partners, and for the whole batch one rectangle: its size (uniform in area) and its place.

    Returns:
        Images (N, 1, H, H) and targets (N, num_classes).

    Source: Yun et al. 2019, "CutMix", section 3.1, with alpha = 1.
    """
    partners = place(torch.randperm(len(images), generator=generator), images.device)
    area = torch.rand(1, generator=generator)
    rectangle = draw_rectangles(area, torch.ones(1), images.shape[-1], generator)
    top, bottom, left, right = rectangle[0].tolist()
    share = (bottom - top) * (right - left) / (images.shape[-2] * images.shape[-1])
    mixed = images.clone()
    mixed[..., top:bottom, left:right] = images[partners][..., top:bottom, left:right]
    return mixed, (1 - share) * targets + share * targets[partners]


def augment(images: torch.Tensor, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Crop, flip and erase a batch of images at random.

    Args:
        images: (N, 1, H, H) uint8.
        recipe: says what is done.
        generator: draws everything.

    Returns:
        (N, 1, H, H) uint8.
    """
    count = len(images)
    if recipe.crop_padding:
        offsets = torch.randint(0, 2 * recipe.crop_padding + 1, (2, count), generator=generator)
        images = crop_images(images, *place(offsets, images.device), recipe.crop_padding)
    if recipe.flip:
        flipped = torch.rand(count, generator=generator) < 0.5
        images = flip_images(images, place(flipped, images.device))
    if recipe.erase:
        images = erase_images(images, recipe.erase, generator)
    return images


def augment_with_targets(
    images: torch.Tensor, labels: torch.Tensor, recipe: Recipe, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Change a batch as `augment` does, then mix it if the recipe says so.

    Args:
        images: (N, 1, H, H) uint8.
        labels: (N,) int64, 0 to 9.
        recipe: says what is done.
        generator: draws everything.

    Returns:
        Images (N, 1, H, H), and the labels (N,) as given. If the batch was mixed, probabilities (N, 10) instead of
        labels.
    """
    images = augment(images, recipe, generator)
    if recipe.cutmix and float(torch.rand(1, generator=generator)) < recipe.cutmix:
        return mix_images(images, F.one_hot(labels, 10).float(), generator)
    return images, labels
