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
    "blocks": "blocks: {count}",
    "step_layers": "{count} layers",
    "layers": "Layers",
    "role_conv": "convolution",
    "role_pool": "pooling",
    "role_linear": "linear",
    "role_other": "reshaping",
    "role_residual": "residual block (arc: shortcut, dashed: changes shape)",
    "role_plain": "plain block, without shortcut",
    "role_block": "block with branches of its own",
    "flow_label": "Slabs from {first} to {last}",
    "scale_1": "height and",
    "scale_2": "depth: pixels",
    "scale_3": "thickness:",
    "scale_4": "log channels",
    "hover_image": "The image: {shape}",
    "hover": "{name}: {shape}, {params} parameters, {mult_adds} multiply-adds",
    "beside": "Your networks beside each other",
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
    "look_one": "{name} holds all {total} parameters: one weight for each input number and class, and {classes} biases.",
    "look_shares": "{heavy} holds {heavy_share} of the parameters; {busy} does {busy_share} of the work.",
    "look_same": "{heavy} holds {heavy_share} of the parameters and does {busy_share} of the work.",
    "look_vector": "Flattening comes first: each pixel has weights of its own, but which pixels are neighbours is forgotten.",
    "look_flatten": (
        "Convolutions take any size. Only {name} is tied to it: it wants exactly {features} = {product} inputs."
    ),
    "look_even": (
        "Adaptive pooling makes {side} of any side, so {name} always gets its {features} = {product} inputs, "
        "at any image size."
    ),
    "look_uneven": "{name} must make {bins} of {size}, which is no even division: its bins hold {widths} units a side.",
    "look_blocks": (
        "From the second stage on, each halves the side (rounded up) and doubles the channels: four times the weights, at about "
        "a quarter of the places."
    ),
    "look_tiny": "The last maps are only {size} px a side: padding is most of what a 3×3 kernel sees there.",
    "unused": "{used} parameters are used for an image; {more} more belong to parts that only training uses or nothing reads: {where}.",
    "count_right": "{claimed} for {network} is right.",
    "count_three": "{claimed} for {network} is the count for three input channels, though the code beside it builds one.",
    "count_wrong": "{claimed} for {network} fits no variant that we tried.",
    "claim_right": "The tutorial counts {claimed} parameters. That is right.",
    "claim_three": (
        "The tutorial prints {claimed}. That is the count for three channels; with one channel it is {true}."
    ),
    "claim_now_right": "The tutorial prints {claimed}: that is this network, with three channels, not one.",
    "claim_wrong": (
        "The tutorial prints {claimed}. No variant that we tried has that many; with one channel it is {true}."
    ),
    "claim_other": "The tutorial's {claimed} is for one channel.",
    "torchvision": "torchvision: {title}",
    "side": "Side of the image, px",
    "own": "Your own network",
    "reading": "Reading this network; the first of torchvision takes a few seconds …",
    "own_label": "Layers, a class, or print(model)",
    "view": "Picture",
    "view_flow": "Slabs",
    "view_graph": "Graph",
    "view_layer": "Inside a layer",
    "save_as": "Save:",
    "save": "Save the picture as {kind}",
    "code": "PyTorch code of this network",
    "copy_code": "Copy",
    "no_code_broken": "The code is written once every layer fits.",
    "no_code_weight": (
        "The code cannot be written: this network uses a parameter outside of layers, and its forward depends on the size "
        "of the image."
    ),
    "no_code_part": (
        "The code cannot be written: {layer} ({kind}) is no layer and no function of PyTorch alone, or it has "
        "numbers that are not learned."
    ),
    "stuck": "stuck here",
    "so_far": "Sums up to the layer that breaks.",
    "total_so_far": "Up to here",
    "look_no_params": "No layer here has parameters: there is nothing to learn.",
    "look_changed": "Changed: parameters {params} → {new_params}, multiply-adds {work} → {new_work}.",
    "look_mended": "Changed, and now every layer gets what it expects.",
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
    "fit_after_map": "This {kind} follows a map of {side} with {channels} channels; {code} would fit.",
    "fit_code": "{code} would fit.",
    "fit_kernel": "A kernel of at most {most} would fit.",
    "fit_padding": "A padding of at most {most} would fit.",
    "fit_branches": "Both branches need the same shape: change them alike, the shortcut too.",
    "fit_needs_vector": "nn.Flatten() before it would fit.",
    "fit_flattened": "nn.Flatten() before it, and {code} in its place, would fit.",
    "fit_needs_map": "It belongs before the flattening.",
    "map_number": "Number of the map",
    "unit": "Place on the map",
    "field_title": "what one unit sees",
    "field_caption": "{size} px",
    "field_global": "as wide as the image",
    "maps_label": "Feature maps of {layer}",
    "kernels_label": "Kernels",
    "maps_line": "{name}: {count} maps of {side}. Click a place: map {chosen} is chosen.",
    "maps_line_some": "{name}: {count} maps of {side}, the first {shown} shown. Click a place: map {chosen} is chosen.",
    "vector_line": "{name}: {count} numbers, row by row.",
    "kernels_line": "Its {side} kernel for map {chosen}: one plane for each of {count} inputs.",
    "kernels_line_some": "Its {side} kernel for map {chosen}: {shown} of {count} planes.",
    "no_maps_own": "There are no trained weights for a network of your own, so there are no maps.",
    "no_maps_edited": ("The trained weights do not fit the changed network. Reset it to see its maps."),
    "no_maps_untrained": "No trained weights of this network are here, so there are no maps.",
    "no_maps_input": ("The trained weights are for {size} px and one channel. Choose these to see the maps."),
    "no_maps_inside": "No module hands this intermediate result on, so there are no maps.",
    "image_prepared": "The image is brought to {size} × {size} pixels, the same in all {channels} channels, and normalised as Fashion-MNIST is.",
    "no_maps_shape": "This output is neither a stack of maps nor a flat list, so it is not drawn.",
    "box_exact": "The box of its field is exact.",
    "no_weights": "The weights of {model} cannot be read.",
    "graph_label": "Graph of {count} nodes, from the image to the classes",
    "strip_norm": "normalisation",
    "strip_activation": "activation",
    "legend_skip": "skips layers",
    "legend_width": "width: log channels",
    "graph_hint": "Click ▸ or ▾ to unfold and fold, a layer to choose it; drag to move, Ctrl and the wheel to zoom.",
    "fold": "Fold",
    "unfold": "Unfold",
    "fold_all": "Fold all",
    "unfold_all": "Unfold all",
    "too_entangled": "Too many lines meet inside to be drawn here, so this stays folded: {groups}",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "fit": "Fit",
    "node_conv": "{kernel} conv, {channels}",
    "node_pool": "{kernel} pool",
    "node_linear": "linear, {features}",
    "edit_value": "“{value}” is no whole number and no pair such as 3, 5.",
    "action": "What was done",
    "edit_damaged": "The changes that came with the page cannot be read; reset them.",
    "edit_too_many": "At most {maximum} changes; reset some.",
    "edit_no_layer": "“{layer}” is no layer that can be changed.",
    "edit_no_setting": "{layer} ({kind}) has no {setting} to change.",
    "list_empty": "There are no layers yet: write one a line, such as nn.Conv2d(1, 6, kernel_size=5).",
    "list_too_long": "The text has {length} characters; at most {maximum} are read.",
    "list_character": "Line {line}: the character “{character}” does not belong in a list of layers.",
    "list_nested": "Line {line}: brackets are nested too deep; nn.Sequential may go {maximum} deep.",
    "list_syntax": "Line {line} cannot be read: “{part}”. Look for a missing comma or bracket.",
    "list_no_layer": "Line {line}: “{part}” is no layer. Only calls such as nn.ReLU() are read; nothing is executed.",
    "list_line": "Line {line}: {problem}",
    "list_unknown": "“{layer}” is not among the layers known here: {known}.",
    "list_setting_unknown": "{layer} has no setting “{setting}”; it has {known}.",
    "list_missing": "{layer} needs {setting}.",
    "list_too_many_settings": "{layer} takes at most {maximum} settings without a name, got {count}.",
    "list_twice": "{layer} gets {setting} twice.",
    "list_value": "{layer}: “{value}” is no plain number, pair, True or False; nothing is executed.",
    "list_huge": "{layer}: a number is far too large; at most {maximum} is read.",
    "list_wanted_whole": "{layer}: {setting} must be a whole number from {minimum} to {maximum}, got {value}.",
    "list_wanted_pair": "{layer}: {setting} must be a whole number from {minimum} to {maximum}, or two, got {value}.",
    "list_wanted_flag": "{layer}: {setting} must be True or False, got {value}.",
    "list_wanted_real": "{layer}: {setting} must be a number from {minimum} to {maximum}, got {value}.",
    "list_wanted_word": "{layer}: {setting} must be one of {words}, got {value}.",
    "list_groups": "{layer}: {setting} = {value} cannot be shared out among {groups} groups.",
    "list_same": "Conv2d: padding “same” goes with stride 1 alone, got stride {stride}.",
    "list_too_many": "The list has {count} layers; at most {maximum} are read.",
    "list_too_large": "That would be {count} parameters; at most {maximum} are traced here.",
    "list_large_map": "{layer} would give {count} numbers for one image; at most {maximum} are traced here.",
    "list_character_meant": "Line {line}: the character “{character}” is not one of code; write {meant} in its place.",
    "list_is_torchinfo": (
        "This is the table of torchinfo. It has shapes and numbers of parameters, but not all settings of the layers "
        "(their stride and padding are missing), so the network cannot be told from it. Paste what print(model) "
        "shows, or the code of the model."
    ),
    "list_is_torchsummary": (
        "This is the table of torchsummary. It has shapes and numbers of parameters, but not the settings of the "
        "layers, so the network cannot be told from it. Paste what print(model) shows, or the code of the model."
    ),
    "list_is_keras_table": (
        "This is the table of a Keras model. It does not have the settings of the layers, so the network cannot be "
        "told from it. Write the model in PyTorch, such as nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), "
        "nn.Linear(21632, 10)."
    ),
    "list_is_keras": (
        "This is code for Keras; only PyTorch is read here. Conv2D(32, 3) is nn.Conv2d(1, 32, 3), where the first "
        "number is the channels that come in; MaxPooling2D(2) is nn.MaxPool2d(2), Flatten() is nn.Flatten(), "
        "Dense(10) is nn.Linear(784, 10), where the first number is the inputs, and an activation is a layer of its "
        "own, such as nn.ReLU()."
    ),
    "list_is_weights": (
        "These are the weights of a model, not its layers. Paste what print(model) shows, or the code of the model."
    ),
    "list_cut_off": "Line {line}: the printout is cut off here. Paste all of it, up to the last bracket.",
    "list_no_module": (
        "Line {line}: “{part}” is no line of a printout. Paste what print(model) shows, and nothing else."
    ),
    "list_own_forward": (
        "{layer} does not run the layers inside it one after another, and a printout does not tell what it does. "
        "Paste the class of the model, or open the model itself with show(model, …)."
    ),
    "list_note_printout": (
        "A printout does not show forward: the layers are read one after another, as they are printed, without additions "
        "and other joints."
    ),
    "list_note_flattened": "An nn.Flatten() was put before {layer}, because a printout does not show flattening.",
    "list_note_averages": "A printout does not say whether AvgPool2d has ceil_mode=True; it is read as False.",
    "list_note_class": "Read as {call}. Another one is read if the text ends with a line such as model = Net().",
    "list_printout_broken": (
        "A printout does not say how its layers are joined. Paste the class of the model, or open the model itself "
        "with show(model, …)."
    ),
    "list_pairs": (
        'Line {line}: “{part}” is not read. Write OrderedDict([("conv1", nn.Conv2d(1, 6, 5)), …]), each name once.'
    ),
    "list_pairs_here": '“{part}” is not read. Write OrderedDict([("conv1", nn.Conv2d(1, 6, 5)), …]), each name once.',
    "list_name": (
        "“{name_given}” cannot be the name of a layer. It may have letters, digits and _, and must not be a name "
        "that PyTorch uses itself."
    ),
    "list_unknown_near": "“{layer}” is not among the layers known here. Did you mean {known}?",
    "list_wanted_sizes": (
        "{layer}: {setting} must be a whole number from 1 to {maximum}, or up to {most} of them, got {value}."
    ),
    "list_size_or_scale": "{layer} needs either size or scale_factor, and not both.",
    "list_align_corners": "Upsample: align_corners belongs to the modes bilinear and bicubic, got the mode {mode}.",
    "list_output_padding": (
        "ConvTranspose2d: output_padding must be smaller than the stride or the dilation, got {value}."
    ),
    "list_nested_code": "Line {line}: brackets or expressions are nested too deep; at most {maximum} levels are read.",
    "list_not_read": (
        "Line {line}: “{part}” is not read here. A class may have layers in __init__, and in forward calls of layers "
        "and of functions of PyTorch, if, for and return. Nothing is executed."
    ),
    "list_no_module_class": (
        "{layer} is not read: a class must have nn.Module in its brackets, as in class Net(nn.Module)."
    ),
    "list_star": "{layer} takes * or **. Write every argument with its name.",
    "list_import": (
        "“{module}” is not imported here; only names of torch are read. Leave this line out, and what needs it."
    ),
    "list_unknown_name": (
        "“{word}” is not known here. Only layers and functions of PyTorch and what the text itself defines are read; "
        "nothing is executed."
    ),
    "list_hidden_name": (
        "“{word}” is not read. Names must not begin with two underscores, and have at most 60 characters."
    ),
    "list_large_number": "a number is far too large; at most {maximum} is read.",
    "list_no_class": (
        "There is no class in the text. Paste a whole one: class Net(nn.Module), with __init__ and forward."
    ),
    "list_needs_argument": "{layer} needs {setting}. Give it a value in __init__, or add a last line such as {code}.",
    "list_makes_no_module": "“{code}” makes no network.",
    "list_no_forward": "{layer} has no forward, so it is not known what it does with its layers.",
    "list_arguments": "{code} is called with other arguments than it takes.",
    "list_argument_missing": "{code} is called without {setting}.",
    "list_recursion": "this calls itself, or goes more than {maximum} calls deep.",
    "list_layer_in_forward": (
        "{layer} is made in forward. Make it in __init__, as self.name = …, and call it in forward."
    ),
    "list_not_known": "“{part}” is not read here; nothing is executed.",
    "list_too_long_run": "the text goes on for more than {maximum} steps; this is where reading stopped.",
    "list_raises": "“{part}” would stop the network here.",
    "list_changed_in_loop": "“{part}” changes while it is gone through.",
    "list_output": "forward gives something that is no tensor.",
    "list_scales": "The layers would enlarge the image {count} times in all; at most {maximum} times is traced here.",
    "list_quotes": "Line {line}: curly quotes are not those of code; write \" or ' in their place.",
    "list_unpack": "{wanted} names stand for {got} values.",
    "list_no_item": "there is no “{part}”.",
    "list_set_in_forward": "“{part}” changes the network in forward. Do this in __init__.",
    "list_plain_list": "layers in a plain list are not a part of the network. Write nn.ModuleList([…]).",
    "list_too_many_items": "a list or a loop has more than {maximum} items.",
    "list_no_attribute": "“{part}” is not known here.",
    "list_calculation": "“{part}” cannot be calculated.",
    "list_call_unknown": "“{part}” is not among the layers and functions that are read here; nothing is executed.",
    "list_call_in_init": "“{part}” calls a layer or a function in __init__. Do this in forward.",
    "list_call_list": "“{part}” is a list of layers, which cannot be called. Call its layers in a loop.",
    "list_only_layers": "“{part}” may hold layers only.",
    "list_split": "“{part}” is not read: write how many parts there are (chunk), or the sizes of all parts (split).",
    "list_argument": "“{part}” is given something that is no tensor, number or short word.",
    "list_no_loop": "“{part}” cannot be gone through one by one.",
    "list_too_many_modules": "the network has more than {maximum} modules.",
    "list_printed_order": (
        "{layer} stands behind {other}, which leaves one place of the map. So forward does not run the layers in the "
        "order in which they are printed. Paste the class of the model, or open the model itself with show(model, …)."
    ),
    "explanation": r"""
Each row of the table is one operation. The shape is written channels × height × width, for one image; in PyTorch a
batch dimension $N$ stands before it and stays as it is.

**Size.** A convolution or pooling with kernel $k$, stride $s$, padding $p$ and dilation $d$ turns a side of $n$ pixels into

$$n' = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1$$

With $d = 1$ the top of the fraction is $n + 2p - k$, which is how the table writes it. The floor means that
leftover pixels at the border are dropped.

**Parameters.** A convolution has one kernel for each pair of channels, and a bias for each channel out:

$$C_\text{out} \cdot \frac{C_\text{in}}{\text{groups}} \cdot k_h \cdot k_w + C_\text{out}$$

The size of the image does not appear: that is weight sharing. A linear layer has
$F_\text{out} \cdot F_\text{in} + F_\text{out}$, and there the size does appear, through $F_\text{in} = C \cdot H \cdot W$.
Batch normalisation has a scale and a shift for each channel.

**Multiply-adds.** Parameters times $H' \cdot W'$ for a convolution, times the number of positions for a linear layer, and
once for any other; attention adds the products of queries, keys and values. This is the count of *torchinfo*, but for
transformers and ConvNeXt. So parameters tell how much a network stores, multiply-adds how much it computes, and the two
often sit in different layers.

**Memory.** Four bytes for each number of the output, for one image (float32). Training keeps most of these outputs for
the gradient; running a trained network may let most of them go.

**Why channels double when the side halves.** Halving both sides leaves a quarter of the places. Doubling the channels in
and out makes four times the weights. So the work of each layer stays the same. He et al. (2015, section 3.3) build ResNet on this rule,
and you can read it off the shares: the four stages of ResNet-34 differ in work mostly because they differ in the number
of blocks.

**Bottlenecks.** ResNet-50 has as many blocks as ResNet-34. But each does its 3×3 work on a quarter of the channels that it
hands on: a 1×1 convolution narrows before, another widens after. Open a block of `layer3` in both and compare.

**Change a layer.** Choose one and type another number: everything after it is computed anew. A kernel or a stride
changes sizes. Convolutions do not mind; a linear layer does, since its inputs are $C \cdot H \cdot W$, unless a
global or adaptive pooling before it fixes them. Another number of channels breaks the next layer with weights: a
convolution has one plane for each channel that comes in, a batch normalisation one scale and shift. Residual blocks
add one more rule: what is added must have the same shape, so a block cannot change its channels or its size unless
the shortcut does.

**Your own network.** Paste layers as in `nn.Sequential(...)`, a class with `__init__` and `forward`, or what `print(model)`
shows. The text is read, never run: only layers and functions of PyTorch and plain numbers are known, and everything else is
refused with its line. A printout lists the layers but not `forward`. So an `nn.Sequential` is read exactly; of any other
network the layers are read one after another, and the page says so. A class can be changed layer by layer; where layers come
and go, change the text. The code below the table is the network as it is now, as PyTorch would take it: a list of layers, or
a class where there are branches.

**Counts in the tutorial.** {counts}
""",
    "questions": r"""
### Why do convolutions before batch normalisation have bias=False?
Batch normalisation subtracts each channel's mean over the batch. A bias adds the same number everywhere in its channel,
so it is part of that mean and is gone at once: the output does not change, and the bias gets a gradient of zero. The
shift $\beta$ of the normalisation does the job instead. Leaving the bias out saves $C_\text{out}$ parameters a
convolution: {biases} in {network}, {share} of its parameters. The reason is that it is pointless, not that it is large.

Where does the normalisation stand? Here, as in the paper, between convolution and ReLU. In the table each `Conv2d` without
a bias is followed by a `BatchNorm2d` with $2 \cdot C$ parameters.
### What does inplace=True save in a ReLU, and when is it wrong?
It writes the result over the input instead of into a new tensor, which saves one buffer while the ReLU runs. What
training keeps for the gradient stays the same: the ReLU's backward pass reads its output only, so its input is not
kept anyway. It goes wrong in two ways, and only one of them is reported.

**Reported:** an operation needs the overwritten value for its gradient: its own output, as the sigmoid does, or its input, as
a product does that reads the same tensor. A convolution, an addition or a batch normalisation right
before the ReLU does not need its own output again, so that overwriting it does no harm.

```python
values = torch.ones(3, requires_grad=True)
nn.ReLU(inplace=True)(torch.sigmoid(values)).sum().backward()
# RuntimeError: ... has been modified by an inplace operation
```

**Silent:** something else still reads the input, such as a shortcut. Nothing raises; the network computes another function.

```python
x = torch.tensor([-2.0, 3.0])
out = nn.ReLU(inplace=True)(x)  # x is now [0., 3.]
x + out  # [0., 6.], without inplace [-2., 6.]
```

The ReLU of a basic block stands after a batch normalisation or after the sum, so there it is safe, also before the
addition. In a block that begins with its ReLU it is not. The networks here never use it, because attribution methods
need the values that it would overwrite.
""",
}
