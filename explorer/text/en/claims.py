"""The tutorial's claims in our words, and what was measured of each: see explorer/claims."""

SENTENCES = {
    "tab": "Claims",
    "intro": "What the tutorial claims, and what was measured in this repository.",
    "look": "<b>{count} claims</b>: {holds} hold, {conditions} hold under conditions, {fails} do not hold, {open} cannot be judged here.",
    "legend": "{verdict}: <b>{count}</b>",
    "look_none": "No claim has this verdict here. Choose another verdict or another tab.",
    "verdict": "Verdict",
    "about": "Tab",
    "all": "All",
    "all_tabs": "All tabs",
    "holds": "Holds",
    "conditions": "Holds under conditions",
    "fails": "Does not hold",
    "open": "Cannot be judged here",
    "case_holds": "holds here",
    "case_fails": "does not hold here",
    "section": "Section {section} of the tutorial",
    "show": "Show it in “{tab}”",
    "here": "What the tutorial claims about this: {count} claims, {fails} of them do not hold",
    "explanation": r"""
**From a claim to a verdict.** Each claim is written here in our own words. It is tried in one or several settings, and each
setting has its own measurement. If the claim is right in all of them, it *holds*. If it is right in some of them, it *holds under
conditions*. If it is right in none of them, it *does not hold*. Nobody writes a verdict by hand: the program computes it from
the measurements, and the tests of this repository measure again.

**Measured, counted, or taken from a paper.** Parameters and sizes are counted in PyTorch's own modules. Receptive fields are checked
with gradients. Accuracies come from networks that were trained here, with several seeds where training was short enough. A few
claims are about history; then the line names the paper.
""",
    "questions": r"""### Why does a claim hold only under conditions?
Because the tutorial states it for every network, and it is right for some of them only. The lines below the claim show which
settings were tried. The sign before each line says whether the claim was right there.

### Why can some claims not be judged here?
Because the measurement would need more than this repository has: a large data set such as ImageNet, labels of parts of
objects, or days on a graphics card. The line below such a claim says what it would take.

### How can I measure it again?
Run `python -m explorer.claims`. It takes less than a minute, because the long experiments are stored with their raw results.
`python -m explorer.claims --help` lists the experiments; each of them can be run again by its name.
""",
    # ---- section 1: pictures as vectors
    # ---- sections 1.2 to 3: convolutions
    "conv_parameters": "A 3×3 convolution from 3 to 16 channels has 448 parameters.",
    "conv_parameters_counted": "Counted in PyTorch's module: {count}.",
    "same_padding": "With padding of half the kernel size, rounded down, and stride 1, the output is as large as the input.",
    "same_padding_odd": "Kernels of {kernels} on {side} pixels: {sizes} pixels come out.",
    "same_padding_even": "Kernels of {kernels} on {side} pixels: {sizes} pixels come out.",
    # ---- section 4: receptive fields
    # ---- section 5: pooling
    # ---- sections 6, 7 and 9: networks
    "lenet_shapes": "LeNet-5's layers give 6×28×28, 6×14×14, 16×10×10, 16×5×5, 400, 120, 84 and 10 numbers, and it has 61,706 parameters.",
    "lenet_shapes_shapes": "Read off by hooks while an image goes through: {same} of {total} layers have the shape that the tutorial prints.",
    "lenet_shapes_counted": "Counted in PyTorch's modules: {count} parameters.",
    "lenet_original": "The original LeNet-5 used sigmoid activations and average pooling.",
    "lenet_original_activation": (
        "LeCun et al. (1998, section II.B and appendix A) use a scaled tanh, {constant} tanh({slope} x). They call it a sigmoid "
        "function, but it goes from {low} to {high} where PyTorch's Sigmoid goes from 0 to 1."
    ),
    "lenet_original_pooling": (
        "By LeCun et al. (1998, section II.B) the first subsampling layer adds up windows of four and has {paper} parameters: a "
        "coefficient and a bias for each map. Average pooling has {count}."
    ),
    "lenet_summary": "LeNet: sigmoid, then max pooling, then fully connected layers (the summary of section 7).",
    "lenet_summary_itself": (
        "The section on LeNet says average pooling, so one of the two sentences must be wrong. On the picture of section 5.1 maxima are "
        "{largest} and averages {average}."
    ),
    "lenet_summary_paper": (
        "LeCun et al. (1998, section II.B) take sums of windows, which a coefficient then scales, and no maxima. On the same picture "
        "maxima are {largest} and sums {sums}."
    ),
    "alexnet_kernels": "One of AlexNet's improvements over LeNet is a larger kernel, for a larger receptive field.",
    "alexnet_kernels_small": "The tutorial's AlexNet-Small: its first kernel is {kernel} pixels wide, LeNet-5's is {lenet}.",
    "alexnet_kernels_original": "torchvision's AlexNet: its first kernel is {kernel} pixels wide, LeNet-5's is {lenet}. Its images are larger too.",
    "alexnet_size": "AlexNet has five convolutions and is 4,096 neurons wide.",
    "alexnet_size_original": "torchvision's AlexNet: {convs} convolutions, and its widest hidden layer has {width} neurons.",
    "alexnet_size_small": "The tutorial's AlexNet-Small: {convs} convolutions, and its widest hidden layer has {width} neurons.",
    "relu_gradients": "ReLU in place of sigmoid eases vanishing gradients.",
    "relu_gradients_stack_2": (
        "Plain stack of {depth} of the tutorial's blocks, before training, in float32: the first gradient is {relu} with ReLU "
        "and {sigmoid} with sigmoid (medians over {seeds} seeds)."
    ),
    "relu_gradients_stack_10": "The same with {depth} blocks: {relu} with ReLU, {sigmoid} with sigmoid.",
    "relu_gradients_stack_50": "The same with {depth} blocks: {relu} with ReLU, {sigmoid} with sigmoid. It helps if ReLU's is larger.",
    "relu_gradients_lenet": (
        "LeNet-5 before training, on the shipped images: the gradient of its first kernels is {relu} with ReLU and {sigmoid} with "
        "sigmoid (medians over {seeds} seeds; it holds if every seed agrees)."
    ),
    "relu_gradients_trained": (
        "LeNet-5, trained for {epochs} epochs on {images} images with {seeds} seeds, at the better one of the learning rates {rates}: {relu} of the "
        "validation images are right with ReLU, {sigmoid} with sigmoid."
    ),
    "dropout": "Dropout prevents overfitting.",
    "dropout_gap": (
        "AlexNet-Small, trained for {epochs} epochs on {images} images with {seeds} seeds: training accuracy is higher than validation "
        "accuracy by {on} with dropout and by {off} without it."
    ),
    "dropout_accuracy": (
        "The same networks, on validation images: {on} are right with dropout, {off} without it. It holds if the worst seed with "
        "dropout is better than the best one without it."
    ),
    "global_pooling": "In modern networks global average pooling takes the place of the fully connected layers.",
    "global_pooling_parameters": (
        "AlexNet-Small's fully connected layers have {before} parameters. After global average pooling one layer with {after} is enough."
    ),
    "global_pooling_squeezenet": "torchvision's SqueezeNet has {count} fully connected layers: a 1×1 convolution stands before the pooling.",
    "global_pooling_resnet": "The tutorial's own ResNet-18 still has {count}, after the pooling.",
    "bottleneck": "A bottleneck block is more efficient in parameters than a basic block.",
    "bottleneck_block": "Between {channels} channels a basic block has {basic} parameters and a bottleneck block {bottleneck}.",
    "bottleneck_layer": (
        "ResNet-34 (basic blocks) has {basic} parameters for each layer with weights, ResNet-50 (bottleneck blocks) has {bottleneck}."
    ),
    "resnet18_parameters": "ResNet-18, as the tutorial builds it, has 11,173,962 parameters.",
    "resnet18_parameters_one": "For images of one channel, as in its code: {count}.",
    "resnet18_parameters_three": "For images of three channels: {count}.",
    "resnet34_parameters": "ResNet-34, as the tutorial builds it, has 21,282,122 parameters.",
    "resnet34_parameters_one": "For images of one channel, as in its code: {count}.",
    "resnet34_parameters_three": "For images of three channels: {count}.",
    "resnet50_parameters": "ResNet-50, as the tutorial builds it, has 23,508,234 parameters.",
    "resnet50_parameters_one": "For images of one channel, as in its code: {count}.",
    "resnet50_parameters_three": "For images of three channels: {count}.",
    "he_optimal": "He initialisation is the best one for networks with ReLU.",
    "he_optimal_shallow": (
        "Plain stack of {depth} of the tutorial's blocks: the first gradient, divided by that of one block, is {he} with He, {xavier} with Xavier, "
        "{orthogonal} with orthogonal weights and {default} with PyTorch's default (medians over {seeds} seeds). The best one is nearest to 1."
    ),
    "he_optimal_deep": "The same with {depth} blocks: He {he}, Xavier {xavier}, orthogonal {orthogonal}, default {default} ({seeds} seeds).",
    "he_optimal_residual": "The same with shortcuts, {depth} blocks: He {he}, Xavier {xavier}, orthogonal {orthogonal}, default {default} ({seeds} seeds).",
    "he_optimal_gain": "Plain stack of {depth} blocks, orthogonal weights with the same gain as He's: {orthogonal}, against {he} with He ({seeds} seeds).",
    # ---- section 8: residual connections
    "deep_trains_easier": "Residual connections make a network of 152 layers easier to train than one of 34.",
    "deep_trains_easier_open": (
        "Nobody has trained these two here. It would take ResNet-34 and ResNet-152 by one recipe, with several seeds each, and their training "
        "errors. He et al. (2015, section 4.1, table 4) give the deeper one a lower validation error on ImageNet. That says which is better, "
        "not which is easier to train."
    ),
    "degradation": "A plain network of 56 layers has a higher training error than one of 20 layers.",
    "degradation_trained": (
        "Training errors after {epochs} epochs by one recipe: {deep} with {many} layers, {shallow} with {few}. Each was trained once, so the "
        "spread over seeds is not known."
    ),
    "no_overfitting": "That the deeper network is worse is no overfitting.",
    "no_overfitting_trained": (
        "With {many} layers the training error is {deep} and the validation error {deep_validation}, with {few} layers {shallow} and "
        "{shallow_validation} ({epochs} epochs, one run each). Overfitting would be a lower training error beside a higher validation error."
    ),
    "degradation_cause": "Deep plain networks are hard to train because their gradients vanish.",
    "degradation_cause_unnormalised": (
        "Convolutional blocks without normalisation, before training: the first gradient is {one} with one block and {deep} with {depth} "
        "(medians over {seeds} seeds). Less than a hundredth counts as vanishing here."
    ),
    "degradation_cause_normalised": (
        "The same blocks with batch normalisation, as in the networks that showed degradation: {one} with one block and {deep} with {depth}. He et "
        "al. (2015, section 4.1) found healthy gradients in theirs and think this cause unlikely."
    ),
    "degradation_cause_network": (
        "The plain networks of {few} and {many} layers themselves, before training, on shipped images: the gradient of the first kernels is "
        "{shallow} and {deep} (medians over {seeds} seeds)."
    ),
    "identity_hard": "A plain block can hardly learn the identity exactly.",
    "identity_hard_signed": (
        "The tutorial's block, fitted to the identity for {steps} steps with {seeds} seeds, at the best of the learning rates {rates}: it is off by {low} "
        "to {high} times the length of its input. It holds if the median is above a hundredth. A block that ends in ReLU can give no negative number."
    ),
    "identity_hard_positive": "The same with inputs that are never negative, such as those after a ReLU: {low} to {high} ({seeds} seeds, {steps} steps, learning rates {rates}).",
    "identity_hard_without_last": "The same without the last ReLU: {low} to {high} ({seeds} seeds, {steps} steps, learning rates {rates}).",
    "identity_easy": "For a residual block the identity is easier to learn: it learns F(x) = 0.",
    "identity_easy_signed": (
        "The tutorial's block with its shortcut, fitted in the same way ({seeds} seeds, {steps} steps, the best of the learning rates {rates}): it is off by "
        "{low} to {high} times the length of its input, a plain block by {plain} at least."
    ),
    "identity_easy_positive": (
        "The same with inputs that are never negative: {low} to {high}, a plain block at least {plain} ({seeds} seeds, {steps} steps, learning rates {rates})."
    ),
    "identity_easy_without_last": (
        "The same without the last ReLU: {low} to {high}, a plain block at least {plain} ({seeds} seeds, {steps} steps, learning rates {rates}). None of this "
        "shows that degradation comes from it."
    ),
    "residual_degradation": "Residual connections solve the degradation problem.",
    "residual_degradation_trained": (
        "Residual networks, training errors after {epochs} epochs by one recipe: {deep} with {many} layers, {shallow} with {few}. Each was trained "
        "once, so the spread over seeds is not known."
    ),
    "residual_jacobian": "The gradient of a residual block's input is that of its output times (J + I), where J is the Jacobian of the branch.",
    "residual_jacobian_last": (
        "The block of section 8.2, which adds last, in float64: the formula and autograd differ by {difference} of the largest entry."
    ),
    "residual_jacobian_inside": (
        "The basic block of section 9.1, where a ReLU follows the sum: they differ by {difference} of the largest entry. There the slopes of that "
        "ReLU belong in the formula as well."
    ),
    "plain_vanishes": "Without residual connections the gradient norm of a deep stack tends to 0.",
    "plain_vanishes_default": "The tutorial's stack of {depth} blocks: the norm reads exactly 0 in float32 for {zeros} of {seeds} seeds.",
    "plain_vanishes_he_10": (
        "With He initialisation, {depth} blocks: the median over {seeds} seeds is {deep}, with one block {one}. Less than a hundredth counts as vanishing here."
    ),
    "plain_vanishes_he_50": "With He initialisation, {depth} blocks: {deep}, with one block {one} ({seeds} seeds).",
    "plain_vanishes_orthogonal": "With orthogonal weights and tanh, {depth} blocks: {deep}, with one block {one} ({seeds} seeds).",
    "residual_norm": "With residual connections the gradient norm is normal, about 0.01.",
    "residual_norm_script": "The tutorial's own script, with its seed: {norm}. A tenth of the claimed norm up to ten times it counts as equal here.",
    "residual_norm_seeds": "The same with {seeds} seeds, {depth} blocks: median {median}; nine of ten seeds lie between {low} and {high}.",
    "residual_norm_he": "With He initialisation, {seeds} seeds, {depth} blocks: median {median}.",
    "vanishing_solved": "Residual connections solve the problem of vanishing gradients.",
    "vanishing_solved_default": (
        "The tutorial's stack of {depth} blocks: the first gradient is {deep}, with one block {one} (medians over {seeds} seeds). It is solved here "
        "if the gradient stays within a hundredth and a hundred times that of one block."
    ),
    "vanishing_solved_he": "With He initialisation, {depth} blocks: {deep}, with one block {one}.",
    "vanishing_solved_sigmoid": (
        "Convolutional blocks with a sigmoid after the sum, {depth} blocks, {seeds} seeds: {deep}, with one block {one}."
    ),
    "vanishing_solved_normalised": (
        "Convolutional blocks with batch normalisation and ReLU, {depth} blocks, {seeds} seeds: {deep}, with one block {one}."
    ),
    # ---- section 10: training
    "accuracy_typical": "ResNet-18, trained by the tutorial's recipe, typically reaches a test accuracy of about 95.0 to 95.5 %.",
    "accuracy_typical_recipe": (
        "By that recipe, once (seed {seed}): {reached}, give or take {margin} for the choice of the {images} test images. One run says little about "
        "what is typical."
    ),
    "accuracy_most": "ResNet-18 brings Fashion-MNIST to 95 % and more.",
    "accuracy_most_recipe": "By the tutorial's recipe, one run: {reached} of the test images.",
    "accuracy_most_shipped": "By our recipe of {epochs} epochs, {seeds} seeds: {low} to {high}.",
    "table": "Accuracies: LeNet-5 91.0 %, AlexNet-Small 93.0 %, ResNet-18 95.3 %.",
    "table_lenet5": (
        "LeNet-5 by the tutorial's recipe, one run (seed {seed}): {reached}, claimed are {claimed}. It holds if chance may explain the "
        "difference (McNemar, p up to {p})."
    ),
    "table_alexnet_small": "AlexNet-Small, likewise: {reached}, claimed are {claimed} (p up to {p}, seed {seed}).",
    "table_resnet18": "ResNet-18, likewise: {reached}, claimed are {claimed} (p up to {p}, seed {seed}).",
    "table_earlier": "Accuracies: softmax regression 84.0 %, multilayer perceptron 92.1 %.",
    "table_earlier_open": (
        "These numbers come from other parts of the series, and this part does not tell how those networks were trained. To judge them, their "
        "recipes are needed. What both reach here is in the table below the classifier."
    ),
    "table_order": "The multilayer perceptron is more accurate than LeNet-5 (92.1 % against 91.0 %).",
    "table_order_recipe": "Both by the tutorial's recipe, one run each: the perceptron {mlp}, LeNet-5 {lenet5}. The recipe shifts the images, for which a perceptron is not made.",
    "table_order_shipped": (
        "Both as they are shipped, each by a recipe that suits it: {mlp_only} test images are right with the perceptron alone, {lenet5_only} with LeNet-5 "
        "alone (McNemar, p = {p})."
    ),
    "augmented_validation": "The script's validation accuracy says how good the network is on images as they are.",
    "augmented_validation_lenet5": (
        "The script flips and shifts the validation images as well. LeNet-5 by its recipe, shortened, one number for each seed: {plain} of the {images} validation "
        "images are right as they are, {changed} when they are changed (mean of {draws} draws). It holds if the difference is at most "
        "{margin}, the uncertainty of such a sample."
    ),
    "augmented_validation_resnet18": (
        "The shipped ResNet-18 on {images} images from which it has not learned: {plain} as they are, {changed} when they are changed (mean of {draws} draws; uncertainty {margin})."
    ),
    # ---- section 11: questions
    "degradation_essence": "Degradation comes about because deep networks can hardly learn the identity.",
    "degradation_essence_open": (
        "He et al. (2015, section 3.1) only suppose this. To judge it, one would have to show in the trained deeper network that its extra "
        "blocks ought to be identities and are not, and that the error falls as soon as they are."
    ),
    "small_kernels": "Several 3×3 convolutions in place of a 7×7 one need fewer multiply-adds for the same receptive field.",
    "small_kernels_equal": "Between {channels} channels, on {side} pixels: {small} multiply-adds for three 3×3 convolutions, {large} for one 7×7.",
    "small_kernels_first": "From one channel to {channels}, as in a first layer: {small} for three 3×3 convolutions, {large} for one 7×7.",
    "inplace_memory": "ReLU(inplace=True) saves memory.",
    "inplace_memory_alone": "The ReLU itself: in place it allocates {inplace} bytes for its output, an ordinary one {ordinary}.",
    "inplace_memory_training": (
        "Forward and backward pass of a narrow ResNet-18: at most {inplace} bytes live at once with in-place ReLUs, {ordinary} with ordinary ones. Other "
        "operations need two feature maps at once as well."
    ),
    "inplace_memory_kept": (
        "What it keeps from the forward pass for the backward pass, with its weights: {inplace} bytes with in-place ReLUs, {ordinary} with ordinary ones."
    ),
    "inplace_memory_inference": "The same network without gradients: at most {inplace} bytes with in-place ReLUs, {ordinary} with ordinary ones.",
    "inplace_error": "If an in-place ReLU overwrites what the backward pass needs, there is a RuntimeError.",
    "inplace_error_output_error": "A ReLU in place over the output of a sigmoid, from which its gradient is computed: autograd raises the error.",
    "inplace_error_input_error": "A ReLU in place over the input of a product, from which the gradient of the weights is computed: it raises the error.",
    "inplace_safe": "An in-place ReLU is safe if, and only if, no later operation needs its output in the backward pass.",
    "inplace_safe_needed_same": (
        "Convolution, in-place ReLU, convolution: the second convolution needs that output, and still the gradient is the same as with an ordinary ReLU."
    ),
    "inplace_safe_unneeded_error": (
        "Sigmoid, in-place ReLU, sum: the sum does not need that output, and still autograd raises an error. What counts is whether the value "
        "that is overwritten is still needed."
    ),
    "inplace_addition": "Before the addition of a residual block no ReLU may work in place, because the shortcut needs x.",
    "inplace_addition_branch_same": "A ReLU in place over the branch's own product, then the sum: output and gradients are the same as without.",
    "inplace_addition_normalised_same": "A ReLU in place over the output of batch normalisation in the branch, then the sum: the same as without.",
    "inplace_addition_shortcut_different": (
        "A ReLU in place over the block's own input, which the shortcut adds afterwards: other numbers come out, and no error tells of it."
    ),
    "bn_region": "Batch normalisation brings values nearer to the linear region of ReLU, where its gradient is largest.",
    "bn_region_fresh": (
        "ReLU is linear with slope 1 for positive values. ResNet-20 with fresh weights, on {images} images: of all values, {before} are positive before "
        "a normalisation that a ReLU follows, {after} after it (one number for each seed). It holds if every seed has more after it."
    ),
    "bn_region_resnet20": "The trained ResNet-20, likewise: {before} before the normalisation, {after} after it ({images} images).",
    "bn_region_resnet18": "The trained ResNet-18, likewise: {before} before the normalisation, {after} after it ({images} images).",
    "bias_redundant": "Before batch normalisation a convolution's bias is redundant. Leaving it out saves one parameter for each output channel.",
    "bias_redundant_training": "In training 1 is added to each bias, in float64: the output of the normalisation changes by at most {change}.",
    "bias_redundant_saved": "A convolution from {channels_in} to {channels_out} channels saves {saved} parameters, and ResNet-18 saves {network}.",
    "bias_same": "The shift β of batch normalisation does exactly what the convolution's bias does.",
    "bias_same_training": "In training 1 is added to each bias, then to each β instead: the output changes by at most {bias} and by {shift}.",
    "bias_same_evaluation": (
        "After training the same two changes are at most {bias} and {shift}. It holds if they differ only by the factor of the normalisation, as "
        "then a bias can be written as a β."
    ),
}
