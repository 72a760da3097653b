"""Sentences of the shapes wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Shapes",
    "intro": "Follow an image through a network: what each layer does to its shape, what it costs, and why.",
    "channels": "Channels of the image",
    "size": "Image side (pixels)",
    "stem": "First layers",
    "stem_small": "3×3, for small images",
    "stem_large": "7×7 and pooling, for 224 px",
    "download": "Download the table (CSV)",
    "image": "image",
    "short_conv": "conv",
    "short_pool": "pool",
    "short_global_pool": "average",
    "short_linear": "linear",
    "short_flatten": "flatten",
    "short_other": "layer",
    "blocks": "{count} blocks",
    "step_layers": "{count} layers",
    "layers": "Layers",
    "role_conv": "convolution",
    "role_pool": "pooling",
    "role_linear": "linear",
    "role_other": "reshaping",
    "role_residual": "residual block (arc: shortcut; dashed: the shortcut changes the shape)",
    "role_plain": "plain block, without shortcut",
    "role_block": "block with branches",
    "flow_label": "Slabs from {first} to {last}",
    "scale_1": "height and",
    "scale_2": "depth: pixels",
    "scale_3": "thickness:",
    "scale_4": "log channels",
    "hover_image": "The image: {shape}",
    "hover": "{name}: {shape}, {params} parameters, {mult_adds} multiply-adds",
    "beside": "Your networks side by side",
    "network": "Network",
    "column_input": "Image",
    "column_name": "Layer",
    "column_kind": "Kind",
    "column_output": "Output",
    "column_params": "Parameters",
    "column_mult_adds": "Multiply-adds",
    "column_memory": "Memory",
    "total": "Total",
    "table_label": "Table of layers",
    "look_one": "{name} has all {total} parameters: one weight for each input number and class, and {classes} biases.",
    "look_shares": "{heavy} has {heavy_share} of the parameters; {busy} needs {busy_share} of the multiply-adds.",
    "look_same": "{heavy} has {heavy_share} of the parameters and needs {busy_share} of the multiply-adds.",
    "look_vector": "Flattening comes first: each pixel has its own weights, but the network no longer knows which pixels are neighbours.",
    "look_flatten": (
        "Convolutions take any image size. Only {name} needs a fixed size: exactly {features} = {product} inputs."
    ),
    "look_even": (
        "Adaptive pooling turns every map into one of {side} × {side}, so {name} gets {features} = {product} inputs "
        "at every image size."
    ),
    "look_uneven": "{name} must turn {size} units per side into {bins}. This does not divide evenly, so its windows are {widths} units wide.",
    "look_blocks": (
        "From the second stage on, each stage halves the side (rounded up) and doubles the channels. So it has four times as many "
        "weights, used at about a quarter of the places."
    ),
    "look_tiny": "The last maps have only {size} px per side: most of what a 3×3 kernel sees there is padding.",
    "unused": "{used} parameters are used for an image. {more} more belong to parts that only training uses, or that nothing uses: {where}.",
    "count_right": "{claimed} for {network} is right.",
    "count_three": "{claimed} for {network} is the count for three input channels, but the tutorial's code has one.",
    "count_wrong": "{claimed} for {network} does not match any variant that we tried.",
    "claim_right": "The tutorial says {claimed} parameters. This is right.",
    "claim_three": (
        "The tutorial says {claimed}. This is the count for three channels; with one channel it is {true}."
    ),
    "claim_now_right": "The tutorial says {claimed}. This is right for this network with three channels, but not with one.",
    "claim_wrong": (
        "The tutorial says {claimed}. No variant that we tried has this number; with one channel it is {true}."
    ),
    "claim_other": "The tutorial's number, {claimed}, is for one channel.",
    "torchvision": "torchvision: {title}",
    "side": "Side of the image, px",
    "own": "Your own network",
    "reading": "Reading this network. The first one of torchvision takes a few seconds …",
    "own_label": "Layers, a class, or print(model)",
    "view": "Picture",
    "view_flow": "Slabs",
    "view_graph": "Graph",
    "view_layer": "Inside a layer",
    "save_as": "The picture as the page shows it:",
    "save": "Save the picture as {kind}",
    "code": "PyTorch code of this network",
    "copy_code": "Copy",
    "no_code_broken": "The code appears when every layer fits.",
    "no_code_weight": (
        "The code cannot be written: this network uses a parameter outside of layers, and its forward depends on the size "
        "of the image."
    ),
    "no_code_part": (
        "The code cannot be written: {layer} ({kind}) is not a layer or function of PyTorch, or it has "
        "numbers that are not learned."
    ),
    "stuck": "stuck here",
    "so_far": "The sums end before the layer that does not fit.",
    "total_so_far": "Up to here",
    "look_no_params": "No layer here has parameters, so there is nothing to learn.",
    "look_changed": "Changed: parameters {params} → {new_params}, multiply-adds {work} → {new_work}.",
    "look_mended": "Changed. Now every layer gets the input that it expects.",
    "choose_row": "Click a layer in the table or the picture.",
    "nothing_to_change": "This layer has nothing to change.",
    "undo": "Undo",
    "reset": "Reset",
    "mend": "Make the rest fit",
    "setting_kernel_size": "kernel",
    "setting_stride": "stride",
    "setting_padding": "padding",
    "setting_dilation": "dilation",
    "setting_groups": "groups",
    "setting_in_channels": "ch. in",
    "setting_out_channels": "ch. out",
    "setting_in_features": "inputs",
    "setting_out_features": "outputs",
    "setting_num_features": "channels",
    "setting_num_channels": "channels",
    "setting_num_groups": "groups",
    "setting_output_size": "side out",
    "fit_after_map": "This {kind} comes after a map of {side} with {channels} channels; {code} would fit.",
    "fit_code": "{code} would fit.",
    "fit_kernel": "A kernel of at most {most} would fit.",
    "fit_padding": "A padding of at most {most} would fit.",
    "fit_branches": "Both branches need the same shape. Change both in the same way, also the shortcut.",
    "fit_needs_vector": "nn.Flatten() before it would fit.",
    "fit_flattened": "nn.Flatten() before it and {code} instead of it would fit.",
    "fit_needs_map": "It must come before the flattening.",
    "map_number": "Number of the map",
    "unit": "Place on the map",
    "field_title": "what one unit sees",
    "field_caption": "{size} px",
    "field_global": "as wide as the image",
    "maps_label": "Feature maps of {layer}",
    "kernels_label": "Kernels",
    "maps_line": "{name}: {count} maps of {side}. Click a place: map {chosen} is chosen.",
    "maps_line_some": "{name}: {count} maps of {side}; the first {shown} are shown. Click a place: map {chosen} is chosen.",
    "vector_line": "{name}: {count} numbers, row by row.",
    "kernels_line": "Its {side} kernel for map {chosen}: one plane for each of {count} inputs.",
    "kernels_line_some": "Its {side} kernel for map {chosen}: {shown} of {count} planes.",
    "no_maps_own": "There are no trained weights for your own network, so there are no maps.",
    "no_maps_edited": ("The trained weights do not fit the changed network. Reset it to see its maps."),
    "no_maps_untrained": "There are no trained weights for this network, so there are no maps.",
    "no_maps_input": ("The trained weights are for {size} px and one channel. Choose these to see the maps."),
    "no_maps_inside": "No module returns this intermediate result, so there are no maps.",
    "image_prepared": "The image is resized to {size} × {size} pixels, copied to all {channels} channels, and normalised like Fashion-MNIST.",
    "no_maps_shape": "This output is not a stack of maps and not a flat list, so it is not drawn.",
    "box_exact": "The box of its field is exact.",
    "no_weights": "The weights of {model} cannot be read.",
    "graph_label": "Graph of {count} nodes, from the image to the classes",
    "strip_norm": "normalisation",
    "strip_activation": "activation",
    "legend_skip": "skips layers",
    "legend_width": "width: log channels",
    "graph_hint": "Click ▸ to unfold and ▾ to fold. Click a layer to choose it. Drag to move. Use Ctrl and the wheel to zoom.",
    "fold": "Fold",
    "unfold": "Unfold",
    "fold_all": "Fold all",
    "unfold_all": "Unfold all",
    "too_entangled": "This stays folded, because it has too many lines inside: {groups}",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "fit": "Fit",
    "node_conv": "{kernel} conv, {channels}",
    "node_pool": "{kernel} pool",
    "node_linear": "linear, {features}",
    "edit_value": "“{value}” is not a whole number and not a pair such as 3, 5.",
    "action": "What was done",
    "edit_damaged": "The changes in this page cannot be read. Reset them.",
    "edit_too_many": "At most {maximum} changes are possible. Reset some.",
    "edit_no_layer": "“{layer}” is not a layer that can be changed.",
    "edit_no_setting": "{layer} ({kind}) has no {setting} to change.",
    "list_empty": "There are no layers yet. Write one layer per line, such as nn.Conv2d(1, 6, kernel_size=5).",
    "list_too_long": "The text has {length} characters; at most {maximum} are read.",
    "list_character": "Line {line}: the character “{character}” does not belong in a list of layers.",
    "list_nested": "Line {line}: brackets are nested too deeply; nn.Sequential may have {maximum} levels.",
    "list_syntax": "Line {line} cannot be read: “{part}”. Look for a missing comma or bracket.",
    "list_no_layer": "Line {line}: “{part}” is not a layer. Only calls such as nn.ReLU() are read; nothing is executed.",
    "list_line": "Line {line}: {problem}",
    "list_unknown": "“{layer}” is not a known layer. The known layers are: {known}.",
    "list_setting_unknown": "{layer} has no setting “{setting}”; it has {known}.",
    "list_missing": "{layer} needs {setting}.",
    "list_too_many_settings": "{layer} takes at most {maximum} settings without a name, got {count}.",
    "list_twice": "{layer} gets {setting} twice.",
    "list_value": "{layer}: “{value}” is not a plain number, a pair, True or False; nothing is executed.",
    "list_huge": "{layer}: a number is far too large; at most {maximum} is read.",
    "list_wanted_whole": "{layer}: {setting} must be a whole number from {minimum} to {maximum}, got {value}.",
    "list_wanted_pair": "{layer}: {setting} must be a whole number from {minimum} to {maximum}, or two, got {value}.",
    "list_wanted_flag": "{layer}: {setting} must be True or False, got {value}.",
    "list_wanted_real": "{layer}: {setting} must be a number from {minimum} to {maximum}, got {value}.",
    "list_wanted_word": "{layer}: {setting} must be one of {words}, got {value}.",
    "list_groups": "{layer}: {setting} = {value} cannot be divided into {groups} groups.",
    "list_same": "Conv2d: padding “same” works only with stride 1, got stride {stride}.",
    "list_too_many": "The list has {count} layers; at most {maximum} are read.",
    "list_too_large": "This network would have {count} parameters; at most {maximum} are traced here.",
    "list_large_map": "{layer} would give {count} numbers for one image; at most {maximum} are traced here.",
    "list_character_meant": "Line {line}: the character “{character}” is not used in code; write {meant} instead.",
    "list_is_torchinfo": (
        "This is the table of torchinfo. It shows shapes and numbers of parameters, but not all settings of the layers "
        "(stride and padding are missing), so the network cannot be read from it. Paste what print(model) "
        "shows, or the code of the model."
    ),
    "list_is_torchsummary": (
        "This is the table of torchsummary. It shows shapes and numbers of parameters, but not the settings of the "
        "layers, so the network cannot be read from it. Paste what print(model) shows, or the code of the model."
    ),
    "list_is_keras_table": (
        "This is the table of a Keras model. It does not show the settings of the layers, so the network cannot be "
        "read from it. Write the model in PyTorch, such as nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), "
        "nn.Linear(21632, 10)."
    ),
    "list_is_keras": (
        "This is code for Keras; only PyTorch is read here. Conv2D(32, 3) is nn.Conv2d(1, 32, 3), where the first "
        "number is the input channels. MaxPooling2D(2) is nn.MaxPool2d(2). Flatten() is nn.Flatten(). "
        "Dense(10) is nn.Linear(784, 10), where the first number is the inputs. An activation is a separate layer, "
        "such as nn.ReLU()."
    ),
    "list_is_weights": (
        "These are the weights of a model, not its layers. Paste what print(model) shows, or the code of the model."
    ),
    "list_cut_off": "Line {line}: the printout is cut off here. Paste all of it, up to the last bracket.",
    "list_no_module": ("Line {line}: “{part}” is not a line of a printout. Paste only what print(model) shows."),
    "list_own_forward": (
        "{layer} does not run its inner layers one after another, and a printout does not show what it does. "
        "Paste the class of the model, or open the model itself with show(model, …)."
    ),
    "list_note_printout": (
        "A printout does not show forward. The layers are read one after another, in the printed order, without additions "
        "and other connections."
    ),
    "list_note_flattened": "An nn.Flatten() was put before {layer}, because a printout does not show flattening.",
    "list_note_averages": "A printout does not show whether AvgPool2d has ceil_mode=True; it is read as False.",
    "list_note_class": "The text is read as {call}. To choose another class, end the text with a line such as model = Net().",
    "list_printout_broken": (
        "A printout does not show how its layers are connected. Paste the class of the model, or open the model itself "
        "with show(model, …)."
    ),
    "list_pairs": (
        'Line {line}: “{part}” is not read. Write OrderedDict([("conv1", nn.Conv2d(1, 6, 5)), …]) and use each name once.'
    ),
    "list_pairs_here": '“{part}” is not read. Write OrderedDict([("conv1", nn.Conv2d(1, 6, 5)), …]) and use each name once.',
    "list_name": (
        "“{name_given}” cannot be the name of a layer. A name may have letters, digits and _, and it must not be a name "
        "that PyTorch itself uses."
    ),
    "list_unknown_near": "“{layer}” is not a known layer. Did you mean {known}?",
    "list_wanted_sizes": (
        "{layer}: {setting} must be a whole number from 1 to {maximum}, or up to {most} of them, got {value}."
    ),
    "list_size_or_scale": "{layer} needs either size or scale_factor, but not both.",
    "list_align_corners": "Upsample: align_corners works only with the modes bilinear and bicubic, got the mode {mode}.",
    "list_output_padding": (
        "ConvTranspose2d: output_padding must be smaller than the stride or the dilation, got {value}."
    ),
    "list_nested_code": "Line {line}: brackets or expressions are nested too deeply; at most {maximum} levels are read.",
    "list_not_read": (
        "Line {line}: “{part}” is not read here. A class may have layers in __init__. Its forward may call layers and functions "
        "of PyTorch, and may use if, for and return. Nothing is executed."
    ),
    "list_no_module_class": (
        "{layer} is not read: a class must have nn.Module in its brackets, as in class Net(nn.Module)."
    ),
    "list_star": "{layer} takes * or **. Write every argument with its name.",
    "list_import": (
        "“{module}” is not imported here; only names of torch are read. Remove this line and everything that needs it."
    ),
    "list_unknown_name": (
        "“{word}” is not known here. Only layers and functions of PyTorch and names that the text defines are read; "
        "nothing is executed."
    ),
    "list_hidden_name": (
        "“{word}” is not read. A name must not begin with two underscores and may have at most 60 characters."
    ),
    "list_large_number": "a number is far too large; at most {maximum} is read.",
    "list_no_class": (
        "There is no class in the text. Paste a whole one: class Net(nn.Module), with __init__ and forward."
    ),
    "list_needs_argument": "{layer} needs {setting}. Give it a value in __init__, or add a last line such as {code}.",
    "list_makes_no_module": "“{code}” does not build a network.",
    "list_no_forward": "{layer} has no forward, so nobody knows what it does with its layers.",
    "list_arguments": "{code} is called with arguments that it does not take.",
    "list_argument_missing": "{code} is called without {setting}.",
    "list_recursion": "this calls itself, or goes more than {maximum} calls deep.",
    "list_layer_in_forward": (
        "{layer} is made in forward. Make it in __init__, as self.name = …, and call it in forward."
    ),
    "list_not_known": "“{part}” is not read here; nothing is executed.",
    "list_too_long_run": "the text needs more than {maximum} steps; reading stopped here.",
    "list_raises": "“{part}” would stop the network here.",
    "list_changed_in_loop": "“{part}” changes during a loop over it.",
    "list_output": "forward returns something that is not a tensor.",
    "list_scales": "Together the layers would enlarge the image {count} times; at most {maximum} times is traced here.",
    "list_quotes": "Line {line}: code does not use curly quotes; write \" or ' instead.",
    "list_unpack": "there are {wanted} names for {got} values.",
    "list_no_item": "there is no “{part}”.",
    "list_set_in_forward": "“{part}” changes the network in forward. Do this in __init__.",
    "list_plain_list": "layers in a plain list are not part of the network. Write nn.ModuleList([…]).",
    "list_too_many_items": "a list or a loop has more than {maximum} items.",
    "list_no_attribute": "“{part}” is not known here.",
    "list_calculation": "“{part}” cannot be calculated.",
    "list_call_unknown": "“{part}” is not one of the layers and functions that are read here; nothing is executed.",
    "list_call_in_init": "“{part}” calls a layer or a function in __init__. Do this in forward.",
    "list_call_list": "“{part}” is a list of layers, which cannot be called. Call its layers in a loop.",
    "list_only_layers": "“{part}” may contain only layers.",
    "list_split": "“{part}” is not read: write how many parts there are (chunk), or the sizes of all parts (split).",
    "list_argument": "“{part}” gets something that is not a tensor, a number or a short word.",
    "list_no_loop": "a loop over “{part}” is not possible.",
    "list_too_many_modules": "the network has more than {maximum} modules.",
    "list_printed_order": (
        "{layer} comes after {other}, which leaves only one place of the map. So forward does not run the layers in the "
        "printed order. Paste the class of the model, or open the model itself with show(model, …)."
    ),
    "explanation": r"""
