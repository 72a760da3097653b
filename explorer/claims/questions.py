"""Section 11: the questions of an interview."""

from __future__ import annotations

import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from explorer.claims.records import Case, Claim, no_cases
from explorer.data import load_sample, normalise
from explorer.gradient_flow.maths import measure_inplace_relu
from explorer.models.checkpoints import load_trained, model_lock
from explorer.models.resnet import BasicBlock, CifarResNet, ResNet, ResNet18

CHANNELS, SIDE = 64, 28
EVERY = 10  # of the shipped images one in so many is sent through a network
MAPS, BATCH = 8, 4  # channels of the first stage and images of the network whose memory is counted
STARTS = 5  # networks with fresh weights


def _count_mult_adds(model: nn.Module, channels: int) -> int:
    """Multiply-adds of the convolutions, by their own output sizes; the images have SIDE pixels a side."""
    found = []

    def add(conv: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        found.append(conv.weight[0].numel() * output[0].numel())

    with torch.device("meta"):
        image = torch.zeros(1, channels, SIDE, SIDE)
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(add)
    model(image)
    return sum(found)


def measure_small_kernels() -> tuple[Case, ...]:
    """Three 3x3 convolutions beside one 7x7: between equal channels, and from an image with one channel."""
    cases = []
    for name, channels in (("equal", CHANNELS), ("first", 1)):
        with torch.device("meta"):
            large = nn.Conv2d(channels, CHANNELS, 7, padding=3)
            small = nn.Sequential(
                *(nn.Conv2d(each, CHANNELS, 3, padding=1) for each in (channels, CHANNELS, CHANNELS)),
            )
        works = {"small": _count_mult_adds(small, channels), "large": _count_mult_adds(large, channels)}
        cases.append(Case(name, works["small"] < works["large"], {"channels": CHANNELS, "side": SIDE, **works}))
    return tuple(cases)


class _MemoryMeter(TorchDispatchMode):
    """Notes after each operation how many bytes its results and those of earlier ones that still live take."""

    def __init__(self):
        super().__init__()
        self.storages: dict[StorageWeakRef, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for each in tree_leaves(result):
            if isinstance(each, torch.Tensor):
                storage = each.untyped_storage()
                self.storages[StorageWeakRef(storage)] = storage.nbytes()
        self.storages = {ref: size for ref, size in self.storages.items() if not ref.expired()}
        self.peak = max(self.peak, sum(self.storages.values()))
        return result


def _build_resnet(is_inplace: bool) -> ResNet:
    """A narrow ResNet-18, always with the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = ResNet(BasicBlock, [2, 2, 2, 2], width=MAPS)
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = is_inplace
    return model


def _count_saved(model: nn.Module, images: torch.Tensor) -> int:
    """Bytes that the forward pass keeps for the backward pass; what is kept twice counts once."""
    saved: dict[StorageWeakRef, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        saved[StorageWeakRef(tensor.untyped_storage())] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(images)
    del output
    return sum(saved.values())


def _measure_peak(model: nn.Module, images: torch.Tensor, is_training: bool) -> int:
    """Most bytes that live at once, of the forward and backward pass or of a forward pass without gradients."""
    with torch.set_grad_enabled(is_training), _MemoryMeter() as meter:
        output = model(images)
        if is_training:
            torch.autograd.grad(output.sum(), list(model.parameters()))
    return meter.peak


def _count_allocated(relu: nn.Module, feature_map: torch.Tensor) -> int:
    """Bytes of its output that are not those of its input."""
    output = relu(feature_map)
    is_same = output.untyped_storage().data_ptr() == feature_map.untyped_storage().data_ptr()
    return 0 if is_same else output.untyped_storage().nbytes()


def measure_memory() -> tuple[Case, ...]:
    """What a ReLU allocates, and the memory of a narrow ResNet-18 with ordinary and with in-place ReLUs."""
    images, models = (
        torch.zeros(BATCH, 1, SIDE, SIDE),
        {"ordinary": _build_resnet(False), "inplace": _build_resnet(True)},
    )
    feature_map = torch.zeros(BATCH, MAPS, SIDE, SIDE)
    found = {
        "alone": {name: _count_allocated(nn.ReLU(name == "inplace"), feature_map) for name in models},
        "training": {name: _measure_peak(model, images, True) for name, model in models.items()},
        "kept": {name: _count_saved(model, images) for name, model in models.items()},
        "inference": {name: _measure_peak(model, images, False) for name, model in models.items()},
    }
    return tuple(Case(name, each["inplace"] < each["ordinary"], each) for name, each in found.items())


def _outcomes() -> dict[str, str]:
    return {case.name: case.outcome for case in measure_inplace_relu()}


def measure_error() -> tuple[Case, ...]:
    """Whether autograd reports an overwritten value that a backward pass reads."""
    found, places = _outcomes(), {"output": "on_saved_output", "input": "on_saved_input"}
    return tuple(Case(f"{name}_{found[place]}", found[place] == "error") for name, place in places.items())


def measure_before_addition() -> tuple[Case, ...]:
    """Whether an in-place ReLU before the addition changes anything: in the branch, and on the block's input."""
    found = _outcomes()
    places = {"branch": "before_addition", "normalised": "after_batch_norm", "shortcut": "on_block_input"}
    return tuple(Case(f"{name}_{found[place]}", found[place] != "same") for name, place in places.items())


def measure_safe() -> tuple[Case, ...]:
    """The tutorial's rule, tried where a later operation needs the output, and where none does."""
    layers = {"needed": (nn.Conv2d(2, 2, 3), nn.Conv2d(2, 2, 3)), "unneeded": (nn.Sigmoid(), nn.Identity())}
    found = {name: _compare_inplace(*each) for name, each in layers.items()}
    is_right = {"needed": found["needed"] != "same", "unneeded": found["unneeded"] == "same"}
    return tuple(Case(f"{name}_{outcome}", is_right[name]) for name, outcome in found.items())


def _compare_inplace(before: nn.Module, after: nn.Module) -> str:
    """What an in-place ReLU between two layers changes: "same", "different" or "error"."""
    ordinary, inplace = (_gradient_after(nn.ReLU(inplace=each), before, after) for each in (False, True))
    if ordinary is None or inplace is None:
        return "error"
    return "same" if torch.equal(ordinary, inplace) else "different"


def _gradient_after(relu: nn.Module, before: nn.Module, after: nn.Module) -> torch.Tensor | None:
    """The gradient of the input of three layers, whose output is summed; None where autograd refuses."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.randn(1, 2, 8, 8, requires_grad=True)
        for layer in (before, after):
            for each in layer.parameters():
                nn.init.normal_(each)
    try:
        (gradient,) = torch.autograd.grad(after(relu(before(x))).sum(), x)
    except RuntimeError:
        return None
    return gradient


def measure_region() -> tuple[Case, ...]:
    """The share of values that ReLU lets through, before and after the normalisation: fresh and trained."""
    fresh = []
    for seed in range(STARTS):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            fresh.append(_count_positive(CifarResNet(20)))
    cases = [_compare_positive("fresh", fresh)]
    for name in ("resnet20", "resnet18"):
        with model_lock(name):
            cases.append(_compare_positive(name, [_count_positive(load_trained(name))]))
    return tuple(cases)


def _compare_positive(name: str, found: list[tuple[float, float]]) -> Case:
    """It is more after the normalisation in every network."""
    before, after = ([pair[place] for pair in found] for place in (0, 1))
    holds = all(earlier < later for earlier, later in found)
    return Case(name, holds, {"images": len(load_sample().images[::EVERY])}, {"before": before, "after": after})


def _count_positive(model: nn.Module) -> tuple[float, float]:
    """Share of positive values before and after every normalisation that a ReLU follows at once, on shipped images."""
    counts = {"before": 0, "after": 0, "all": 0}

    def count(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        counts["before"] += int((inputs[0] > 0).sum())
        counts["after"] += int((output > 0).sum())
        counts["all"] += output.numel()

    norms = [model.stem[1], *(each.bn1 for each in model.modules() if isinstance(each, BasicBlock))]
    hooks = [each.register_forward_hook(count) for each in norms]
    try:
        with torch.no_grad():
            model(normalise(load_sample().images[::EVERY])[:, None])
    finally:
        for hook in hooks:
            hook.remove()
    return counts["before"] / counts["all"], counts["after"] / counts["all"]


def _build_normalised() -> tuple[nn.Conv2d, nn.BatchNorm2d, torch.Tensor]:
    """A convolution with a bias, its normalisation with statistics that were learned, and images, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        conv, norm = nn.Conv2d(3, 16, 3).double(), nn.BatchNorm2d(16).double()
        images = torch.randn(8, 3, 12, 12).double()
        nn.init.normal_(norm.weight)
    norm(conv(images))
    return conv, norm, images


def _change(parameter: nn.Parameter, conv: nn.Module, norm: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """By how much the output changes where 1 is added to each entry of a parameter: (N, C, H, W)."""
    with torch.no_grad():
        before = norm(conv(images))
        parameter += 1
        after = norm(conv(images))
        parameter -= 1
    return after - before


def measure_redundant() -> tuple[Case, ...]:
    """What a bias before the normalisation changes in training, and how many parameters it is."""
    conv, norm, images = _build_normalised()
    change = _change(conv.bias, conv, norm.train(), images).abs().max().item()
    more, fewer = (
        sum(each.numel() for each in nn.Conv2d(conv.in_channels, conv.out_channels, 3, bias=has_bias).parameters())
        for has_bias in (True, False)
    )
    with torch.device("meta"):
        convs = [each for each in ResNet18().modules() if isinstance(each, nn.Conv2d)]
    saved = {
        "channels_in": conv.in_channels,
        "channels_out": conv.out_channels,
        "saved": more - fewer,
        "network": sum(each.out_channels for each in convs),
    }
    return (
        Case("training", change < 1e-9, {"change": change}),
        Case("saved", more - fewer == conv.out_channels, saved),
    )


def measure_same() -> tuple[Case, ...]:
    """Whether a bias and the shift of the normalisation do the same: in training, and afterwards."""
    conv, norm, images = _build_normalised()
    cases = []
    for name, is_training in (("training", True), ("evaluation", False)):
        norm.train(is_training)
        by_bias, by_shift = (_change(each, conv, norm, images) for each in (conv.bias, norm.bias))
        # After training the statistics stand still: then a bias is a shift, times what the normalisation scales by.
        scale = (norm.weight / (norm.running_var + norm.eps).sqrt())[:, None, None]
        numbers = {"bias": by_bias.abs().max().item(), "shift": by_shift.abs().max().item()}
        cases.append(Case(name, torch.allclose(by_bias, scale * by_shift, atol=1e-9), numbers))
    return tuple(cases)


CLAIMS = (
    Claim("degradation_essence", "11", "gradient_flow", {}, no_cases),
    Claim("small_kernels", "11", "receptive_field", {}, measure_small_kernels),
    Claim("inplace_memory", "11", "gradient_flow", {}, measure_memory),
    Claim("inplace_error", "11", "gradient_flow", {}, measure_error),
    Claim("inplace_safe", "11", "gradient_flow", {}, measure_safe),
    Claim("inplace_addition", "11", "gradient_flow", {}, measure_before_addition),
    Claim("bn_region", "11", "shapes", {"model": "resnet20", "view": "layer"}, measure_region),
    Claim("bias_redundant", "11", "shapes", {"model": "resnet18"}, measure_redundant),
    Claim("bias_same", "11", "shapes", {"model": "resnet18"}, measure_same),
)
