"""Sentences of the gradient-flow wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Gradient flow",
    "intro": "How large is the gradient in the first block of a deep network? Measured before training, with and without shortcuts.",
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
    "block_linear_ln": "Fully connected, layer norm",
    "block_conv_ln": "Convolutional, layer norm",
    "preactivation": "Pre-activation",
    "zero_last": "Branches start at 0",
    "view": "What the charts show",
    "view_weights": "Gradient of the weights",
    "view_signals": "Signals between the blocks",
    "view_jacobian": "Jacobian",
    "jacobian_large": (
        "The Jacobian of this network would take too long to measure. Choose fewer blocks or channels, or another view."
    ),
    "said_zero_last": (
        "The last layer of each branch is 0, so the gradient of the first weight of each block is exactly 0 too: these weights do "
        "not change in the first step. Choose the Jacobian: in the residual network the signal still passes unchanged along the shortcuts."
    ),
    "forward_title": "Forward: what each block gives",
    "forward_axis": "norm of the block's output",
    "backward_title": "Backward: gradient at each block's output",
    "backward_axis": "gradient norm (block's output)",
    "jacobian_blocks": "Each block by itself",
    "jacobian_stacks": "From the input to each block",
    "jacobian_axis": "singular value",
    "jacobian_smallest": "smallest",
    "jacobian_middle": "median",
    "jacobian_largest": "largest",
    "jacobian_rms": "root mean square",
    "theory": "theory, {kind}",
    "signals_said": "The median norm of what a block gives changes from the first block to block {depth}.",
    "signals_kind": "In the {kind} network it goes from {first} to {last}.",
    "signals_theory": "For very wide networks, theory expects {plain} (plain) and {residual} (residual) behind the last block.",
    "jacobian_said": "From the input to block {depth}, the network multiplies a small change by different factors (medians over {seeds} seeds).",
    "jacobian_kind": "In the {kind} network they are between {smallest} and {largest}.",
    "jacobian_nothing": "In the {kind} network nothing of the change arrives: all factors are 0.",
    "jacobian_fewer": "Measured are the first {done} of the {seeds} seeds, as many as are quick.",
    "jacobian_conv_said": "From the input to block {depth}, the network multiplies a small change by different factors (seed {seed}).",
    "jacobian_conv_kind": "In the {kind} network their root mean square is {root} and the largest one is {largest}.",
    "jacobian_conv_how": (
        "The Jacobian has {rows} rows, too many to write it down, so the root mean square is estimated from {probes} random directions."
    ),
    "caption_signals": (
        "Line: median over the seeds. Band: 5 to 95 % of the seeds. Wide grey line: theory for very wide networks, the root of the mean "
        "square over all possible weights. In narrow and deep plain networks the median is lower, because a few rare networks make up "
        "most of that mean. There is no line for convolutions, because padding changes the signal at the edges."
    ),
    "caption_jacobian": (
        "The singular values of the Jacobian are the factors by which a small change grows or shrinks in different directions. Solid "
        "line: the largest one. Dashed: the median. Dotted: the smallest one. All are medians over the seeds. Wide grey line: the root mean square of all singular values, as theory for very wide networks expects it. "
        "There is no such line where the branches of a residual stack have a positive mean, as with ReLU. Values below the rounding error "
        "count as 0."
    ),
    "caption_jacobian_conv": (
        "The singular values of the Jacobian of a whole batch are the factors by which a small change grows or shrinks in different "
        "directions. Dashed line: their root mean square. Solid line or point: the largest one, where it was measured. The smallest one and the median of "
        "convolutions cannot be measured so quickly."
    ),
    "story_tutorial": "The tutorial's",
    "story_he": "He initialisation",
    "story_orthogonal": "Orthogonal, tanh",
    "story_sigmoid": "Sigmoid",
    "story_conv": "Convolutions",
    "story_batch_norm": "Batch norm",
    "stop": "Stop measuring",
    "stopped": "Stopped after {done} of {seeds} seeds. What was measured so far stays.",
    "stopped_before": "Stopped before anything was measured with these settings. The charts still show the earlier settings.",
    "too_much_work": "These settings would take minutes. Choose fewer seeds, fewer blocks or a smaller width.",
    "too_large_network": "A single network of this size takes too long here. Choose fewer blocks or a smaller width.",
    # charts
    "plain": "plain",
    "residual": "residual",
    "blocks_title": "Every block, depth {depth}",
    "depths_title": "First block, by depth",
    "block_axis": "block (1 is next to the input)",
    "depth_axis": "depth (blocks)",
    "norm_axis": "gradient norm (first weight)",
    "reads_zero": "0 in float32",
    "reads_infinite": "∞: overflow",
    "hover_block": "<b>{kind}, block {place}</b>",
    "hover_depth": "<b>{kind}, first of {place} blocks</b>",
    "hover_median": "median {median}, 5 to 95 % of seeds: {low} to {high}",
    "hover_zero": "0 in float32 for {count} of {seeds} seeds",
    "hover_infinite": "not finite for {count} of {seeds} seeds",
    "hover_double": "median in float64: {median}",
    "caption": "Line: median over the seeds. Band: 5 to 95 % of the seeds. Dotted: the median in float64 (double precision), where float32 gives 0 or ∞.",
    # what was measured, in words
    "starting": "Measuring {seeds} networks of each kind …",
    "so_far": "{done} of {seeds} seeds so far.",
    "said_single": "With one block, the median gradient norm is {plain} without a shortcut and {residual} with one. "
    "Add blocks to see how the two become different.",
    "said_value": "With {depth} blocks, the median gradient norm of the first block in the {kind} network is {median}{change}{some}.",
    "said_zero": "With {depth} blocks, the gradient norm of the first block in the {kind} network is 0 in float32 for {count} of {seeds} seeds. "
    "It underflows: in double precision the median is {double}.",
    "said_dead": "With {depth} blocks, the gradient norm of the first block in the {kind} network is exactly 0 for {count} of {seeds} seeds. "
    "For {exact} of them it is 0 in double precision too, because all ReLUs of a layer give 0.",
    "said_none": "With {depth} blocks, the gradient norm of the first block in the {kind} network is exactly 0 for {count} of {seeds} seeds. "
    "For {exact} of them it is 0 in double precision too.",
    "said_infinite": "With {depth} blocks, the gradient norm of the first block in the {kind} network overflows for {count} of {seeds} seeds, "
    "because a norm squares every entry. In double precision the median is {double}.",
    "said_next_value": "In the {kind} network the median is {median}{change}{some}.",
    "said_next_zero": "In the {kind} network it is 0 in float32 for {count} of {seeds} seeds. It underflows: in double precision the median is {double}.",
    "said_next_dead": "In the {kind} network it is exactly 0 for {count} of {seeds} seeds. For {exact} of them it is 0 in double precision too, "
    "because all ReLUs of a layer give 0.",
    "said_next_none": "In the {kind} network it is exactly 0 for {count} of {seeds} seeds. For {exact} of them it is 0 in double precision too.",
    "said_next_infinite": "In the {kind} network it overflows for {count} of {seeds} seeds, because a norm squares every entry. "
    "In double precision the median is {double}.",
    "change_grows": ", {factor} times as large as with one block: it grows",
    "change_more": ", {factor} times as large as with one block",
    "change_less": ", {factor} times smaller than with one block",
    "change_fades": ", {factor} times smaller than with one block: it vanishes",
    "change_stays": ", close to the value for one block, {first}",
    "some_zero": " (0 for {count} of {seeds} seeds)",
    "remark_tutorial": "The tutorial expects about {claimed} for the residual network.",
    "remark_batch_norm": "With batch norm, the gradients of plain networks explode at initialisation, before any training.",
    "remark_healthy": "Here the gradient reaches the first block of a plain network, even without shortcuts.",
    # in-place ReLU
    "inplace_title": "In-place ReLU compared with an ordinary ReLU",
    "inplace_code": "Code",
    "inplace_case": "What is overwritten",
    "inplace_outcome": "Result",
    "code_before_addition": "relu_(x @ w) + x",
    "code_after_addition": "relu_(x @ w + x)",
    "code_after_batch_norm": "relu_(bn(x @ w)) + x",
    "code_on_block_input": "relu_(x) @ w + x",
    "code_on_saved_input": "x @ w + relu_(x)",
    "code_on_saved_output": "relu_(sigmoid(x @ w))",
    "case_before_addition": "A product that nothing else needs. The tutorial warns of this case.",
    "case_after_addition": "The sum, as in ResNet.",
    "case_after_batch_norm": "The output of batch norm. Its backward pass reads its input.",
    "case_on_block_input": "The block's input, which the shortcut adds afterwards.",
    "case_on_saved_input": "The input of a product. The gradient of the weight is computed from it.",
    "case_on_saved_output": "The output of a sigmoid. The gradient of the sigmoid is computed from it.",
    "outcome_same": "the same",
    "outcome_different": "different numbers, no error",
    "outcome_error": "error in backward",
    # ---- blocks taken away ----
    "removal": "Take a block away: does the trained network still work?",
    "removal_intro": (
        "A block that keeps the shape of its input can be taken out of a trained network: its input then goes straight to the next "
        "block. Guess first what happens, then look. Both networks have the same layers; one has shortcuts, the other has none "
        "(after Veit et al. 2016)."
    ),
    "removal_single": (
        "<b>{model}</b> is right on {whole}\u00a0% of the images. Without one of its blocks it is right on between {least} and "
        "{most}\u00a0%, with a median of {median}\u00a0%."
    ),
    "removal_order": "<b>{model}</b>: {whole} % with all blocks, {first} % without the first one of this order, {rest} % without {half}.",
    "removal_axis_block": "Block that is missing (stage.block)",
    "removal_axis_accuracy": "Accuracy (%)",
    "removal_guessing": "guessing ({chance}\u00a0%)",
    "removal_axis_gone": "Number of blocks that are missing",
    "removal_way": "One block after another",
    "removal_way_front": "from the front",
    "removal_way_back": "from the back",
    "removal_way_random": "in random order",
    "removal_blocks": "Blocks to take away (stage.block)",
    "removal_undo": "Put all blocks back",
    "removal_none": "Choose blocks to take them out of both networks at once.",
    "removal_gone": "Without {blocks}, on the {images} sample images (a small part of the test images, so the shares differ from those of the charts):",
    "removal_cut": "<b>{model}</b> gets {after} right instead of {before} (loss {loss_after} instead of {loss_before}).",
    "removal_map_whole": "{model}, all blocks",
    "removal_map_cut": "{model}, cut",
    "removal_map_stage": "stage {stage}",
    "removal_maps": "Mean magnitude of the maps behind each stage, with all blocks and without those that were taken away",
    "removal_about": (
        "Measured on the first {images} test images. In random order, the line is the median of {orders} orders (seeds {seeds}), and the "
        "band contains all of them. Blocks that change the size of the maps must stay."
    ),
    "paths_said": (
        "<b>Paths.</b> Each block can be passed along its branch or along its shortcut. So {blocks} blocks form {paths} paths, and half of "
        "these lead through up to {usual} branches. We measured the gradient of {model} along single paths. Add up the norms along all paths: half of "
        "the sum belongs to paths of up to {half} branches, and {share}\u00a0% to paths of up to {most}. Those are {rare}\u00a0% of all paths. "
        "This shows how strong single paths are, not what they give together: their gradients have different directions and mostly cancel. "
        "The sum is {excess} times the norm of the whole gradient. (Mean over {images} test images, one random path of each length for each image.)"
    ),
    "paths_axis_length": "Length of the path (branches)",
    "paths_axis_share": "Share (%)",
    "paths_paths": "of the paths",
    "paths_gradient": "of the sum of all gradient norms",
    "swaps_intro": (
        "<b>Swaps.</b> Here two random blocks of the same stage change places, once or several times. Each point is one order of the "
        "blocks. Kendall's τ is 1 for the trained order, and the smaller it is, the more pairs are turned around. Measured on {images} "
        "test images, fewer than for the blocks taken away, so the accuracies differ a little; {draws} orders for each number of swaps."
    ),
    "swaps_said": "<b>{model}</b> has an accuracy of {whole}\u00a0%. After one swap it has {mean}\u00a0% on average and at least {least}\u00a0%.",
    "swaps_axis_tau": "Order of the blocks (Kendall's τ)",
    "swaps_hover": "number of swaps: {count}",
    "swaps_none": "the trained order",
    "degradation_title": "Are deeper nets worse? Plain and residual nets after training",
    "degradation_said": "All four nets were trained with the same recipe for only {epochs} epochs, {training}.",
    "degradation_worse": "The {kind} net of {many} layers has a higher training error than that of {few} layers: {deep} % compared with {shallow} %.",
    "degradation_better": "The {kind} net of {many} layers has a lower training error than that of {few} layers: {deep} % compared with {shallow} %.",
    "degradation_same": "The {kind} nets of {many} and of {few} layers have the same training error, {deep} % and {shallow} %.",
    "degradation_caption": "CIFAR-style nets of He et al. (2015, section 4.2) with {shallow} parameters ({few} layers) and "
    "{deep} parameters ({many} layers). The recipe: batch normalisation, one cycle of the learning rate up to {peak}, flips and "
    "shifts. The training error is counted during an epoch, on the shifted images. The validation error is counted after the "
    "epoch, on unchanged validation images. The bands show only what the number of images leaves open ({training} and {validation} images, "
    "{confidence} % intervals). They do not show how much another seed would change.",
    "degradation_once": "once each (seed {seeds}), so these curves do not show how much another seed would change the result",
    "degradation_median": "several times each; the curves show the run with the median test accuracy (seed {seeds})",
    "degradation_plain": "plain",
    "degradation_residual": "residual",
    "axis_epoch": "Epoch (of {epochs}; seeds of each net: {seeds})",
    "axis_train_error": "Training error (%)",
    "axis_validation_error": "Validation error (%)",
    "explanation": r"""
