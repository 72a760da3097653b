"""Sentences of the gradient-flow wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Gradient flow",
    "intro": "Does the gradient still reach the first block of a deep stack? Plain and residual nets, measured before training.",
    "depth": "Depth (blocks)",
    "width": "Width",
    "block": "Block",
    "initialisation": "Initialisation",
    "activation": "Activation",
    "seeds": "Seeds",
    "first_seed": "First seed",
    "block_linear": "Fully connected (the tutorial's)",
    "block_conv": "Convolutional",
    "block_conv_bn": "Convolutional, batch norm",
    "initialisation_default": "PyTorch's default",
    "initialisation_he": "He",
    "initialisation_xavier": "Xavier",
    "initialisation_orthogonal": "Orthogonal",
    "activation_relu": "ReLU",
    "activation_leaky_relu": "Leaky ReLU",
    "activation_gelu": "GELU",
    "activation_silu": "SiLU",
    "activation_tanh": "tanh",
    "activation_sigmoid": "Sigmoid",
    "activation_identity": "None (linear)",
    "story_tutorial": "The tutorial's",
    "story_he": "He initialisation",
    "story_orthogonal": "Orthogonal, tanh",
    "story_sigmoid": "Sigmoid",
    "story_conv": "Convolutions",
    "story_batch_norm": "Batch norm",
    "stop": "Stop measuring",
    "stopped": "Stopped after {done} of {seeds} seeds. What was measured so far stays.",
    "stopped_before": "Stopped before anything was measured with these settings: the charts show the ones before.",
    "too_much_work": "These settings would take minutes. Choose fewer seeds, fewer blocks or a smaller width.",
    "too_large_network": "A single network of this size takes too long here. Choose fewer blocks or a smaller width.",
    # charts
    "plain": "plain",
    "residual": "residual",
    "blocks_title": "Every block, depth {depth}",
    "depths_title": "First block, against depth",
    "block_axis": "block (1 is next to the input)",
    "depth_axis": "depth (blocks)",
    "norm_axis": "gradient norm (first weight)",
    "reads_zero": "reads 0",
    "reads_infinite": "∞: overflow",
    "hover_block": "<b>{kind}, block {place}</b>",
    "hover_depth": "<b>{kind}, first of {place} blocks</b>",
    "hover_median": "median {median}, 5 to 95 % of seeds: {low} to {high}",
    "hover_zero": "reads 0 in {count} of {seeds} seeds",
    "hover_infinite": "not finite in {count} of {seeds} seeds",
    "hover_double": "median in float64: {median}",
    "caption": "Line: median. Band: 5 to 95 % of the seeds. Dotted: the median in float64, where float32 reads 0 or ∞.",
    # what was measured, in words
    "starting": "Measuring {seeds} networks of each kind …",
    "so_far": "{done} of {seeds} seeds so far.",
    "said_single": "With one block, the first gradient has median {plain} without and {residual} with the shortcut. "
    "Add blocks and watch them part.",
    "said_value": "At {depth} blocks the {kind} stack's first gradient has median {median}{change}{some}.",
    "said_zero": "At {depth} blocks the {kind} stack's first gradient reads exactly 0 in {count} of {seeds} seeds "
    "(float64: {double}).",
    "said_dead": "At {depth} blocks the {kind} stack's first gradient reads 0 in {count} of {seeds} seeds; in {exact} of them "
    "it is 0 in float64 as well: there a whole layer is dead.",
    "said_none": "At {depth} blocks the {kind} stack's first gradient reads 0 in {count} of {seeds} seeds; in {exact} of them "
    "it is 0 in float64 as well.",
    "said_infinite": "At {depth} blocks the norm of the {kind} stack's first gradient, which squares every entry, overflows in "
    "float32 in {count} of {seeds} seeds (float64: {double}).",
    "said_next_value": "The {kind} one has median {median}{change}{some}.",
    "said_next_zero": "The {kind} one reads exactly 0 in {count} of {seeds} seeds (float64: {double}).",
    "said_next_dead": "The {kind} one reads 0 in {count} of {seeds} seeds; in {exact} of them it is 0 in float64 as well: there "
    "a whole layer is dead.",
    "said_next_none": "The {kind} one reads 0 in {count} of {seeds} seeds; in {exact} of them it is 0 in float64 as well.",
    "said_next_infinite": "The norm of the {kind} one, which squares every entry, overflows in float32 in {count} of {seeds} "
    "seeds (float64: {double}).",
    "change_grows": ", {factor} times that of one block: it grows",
    "change_more": ", {factor} times that of one block",
    "change_less": ", {factor} times less than with one block",
    "change_fades": ", {factor} times less than with one block: it fades",
    "change_stays": ", close to the {first} of one block",
    "some_zero": " (0 in {count} of {seeds} seeds)",
    "remark_tutorial": "The tutorial expects {claimed}.",
    "remark_batch_norm": "With batch norm, plain gradients explode at initialisation, before any training.",
    "remark_healthy": "Here a plain stack passes the gradient on without shortcuts.",
    # in-place ReLU
    "inplace_title": "In-place ReLU against an ordinary one",
    "inplace_code": "Code",
    "inplace_case": "Overwritten",
    "inplace_outcome": "Result",
    "code_before_addition": "relu_(x @ w) + x",
    "code_after_addition": "relu_(x @ w + x)",
    "code_after_batch_norm": "relu_(bn(x @ w)) + x",
    "code_on_block_input": "relu_(x) @ w + x",
    "code_on_saved_input": "x @ w + relu_(x)",
    "code_on_saved_output": "relu_(sigmoid(x @ w))",
    "case_before_addition": "A product that nothing else needs. The case the tutorial warns of.",
    "case_after_addition": "The sum, as in ResNet.",
    "case_after_batch_norm": "The output of batch norm, whose backward pass reads its input.",
    "case_on_block_input": "The block's input, which the shortcut adds afterwards.",
    "case_on_saved_input": "The input of a product, from which the weight's gradient is computed.",
    "case_on_saved_output": "A sigmoid's output, from which its gradient is computed.",
    "outcome_same": "the same",
    "outcome_different": "other numbers, no error",
    "outcome_error": "error in backward",
    "degradation_title": "Deeper and worse? Plain and residual nets, trained",
    "degradation_said": "All four learned for only {epochs} epochs by the same recipe, {training}.",
    "degradation_worse": "The {kind} net of {many} layers has a higher training error than that of {few}: {deep} against {shallow} %.",
    "degradation_better": "The {kind} net of {many} layers has a lower training error than that of {few}: {deep} against {shallow} %.",
    "degradation_same": "The {kind} nets of {many} and of {few} layers have the same training error, {deep} and {shallow} %.",
    "degradation_caption": "CIFAR-style nets of He et al. (2015, section 4.2) with {shallow} parameters ({few} layers) and "
    "{deep} ({many} layers); batch normalisation, one cycle of the learning rate up to {peak}, flips and shifts. "
    "Training error is counted while an epoch runs, on the shifted images; validation error after it, on the validation images "
    "as they are.",
    "degradation_once": "once each (seed {seeds}), so these curves do not say how much another seed would change",
    "degradation_median": "several times each; drawn is the run in the middle by test accuracy (seed {seeds})",
    "degradation_plain": "plain",
    "degradation_residual": "residual",
    "axis_epoch": "Epoch",
    "axis_train_error": "Training error (%)",
    "axis_validation_error": "Validation error (%)",
    "explanation": r"""
