"""Class activation maps: which places of a layer support a score, by its feature maps and their gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from explorer.checks import check_choice
from explorer.classifier.scores import NoConvolutionError, Score, Settings, backpropagate


def gradcam_layers(model: nn.Module) -> dict[str, nn.Module]:
    """Find the layers at which Grad-CAM can look: those that give the maps of each stage after their activation.

    For each child of the network that holds convolutions, these are its own ReLUs. If its ReLUs lie deeper, in blocks,
    it is the child itself.

    Args:
        model: any network.

    Returns:
        Name of each layer -> its module, from the first to the last; empty if there is no convolution.
    """
    layers: dict[str, nn.Module] = {}
    for name, child in model.named_children():
        if not any(isinstance(module, nn.Conv2d) for module in child.modules()):
            continue
        activations: dict[str, nn.Module] = {
            f"{name}.{key}": part for key, part in child.named_children() if isinstance(part, nn.ReLU)
        }
        layers.update(activations or {name: child})
    return layers


def gradcam(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Grad-CAM: the weight of a map is the mean of its gradient.

    Source: Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2.
    """
    yield _combine(score, image, settings, lambda _maps, gradients: gradients.mean(dim=(2, 3), keepdim=True))


def gradcam_plus_plus(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Grad-CAM++, of the exponential of the score: then the derivatives of higher order are powers of the first one.

    Source: Chattopadhay et al. 2018, "Grad-CAM++", equations 1, 5 and 19.
    """
    yield _combine(score, image, settings, _weigh_by_curvature)


def layercam(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """LayerCAM: each place of each map has a weight of its own, the positive part of its gradient.

    Source: Jiang et al. 2021, "LayerCAM", equations 4 to 6.
    """
    yield _combine(score, image, settings, lambda _maps, gradients: gradients.relu())


def guided_gradcam(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Guided backpropagation times Grad-CAM, which is first brought to the size of the picture.

    Source: Selvaraju et al. 2017, "Grad-CAM", section 3.2.
    """
    (cam,), (guided,) = gradcam(score, image, settings), guided_backprop(score, image, settings)
    yield {**cam, "values": guided["values"] * cam["values"]}


def guided_backprop(score: Score, image: torch.Tensor, settings: Settings) -> Iterator[dict]:
    """Guided backpropagation: of what comes back to a ReLU, only what is positive goes on.

    Source: Springenberg et al. 2015, "Striving for simplicity", section 3.4.
    """
    with _hooked((module for module in score.network.modules() if isinstance(module, nn.ReLU)), _let_positive_back):
        values = backpropagate(score, image)
    yield {"values": values}


def _let_positive_back(_layer: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
    output.register_hook(F.relu)


@contextmanager
def _hooked(modules: Iterable[nn.Module], hook: Callable[..., None]) -> Iterator[None]:
    """Within this, each of the modules has this forward hook."""
    handles = [module.register_forward_hook(hook) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _weigh_by_curvature(maps: torch.Tensor, gradients: torch.Tensor) -> torch.Tensor:
    """The weight of each map (1, C, 1, 1) by equations 5 and 19."""
    squares = gradients**2
    below = 2 * squares + maps.sum(dim=(2, 3), keepdim=True) * gradients**3
    shares = torch.where(below == 0, 0, squares / torch.where(below == 0, 1, below))
    return (shares * gradients.relu()).sum(dim=(2, 3), keepdim=True)


def _combine(
    score: Score,
    image: torch.Tensor,
    settings: Settings,
    weigh: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> dict:
    """The positive part of the weighted sum of a layer's maps.

    Args:
        weigh: of the maps (1, C, H, W) and their gradients, gives weights that can be multiplied with the maps.
    """
    name, layer = _choose_layer(score.network, settings)
    kept: list[torch.Tensor] = []
    with _hooked([layer], lambda _layer, _inputs, output: kept.append(output)):
        scores = score(image)
        (gradients,) = torch.autograd.grad(scores.sum(), kept)
    maps = kept[0].detach()
    cam = (weigh(maps, gradients) * maps).sum(dim=1, keepdim=True).relu()
    return _place(cam, name, image, settings)


def _choose_layer(network: nn.Module, settings: Settings) -> tuple[str, nn.Module]:
    layers = gradcam_layers(network)
    if not layers:
        raise NoConvolutionError
    name = settings.layer or list(layers)[-1]
    return check_choice("terms.layer", name, tuple(layers)), layers[name]


def _place(cam: torch.Tensor, name: str, image: torch.Tensor, settings: Settings) -> dict:
    values = _enlarge(cam, image.shape[2:], settings.grid)
    return {"values": values, "layer": name, "layer_size": tuple(cam.shape[2:])}


def _enlarge(cam: torch.Tensor, size: Sequence[int], grid: Sequence[tuple[float, float]] | None) -> torch.Tensor:
    """A layer's map as large as the picture: linear between the centres of its units, constant beyond the last ones."""
    if grid is None:
        return F.interpolate(cam, size, mode="bilinear", align_corners=False)
    axes = []
    for (start, jump), count, side in zip(grid, cam.shape[2:], size):
        units = (torch.arange(side, dtype=cam.dtype, device=cam.device) - start) / jump
        axes.append(units.clamp(0, count - 1) * 2 / max(count - 1, 1) - 1)  # grid_sample counts from -1 to 1
    rows, columns = torch.meshgrid(*axes, indexing="ij")
    return F.grid_sample(cam, torch.stack((columns, rows), dim=-1)[None], align_corners=True)