**What is measured.** We build a stack of blocks with new random weights and run one forward pass and one backward pass. For
each block we take the gradient of its first weight and compute the Euclidean norm. Every seed gives a plain and a residual
network with the *same* weights and the same input, so only the shortcut is different. The fully connected block is the
tutorial's: Linear, activation, Linear, activation; the shortcut is added last. Its input is `randn(1, 10)`, and the loss is the
sum of the output. The convolutional block is that of He et al. (2015, figure 2): two 3x3 convolutions; the shortcut is added
before the last activation. Its input is {images} images of {side}x{side} noise, and the loss is the part of the output along a
random direction of length 1. With pre-activation (He et al. 2016), normalisation and activation stand before each weight, and nothing
follows the sum. If branches start at 0, the last layer of each branch gives 0 at first: its weights are 0, or the scale of the
normalisation behind them (Goyal et al. 2017; Zhang et al. 2019). Layer normalisation works on each image by itself.

**Why a shortcut changes the gradient.** With $y = F(x) + x$, the chain rule gives

$$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}\left(\frac{\partial F}{\partial x} + I\right).$$

For a stack of $n$ blocks the plain gradient is a product. The residual gradient is a product too, with an identity in each factor:

$$\text{plain: } \prod_{k=1}^{n} J_k \qquad\qquad \text{residual: } \prod_{k=1}^{n} (J_k + I), \qquad J_k = \frac{\partial F_k}{\partial x_k}.$$

