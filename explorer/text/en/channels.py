"""Sentences of the section on channels, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "Channels: several maps in, several filters out",
    "intro": "A filter has one kernel for each channel of its input. Each channel is convolved with its own kernel, and the results are added "
    "up, with one bias for the whole filter. So each filter makes one map, however many channels go in.",
    "input": "Input",
    "input_rgb": "A picture with colours (red, green, blue)",
    "input_network": "{model}: what {layer} gets",
    "garment": "Picture",
    "kind": "Layer",
    "kind_full": "3×3 convolution",
    "kind_pointwise": "1×1 convolution: mixes channels only",
    "kind_depthwise": "Depthwise: mixes no channels",
    "row_inputs": "The channels that go in",
    "row_slices": "The chosen filter: one kernel for each channel",
    "row_products": "What each kernel makes of its channel",
    "row_results": "The sum with the bias: one map for each filter",
    "row_choose": "{row}. Click on one.",
    "look": "{filters} filters × {channels} channels × {rows} × {columns} + {biases} biases = {parameters} parameters.",
    "look_pointwise": "{filters} filters × {channels} channels × {rows} × {columns} + {biases} biases = {parameters} parameters. A kernel of one number looks at "
    "no neighbours: each pixel is a weighted sum of the channels there.",
    "look_depthwise": "{filters} filters × {channels} channel × {rows} × {columns} + {biases} biases = {parameters} parameters. Each filter sees one of the "
    "{in} channels, and nothing is added across channels.",
    "some": "The {shown} of {of} channels that matter most for this filter are shown; the sum has all of them.",
    "first": "The page has the first {sent} filters and computes their maps itself.",
    "look_unbiased": "{filters} filters × {channels} channels × {rows} × {columns} = {parameters} parameters, without biases.",
    "channel": "Channel {channel}",
    "slice": "{channel}",
    "map": "Filter {filter}",
    "picture": "The picture",
    "red": "Red",
    "green": "Green",
    "blue": "Blue",
    "choose": "click or press Enter to choose this filter",
    "sum": "Filter {filter} at ({row}, {column}): {terms} + bias {bias} = {result}",
    "more": "… {count} more",
    "costs": "What kinds of layers cost",
    "channels": "Channels in",
    "filters": "Channels out",
    "kernel": "Side of the kernel",
    "side": "Side of the maps (px)",
    "groups": "Groups",
    "layer_full": "Convolution, {kernel} × {kernel}",
    "layer_grouped": "Grouped convolution, {groups} groups",
    "layer_depthwise": "Depthwise convolution, {channels} channels",
    "layer_separable": "Depthwise, then 1×1 (separable)",
    "layer_pointwise": "1×1 convolution",
    "layer_linear": "Fully connected layer",
    "not_divisible": "the groups do not divide the channels",
    "head_layer": "Layer",
    "head_weights": "Weights",
    "head_biases": "Biases",
    "head_parameters": "Parameters",
    "head_mult_adds": "Multiply-adds",
    "head_share": "Parameters, compared",
    "about": "All layers of the table keep the size of the maps (stride 1). A convolution uses each weight at every place; a fully connected layer has "
    "one weight for each pair of numbers. The multiply-adds are those of the weights; the tab “{shapes}” counts biases too, as torchinfo does. From a "
    "grey picture of {side} × {side} px to {features} numbers a fully connected layer has {small} weights, and from a colour "
    "picture of {large_side} × {large_side} px {large}. A separable convolution first looks at each channel by itself and then mixes "
    "the channels: it needs far fewer weights, and it cannot make everything that a full one makes.",
    "not_asked": "The page asked for no layer. Load the page again.",
}