**What is measured.** A stack of blocks with fresh random weights, one forward pass, one backward pass. For each block we
take the gradient of its first weight and its Euclidean norm. Every seed gives a plain and a residual network with the
*same* weights and the same input, so only the shortcut differs. The fully connected block is the tutorial's:
Linear, activation, Linear, activation, shortcut added last, input `randn(1, 10)`, loss = sum of the output. The
convolutional block is that of He et al. (2015, figure 2): two 3x3 convolutions, shortcut added before the last
activation, {images} images of {side}x{side} noise, loss = the output along a random direction of length 1.

**Why a shortcut changes the gradient.** With $y = F(x) + x$, the chain rule gives

$$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}\left(\frac{\partial F}{\partial x} + I\right).$$

Through a stack of $n$ blocks the plain gradient is a product, the residual one a product with identities:

$$\text{plain: } \prod_{k=1}^{n} J_k \qquad\qquad \text{residual: } \prod_{k=1}^{n} (J_k + I), \qquad J_k = \frac{\partial F_k}{\partial x_k}.$$

If each $J_k$ shrinks a vector, the plain product fades exponentially. The residual product keeps the term $I$ and
adds $2^n - 1$ others. So it has no reason to fade. But nothing keeps it from *growing* either. This is the fully
connected block; in the convolutional one an activation follows the sum, so each factor is $D_k (J_k + I)$ with the
activation's slopes in $D_k$. Those of the sigmoid are at most $1/4$, and with it the residual gradient of that block fades as well.

