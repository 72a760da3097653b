"""Gradient norms of deep stacks at initialisation, with and without shortcuts.

`measure_gradient_norm` is the tutorial's experiment, `measure_gradient_norms` its general form: for every block of a
plain and a residual stack, it measures the norm of the gradient that reaches the block's first weight, and the norms of the
signals that run forwards and backwards between the blocks. All seeds run together: the weights of seed s are slice s of one tensor, so that a block costs two batched products.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import nn

from explorer.caches import remember
from explorer.checks import check_choice, check_flag, check_whole
from explorer.errors import InputError
from explorer.patience import go_on

BLOCKS = ("linear", "linear_ln", "conv", "conv_bn", "conv_ln")
INITIALISATIONS = ("default", "he", "xavier", "orthogonal")
ACTIVATIONS: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda feature_map: feature_map,
}
MAX_DEPTH = 200
CLAIMED_NORM = 0.01  # what the tutorial expects of its residual stack (section 8.2)
MAX_WIDTH = 64
MAX_SEEDS = 500
BATCH_SIZE = 8
MAP_SIZE = 14
EPSILON = 1e-5  # of each normalisation
DEPTHS = (1, 2, 5, 10, 20, 50, 100, 200)
PART_MULT_ADDS = {True: 1e7, False: 1e8}
"""Whether blocks are fully connected -> the multiply-adds that take 0.1 to 0.2 s on one core. Such blocks take a batch of one,
whose products must wait for memory: so fewer of them make a part."""
MAX_PARTS = 300
MAX_PARTS_PER_SEED = 20
"""With these limits a measurement ends within about a minute, can be stopped every few seconds, and needs less than
1 GB of memory."""


class WithResidual(nn.Module):
    """The tutorial's block with a shortcut: F(x) + x, where F is Linear, ReLU, Linear, ReLU on ten features."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """F(x) + x for x of shape (N, 10)."""
        return self.layers(x) + x