If each $J_k$ shrinks a vector, the plain product vanishes exponentially. The residual product keeps the term $I$ and
adds $2^n - 1$ others. So it has no reason to vanish. But nothing stops it from *growing*. This holds for the fully
connected block. In the convolutional block an activation follows the sum, so each factor is $D_k (J_k + I)$, where $D_k$ holds
the slopes of the activation. The slopes of the sigmoid are at most $1/4$, so with the sigmoid the residual gradient of this
block vanishes too.

**Results.** Medians over {seeds} seeds for the first block of the tutorial's stack:

| blocks | plain, default | residual, default | plain, He | residual, He |
| ---: | ---: | ---: | ---: | ---: |
{medians}

The tutorial expects about {claimed} for {blocks} residual blocks. We measured about {residual}. Each branch ends in a ReLU, which can
only add to the signal, so the forward signal grows from block to block. He et al. (2016, section 4.1) write this about the forward
signal. The measurement shows that the gradient grows as well. The function tanh can add and subtract. With tanh, the gradient of
the same stack is only {tanh_growth} times as large as with one block. Choose tanh to see it.

**Why exactly 0?** The smallest number above zero in float32 is about $10^{-45}$. A norm squares its entries first, so a norm
below about $10^{-23}$ already becomes 0: it underflows. The plain gradient with {blocks} blocks is about {plain_double}. It is not
zero, but float32 cannot hold its norm. The dotted line shows the same network in float64 (double precision). For {dead} of {seeds} seeds
the gradient is truly 0: a layer has only ten units, and sometimes all of them are off at the same time, so no path is left. With
Leaky ReLU there are {dead_leaky} such seeds.

