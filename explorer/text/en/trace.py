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
    "branches": "{layer} ({kind}) cannot combine branches of different shapes: {shapes}.",
    "batch_lost": "{layer} ({kind}) mixes the images of a batch: it turns one image of {input} numbers into the shape {output}.",
    "view": "{layer} ({kind}): {input} numbers do not fit into the shape {output}.",
    "pool_padding": "{layer} ({kind}): padding {padding} is more than half of the window of {kernel}.",
    "unsupported": "There is no rule for {layer} ({kind}), so its shape and receptive field are not known.",
    "map_too_large": "{layer} ({kind}) would give a map of {side} units per side; at most {maximum} are traced.",
    "unsupported_setting": "There is no rule for {layer} ({kind}) with {setting}.",
    "several_outputs": "{layer} ({kind}) returns something other than one tensor; this cannot be traced.",
    "only_channels": "{title} takes only images with {wanted} channels, got {channels}.",
    "not_buildable": "{layer} cannot be built without numbers ({kind}): {reason}",
    "not_recordable": "The forward of {layer} cannot be recorded ({kind}): {reason}",
    "no_layer": "The network has no layer named {layer}.",
    "no_map": "{layer} ({kind}) gives no feature map, so it has no unit at a row and a column.",
    "no_unit": "{layer} has {rows} × {columns} units; there is no unit at this row and column.",
    "note_global_pool": "Global pooling combines all positions: every unit sees everything that the layers before it see.",
    "note_linear": "A fully connected layer combines all positions: every unit sees everything that the layers before it see.",
    "note_attention": "Attention combines all positions: every unit sees everything that the layers before it see.",
    "note_window_attention": (
        "Attention combines the positions of each window: all units of one window see the same pixels."
    ),
    "note_squeeze_excitation": (
        "A branch that combines all positions scales the channels (squeeze and excitation): every unit "
        "sees everything that this branch sees."
    ),
    "note_softmax": "Softmax divides by a sum over all positions: every unit sees everything that the layers before it see.",
    "note_normalisation": "Mean and standard deviation are computed over all positions: every unit sees everything that the layers before it see.",
    "note_unaligned": (
        "Branches with different distances between their units meet here. Units have fields of different sizes; the largest is given."
    ),
    "note_uneven": "The pooling windows do not divide the map evenly. Units have fields of different sizes; the largest is given.",
    "note_flattened": "The units stand in one long row and no longer on a grid. Each unit sees what it saw before.",
    "note_transposed": (
        "A transposed convolution puts new units between the old ones. Neighbours can have the same field or different fields; the largest is given."
    ),
    "check_global": "not checked: this layer combines all positions",
    "check_no_grid": "not checked: the units of this layer are not on a regular grid",
    "check_too_large": "not checked: the field is too large to measure while you wait",
    "check_unsupported": "not checked: an operation on the way cannot be replayed",
    "check_no_counterpart": "{layer} ({kind}) has no counterpart with which its field can be measured.",
    "note_global_branch": "A branch that combines all positions is added here: every unit sees everything that this branch sees.",
    "note_single_unit": "The feature map has only one unit: there are no positions to combine.",
    "no_dimension": "{layer} ({kind}) asks for the dimension or index {dim}, which does not exist in the shape {shape}.",
    "not_rows_and_columns": "{layer} ({kind}) slides over dimensions that are not height and width; there is no rule for this.",
    "needs_tokens": "{layer} ({kind}) needs a list of tokens (tokens, features), but gets a shape of {shape}.",
    "normalized_shape": "{layer} ({kind}) normalises over {expected}, but gets a shape of {got}.",
    "fixed_map": "{layer} ({kind}) is built for feature maps of {expected}, but gets {got}.",
    "transposed_too_small": "{layer} ({kind}): its padding removes everything; the output would be {output}.",
    "refused_by_network": "{layer} is built for images of another size and refuses {shape}.",
    "place": "(In {place}.)",
    "scripted": "{layer} ({kind}) is a scripted module: its operations cannot be seen from outside.",
    "not_initialised": "{layer} ({kind}) has no parameters yet: run the network once before it is traced.",
    "not_run": "The forward of {layer} could not be run without numbers ({kind}), so its recording is not confirmed: {reason}",
    "not_followed": "{layer} ({kind}) reads a tensor that comes from an unknown operation.",
    "reads_values": "{layer} ({kind}) decides by the values of a tensor what to do, but a recording has no values.",
    "overwritten": "{layer} ({kind}) reads a tensor that was partly overwritten by another operation.",
    "differs": "{layer} ({kind}) gives {real} when the network runs, but {traced} by our rule; so the rule is not valid here.",
    "fixed_shape": "{layer} does different things for different image sizes, so its layers cannot be changed in the recording of one size.",
    "note_upper_bound": "An operation before this layer is not followed position by position: units see this much, or less.",
    "check_upper_bound": "not checked: the field is an upper bound",
    "note_resized": "Resizing puts new units between the old ones. Neighbours can have the same field or different fields; the largest is given.",
    "groups": "{layer} ({kind}) divides the channels into {groups} groups, but {got} channels cannot be divided like this.",
    "one_place": "{layer} ({kind}) needs the standard deviation over height and width, but the shape {shape} has only one unit there.",
    "weight_shape": "{layer} ({kind}) needs weights of the shape {wanted}, but gets {got}.",
    "keys_and_values": "{layer} ({kind}) needs as many values as keys, but gets {keys} keys and {values} values.",
    "output_padding": "{layer} ({kind}): output_padding {extra} must be smaller than the stride or the dilation.",
    "batch_dropped": "{layer} ({kind}) with {setting} removes the batch dimension; there is no rule for this.",
}