class WithoutResidual(WithResidual):
    """The same block without its shortcut: F(x)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """F(x) for x of shape (N, 10)."""
        return self.layers(x)


def measure_gradient_norm(model_class: type[nn.Module], num_blocks: int = 50) -> float:
    """The tutorial's experiment (section 8.2): norm of the gradient that reaches the first block's first weight.

    It stacks `num_blocks` blocks, sends randn(1, 10) through them, and takes the sum of the output as the loss.
    It draws from torch's global generator, as the tutorial does: after `torch.manual_seed(0)` the number is always
    the same.

    Args:
        model_class: builds a block that maps (1, 10) to (1, 10) and whose first linear layer is `layers[0]`.
        num_blocks: depth of the stack, 1 to MAX_DEPTH.

    Returns:
        Euclidean norm of the gradient of `layers[0].weight` in the first block.

    Raises:
        InputError: num_blocks is not a whole number from 1 to MAX_DEPTH.
    """
    num_blocks = check_whole("gradient_flow.depth", num_blocks, 1, MAX_DEPTH)
    with torch.inference_mode(False), torch.enable_grad():
        blocks = [model_class() for _ in range(num_blocks)]
        x = torch.randn(1, 10)
        for block in blocks:
            x = block(x)
        (gradient,) = torch.autograd.grad(x.sum(), blocks[0].get_parameter("layers.0.weight"))
    return gradient.norm().item()


@dataclass(frozen=True)
class Settings:
    """What is measured.

    Attributes:
        depth: blocks in the stack, two weight layers each; 1 to MAX_DEPTH.
        width: features (of fully connected blocks) or channels (of convolutional ones); 1 to MAX_WIDTH.
        block: "linear", the tutorial's Linear act Linear act with the shortcut added last; "conv", two 3x3
            convolutions with the shortcut added before the last activation (He et al. 2015, figure 2). With "_bn", batch
            normalisation follows each weight layer, with "_ln" layer normalisation (Ba et al. 2016), of convolutions over
            channels and places; neither learns a scale.
        initialisation: "default" (PyTorch's: uniform, deviation 1 / sqrt(3 fan_in)), "he" (normal, gain sqrt 2),
            "xavier" (normal, gain 1) or "orthogonal". All but the default start with biases at 0.
        activation: a key of ACTIVATIONS.
        seeds: how many networks of either kind; 1 to MAX_SEEDS.
        first_seed: seed of the first, 0 to 2**31; the seeds of the others are the next whole numbers.
        preactivation: whether normalisation and activation stand before each weight layer, so that nothing follows the
            sum (He et al. 2016, figure 4e).
        zero_last: whether the last layer of each branch starts at 0: its weights (Zhang et al. 2019), or the scale of the
            normalisation that follows them (Goyal et al. 2017).

    Raises:
        InputError: a setting is not one of these, or the work is more than MAX_PARTS or MAX_PARTS_PER_SEED.
    """

    depth: int = 50
    width: int = 10
    block: str = "linear"
    initialisation: str = "default"
    activation: str = "relu"
    seeds: int = 100
    first_seed: int = 0
    preactivation: bool = False
    zero_last: bool = False

    def __post_init__(self):
        checked = {
            "block": check_choice("gradient_flow.block", self.block, BLOCKS),
            "initialisation": check_choice("gradient_flow.initialisation", self.initialisation, INITIALISATIONS),
            "activation": check_choice("gradient_flow.activation", self.activation, tuple(ACTIVATIONS)),
            "depth": check_whole("gradient_flow.depth", self.depth, 1, MAX_DEPTH),
            "width": check_whole("gradient_flow.width", self.width, 1, MAX_WIDTH),
            "seeds": check_whole("gradient_flow.seeds", self.seeds, 1, MAX_SEEDS),
            "first_seed": check_whole("gradient_flow.first_seed", self.first_seed, 0, 2**31),
            "preactivation": check_flag("gradient_flow.preactivation", self.preactivation),
            "zero_last": check_flag("gradient_flow.zero_last", self.zero_last),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.parts > MAX_PARTS_PER_SEED * self.seeds:
            raise InputError("gradient_flow.too_large_network")
        if self.parts > MAX_PARTS:
            raise InputError("gradient_flow.too_much_work")

    @property
    def is_linear(self) -> bool:
        """Whether the blocks are fully connected."""
        return self.block.startswith("linear")

    @property
    def normalisation(self) -> str:
        """Of the blocks: "bn", "ln" or ""."""
        return self.block.partition("_")[2]

    @property
    def mult_adds(self) -> int:
        """Multiply-adds of all forward passes: both networks, all seeds, both precisions."""
        layer = self.width**2 * (1 if self.is_linear else 9 * BATCH_SIZE * MAP_SIZE**2)
        return 2 * 2 * 2 * self.depth * self.seeds * layer

    @property
    def parts(self) -> int:
        """The work in parts of 0.1 to 0.2 s."""
        return math.ceil(self.mult_adds / PART_MULT_ADDS[self.is_linear])

    @property
    def is_light(self) -> bool:
        """Whether the measurement is quick enough to follow a slider."""
        return self.parts == 1

    @property
    def depths(self) -> tuple[int, ...]:
        """The depths at which the first block's gradient is measured: 1, 2, 5, 10, ... and `depth` itself."""
        return (*(depth for depth in DEPTHS if depth < self.depth), self.depth)


@dataclass(frozen=True)
class Flow:
    """Norms of one kind of network in one precision, as float64. Values of inf and nan stay in them.

    Attributes:
        blocks: (seeds, depth), norm for the first weight of each block of the full stack.
        first_block: (seeds, len(settings.depths)), norm for the first block's first weight in a stack of each depth.
        activations: (seeds, depth), norm of what each block gives, over all images, channels and places.
        backward: (seeds, depth), norm of the gradient of the loss by what each block gives.
    """

    blocks: torch.Tensor
    first_block: torch.Tensor
    activations: torch.Tensor
    backward: torch.Tensor


@dataclass(frozen=True)
class GradientNorms:
    """What was measured.

    Both networks of a seed start from the same weights and see the same input. `plain` and `residual` are computed in
    float32, and the norm too, as in the tutorial. The norm squares every entry: so it is 0 if it should be less than
    about 1e-23, and inf if it should be more than about 1e19. `plain_double` and `residual_double` are the same
    networks in float64, with a norm that does not underflow. If such a norm is 0 in a network with ReLU, the gradient
    has no way through the network: in some layer every unit is dead.
    """

    settings: Settings
    plain: Flow
    residual: Flow
    plain_double: Flow
    residual_double: Flow

    @property
    def seeds_done(self) -> int:
        """How many seeds are in it so far."""
        return len(self.plain.blocks)


@dataclass(frozen=True)
class Spread:
    """Order statistics over seeds, along the first axis. Values that are not finite count as larger than all others.

    All fields have the shape of the other axes.

    Attributes:
        low: the 5 % value. This and the next two are values that were measured.
        median: the 50 % value.
        high: the 95 % value.
        num_zero: how many seeds gave exactly 0.
        num_not_finite: how many seeds gave inf or nan.
    """

    low: torch.Tensor
    median: torch.Tensor
    high: torch.Tensor
    num_zero: torch.Tensor
    num_not_finite: torch.Tensor


def compute_spread(norms: torch.Tensor) -> Spread:
    """5 %, 50 % and 95 % values over the first axis, by the inverted distribution function (no interpolation).

    Args:
        norms: (seeds, ...), at least one seed, each value >= 0, inf or nan.

    Returns:
        Tensors of the shape of `norms` without its first axis.

    Source: Hyndman and Fan 1996, "Sample quantiles in statistical packages", definition 1.
    """
    ordered = norms.nan_to_num(nan=math.inf, posinf=math.inf).sort(dim=0).values
    low, median, high = (ordered[max(0, math.ceil(share * len(norms)) - 1)] for share in (0.05, 0.5, 0.95))
    return Spread(low, median, high, (norms == 0).sum(dim=0), (~norms.isfinite()).sum(dim=0))


@dataclass(frozen=True)
class Networks:
    """Weights, inputs and read-outs that were drawn for S seeds, in float32.

    Attributes:
        weights: (depth, 2, S, width, width) or (depth, 2, S, width, width, 3, 3): both layers of each block.
        biases: (depth, 2, S, width), or None for convolutions, which have none.
        inputs: (S, 1, width) or (S, BATCH_SIZE, width, MAP_SIZE, MAP_SIZE).
        readout: same shape as `inputs`; the loss is the sum of readout x output.
    """

    weights: torch.Tensor
    biases: torch.Tensor | None
    inputs: torch.Tensor
    readout: torch.Tensor


def _draw_weights(shape: tuple[int, ...], initialisation: str, generator: torch.Generator) -> torch.Tensor:
    """Weights of many layers at once; shape is (layers, out, in) or (layers, out, in, 3, 3)."""
    fan_in = math.prod(shape[2:])
    weights = torch.empty(shape, dtype=torch.float32)
    if initialisation == "default":
        return weights.uniform_(-1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)
    weights.normal_(generator=generator)
    if initialisation == "orthogonal":
        q, r = torch.linalg.qr(weights.flatten(2).transpose(1, 2))
        signs = r.diagonal(dim1=1, dim2=2).sign()  # makes the distribution uniform (Saxe et al. 2014)
        return (q * signs[:, None]).transpose(1, 2).reshape(shape)
    # fan_in and fan_out are equal, so Xavier's deviation sqrt(2 / (fan_in + fan_out)) is 1 / sqrt(fan_in).
    return weights.mul_(math.sqrt((2 if initialisation == "he" else 1) / fan_in))


def _draw_linear(settings: Settings, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Weights (depth, 2, w, w), biases (depth, 2, w) and input (1, w) of a seed.

    With the default initialisation the draws come in the order of the tutorial's modules, so that
    `torch.manual_seed(seed)` and its `nn.Linear`s give the same network.
    """
    generator = torch.Generator().manual_seed(seed)
    width, layers = settings.width, 2 * settings.depth
    if settings.initialisation == "default":
        flat = _draw_weights((layers, width + 1, width), "default", generator)
        weights, biases = flat[:, :width], flat[:, width]
    else:
        weights = _draw_weights((layers, width, width), settings.initialisation, generator)
        biases = torch.zeros(layers, width, dtype=torch.float32)
    inputs = torch.randn(1, width, generator=generator, dtype=torch.float32)
    return weights.unflatten(0, (-1, 2)), biases.unflatten(0, (-1, 2)), inputs


def _draw_conv(settings: Settings, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Weights (depth, 2, w, w, 3, 3), input and read-out (BATCH_SIZE, w, MAP_SIZE, MAP_SIZE) of a seed.

    The read-out is a random direction of length about 1, so that a norm of 1 is neither growth nor decay.
    """
    generator = torch.Generator().manual_seed(seed)
    width = settings.width
    weights = _draw_weights((2 * settings.depth, width, width, 3, 3), settings.initialisation, generator)
    shape = (2, BATCH_SIZE, width, MAP_SIZE, MAP_SIZE)
    inputs, readout = torch.randn(shape, generator=generator, dtype=torch.float32)
    return weights.unflatten(0, (-1, 2)), inputs, readout / math.sqrt(readout.numel())


def draw_networks(settings: Settings, seeds: range) -> Networks:
    """Draw the networks of some seeds. A seed always gives the same network, whatever seeds are drawn with it.

    Args:
        settings: what is measured; its own seeds are not used here.
        seeds: the seeds, at least one.

    Returns:
        The networks, with S = len(seeds). Torch's global generator is not used.
    """
    if settings.is_linear:
        weights, biases, inputs = zip(*(_draw_linear(settings, seed) for seed in seeds), strict=True)
        stacked = torch.stack(inputs)
        return Networks(torch.stack(weights, 2), torch.stack(biases, 2), stacked, torch.ones_like(stacked))
    weights, inputs, readout = zip(*(_draw_conv(settings, seed) for seed in seeds), strict=True)
    return Networks(torch.stack(weights, 2), None, torch.stack(inputs), torch.stack(readout))


def _linear_layer(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """A fully connected layer for each network: (B, 1, w) times (B, w, w), plus (B, w)."""
    return torch.baddbmm(bias[:, None], x, weight.transpose(1, 2))


def conv_layer(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """A 3x3 convolution for each network as one grouped convolution: (N, B w, H, W) with (B, w, w, 3, 3)."""
    return F.conv2d(x, weight.flatten(0, 1), padding=1, groups=len(weight))


def normalise(x: torch.Tensor, settings: Settings) -> torch.Tensor:
    """The normalisation of a block, if it has one, of each network by itself: (B, N, w) or (N, B w, H, W)."""
    if settings.normalisation == "bn":
        return F.batch_norm(x, None, None, training=True, eps=EPSILON)
    if settings.normalisation == "ln":
        return (
            F.layer_norm(x, (settings.width,), eps=EPSILON)
            if settings.is_linear
            else F.group_norm(x, x.shape[1] // settings.width, eps=EPSILON)
        )
    return x


def run_block(
    settings: Settings,
    weights: Sequence[torch.Tensor],
    biases: torch.Tensor | None,
    x: torch.Tensor,
    has_shortcut: torch.Tensor,
) -> torch.Tensor:
    """One block of B networks at once.

    Args:
        settings: which kind of block.
        weights: both layers, each (B, width, width) or (B, width, width, 3, 3).
        biases: (2, B, width), or None for convolutions.
        x: (B, N, width) or (N, B width, H, W).
        has_shortcut: 0 for plain and 1 for residual networks, as `mark_residual` gives it. The shortcut is multiplied by
            it, so that both kinds run in the same operations.

    Returns:
        What the block gives, of the shape of `x`.
    """
    activation = ACTIVATIONS[settings.activation]

    def layer(values: torch.Tensor, index: int) -> torch.Tensor:
        is_zero = settings.zero_last and index == 1  # what it gives is 0, and no gradient passes it
        output = (
            conv_layer(values, weights[index])
            if biases is None
            else _linear_layer(values, weights[index], biases[index])
        )
        if settings.preactivation:
            return output * 0 if is_zero else output
        normalised = normalise(output, settings)
        return normalised * 0 if is_zero else normalised

    if settings.preactivation:
        hidden = layer(activation(normalise(x, settings)), 0)
        return torch.addcmul(layer(activation(normalise(hidden, settings)), 1), x, has_shortcut)
    branch = layer(activation(layer(x, 0)), 1)
    if settings.is_linear:
        return torch.addcmul(activation(branch), x, has_shortcut)
    return activation(torch.addcmul(branch, x, has_shortcut))


def mark_residual(settings: Settings, networks: int, dtype: torch.dtype) -> torch.Tensor:
    """0 for the plain networks, the first half, and 1 for the residual ones; it fits what their blocks give.

    Args:
        settings: which kind of block.
        networks: how many channels or networks there are in all.
        dtype: of the result.
    """
    shape = (-1, 1, 1) if settings.is_linear else (1, -1, 1, 1)
    return torch.arange(networks).ge(networks // 2).to(dtype).view(shape)


@dataclass(frozen=True)
class Both:
    """The plain networks and, behind them, the residual ones of the same weights, in one precision.

    Attributes:
        weights: of each block, both layers: (2 S, width, width) or (2 S, width, width, 3, 3).
        biases: (depth, 2, 2 S, width), or None.
        inputs, readout: (2 S, 1, width) or (BATCH_SIZE, 2 S width, MAP_SIZE, MAP_SIZE), for the grouped convolution.
        has_shortcut: as `mark_residual` gives it.
    """

    weights: list[list[torch.Tensor]]
    biases: torch.Tensor | None
    inputs: torch.Tensor
    readout: torch.Tensor
    has_shortcut: torch.Tensor

    def biases_of(self, index: int) -> torch.Tensor | None:
        """Of a block, (2, 2 S, width), or None."""
        return None if self.biases is None else self.biases[index]


def put_side_by_side(settings: Settings, networks: Networks, dtype: torch.dtype) -> Both:
    """Both kinds of network of each seed, to run together."""

    def twice(tensor: torch.Tensor, dim: int) -> torch.Tensor:
        return torch.cat([tensor, tensor], dim).to(dtype)

    weights = [[twice(layer, 0) for layer in block] for block in networks.weights]
    biases = None if networks.biases is None else twice(networks.biases, 2)
    inputs, readout = twice(networks.inputs, 0), twice(networks.readout, 0)
    if not settings.is_linear:  # (B, N, w, H, W) -> (N, B w, H, W)
        inputs, readout = (tensor.transpose(0, 1).flatten(1, 2) for tensor in (inputs, readout))
    has_shortcut = mark_residual(settings, inputs.shape[0 if settings.is_linear else 1], dtype)
    return Both(weights, biases, inputs, readout, has_shortcut)


def _measure(settings: Settings, networks: Networks, dtype: torch.dtype) -> tuple[Flow, Flow]:
    """Plain and residual norms of these networks in this precision."""
    both = put_side_by_side(settings, networks, dtype)
    first_weights = [first.requires_grad_() for first, _ in both.weights]
    x, outputs = both.inputs, []
    for index, weights in enumerate(both.weights):
        x = run_block(settings, weights, both.biases_of(index), x, both.has_shortcut)
        outputs.append(x)
    # The gradients of one number: where PyTorch is given `readout` for all outputs, it imports sympy, a third of a second.
    scores = [(outputs[depth - 1] * both.readout).sum() for depth in settings.depths]
    gradients = torch.autograd.grad(scores[-1], [*first_weights, *outputs], retain_graph=True)
    shallower = [torch.autograd.grad(score, first_weights[0], retain_graph=True)[0] for score in scores[:-1]]
    by_weights = [*gradients[: settings.depth], *shallower, gradients[0]]
    by_outputs = [list_networks(settings, each) for each in (*outputs, *gradients[settings.depth :])]
    norms = torch.stack([_norm(each.detach()) for each in (*by_weights, *by_outputs)], 1).double()
    parts = norms.split([settings.depth, len(settings.depths), settings.depth, settings.depth], 1)
    plain, residual = zip(*(part.chunk(2) for part in parts), strict=True)
    return Flow(*plain), Flow(*residual)


def list_networks(settings: Settings, maps: torch.Tensor) -> torch.Tensor:
    """What belongs to each network: (B, N, w) as it is, (N, B w, H, W) as (B, N, w, H, W)."""
    return maps if settings.is_linear else maps.unflatten(1, (-1, settings.width)).transpose(0, 1)


def _norm(gradients: torch.Tensor) -> torch.Tensor:
    """Euclidean norm for each network, in its own precision: (B, ...) -> (B,).

    In float64 the entries are scaled before they are squared, so that the norm is 0 only where all of them are.
    """
    gradients = gradients.flatten(1)
    if gradients.dtype != torch.float64:
        return torch.linalg.vector_norm(gradients, dim=1)
    largest = torch.linalg.vector_norm(gradients, math.inf, dim=1)
    # If all entries are 0 or one of them is not finite, the scale is 1: they stay as they are.
    scale = torch.where((largest > 0) & largest.isfinite(), largest, 1.0)
    return scale * torch.linalg.vector_norm(gradients / scale[:, None], dim=1)


def _concatenate(flows: list[Flow]) -> Flow:
    return Flow(*(torch.cat([getattr(flow, field.name) for flow in flows]) for field in fields(Flow)))


def measure_in_parts(settings: Settings) -> Iterator[GradientNorms]:
    """Measure the seeds in parts of at least one seed. A caller can stop between two parts.

    Args:
        settings: what to measure.

    Yields:
        After each part, the norms of all seeds measured so far.

    Raises:
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
        InputError: within `patience.asking`, the work has taken too long.
    """
    step = max(1, settings.seeds // settings.parts)
    end = settings.first_seed + settings.seeds
    parts: list[tuple[Flow, ...]] = []
    for start in range(settings.first_seed, end, step):
        go_on()
        with torch.inference_mode(False), torch.enable_grad():
            networks = draw_networks(settings, range(start, min(start + step, end)))
            single = _measure(settings, networks, torch.float32)
            double = _measure(settings, networks, torch.float64)
        parts.append((*single, *double))
        yield GradientNorms(settings, *(_concatenate(list(flows)) for flows in zip(*parts, strict=True)))


@remember(megabytes=32)
def measure_gradient_norms(settings: Settings) -> GradientNorms:
    """Gradient norms at initialisation of plain and residual stacks, over seeds.

    This is the general form of the experiment in the tutorial's section 8.2. Seeds do not depend on each other, and the
    same seed gives the same numbers. Torch's global generator, gradients and default dtype are left as found. Results
    are remembered.

    Args:
        settings: what to measure.

    Raises:
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
        InputError: within `patience.asking`, the work has taken too long.
    """
    return deque(measure_in_parts(settings), maxlen=1)[0]  # the last one holds all seeds


@dataclass(frozen=True)
class InplaceCase:
    """What became of a small network when one ReLU worked in place.

    Attributes:
        name: which network.
        outcome: "same" (output and gradients as without), "different" (no error, other numbers) or "error".
        message: what autograd said; empty without an error.
    """

    name: str
    outcome: str
    message: str = ""


def _inplace_cases(weight: torch.Tensor, x: torch.Tensor, relu) -> dict:
    """Small networks by name. Each is a function without arguments that gives its output; `relu` is the ReLU to use."""
    x = x * 1  # a feature map of an earlier layer, not a leaf

    def read_after_overwriting():
        product = x @ weight  # the gradient for the weight is computed from x
        return product + relu(x)

    return {
        "before_addition": lambda: relu(x @ weight) + x,
        "after_addition": lambda: relu(x @ weight + x),
        "after_batch_norm": lambda: relu(F.batch_norm(x @ weight, None, None, training=True)) + x,
        "on_block_input": lambda: relu(x) @ weight + x,
        "on_saved_input": read_after_overwriting,
        "on_saved_output": lambda: relu(torch.sigmoid(x @ weight)),
    }


def measure_inplace_relu() -> tuple[InplaceCase, ...]:
    """Run each small network with an ordinary and with an in-place ReLU and compare outputs and gradients.

    Autograd keeps what the backward pass of a layer will read. If a ReLU overwrites that, there is an error. If it
    overwrites something that no backward pass reads, but that a shortcut still adds, there is no error: the network
    computes something else.

    Returns:
        One case for each network.
    """
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(2, 4, 4, generator=generator, dtype=torch.float32)
    results = []
    with torch.inference_mode(False), torch.enable_grad():
        for name in _inplace_cases(values[0], values[1], F.relu):
            outcomes = []
            for relu in (F.relu, torch.relu_):
                weight, x = (value.clone().requires_grad_() for value in values)
                try:
                    output = _inplace_cases(weight, x, relu)[name]()
                    outcomes.append((output, *torch.autograd.grad(output.square().sum(), (weight, x))))
                except RuntimeError as error:
                    results.append(InplaceCase(name, "error", str(error).split(":")[0]))
                    break
            else:
                same = all(torch.equal(ordinary, inplace) for ordinary, inplace in zip(*outcomes, strict=True))
                results.append(InplaceCase(name, "same" if same else "different"))
    return tuple(results)
