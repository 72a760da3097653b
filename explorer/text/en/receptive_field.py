"""Sentences of the receptive-field wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Receptive field",
    "intro": "How far does a unit see? Choose a question and a layer, then click on the picture.",
    # names
    "type": "Type",
    "unit": "Unit",
    "channels": "Channels in every layer",
    "compared": "Compare with",
    "comparison": "Comparison",
    "layer_number": "Layer",
    "network_table": "My own layers",
    "network_stack3x3": "3×3 layers, stride 1",
    "layer_with_kind": "{name} ({kind})",
    "kind_input": "image",
    "kind_conv": "conv",
    "kind_pool": "pool",
    "kind_global": "global",
    "none": "–",
    # the table of layers
    "row": "Row {number}, {column}",
    "remove": "Remove row {number}",
    "add": "add a layer",
    "short_type": "Type",
    "short_kernel": "k",
    "short_stride": "s",
    "short_padding": "p",
    "short_dilation": "d",
    # the chart and the picture
    "axis_layer": "Layer along the longest path",
    "axis_size": "Side of the receptive field (pixels)",
    "line_height": "{name}, height",
    "line_width": "{name}, width",
    "whole_image": "image: {size} px",
    "hover_layer": "{name}: {height} × {width} pixels, jump {jump}",
    "hover_global": "{name}: the whole image",
    "hover_part": "{name}: {height} × {width} pixels, all that the network sees",
    "field_title": "{name}, unit ({row}, {column})",
    "box_inside": "{height} × {width} pixels around {centre}, all inside the image. Click to choose another unit.",
    "box_clipped": "{height} × {width} pixels around {centre}, {share} of them in the padding.",
    "box_empty": "This unit sees no pixel. Click to choose another.",
    "box_global": "Sees every pixel.",
    "box_part": "Sees {size} × {size} of the {image} × {image} pixels.",
    # the tables
    "head_number": "#",
    "head_layer": "Layer",
    "head_kind": "Kind",
    "head_size": "Size",
    "head_jump": "Jump",
    "head_start": "Start",
    "head_units": "Units",
    "head_chosen_unit": "Chosen unit",
    "head_centre": "Its centre",
    "head_in_padding": "In padding",
    "head_stack": "Stack",
    "head_sees": "Sees",
    "head_weights_per_pair": "Weights per channel pair",
    "head_weights": "Weights with these channels",
    "head_nonlinearities": "ReLUs",
    "head_seen_share": "Pixels reached",
    "head_network": "Network",
    "head_final_size": "Final field",
    "head_as_wide": "First layer as wide as the image",
    "head_depth": "Convolutions",
    "head_claim": "The tutorial says",
    "head_stack_depth": "3×3, stride 1",
    "head_vgg16": "VGG-16",
    "head_resnet34_large": "ResNet-34",
    # what to look for
    "look_input": (
        "Before the first layer a unit is a pixel and sees only itself. Move the layer slider to make the box grow."
    ),
    "look_grown": (
        "One unit of {name} sees {size} × {size} pixels. This layer adds {reach} × {jump} = {added}; {jump} is the distance "
        "between its input units in pixels."
    ),
    "look_same": "{name} adds nothing: the field stays at {size} × {size} pixels.",
    "look_whole": " The image is {image} pixels wide: units in the middle see all of it.",
    "look_wide": " The image is {image} pixels wide, but no unit is in a position to see all of it.",
    "look_padding": " For this unit, {share} of the box is padding, where there is nothing to see.",
    "look_global": "{name} combines all positions: from here on every unit sees the whole image.",
    "look_part": (
        "{name} combines all positions: from here on every unit sees the same {size} × {size} pixels. The image has {image} pixels "
        "per side, but earlier strides skip the rest."
    ),
    "look_empty": " But this unit sees no pixel: it is in the padding, or in a gap that a transposed convolution leaves.",
    "look_kernels": (
        "{first} and {second} both see {first_size} × {first_size} pixels, but {first} needs {first_params} weights "
        "instead of {second_params}. This is {saved} less, with one more ReLU. Dark pixels have more paths to the unit."
    ),
    "look_dilation": (
        "Look at the holes: {second} spans {second_size} pixels but reaches only {second_share} of them. "
        "{third} spans {third_size} pixels and reaches {third_share}, with the same number of weights."
    ),
    "look_stride": (
        "The kernels are the same. A stride of 2 doubles the distance between units, so later layers add more. The field is {first_size} pixels wide "
        "without strides, {second_size} with one stride at the start, and {third_size} with three."
    ),
    # the picture of the field, the chart and their controls
    "image_size": "Image size (pixels)",
    "pixel": "Pixel",
    "own_picture": "My own picture",
    "network_stack5x5": "5×5 layers, stride 1",
    "kind_transposed": "transposed",
    "map_title": "map {rows}×{columns}",
    "map_caption": "The brightness of a unit is the mean brightness of its field. Click a unit, or use the arrow keys.",
    "map_even": "Every unit sees the whole image, so all have the same brightness. Click a unit, or use the arrow keys.",
    "checking": "Checking against autograd …",
    "check_confirmed": "Checked against autograd just now ({time} ms). Pixels that reach this unit: {pixels}.",
    "check_differs": "Autograd finds a field that differs from the computed one ({time} ms). Pixels that reach this unit: {pixels}.",
    "check_image": "not checked: a pixel sees itself",
    "no_unit": "The map of {layer} does not have this unit.",
    "look_stack": "That line is a stack for comparison. To look into it, build it under “My own layers”.",
    "look_uneven": (
        "{name}: the largest field of a unit is {size} × {size} pixels, and the distance between units is {jump} px. A "
        "transposed convolution puts new units between the old ones, so neighbours can have the same field or different fields."
    ),
    "look_oblong": (
        "{name}: one unit now sees {height} × {width} pixels (height × width). In the layer before it was {before_height} × {before_width}."
    ),
    "look_holes": " Inside the image, {share} of the box are holes: no path leads from those pixels to this unit.",
    # seen in another layer
    "seen_in_title": "Seen in an earlier layer",
    "seen_in": "Seen in layer (0: the image)",
    "axis_size_within": "Side of the field (units of {source})",
    "whole_map": "{source}: {size} units",
    "look_within": (
        "One unit of {name} sees {height} × {width} of the {side} × {side} units of {source}. The field of its neighbour is shifted by "
        "{jump} units."
    ),
    "look_within_wide": (
        "The field of one unit of {name} has {height} × {width} units of {source}, more than the {side} × {side} units of its map. The "
        "field of its neighbour is shifted by {jump} units."
    ),
    "look_within_global": "{name} combines all positions: each of its units sees the whole map of {source}.",
    "look_within_part": "{name} combines all positions: each of its units sees {size} × {size} units of {source}.",
    "within_inside": "{height} × {width} units of {source} around {centre}, all inside its map. Click to choose another unit.",
    "within_clipped": "{height} × {width} units of {source} around {centre}, {share} of them in the padding.",
    "within_empty": "This unit sees no unit of {source}. Click to choose another.",
    "within_global": "Sees every unit of {source}.",
    "within_part": "Sees {size} × {size} of the {image} × {image} units of {source}.",
    "check_confirmed_within": "Checked against autograd just now ({time} ms). Units of {source} that reach this unit: {pixels}.",
    "check_differs_within": (
        "Autograd finds a field that differs from the computed one ({time} ms). Units of {source} that reach this unit: {pixels}."
    ),
    "not_square": "The map of {layer} has {rows} × {columns} units. A field is drawn in square maps only: choose another layer.",
    # what the fields say of a design
    "design": "What the fields say about this network",
    "design_whole": "From {name} on, every unit sees the whole image, so later layers cannot see more.",
    "design_joint": "Every unit sees the whole image only from {name} on. In each earlier layer, some units do not see all of it.",
    "design_nowhere": "There is no layer in which every unit sees the whole image.",
    "design_middle": (
        "{name} is the last layer that still has positions. The field of its middle unit is {height} × {width} pixels and "
        "contains {share} of the {size} × {size} pixels of the image."
    ),
    "design_wide": (
        "From {first} on, in {count} layers, the fields are larger than the image. For the middle unit of {name}, {share} of the field "
        "is padding."
    ),
    "design_smallest": "The smallest image that the network takes is {size} × {size} pixels.",
    "design_fixed": "The network takes images of {size} × {size} pixels only.",
    # stories
    "story_kernels": "Two 3×3 or one 5×5?",
    "story_resnet50": "Deeper but sees less",
    "story_whole": "As wide as the image",
    "story_gridding": "Dilation leaves holes",
    "story_hybrid": "Holes closed again",
    "tell_kernels": (
        "{first} see {size} × {size} pixels, the same as one {second}. For each pair of channels they need {small} "
        "weights instead of {large} ({saved} less), and they have {relus} ReLUs instead of {large_relus}."
    ),
    "tell_resnet50": (
        "ResNet-50 is deeper than ResNet-34, but it sees only {size} × {size} pixels instead of {other} × {other}. Only "
        "{kernels} of its layers make the field larger; in ResNet-34 there are {other_kernels}."
    ),
    "tell_whole": (
        "In ResNet-18, layer {number} ({name}) is the first layer whose field is at least as wide as the image: {wide} pixels "
        "for an image of {image}. The layer before it sees {before} pixels. The last field is {size} pixels wide."
    ),
    "tell_gridding": (
        "Three 3×3 layers with dilation 2 span {size} × {size} pixels with {weights} weights. But there are holes: "
        "only {pixels} pixels ({share} of the box) reach the unit."
    ),
    "tell_hybrid": (
        "{stack} with the same {weights} weights spans {size} × {size} pixels. There are no holes: {share} of the box "
        "reach the unit."
    ),
    # the way forward
    "direction": "Question",
    "direction_back": "What does this unit see?",
    "direction_forward": "Which units does this pixel reach?",
    "pixel_row": "Pixel: row",
    "pixel_column": "Pixel: column",
    "pixel_title": "pixel ({row}, {column})",
    "pixel_caption": "Click another pixel, or use the arrow keys.",
    "reach_label": "The units that pixel ({row}, {column}) reaches in each layer",
    "small_title": "{number} · {rows}×{columns}",
    "small_caption": "{count} of {total}",
    "small_changed": "{count} changed",
    "reached_some": "{count} of {total} units, {height} × {width}.",
    "reached_all": "All {total} units.",
    "reached_none": "No unit.",
    "reached_holes": " No path reaches the units between them.",
    "reached_bound": " An earlier layer is not followed path by path, so perhaps the pixel does not reach all of these.",
    "legend_unreached": "cannot be reached",
    "legend_reached": "can be reached",
    "legend_changed": "changed (darker: changed more)",
    "look_pixel": "In the image, pixel ({row}, {column}) is alone. Move the layer slider to see how many units it reaches.",
    "look_reach": (
        "Pixel ({row}, {column}) reaches {count} of the {total} units of {name}, in a patch of {height} × {width}."
    ),
    "look_reach_all": "Pixel ({row}, {column}) reaches all {total} units of {name}.",
    "look_reach_one": "{name} combines all positions: pixel ({row}, {column}) reaches everything that is computed from here on.",
    "look_reach_none": "Pixel ({row}, {column}) reaches no unit of {name}: the strides pass over it.",
    "reached_since": "The pixel reaches every unit of {name} and of all later layers.",
    "changing": "Running the network twice, with and without this pixel …",
    "ran_trained": "{network} ran twice with its trained weights: with this pixel at {before}, then at {after}.",
    "ran_own": "{network} ran twice with its own weights: with this pixel at {before}, then at {after}.",
    "ran_random": "{network} ran twice with its initial random weights: with this pixel at {before}, then at {after}.",
    "ran_chain": (
        "Your layers ran twice with one channel and random weights, without ReLU: with this pixel at {before}, then at {after}."
    ),
    "changed_values": (
        "{changed} of the {reached} units that can change here did change. {changed_values} of their {values} values "
        "({channels} per unit) changed: {share}."
    ),
    "stopped_activation": "A ReLU stops a change if it gives 0 before and after.",
    "stopped_pool": "Max pooling stops it if another unit of the window is larger.",
    "stopped_rounding": "A very small change is lost in rounding.",
    "not_changed": "The changed units cannot be shown: {reason}",
    "too_heavy_chain": (
        "The windows of your layers read {reads} million values at this size, but at most {maximum} million are allowed here. Choose "
        "smaller kernels or a smaller image."
    ),
    "no_pixel": (
        "The image has no pixel ({row}, {column}): it has {size} × {size} pixels, so rows and columns go from 0 to {last}."
    ),
    "head_reached": "Reached",
    "head_reached_share": "Share",
    "head_patch": "Patch",
    "head_changed": "Changed",
    "head_changed_values": "Values changed",
    # the effective field
    "effective": "How much of it counts: the effective field",
    "effective_intro": (
        "The green box shows which pixels can matter. The gradient shows how much they matter, averaged over real "
        "images. The button measures the unit that is chosen above."
    ),
    "num_images": "Images",
    "measure": "Measure this unit",
    "stop": "Stop",
    "not_measured": "Nothing is measured yet: press “Measure this unit”.",
    "stopped": "Stopped. What was measured so far stays.",
    "measured_unit": "{network}, {unit}",
    "measuring": "{name}: {done} of {count} images …",
    "weights_random": "random weights",
    "weights_trained": "trained weights",
    "weights_own": "its own weights",
    "effective_caption": "{name}; {count} images; darker: more gradient (square root)",
    "effective_label": "Share of the gradient of {name} on each pixel",
    "head_weights_kind": "Weights",
    "head_images": "Images",
    "head_theory": "theoretical",
    "look_can_see": "{name} can see {size} × {size} pixels.",
    "look_random": " With random weights, half of the gradient is in a square of {half} × {half}, and {share} are in {most} × {most}.",
    "look_own": " With its own weights, half of the gradient is in a square of {half} × {half}, and {share} are in {most} × {most}.",
    "look_trained": " With trained weights, the squares are {half} × {half} and {most} × {most}.",
    "look_silent": "{name}: the gradient is 0 on all of these images, so there is nothing to measure for this unit.",
    "no_weights_table": "Your own layers have no weights. Choose a network to measure its effective field.",
    "no_weights": "{model} has no weights, and its layers do not say how to initialise them, so its gradient cannot be measured.",
    "no_effective": "Choose a convolution or a pooling layer: this one has no field of its own to measure.",
    "too_heavy": (
        "{model} has {params} million parameters and {mult_adds} billion multiply-adds at this size. At most "
        "{max_params} million and {max_adds} billion are allowed here. Choose a smaller network or image."
    ),
    # comparisons and facts
    "comparisons": "Side by side: kernels, dilation, stride",
    "comparison_kernels": "Small kernels or a large one",
    "comparison_dilation": "Dilation",
    "comparison_stride": "Stride",
    "stack_caption": "{size} × {size} pixels",
    "stacks_label": "Number of paths from each pixel to the unit, for each stack",
    "facts": "Measured on the networks of this app",
    "lenet_right": "The layers after it use only these units, and the network is right on {accuracy} of the test images.",
    "facts_networks": (
        "ResNet-50 is deeper than ResNet-34 but sees less, because most of its layers are 1×1 convolutions, which do not make the "
        "field larger. The final field is the field of the last layer before global pooling or before the first linear layer."
    ),
    "facts_depth": (
        "The tutorial gives a sketch of how fields grow with depth, for images of {size} × {size} pixels. It does not name a network, but "
        "networks are different. The columns on the right are computed for images of this size. ResNet-34 has its large first layers "
        "for photographs here."
    ),
    "facts_depth_more": "After {depths} convolutions, a unit of {network} sees more than the sketch says.",
    "facts_depth_less": "After {depths} convolutions, a unit of {network} sees less than the sketch says.",
    # what can be wrong
    "no_layers": "The table needs at least one layer.",
    "too_many_layers": "The table may have at most {maximum} layers, but it has {number}.",
    "too_many_compared": "Compare with at most {maximum} networks.",
    "bad_row": "Row {row} is not a layer.",
    "unknown_key": "Row {row} has no setting “{value}”; a layer has {known}.",
    "bad_type": "Row {row}, Type: must be conv, pool or transposed, got {value!r}.",
    "empty_cell": "Row {row}, {name}: the cell is empty. Enter a whole number from {minimum} to {maximum}.",
    "bad_cell": "Row {row}, {name}: must be a whole number from {minimum} to {maximum}, got {value!r}.",
    "pool_padding": "Row {row}: the padding of a pooling may be at most half its kernel, got {padding} for {kernel}.",
    "kernel_too_large": "Row {row}: the kernel spans {span} pixels, but its padded map has only {padded}.",
    "field_too_large": "Row {row}: the field grows beyond {maximum} pixels. Choose smaller kernels or strides.",
    "field_too_large_here": "grows beyond {maximum} pixels",
    "bad_row_here": "not a layer",
    "unknown_key_here": "has no setting “{value}”, only {known}",
    "bad_type_here": "must be conv, pool or transposed",
    "empty_cell_here": "empty: a whole number from {minimum} to {maximum}",
    "bad_cell_here": "a whole number from {minimum} to {maximum}, not {value!r}",
    "pool_padding_here": "at most half the kernel of {kernel}",
    "kernel_too_large_here": "spans {span}, the padded map has only {padded}",
    "nothing_left": "Row {row}: this padding removes the whole map: {size} units would be left along each side.",
    "nothing_left_here": "removes the whole map ({size} units left)",
    "map_too_large": "Row {row}: the map would have {size} units along each side; at most {maximum} are drawn.",
    "map_too_large_here": "{size} units per side, at most {maximum}",
    "sees_nothing": "Row {row}: this kernel is smaller than the stride, and no unit sees any pixel.",
    "sees_nothing_here": "no unit sees any pixel",
    "fixed_size": "{model} takes images of {size} pixels only, got {value}.",
    "explanation": r"""One unit of a feature map is computed from a small window of the map before it. This window is computed