**Degradation is not the same as vanishing.** The tutorial says that a {many_layers}-layer plain net trains worse than one of {few_layers} layers
because layers can hardly learn the identity, and that this is hard because gradients vanish. He et al. give the first reason,
too. The sources do not support the second reason.

- He et al. (2015, section 4.1): their plain nets have batch normalisation, and forward and backward signals are healthy. But
  the deeper net is *still* worse, even on the training set. They call vanishing gradients an unlikely cause.
- Yang et al. (2019): at initialisation, batch normalisation without shortcuts makes gradients *explode* with depth, and no
  choice of weight variance prevents it. The button *Batch norm* shows it.
- De and Smith (2020): at initialisation, batch normalisation in a residual block makes the branch smaller than the
  shortcut, by about the square root of the depth. Blocks start near the identity, so deep nets become trainable.
- A plain stack can also pass gradients on. The button *Orthogonal, tanh* shows it: with {blocks} blocks the gradient is
  {orthogonal_change} times as large as with one.

**Limits.** We measure only the first step, on noise. This says nothing about accuracy. Settings that need more than about a
minute on one core, or a few seconds for one network, are not measured: the app asks for smaller ones.
""",
    "questions": r"""### Why do residual connections help deep networks?
Two reasons are usually given. The first is optimisation. To leave its input unchanged, a residual block has to learn $F(x) = 0$,
and for this it only has to push weights towards zero. A plain block has to learn the identity through two layers and an activation.
This is why He et al. (2015) tried shortcuts. It is their motivation; it is not proved that it is the cause.
The second reason is signals. The term $I$ in $\partial F / \partial x + I$ carries signals and gradients past each block,
unless an activation after the sum shrinks them, as a sigmoid does. At initialisation, together with batch normalisation, the branch
is small compared with the shortcut (De and Smith, 2020), so a very deep net behaves at first like a shallow one.
"They cure vanishing gradients" cannot be the whole answer: with batch normalisation, the plain net's gradients do not vanish at
initialisation.

