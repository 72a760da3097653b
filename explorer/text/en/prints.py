"""Sentences about figures to take away, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "Save a figure",
    "figure": "Figure",
    "kind": "File",
    "kind_png": "PNG (slides)",
    "kind_svg": "SVG",
    "kind_pdf": "PDF (print)",
    "kind_csv": "CSV (numbers)",
    "kind_handout": "Handout, {paper}",
    "save": "Save",
    "saved": "Saved. Your browser says where.",
    "gone": "This figure is not there with the present settings. Choose another one.",
    "too_large": "This figure would be too large for a file. Choose a smaller image or fewer parts.",
    "no_font": (
        "No font with Chinese characters was found on the computer that runs this app. Install one, for example Noto Sans CJK, "
        "or save the figure from the English page."
    ),
    "versions": "Made with {app} (PyTorch {torch}, matplotlib {matplotlib}). This link brings the settings back:",
    "versions_only": "Made with {app} (PyTorch {torch}, matplotlib {matplotlib}).",
    "part": "map",
    "row": "row",
    "column": "column",
    "value": "value",
    "line": "line",
    "pair": "{name}: {setting}",
    # ---- convolution
    "experiment_title": "Input, kernel and results",
    "window_title": "One window and its sum",
    "window": "Window",
    "times": "times the number at the same place",
    "products": "Products",
    "sum": "their sum: {sum}",
    "window_about": "The cell of the result with the strongest value: row {row}, column {column} (counted from zero), {sum}.",
    "filter": "filter",
    "filters": "{count} filters of the first layer",
    "parameters_axis": "Parameters (logarithmic axis)",
    # ---- receptive field
    "growth_title": "How the receptive field grows from layer to layer",
    "field_title": "What one unit sees",
    "seen": "seen (one) or not (zero)",
    "mass": "share of the gradient",
    "map_caption": "brightness of a unit: the mean of what it sees",
    "field_caption": "box: what the unit sees; cross: its centre\ndark: not seen; hatched: padding",
    "effective_caption": "{count} images; darker: more gradient (square root)",
    # ---- shapes
    "group": "{name} ({count} layers)",
    "features_title": "Feature maps of {layer}",
    "features": "{shown} of {count} maps, all on one scale.",
    "slabs_title": "{model} in slabs",
    "graph_title": "{model} as a graph",
    "table_title": "{model}: table of the layers",
    "tab": "Tab",
    "bad_setting": "The setting {setting} cannot be {value!r}.",
    "whole": "A page about the whole app, to hand out (PDF)",
}
