"""Sentences on what happens inside a network of the classifier wing, in English."""

from __future__ import annotations

SENTENCES = {
    # ---- one number, down to the pixels ----
    "anatomy": "One number, down to the pixels",
    "anatomy_intro": "Every number in a network is computed from numbers of the layer below. Here you see one number and the parts "
    "that add up to it. Press ↓ next to a part and you see what this part is made of, until you arrive at a pixel. Click another cell "
    "of the map, or move on it with the arrow keys, to see another number. You can also set layer, channel, row and column.",
    "anatomy_look": "The first number is the score of the class that the network names.",
    "channel": "Channel",
    "row": "Row",
    "column": "Column",
    "picture": "picture",
    "layer": "{name} ({kind})",
    "place_pixel": "row {row}, column {column}",
    "place_flat": "number {place}",
    "place_map": "channel {channel}, row {row}, column {column}",
    "look_logit": "<b>{value}</b> is the score (logit) of <b>{place}</b>. Softmax turns the ten scores into probabilities: this one "
    "becomes {probability}.",
    "look_unit": "<b>{value}</b> is a number of {layer}: {place}.",
    "look_parts": "The bars show the parts that add up to it, the largest first. Orange parts raise it, blue parts lower it.",
    "look_maximum": "It is the largest of the {count} numbers in its window. The others add nothing.",
    "look_cut": "Its parts add up to {sum}. This is negative, so {kind} makes it 0.",
    "look_zeros": "This shortcut fills the new channels with zeros, so nothing below adds to it.",
    "look_pixel": "<b>{value}</b> is a pixel of the picture, in row {row} and column {column}. Its brightness is {grey} (0 is black, 255 is "
    "white), and the normalisation makes it {value}. You have arrived at the bottom.",
    "map_label": "{layer}: click a cell to see its number",
    "caption_picture": "{rows} × {columns} pixels",
    "caption_flat": "{count} numbers, row after row",
    "caption_map": "channel {channel} of 0 to {last}, {rows} × {columns}",
    "trail": "The way so far",
    "stop": "{name}: {value}",
    "term_channel": "channel {channel}",
    "term_flat": "number {channel}",
    "term_cell": "row {row}, column {column}",
    "term_bias": "bias",
    "term_norm": "shift of batch normalisation",
    "term_activation": "change by {kind}",
    "term_others": "the other {count}",
    "follow": "Follow this part: {term}",
    "follow_this": "Follow this number",
    "down": "Follow the largest parts down to a pixel",
    "sum": "Sum of all parts: {total}. The network computed {value}.",
    "factor": "Batch normalisation multiplies each part from below by {factor}. The bars show the parts after that.",
    "picked": "{place}: {inputs} × {weights} = {products}.",
    "window_label": "What the chosen channel adds: its numbers, their weights, and the products",
    "window_inputs": "{layer}, channel {channel}",
    "window_size": "{rows} × {columns} numbers",
    "window_weights": "Weights",
    "window_products": "Products",
    "window_sum": "sum {sum}",
    # ---- what cannot be done ----
    "no_layer": "This network has no layer number {value}. Choose a layer from the list.",
    "no_unit": "There is no number at this place ({place}): the layer has {size} numbers, counted from 0.",
    "no_map": "The numbers of this layer ({size}) are not arranged as maps, so they cannot be shown here. Choose another layer.",
    "no_terms": "{layer} ({kind}) does not add up numbers, so its parts cannot be shown. Choose another layer.",
    "no_trail": "The way to this number cannot be read. Choose a layer from the list to begin again.",
}
