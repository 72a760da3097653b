"""The tutorial's claims in our words, and what was measured of each: see explorer/claims."""

SENTENCES = {
    "tab": "Claims",
    "intro": "What the tutorial claims, and what was measured in this repository.",
    "look": "<b>Claims: {count}.</b> Verdicts: {verdicts}.",
    "count_holds": "hold {count}",
    "count_conditions": "hold under conditions {count}",
    "count_fails": "do not hold {count}",
    "count_open": "cannot be judged here {count}",
    "points": "{value} percentage points",
    "legend": "{verdict}: <b>{count}</b>",
    "part_1": "Pictures and convolutions",
    "part_2": "How a convolution is computed",
    "part_3": "Stride, padding, dilation",
    "part_4": "Receptive field",
    "part_5": "Pooling",
    "part_6": "LeNet-5",
    "part_7": "AlexNet",
    "part_8": "Residual connections",
    "part_9": "ResNet",
    "part_10": "Training and accuracy",
    "part_11": "Questions for an interview",
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
    "open_tab": "Open “{tab}”",
    "show": "Show it in “{tab}”",
    "here": "What the tutorial claims about this (claims: {count}, do not hold: {fails})",
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
    "mlp_first_layer": "A fully connected layer from the 784 pixels of a picture to 512 units has 401,408 weights.",
    "mlp_first_layer_counted": "Counted in PyTorch's module: {weights} weights. There are {biases} biases as well.",
    "mlp_colour": "For a colour picture of 224×224 pixels, a first layer of 512 units has 77,070,336 weights.",
    "mlp_colour_counted": "Counted in PyTorch's module: {weights} weights. There are {biases} biases as well.",
    "flattening": "An MLP does not know which pixels are neighbours.",
    "flattening_mlp": (
        "The pixels of all pictures were put into the same random order. An MLP that learned {images} of them in "
        "{epochs} epochs is right on {shuffled} of the test images (median of {seeds} seeds, "
        "{shuffled_least} to {shuffled_most}). One that learned the pictures as they are is right on {ordered} ({ordered_least} to "
        "{ordered_most})."
    ),
    "turned_vector": "A picture that is turned by 90 degrees is a completely different vector.",
    "turned_vector_vectors": "Mean correlation over {count} sample pictures: {turned} between a picture and the same picture turned, {others} between two different pictures. The claim counts as right if the first is not larger.",
    "mlp_rotation": "For an MLP, a picture that is turned by 90 degrees is a new picture.",
    "mlp_rotation_mlp": (
        "The MLP is right on {before} of {count} test images, and on {after} when they are turned by {degrees} "
        "degrees. It stays right on {kept} of the images that it was right on."
    ),
    "cnn_rotation": "A convolutional network still recognises a picture that is turned by 90 degrees.",
    "cnn_rotation_lenet5": (
        "LeNet-5 is right on {before} of {count} test images, and on {after} when they are turned by {degrees} "
        "degrees. It stays right on {kept} of the images that it was right on."
    ),
    "cnn_rotation_alexnet_small": (
        "AlexNet-Small is right on {before} of {count} test images, and on {after} when they are turned by "
        "{degrees} degrees. It stays right on {kept} of the images that it was right on."
    ),
    "cnn_rotation_resnet18": (
        "ResNet-18 is right on {before} of {count} test images, and on {after} when they are turned by {degrees} "
        "degrees. It stays right on {kept} of the images that it was right on."
    ),
    "neighbours": "Neighbouring pixels are strongly correlated.",
    "neighbours_pixels": (
        "Over {count} sample pictures, pixels that lie {distances} px apart in a row have the correlations "
        "{correlations}. From {strong} on, a correlation is called strong."
    ),
    "neighbours_centred": (
        "Clothes lie in the middle of their pictures, and that alone makes pixels alike. If the mean picture is "
        "subtracted first, pixels that lie {distances} px apart have the correlations {correlations}. From "
        "{strong} on, a correlation is called strong."
    ),
    "locality": "Convolutions make use of the neighbourhood: features such as edges and textures are local.",
    "locality_lenet5": (
        "LeNet-5 that learned {images} pictures in {epochs} epochs is right on {ordered} of the test images "
        "(median of {seeds} seeds, {ordered_least} to {ordered_most}). If the pixels of all pictures are put into "
        "the same random order, it is right on {shuffled} ({shuffled_least} to {shuffled_most}; runs that learned "
        "nothing: {stuck})."
    ),
    # ---- sections 1.2 to 3: convolutions
    "size_free": "The number of parameters of a convolutional network does not depend on the size of the picture.",
    "size_free_convolution": (
        "The same convolution takes pictures with a side of {sides} pixels. It has {count} parameters."
    ),
    "size_free_resnet18": (
        "ResNet-18 takes pictures with a side of {sides} pixels as well: global average pooling stands before its "
        "fully connected layer. It has {count} parameters."
    ),
    "size_free_lenet5": (
        "LeNet-5 ends with fully connected layers behind a flattening. For pictures with a side of {sides} pixels "
        "it needs {counts} parameters."
    ),
    "equivariance": "Convolution is equivariant: if the picture moves, the result moves along.",
    "equivariance_inside": (
        "Stride 1, no padding. All sample pictures were moved by {pixels} px: the result differs from the old one, "
        "moved along, in {misses} of {cells} cells."
    ),
    "equivariance_stride": (
        "Stride 2, no padding, and a move by {pixels} px: the result differs in {misses} of {cells} cells. The "
        "windows no longer start on the same pixels."
    ),
    "equivariance_by_stride": (
        "Stride 2, no padding, and a move by {pixels} px, a whole stride: the result differs in {misses} of "
        "{cells} cells."
    ),
    "equivariance_padding": (
        "Stride 1 with a frame of zeros, and a move by {pixels} px: the result differs in {misses} of {cells} "
        "cells, {border} of them in the last column, where clothes leave the picture."
    ),
    "equivariance_is_invariance": "Translation equivariance and translation invariance are the same.",
    "equivariance_is_invariance_convolution": (
        "A convolution is equivariant at stride 1. But when the sample pictures move by one pixel, {changed} of "
        "{cells} cells of the result change."
    ),
    "shift_invariance": "Convolutional networks are invariant to shifts by their nature.",
    "shift_invariance_lenet5": "LeNet-5 was trained without shifts. {count} test images were moved by {distance} px, and nothing left the picture: it is right on {after} instead of {before}. {lost} right answers were lost, {gained} were gained. The claim counts as right if chance can explain the difference (McNemar's test).",
    "shift_invariance_alexnet_small": (
        "AlexNet-Small was trained with shifts by at most {trained} px. {count} test images were moved by "
        "{distance} px, and nothing left the picture: it is right on {after} in place of {before}. {lost} right "
        "answers were lost, {gained} were gained."
    ),
    "shift_invariance_resnet18": (
        "ResNet-18 was trained with shifts by at most {trained} px. {count} test images were moved by {distance} "
        "px, and nothing left the picture: it is right on {after} in place of {before}. {lost} right answers were "
        "lost, {gained} were gained."
    ),
    "shift_invariance_alexnet_far": (
        "The same AlexNet-Small, trained with shifts by at most {trained} px, at {distance} px: it is right on "
        "{after} of {count} images in place of {before}. {lost} right answers were lost, {gained} were gained."
    ),
    "shift_invariance_resnet_far": (
        "The same ResNet-18, trained with shifts by at most {trained} px, at {distance} px: it is right on {after} "
        "of {count} images in place of {before}. {lost} right answers were lost, {gained} were gained."
    ),
    "shift_loss": "When clothes move, a convolutional network loses less than an MLP.",
    "shift_loss_lenet5": "Neither network was trained with shifts. When clothes move by {distances} px, LeNet-5 has fewer right answers by {lenet5:points}, and the MLP by {mlp:points}.",
    "edge": "The edge kernel answers ±3 in the middle rows, and 0 where the picture is even.",
    "edge_picture": "On the tutorial's picture, PyTorch's four rows are {rows}.",
    "edge_reverse": "On the same picture upside down they are {rows}.",
    "loop": "PyTorch's convolution gives the same as the loop.",
    "loop_picture": "On the tutorial's picture all numbers are equal.",
    "loop_rounding": (
        "On a picture of clothes, with a kernel of fractions, the greatest difference is {gap}: float32 rounds in "
        "another order."
    ),
    "cross_correlation": "What PyTorch calls convolution is cross-correlation: the kernel is not flipped.",
    "cross_correlation_numpy": (
        "A row of whole numbers, beside two functions of NumPy: {correlated} of {places} results are those of its "
        "correlation, {convolved} are those of its convolution."
    ),
    "dense_parameters": (
        "A fully connected layer in place of this convolution, on 28×28 pixels, has 29,503,488 weights."
    ),
    "dense_parameters_counted": "Counted in PyTorch's module: {weights} weights. There are {biases} biases as well.",
    "output_sizes": "On 28 pixels, the four usual settings give 26, 28, 14 and 28 pixels.",
    "output_sizes_torch": "PyTorch's layers give {found} pixels.",
    "stride_halves": "A stride of 2 makes the picture about half as large.",
    "stride_halves_even": "3×3 kernel with padding 1: sides of {sides} pixels become {found}.",
    "stride_halves_odd": "The same with odd sides: {sides} pixels become {found}. That is half, rounded up.",
    "stride_halves_unpadded": (
        "7×7 kernel without padding: sides of {sides} pixels become {found}. A small picture becomes less than "
        "half as large."
    ),
    "unpadded": "Without padding, the result is smaller by the kernel size minus 1.",
    "unpadded_plain": "Stride 1, kernels of {kernels}: {lost} pixels are lost.",
    "unpadded_dilated": (
        "Stride 1 and dilation 2, kernels of {kernels}: {lost} pixels are lost, because the kernels reach further."
    ),
    "pointwise": "A 1×1 convolution from 64 to 32 channels has 2,048 weights.",
    "pointwise_counted": "Counted in PyTorch's module: {weights} weights. There are {biases} biases as well.",
    "pointwise_size": "A 1×1 convolution changes the number of channels, and neither height nor width.",
    "pointwise_size_stride1": "Stride 1: a side of {side} pixels becomes {found}.",
    "pointwise_size_stride2": "Stride 2, as on the shortcuts of ResNets: a side of {side} pixels becomes {found}.",
    "pointwise_work": "A 1×1 convolution needs very little computing.",
    "pointwise_work_beside": (
        "On a map with a side of {side} pixels it needs {one} multiply-adds. A 3×3 convolution of the same "
        "channels needs {three}, {factor} times as many."
    ),
    "pointwise_work_resnet50": (
        "But there are many of them: in ResNet-50, 1×1 convolutions do {share} of the {total} multiply-adds of all "
        "convolutions (pictures with a side of {side} pixels)."
    ),
    "dilation": "With dilation 2, a 3×3 kernel sees 5×5 pixels and has no more parameters.",
    "dilation_extent": (
        "By autograd, its pixels lie in a square with a side of {side}. It has {weights} weights, as without dilation."
    ),
    "dilation_pixels": "But it reads only {read} of the {pixels} pixels of this square.",
    "conv_parameters": "A 3×3 convolution from 3 to 16 channels has 448 parameters.",
    "conv_parameters_counted": "Counted in PyTorch's module: {count}.",
    "same_padding": "With padding of half the kernel size, rounded down, and stride 1, the output is as large as the input.",
    "same_padding_odd": "Kernels of {kernels} on {side} pixels: {sizes} pixels come out.",
    "same_padding_even": "Kernels of {kernels} on {side} pixels: {sizes} pixels come out.",
    # ---- section 4: receptive fields
    "lenet_fields": "Behind its convolutions and poolings, LeNet-5 sees 5, 6, 14 and 16 pixels a side.",
    "lenet_fields_autograd": "By autograd: {found}.",
    "pool_adds": "The first pooling of LeNet-5 makes the receptive field 2 pixels larger, because its stride is 2.",
    "pool_adds_first": (
        "By autograd, the field grows from {before} to {after} pixels, by {added}: the two units that are pooled "
        "lie one pixel apart. Only the second pooling adds {later}."
    ),
    "two_fields": "Two 3×3 convolutions see as much as one 5×5.",
    "two_fields_autograd": (
        "By autograd, a unit behind two 3×3 sees {two} pixels a side, and a unit behind the 5×5 sees {one}."
    ),
    "two_costs": "Two 3×3 convolutions have fewer parameters than one 5×5.",
    "two_costs_single": (
        "From {channels_in} channel to {channels_out}: {two} weights against {one}. On pictures with a side of "
        "{side} pixels, {two_work} multiply-adds against {one_work}."
    ),
    "two_costs_equal": (
        "From {channels_in} channels to {channels_out}: {two} weights against {one}. On pictures with a side of "
        "{side} pixels, {two_work} multiply-adds against {one_work}."
    ),
    "two_costs_first": (
        "From {channels_in} channel to {channels_out}, as at the start of a network: {two} weights against {one}. "
        "On pictures with a side of {side} pixels, {two_work} multiply-adds against {one_work}."
    ),
    "two_learn": "Two 3×3 convolutions serve a network better than one 5×5, because there are two activations.",
    "two_learn_lenet5": (
        "LeNet-5 with two 3×3 in place of its second 5×5, and not more weights, learned {images} pictures in "
        "{epochs} epochs. It is right on {two} of the test images (median of {seeds} seeds, {two_least} to {two_most}). "
        "With the 5×5 it is right on {one} ({one_least} to {one_most})."
    ),
    "growth": "For pictures of 224×224 pixels, the receptive field is 3 pixels after one layer, 7 after 3, 15 after 5, 32 after 10, and over 100 after 20. (We count a number as right from half of it to twice it.)",
    "growth_stack_depth": (
        "3×3 layers with stride 1: after {depths} layers {found} pixels (pictures with a side of {side})."
    ),
    "growth_vgg16": "VGG-16: after {depths} convolutions {found} pixels (pictures with a side of {side}). It is not deep enough for the last row.",
    "growth_resnet34_large": "ResNet-34: after {depths} convolutions {found} pixels (pictures with a side of {side}).",
    "whole_at_twenty": "After 20 layers, a unit sees the whole picture of 224×224 pixels.",
    "whole_at_twenty_stack_depth": (
        "3×3 layers with stride 1: after {depth} layers a unit sees {found} of {side} pixels."
    ),
    "whole_at_twenty_resnet34_large": (
        "ResNet-34: after {depth} convolutions a unit sees {found} pixels, and the picture has {side}."
    ),
    "parts": "Shallow layers see edges and textures, layers in the middle see parts, deep layers see whole objects.",
    "parts_open": (
        "It would take pictures in which edges, textures, parts and objects are marked, and a network trained on "
        "photographs. Bau et al. 2017, “Network Dissection”, compare units with such marks. The clothes here have "
        "one label each."
    ),
    "depth_tells": "The deeper the layer, the more it tells about the whole object.",
    "depth_tells_resnet18": "Trained ResNet-18: we take the mean of each map, in {stages} stages from first to last, and look for the most similar of {count} other test images. It has the same class in {right} of the cases. If pixels are compared directly, it is {pixels}.",
    # ---- section 5: pooling
    "pool_example": (
        "In the example of 4×4 numbers, max pooling gives 6, 8, 14, 16 and average pooling 3.5, 5.5, 11.5, 13.5."
    ),
    "pool_example_max": "PyTorch's max pooling gives {found}.",
    "pool_example_average": "PyTorch's average pooling gives {found}.",
    "global_pooling": "Global average pooling makes one number of each channel, whatever the size of the map is.",
    "global_pooling_sides": (
        "Maps with {channels} channels and sides of {sides}: always one number for each channel, and it is the mean."
    ),
    "global_standard": "Modern networks end with global average pooling, in place of a flattening.",
    "global_standard_modern": (
        "ResNet, MobileNet, EfficientNet and ConvNeXt, as torchvision builds them: {count} of {total} do."
    ),
    "global_standard_before": "AlexNet and VGG, which are older: {count} of {total} do. This agrees with the claim.",
    "pool_work": "Pooling that halves height and width saves work in the layers behind it.",
    "pool_work_counted": (
        "Without pooling, a 3×3 convolution needs {before} multiply-adds. Behind the pooling it needs {after}; "
        "that is {factor} times less."
    ),
    "five_halvings": "ResNet halves the side five times: 224 becomes 7.",
    "five_halvings_resnet18": "torchvision's ResNet-18 on {side} pixels: {sides}.",
    "five_halvings_small": "The ResNet-18 of this app and of the tutorial, which is built for {side} pixels: {sides}.",
    "max_shift": "If a feature moves by one pixel, the output of max pooling does not change.",
    "max_shift_inside": "One bright pixel that moves inside of its window: {same} of {moves} moves change nothing.",
    "max_shift_clothes": (
        "The sample clothes, moved by one pixel: {unchanged} of {windows} maxima stay the same ({share}). The "
        "others left their window, or something brighter came in."
    ),
    "max_steadier": "Max pooling makes a network less sensitive to the exact position.",
    "max_steadier_pixels": "When the sample clothes move by one pixel, a maximum changes by {max} of full scale and a pixel by {pixels}.",
    "max_steadier_average": (
        "Beside average pooling: an average changes by {average} of full scale, a maximum by {max} and a pixel by "
        "{pixels}."
    ),
    "max_steadier_strided": (
        "Test images move by {distance} px. LeNet-5 with max pooling loses the right answer on {own} of them "
        "(median of {seeds} seeds, {own_least} to {own_most}, {epochs} epochs on {images} pictures). With stride 2 "
        "in place of pooling it loses {other} ({other_least} to {other_most})."
    ),
    "max_steadier_averaged": (
        "Test images move by {distance} px. LeNet-5 with max pooling loses the right answer on {own} of them "
        "(median of {seeds} seeds, {own_least} to {own_most}, {epochs} epochs on {images} pictures). With average "
        "pooling it loses {other} ({other_least} to {other_most})."
    ),
    "stride_modern": (
        "Modern networks such as ResNet and EfficientNet halve maps by convolutions with stride 2, and no longer "
        "by pooling."
    ),
    "stride_modern_resnet18": (
        "torchvision's ResNet-18: {convolved} of {total} halvings are done by convolutions, the others by max pooling."
    ),
    "stride_modern_efficientnet": "torchvision's EfficientNet-B0: {convolved} of {total}.",
    "stride_modern_small": "The ResNet-18 of this app and of the tutorial: {convolved} of {total}.",
    "stride_keeps": "A convolution with stride 2 keeps more information than max pooling.",
    "stride_keeps_strided": (
        "LeNet-5 with stride 2 in its own convolutions and no pooling learned {images} pictures in {epochs} "
        "epochs. It is right on {convolved} of the test images (median of {seeds} seeds, "
        "{convolved_least} to {convolved_most}). With max pooling it is right on {pooled} ({pooled_least} to {pooled_most})."
    ),
    "stride_keeps_rebuilt": (
        "A map of half the side was made of each picture, and the picture was rebuilt from it by a linear map. The "
        "error is {max} of the variance with max pooling, {average} with average pooling, {kernel} with the best "
        "kernel that we found ({kernel_numbers})."
    ),
    "pool_learns_nothing": "Max pooling has no parameters to learn; a convolution with stride 2 has some.",
    "pool_learns_nothing_counted": "For {channels} channels: {pooling} parameters against {convolution}.",
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
        "accuracy by {on:points} with dropout and by {off:points} without it."
    ),
    "dropout_accuracy": (
        "The same networks, on validation images: {on} are right with dropout, {off} without it. It holds if the worst seed with "
        "dropout is better than the best one without it."
    ),
    "pooled_head": "In modern networks global average pooling takes the place of the fully connected layers.",
    "pooled_head_parameters": (
        "AlexNet-Small's fully connected layers have {before} parameters. After global average pooling one layer with {after} is enough."
    ),
    "pooled_head_squeezenet": "torchvision's SqueezeNet has {count} fully connected layers: a 1×1 convolution stands before the pooling.",
    "pooled_head_resnet": "The tutorial's own ResNet-18 still has {count}, after the pooling.",
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
    "identity_hard_signed": "The tutorial's block learned the identity for {steps} steps with {seeds} seeds, with the best of the learning rates {rates}. Its error is {low} to {high} times the norm of its input. The claim counts as right if the median is above a hundredth. A block that ends in ReLU cannot give a negative number.",
    "identity_hard_positive": "The same, but the inputs are never negative, as after a ReLU: the error is {low} to {high} times the norm of the input ({seeds} seeds, {steps} steps, learning rates {rates}).",
    "identity_hard_without_last": "The same without the last ReLU: the error is {low} to {high} times the norm of the input ({seeds} seeds, {steps} steps, learning rates {rates}).",
    "identity_easy": "For a residual block the identity is easier to learn: it learns F(x) = 0.",
    "identity_easy_signed": "The tutorial's block with its shortcut learned the identity in the same way ({seeds} seeds, {steps} steps, the best of the learning rates {rates}). Its error is {low} to {high} times the norm of its input. The error of a plain block is at least {plain} times the norm.",
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
        "By that recipe, once (seed {seed}): {reached}, give or take {margin:points} for the choice of the {images} test images. One run says little about "
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
        "{margin:points}, the uncertainty of such a sample."
    ),
    "augmented_validation_resnet18": (
        "The shipped ResNet-18 on {images} images from which it has not learned: {plain} as they are, {changed} when they are changed (mean of {draws} draws; uncertainty {margin:points})."
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
    "inplace_safe": "An in-place ReLU is safe if, and only if, no later operation needs the output of the ReLU in the backward pass.",
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
    "bn_region_fresh": "ReLU is linear with slope 1 for positive values. We count the positive values in ResNet-20 with fresh weights, on {images} images, where a ReLU follows the normalisation: {before} before the normalisation, {after} after it (one number for each seed). The claim counts as right if the number grows for every seed.",
    "bn_region_resnet20": "The trained ResNet-20, likewise: {before} before the normalisation, {after} after it ({images} images).",
    "bn_region_resnet18": "The trained ResNet-18, likewise: {before} before the normalisation, {after} after it ({images} images).",
    "bias_redundant": "Before batch normalisation a convolution's bias is redundant. Leaving it out saves one parameter for each output channel.",
    "bias_redundant_training": "In training 1 is added to each bias, in float64: the output of the normalisation changes by at most {change}.",
    "bias_redundant_saved": "A convolution from {channels_in} to {channels_out} channels saves {saved} parameters, and ResNet-18 saves {network}.",
    "bias_same": "The shift β of batch normalisation does exactly what the convolution's bias does.",
    "bias_same_training": "In training, adding 1 to each bias changes the output by at most {bias}, and adding 1 to each β changes it by {shift}.",
    "bias_same_evaluation": "In evaluation mode, adding 1 to each bias changes the output by up to {bias}, and adding 1 to each β by {shift}. This counts as right: the two differ only by a fixed factor for each channel, so a β can do what the bias does.",
}
