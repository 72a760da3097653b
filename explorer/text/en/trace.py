"""What can be wrong with a network or its input, in English."""

from __future__ import annotations

SENTENCES = {
    "input_shape": "The input must be (channels, height, width), whole numbers of at least 1, got {shape}.",
    "channels": "{layer} ({kind}) expects {expected} channels, but gets {got}.",
    "features": "{layer} ({kind}) expects {expected} inputs, but gets {got}.",
    "kernel_too_large": (
        "{layer} ({kind}): the kernel spans {kernel}, which is larger than its padded input of {padded}."
    ),
    "needs_map": "{layer} ({kind}) needs a feature map (channels, height, width), but gets a shape of {shape}.",
    "needs_vector": (
        "{layer} ({kind}) needs a flat list of features, but gets a feature map of {shape}. Flatten it first."
    ),
    "branches": "{layer} ({kind}) cannot join branches of different shapes: {shapes}.",
    "batch_lost": "{layer} ({kind}) spreads one image of {input} numbers over a shape of {output}.",
    "view": "{layer} ({kind}): {input} numbers cannot take the shape {output}.",
    "pool_padding": "{layer} ({kind}): padding {padding} is more than half of the window of {kernel}.",
    "unsupported": "There is no rule for {layer} ({kind}), so its shape and receptive field are not known.",
    "map_too_large": "{layer} ({kind}) would give a map of {side} units a side; at most {maximum} are followed.",
    "unsupported_setting": "There is no rule for {layer} ({kind}) with {setting}.",
    "several_outputs": "{layer} ({kind}) gives something else than one tensor; that cannot be traced.",
    "only_channels": "{title} takes no other number of channels than {wanted}, got {channels}.",
    "not_buildable": "{layer} cannot be built without numbers ({kind}): {reason}",
    "not_recordable": "The forward of {layer} cannot be recorded ({kind}): {reason}",
    "no_layer": "The network has no layer named {layer}.",
    "no_map": "{layer} ({kind}) gives no feature map, so it has no unit at a row and a column.",
    "no_unit": "{layer} has {rows} × {columns} units; that row and column are not among them.",
    "note_global_pool": "Global pooling joins all positions: every unit sees all that the layers before it see.",
    "note_linear": "A fully connected layer joins all positions: every unit sees all that the layers before it see.",
    "note_attention": "Attention joins all positions: every unit sees all that the layers before it see.",
    "note_window_attention": (
        "Attention joins the positions of each window: units of one window see the same, whatever their place in it."
    ),
    "note_squeeze_excitation": (
        "A branch in which all positions are joined scales the channels (squeeze and excitation): every unit "
        "sees all that it sees."
    ),
    "note_softmax": "Softmax divides by a sum over all positions: every unit sees all that the layers before it see.",
    "note_normalisation": "Mean and deviation are taken over all positions: every unit sees all that the layers before it see.",
    "note_unaligned": (
        "Branches meet whose units lie at different distances: each unit has a field of its own, the largest is given."
    ),
    "note_uneven": "The pooling bins do not divide the map evenly: each unit has a field of its own, the largest is given.",
    "note_flattened": "The units stand in one long row: each sees what it saw before, on no grid.",
    "note_transposed": (
        "A transposed convolution puts units between those before it: neighbours may share a field or not, the largest is given."
    ),
    "check_global": "not checked: this layer joins all positions by construction",
    "check_no_grid": "not checked: the units of this layer lie on no regular grid",
    "check_too_large": "not checked: the field is too large to measure while you wait",
    "check_unsupported": "not checked: an operation on the way cannot be replayed",
    "check_no_counterpart": "{layer} ({kind}) has no counterpart through which a footprint could be measured.",
    "note_global_branch": "A branch in which all positions are joined comes in here: every unit sees all that it sees.",
    "note_single_unit": "The feature map is down to one unit: there is nothing left to join.",
    "no_dimension": "{layer} ({kind}) asks for dimension or place {dim}, which a shape of {shape} does not have.",
    "not_rows_and_columns": "{layer} ({kind}) slides over dimensions that are not height and width; that has no rule.",
    "needs_tokens": "{layer} ({kind}) needs a list of tokens (tokens, features), but gets a shape of {shape}.",
    "normalized_shape": "{layer} ({kind}) normalises over {expected}, but gets a shape of {got}.",
    "fixed_map": "{layer} ({kind}) is built for feature maps of {expected}, but gets {got}.",
    "transposed_too_small": "{layer} ({kind}): its padding leaves nothing; the output would be {output}.",
    "refused_by_network": "{layer} is built for images of another size and refuses {shape}.",
    "place": "(In {place}.)",
    "scripted": "{layer} ({kind}) is a scripted module: what it does cannot be seen from outside.",
    "not_initialised": "{layer} ({kind}) has no parameters yet: run the network once before it is traced.",
    "not_run": "The forward of {layer} could not be run without numbers ({kind}), so its recording is not confirmed: {reason}",
    "not_followed": "{layer} ({kind}) reads a tensor that comes from an operation which cannot be seen.",
    "reads_values": "{layer} ({kind}) asks for the values of a tensor, and goes its way by them; a recording has none.",
    "overwritten": "{layer} ({kind}) reads a tensor of which another operation has overwritten a part.",
    "differs": "{layer} ({kind}) gives {real} when the network runs, and {traced} by the rule; so the rule does not hold here.",
    "fixed_shape": "{layer} takes its way by the size of the image, so its layers cannot be changed in the recording of one size.",
    "note_upper_bound": "One of the operations before is not followed place by place: units see this much, or less.",
    "check_upper_bound": "not checked: the field is an upper bound",
    "note_resized": "Resizing puts units between those before it: neighbours may share a field or not, the largest is given.",
    "groups": "{layer} ({kind}) divides the channels into {groups} groups, and {got} channels cannot be divided so.",
    "one_place": "{layer} ({kind}) takes mean and deviation over height and width, but a shape of {shape} has one unit there.",
    "weight_shape": "{layer} ({kind}) needs weights of {wanted}, but was given some of {got}.",
    "keys_and_values": "{layer} ({kind}) needs as many values as keys, but gets {keys} keys and {values} values.",
    "output_padding": "{layer} ({kind}): output_padding {extra} must be smaller than the stride or the dilation.",
    "batch_dropped": "{layer} ({kind}) with {setting} drops the batch; that has no rule.",
}