Each row of the table is one operation. The shape is channels × height × width, for one image. In PyTorch there is a
batch dimension $N$ before it, which does not change.

**Size.** A convolution or pooling with kernel $k$, stride $s$, padding $p$ and dilation $d$ turns a side of $n$ pixels into

$$n' = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1$$

With $d = 1$ the top of the fraction is $n + 2p - k$, as in the table. The floor means that the remaining pixels at the border
are not used.

**Parameters.** A convolution has one kernel for each pair of channels, and one bias for each output channel:

$$C_\text{out} \cdot \frac{C_\text{in}}{\text{groups}} \cdot k_h \cdot k_w + C_\text{out}$$

The formula does not contain the size of the image. This is weight sharing. A linear layer has
$F_\text{out} \cdot F_\text{in} + F_\text{out}$ parameters. Here the size matters, because $F_\text{in} = C \cdot H \cdot W$.
Batch normalisation has a scale and a shift for each channel.

**Multiply-adds.** For a convolution: its parameters times $H' \cdot W'$. For a linear layer: its parameters times the number of
positions. For any other layer: its parameters. Attention adds the products of queries, keys and values. *torchinfo* counts in the
same way, except for transformers and ConvNeXt. Parameters show how much a network stores, and multiply-adds show how much it
computes. Often the two are large in different layers.