### Is degradation caused by vanishing gradients?
He et al. (2015, section 4.1) think it unlikely: they checked that the gradients of their plain nets have healthy norms.
Degradation means that the deeper net has a higher *training* error: it is a problem of optimisation. Vanishing means
that the first layers receive almost no gradient. A net without normalisation can have both problems, and the picture above
shows how fast its gradient vanishes. A net with normalisation can degrade although its gradients do not vanish.

### Then is the formula with the identity wrong?
No, the formula is right. But the conclusion "so the gradient stays at a healthy size" does not follow from it: the product
of $J_k + I$ has no reason to stay near 1. With He initialisation {blocks} residual blocks give about {residual_he},
and with {deep} blocks the norm overflows in float32 for {overflowing} of {seeds} seeds. This is why residual nets need
normalisation, or branches that start small or at zero.

### What does inplace=True do in a ReLU, and what is the risk?
It writes the result over its input. This saves the memory of one feature map while it runs. The table above was
computed when this app started. The tutorial calls an in-place ReLU before the addition unsafe, but it is fine: it
overwrites the branch's own product, and neither the addition nor the convolution before it needs that value
again. An in-place ReLU can go wrong in two ways. Autograd raises an error if a backward pass reads a value that was overwritten.
The second way is worse, because there is *no* error: a shortcut adds a value that was changed before. `relu_(x) @ w + x` adds
$\mathrm{ReLU}(x)$ instead of $x$ and computes a different network.
""",
}