from windows of the map before that, and so on back to the image. The pixels at the end of this chain are the unit's
**receptive field**. Pixels outside it cannot change the unit's value, whatever the weights are.

Three numbers describe the field of each layer. The first is its side $r$. The second is the **jump** $j$, which is the distance in
pixels between the fields of two neighbouring units. The third is the **start**, which is the centre of the first unit's field; the
centre of the first pixel is 0. The image itself has $r = 1$, $j = 1$ and start 0. A layer with kernel $k$, stride $s$, padding $p$ and
dilation $d$ spans $k' = d\,(k-1) + 1$ units of the map before it, so

$$
\begin{aligned}
r &\leftarrow r + (k' - 1)\, j \\
\text{start} &\leftarrow \text{start} + \left(\tfrac{k' - 1}{2} - p\right) j \\
j &\leftarrow j \cdot s
\end{aligned}
$$

Unit $i$ of the layer then sees the $r$ pixels around $\text{start} + i\,j$.

**LeNet-5 by hand.** The first 5×5 convolution sees {lenet_fields[1]} pixels. The 2×2 pooling after it adds $(2-1) \cdot 1 = 1$, not two,
because its two inputs are neighbours that share four of their five pixels. The field is {lenet_fields[2]}, but the jump is now {lenet_jump}. So
the second 5×5 convolution adds $4 \cdot 2 = 8$, and the field is {lenet_fields[3]}. The last pooling adds $1 \cdot 2$, so the field is
{lenet_fields[4]}. A window with an even side has its centre between two pixels. This is why there are half pixels in the table.

**What makes the field grow.** A 3×3 convolution at stride 1 adds two pixels, so $n$ of them see $2n + 1$. Larger kernels and
dilation add more pixels per layer. A stride multiplies the jump, so all later layers add more. Dilation makes a kernel wider
without new weights. But several layers with the same dilation leave holes: pixels inside the field that no path reaches.

**Padding.** Near the edge a part of the field is outside the image, where there are only zeros. So units at the edge know less
about the clothes, but something about the position of the edge.

**Shortcuts.** In a residual network many paths lead from a pixel to a unit. The field is the union over all paths, which is the
field of the longest path. The shortest path of ResNet-18 here passes only one 3×3 convolution.

**The other direction.** A pixel reaches a unit if, and only if, the pixel is in the unit's field. So "Which units does this pixel
reach?" is the same question from the other end. To find what *can* change, we follow the paths forward, layer by layer.
To find what *did* change, we run the network twice: with the image, and with the same image in which this one pixel is
white instead of dark or black instead of bright. Only units that can change do change.
But some of them do not change: a ReLU gives 0 before and after, max pooling takes its maximum from another unit, or the
difference is lost in rounding.

**The theoretical and the effective field.** The box shows which pixels *can* matter, not how much they matter. Pixels in the
middle have more paths to the unit than pixels at the edge of the field; the maps above count the paths. In a random deep network
the influence falls like a Gaussian towards the edge, and the effective field grows only like the square root of the depth
([Luo et al. 2016](https://arxiv.org/abs/1701.04128)). The effective field above is measured: for each of many real
images we compute the gradient of the unit (summed over the channels) with respect to every pixel. We take its magnitude as a
share of the total, and then the mean over the images. The table gives the side of the smallest square around the field's
centre that contains {shares} of it.

**How it is checked.** The box is computed with the formulas above. Then PyTorch runs the same layers, with equal weights,
averages instead of maxima and no activations, so nothing can cancel. Autograd then shows which pixels reach
the unit. The line below the picture says whether both results agree. The picture shows what autograd finds: bright pixels reach
the unit, dark ones do not.
""",
    "questions": r"""### Why use several 3×3 convolutions instead of one 5×5 or 7×7?
Two 3×3 layers see 5×5 pixels, and three see 7×7, so the field is the same. With $C$ channels everywhere, two 3×3 layers have
$2 \cdot 9\,C^2 = 18\,C^2$ weights and one 5×5 layer has $25\,C^2$. This saves {saved_two}. Three 3×3 layers have $27\,C^2$ weights
and one 7×7 layer has $49\,C^2$, which saves {saved_three}. At stride 1 the number of multiplications falls by the same share. There
is a nonlinearity after each layer, so there are two or three instead of one.

But it is not exactly the same. Without the ReLU between them, two 3×3 kernels can form only some of the possible 5×5
kernels. More layers also need more memory for activations during training, and each layer has to wait for the one before.
VGG (2014) made small kernels the standard. Since 2022, networks such as ConvNeXt and RepLKNet use 7×7 and
31×31 kernels again, with one kernel per channel, which makes large kernels cheap.

### Does a network need to see the whole image?
The network as a whole should see it, and it does: at the end global pooling or a linear layer combines all positions. Only
pixels that strides skip are never seen. The convolutions before it do not need to see everything. A unit of LeNet-5's last
pooling sees {lenet_fields[4]} × {lenet_fields[4]} of {side} × {side} pixels. {lenet_right}

### Why can ResNet-50 see less than ResNet-34?
Depth counts all layers, but only kernels wider than one pixel make the field larger. A bottleneck block has one 3×3 convolution
between two 1×1 convolutions; a basic block has two 3×3 convolutions. Both networks have {blocks} blocks, so ResNet-50 has half
as many 3×3 layers.
""",
}