**Memory.** Each number of the output needs four bytes (float32), for one image. Training keeps most of these outputs for
the gradient. A trained network can release most of them while it runs.

**Why do channels double when the side halves?** When both sides are halved, a quarter of the places remain. When the input and
output channels are doubled, there are four times as many weights. So each layer needs the same number of multiply-adds. He et al.
(2015, section 3.3) use this rule for ResNet, and the shares show it: the four stages of ResNet-34 have different shares mostly
because they have different numbers of blocks.

**Bottlenecks.** ResNet-50 has as many blocks as ResNet-34. But the 3×3 convolution of each block works with a quarter of the
block's output channels: a 1×1 convolution before it reduces the channels, and another one after it increases them. Open a block
of `layer3` in both networks and compare.

**Change a layer.** Choose a layer and type another number: everything after it is computed again. A kernel or a stride
changes sizes. Convolutions work with any size. A linear layer needs exactly $C \cdot H \cdot W$ inputs, so it no longer fits,
unless a global or adaptive pooling before it fixes the size. Another number of channels does not fit the next layer with weights:
a convolution has one plane for each input channel, and a batch normalisation has one scale and one shift. Residual blocks
have one more rule: the two summands must have the same shape. So a block can change its channels or its size only if
the shortcut does the same.

**Your own network.** Paste layers as in `nn.Sequential(...)`, a class with `__init__` and `forward`, or what `print(model)`
shows. The text is read but never run. Only layers and functions of PyTorch and plain numbers are known; everything else is
refused, and the message names the line. A printout lists the layers but not `forward`. So an `nn.Sequential` is read exactly. The
layers of any other network are read one after another, and the page says so. You can change a class layer by layer; to add or
remove layers, change the text. The code below the table is the PyTorch code of the current network: a list of layers, or
a class if there are branches.