**What comes out.** Medians over {seeds} seeds of the tutorial's stack, first block:

| blocks | plain, default | residual, default | plain, He | residual, He |
| ---: | ---: | ---: | ---: | ---: |
{medians}

The tutorial expects about {claimed} for {blocks} residual blocks. Measured: about {residual}. Its branch ends in a ReLU, which only ever
adds, so the forward signal grows from block to block; He et al. (2016, section 4.1) write this of the forward signal. The
gradient grows as well, as measured here. With tanh, which adds and subtracts, the gradient of the same stack becomes only
{tanh_growth} times that of one block. Choose it and see.

**Why exactly 0.** float32 has nothing below about $10^{-45}$. A norm squares its entries first, so it already reads 0
below about $10^{-23}$. The plain gradient at {blocks} blocks is about {plain_double}: not zero, but lost. The dotted line
is the same network in float64. In {dead} of {seeds} seeds the gradient is truly 0: with ten units a layer, now and then all
of them are off at once, and no path is left. With Leaky ReLU there are {dead_leaky} such seeds.

**Degradation is not the same as vanishing.** The tutorial says that a {many_layers}-layer plain net trains worse than one of {few_layers} layers
because layers can hardly learn the identity, and that this is hard because gradients vanish. The first part is the reason that
He et al. give as well. Of the second part the sources say something else.

- He et al. (2015, section 4.1): their plain nets have batch normalisation, forward and backward signals are healthy, and
  the deeper net is *still* worse, on the training set too. They call vanishing gradients an unlikely cause.
- Yang et al. (2019): at initialisation, batch normalisation without shortcuts makes gradients *explode* with depth, and no
  choice of weight variance prevents it. The batch-norm preset shows it.
- De and Smith (2020): at initialisation, batch normalisation in a residual block scales the branch down against the
  shortcut, by about the root of the depth. Blocks start near the identity, and deep nets become trainable.
- A plain stack can be made to pass gradients on: with the orthogonal tanh preset the gradient of {blocks} blocks is
  {orthogonal_change} times that of one.

**Limits.** This is the first step only, on noise, and it says nothing of accuracy. What takes more than about a minute of
work on one core, or a few seconds for one network, is not measured: you are asked for smaller settings.
""",
    "questions": r"""### Why do residual connections help deep networks?
Two reasons are usually given. First, optimisation: to leave its input alone, a residual block has to learn $F(x) = 0$, for
which it is enough to push weights towards zero. A plain block has to learn the identity through two layers and an activation.
This is why He et al. (2015) tried shortcuts: it is their motivation, and it is not proved that it is the cause.
Second, signals: the term $I$ in $\partial F / \partial x + I$ carries signals and gradients past each block (as long
as no activation after the sum shrinks them, as a sigmoid does). At initialisation, together with batch normalisation, the branch
is small against the shortcut (De and Smith, 2020), so that a very deep net behaves at first like a shallow one.
"They cure vanishing gradients" cannot be the whole answer: at initialisation, with batch normalisation, the plain net's gradients
do not vanish in the first place.

### Is degradation caused by vanishing gradients?
He et al. (2015, section 4.1) think it unlikely: they checked that the gradients of their plain nets have healthy norms.
Degradation means that the deeper net has a higher *training* error; it is a difficulty of optimisation. Vanishing means
that the first layers receive next to no gradient. A net without normalisation can suffer from both; the picture above
shows how fast its gradient vanishes. A net with normalisation can degrade without vanishing.

### Then is the formula with the identity wrong?
No, the formula is right. Only the conclusion "so the gradient stays at a healthy size" does not follow: the product
of $J_k + I$ has no reason to stay near 1. With He initialisation {blocks} residual blocks give about {residual_he},
and with {deep} blocks the norm goes beyond float32 in {overflowing} of {seeds} seeds. This is why residual nets need normalisation, or a small or
zero start of each branch.

### What does inplace=True do in a ReLU, and what is the risk?
It writes the result over its input, which saves the memory of one feature map while it runs. The table above was
computed when this page started. A ReLU in place before the addition, which the tutorial calls unsafe, is fine: what
it overwrites is the branch's own product, and neither the addition nor the convolution before it needs that value
again. It goes wrong in two ways. Autograd raises an error when a value that a backward pass reads was overwritten.
Worse, there is *no* error when a shortcut adds a value that has been changed meanwhile: `relu_(x) @ w + x` adds
$\mathrm{ReLU}(x)$ instead of $x$ and computes another network.
""",
}
