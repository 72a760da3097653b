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
    "mlp_first_layer": "A fully connected layer from the 784 pixels of a picture to 512 units has 401,408 weights.",
    "mlp_first_layer_counted": "Counted in PyTorch's module: {weights} weights. There are {biases} biases as well.",
    "mlp_colour": "For a colour picture of 224×224 pixels, a first layer of 512 units has 77,070,336 weights.",
    "mlp_colour_counted": "Counted in PyTorch's module: {weights} weights. There are {biases} biases as well.",
    "flattening": "An MLP does not know which pixels are neighbours.",
    "flattening_mlp": (
        "The pixels of all pictures were put into the same random order. An MLP that learned {images} of them in "
        "{epochs} epochs is right on {shuffled} of the test images ({shuffled_least} to {shuffled_most}, median of "
        "{seeds} seeds). One that learned the pictures as they are is right on {ordered} ({ordered_least} to "
        "{ordered_most})."
    ),
    "turned_vector": "A picture that is turned by 90 degrees is a completely different vector.",
    "turned_vector_vectors": (
        "Mean correlation over {count} sample pictures: {turned} between a picture and itself turned, {others} "
        "between two different pictures."
    ),
    "mlp_rotation": "For an MLP, a picture that is turned by 90 degrees is a new picture.",
    "mlp_rotation_mlp": (
        "The MLP is right on {before} of {count} test images, and on {after} when they are turned by {degrees} "
        "degrees. It stays right on {kept} of the images that it was right on."
    ),
    "cnn_rotation": (
        "A convolutional network does not have this fault: it still knows a picture that is turned by 90 degrees."
    ),
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
        "({ordered_least} to {ordered_most}, median of {seeds} seeds). If the pixels of all pictures are put into "
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
    "shift_invariance_lenet5": (
        "LeNet-5 was trained without shifts. {count} test images were moved by {distance} px, and nothing left the "
        "picture: it is right on {after} in place of {before}. {lost} right answers were lost, {gained} were "
        "gained."
    ),
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
    "shift_loss_lenet5": (
        "Neither network was trained with shifts. When clothes move by {distances} px, LeNet-5 loses the right "
        "answer on {lenet5} of them, and the MLP on {mlp} (what was lost minus what was gained)."
    ),
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
    "pool_adds": (
        "The first pooling of LeNet-5 makes the receptive field 2 pixels larger, because each of its steps is 2 pixels."
    ),
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
        "{epochs} epochs. It is right on {two} of the test images ({two_least} to {two_most}, median of {seeds} "
        "seeds). With the 5×5 it is right on {one} ({one_least} to {one_most})."
    ),
    "growth": (
        "For pictures of 224×224 pixels, the receptive field is 3 pixels after one layer, 7 after 3, 15 after 5, "
        "32 after 10, and over 100 after 20. (Here, half and twice as many count as right.)"
    ),
    "growth_stack_depth": (
        "3×3 layers with stride 1: after {depths} layers {found} pixels (pictures with a side of {side})."
    ),
    "growth_vgg16": (
        "VGG-16: after {depths} convolutions {found} pixels (pictures with a side of {side}). It has no more."
    ),
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
    "depth_tells_resnet18": (
        "Trained ResNet-18: the mean of each map was taken, in {stages} stages from first to last. The nearest of "
        "{count} other test images is of the same class for {right}. For the pixels themselves it is {pixels}."
    ),
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
    "global_standard_before": "AlexNet and VGG, which are older: {count} of {total} do.",
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
    "max_steadier_pixels": (
        "When the sample clothes move by one pixel, a maximum changes by {max} of full scale and a pixel by "
        "{pixels}. An average changes by {average}."
    ),
    "max_steadier_average": (
        "Beside average pooling: an average changes by {average} of full scale, a maximum by {max} and a pixel by "
        "{pixels}."
    ),
    "max_steadier_strided": (
        "Test images move by {distance} px. LeNet-5 with max pooling loses the right answer on {own} of them "
        "({own_least} to {own_most}, median of {seeds} seeds, {epochs} epochs on {images} pictures). With stride 2 "
        "in place of pooling it loses {other} ({other_least} to {other_most})."
    ),
    "max_steadier_averaged": (
        "Test images move by {distance} px. LeNet-5 with max pooling loses the right answer on {own} of them "
        "({own_least} to {own_most}, median of {seeds} seeds, {epochs} epochs on {images} pictures). With average "
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
        "epochs. It is right on {convolved} of the test images ({convolved_least} to {convolved_most}, median of "
        "{seeds} seeds). With max pooling it is right on {pooled} ({pooled_least} to {pooled_most})."
    ),
    "stride_keeps_rebuilt": (
        "A map of half the side was made of each picture, and the picture was rebuilt from it by a linear map. The "
        "error is {max} of the variance with max pooling, {average} with average pooling, {kernel} with the best "
        "kernel that we found ({kernel_numbers})."
    ),
    "pool_learns_nothing": "Max pooling has no parameters to learn; a convolution with stride 2 has some.",
    "pool_learns_nothing_counted": "For {channels} channels: {pooling} parameters against {convolution}.",
    # ---- sections 6, 7 and 9: networks
    # ---- section 8: residual connections
    # ---- section 10: training
    # ---- section 11: questions
}