**Counts in the tutorial.** {counts}
""",
    "questions": r"""
### Why do convolutions before batch normalisation have bias=False?
Batch normalisation subtracts each channel's mean over the batch. A bias adds the same number everywhere in its channel,
so it is part of this mean and is subtracted again. The output does not change, and the gradient of the bias is zero. The
shift $\beta$ of the normalisation does the same job. Without the bias, each convolution saves $C_\text{out}$ parameters:
{biases} in {network}, which is {share} of its parameters. The bias is left out because it has no effect, not because it is large.

Where is the normalisation? Here, as in the paper, it is between the convolution and the ReLU. In the table, each `Conv2d` without
a bias is followed by a `BatchNorm2d` with $2 \cdot C$ parameters.
### What does inplace=True save in a ReLU, and when is it wrong?
It writes the result over the input and not into a new tensor. This saves one buffer while the ReLU runs. Training
keeps the same amount for the gradient: the ReLU's backward pass reads only its output, so its input is not
kept in either case. It can go wrong in two ways, and only one of them gives an error.

**With an error:** an operation needs the overwritten value for its gradient. For example, a sigmoid needs its own output, and
a product that reads the same tensor needs its input. A convolution, an addition or a batch normalisation just
before the ReLU does not need its own output again, so overwriting it is safe.

```python
values = torch.ones(3, requires_grad=True)
nn.ReLU(inplace=True)(torch.sigmoid(values)).sum().backward()
# RuntimeError: ... has been modified by an inplace operation
```

**Without an error:** something else still reads the input, such as a shortcut. Then the network computes another function.

```python
x = torch.tensor([-2.0, 3.0])
out = nn.ReLU(inplace=True)(x)  # x is now [0., 3.]
x + out  # [0., 6.], without inplace [-2., 6.]
```

The ReLU of a basic block comes after a batch normalisation or after the sum, so an in-place ReLU is safe there, also before the
addition. It is not safe in a block that begins with its ReLU. The networks here never use it, because attribution methods
need the values that it would overwrite.
""",
}
