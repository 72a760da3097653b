"""The look, in one place: colours by meaning, the template of charts, the theme of the page.

The page's style sheet is style.css, and some parts have one of their own beside their Python; what they take from here
reaches them as CSS variables.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import plotly.graph_objects as go

ACCENT = "#3457d5"
INK = "#1f2933"
MUTED = "#64707d"
INK_IN_CELLS = "#000000"  # of numbers on pale cells, which stay pale on a dark page

# Okabe and Ito's colour-blind safe set, by what a thing is, the same in every wing.
ROLES = {
    "input": "#0072b2",
    "kernel": "#d55e00",
    "output": "#009e73",
    "conv": "#0072b2",
    "pool": "#e69f00",
    "linear": "#cc79a7",
    "norm": "#8c96a3",
    "activation": "#56b4e9",
    "add": "#009e73",
    "other": "#a5adb8",
    "residual": "#009e73",
    "plain": "#d55e00",
    "block": "#7a8694",
    "correct": "#009e73",
    "wrong": "#d55e00",
    "theory": "#64707d",
}

# Colour scales as plotly takes them. DIVERGING is white at its middle, where the value is 0.
DIVERGING = [
    [0.0, "#08468b"],
    [0.25, "#5b9bd0"],
    [0.5, "#ffffff"],
    [0.75, "#f2a05c"],
    [1.0, "#a63603"],
]
SEQUENTIAL = [
    [0.0, "#fffdf2"],
    [0.25, "#fec287"],
    [0.5, "#e75263"],
    [0.75, "#8c2981"],
    [1.0, "#221150"],
]
GREY = [[0.0, "#000000"], [1.0, "#ffffff"]]

SYSTEM_FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Helvetica Neue",
    "Arial",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)
MONOSPACE_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")

FONT_SIZE = 15  # px, of charts
_GRID = "rgba(128, 140, 155, 0.28)"  # half transparent: right on a light and on a dark page

PLOT_SETTINGS = {"show_label": False, "container": False, "elem_classes": "chart"}


def _axis() -> dict:
    return {
        "gridcolor": _GRID,
        "gridwidth": 1,
        "zerolinecolor": _GRID,
        "linecolor": _GRID,
        "ticks": "",
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": FONT_SIZE}},
        "tickfont": {"size": FONT_SIZE - 1},
    }


@cache
def _template() -> go.layout.Template:
    return go.layout.Template(
        layout={
            # Text in INK turns light on a dark page by a rule in style.css.
            "font": {"family": ", ".join(SYSTEM_FONTS), "size": FONT_SIZE, "color": INK},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [ROLES[role] for role in ("input", "kernel", "output", "pool", "linear", "activation")],
            "colorscale": {"diverging": DIVERGING, "sequential": SEQUENTIAL},
            "margin": {"l": 60, "r": 16, "t": 40, "b": 50},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
            "hoverlabel": {"font": {"size": FONT_SIZE}},
            "hovermode": "closest",
            # A drag that zooms by accident leaves a class before an empty chart.
            "dragmode": False,
            "xaxis": _axis(),
            "yaxis": _axis(),
        }
    )


def new_figure(x_title: str = "", y_title: str = "", **layout) -> go.Figure:
    """An empty chart in the house's look, with the names (and units) of its axes.

    Args:
        x_title: name of the horizontal axis.
        y_title: name of the vertical axis.
        **layout: further settings of plotly's layout; `height` in px, 400 unless told. Those of the axes add to
            the titles: `xaxis={"type": "log"}`.
    """
    # Plotly is slow to change a chart: all at once.
    axes = {
        axis: {"title": {"text": title}, **layout.pop(axis, {})}
        for axis, title in (("xaxis", x_title), ("yaxis", y_title))
    }
    return go.Figure(layout={"template": _template(), "height": 400, **layout, **axes})


def lighten(colour: str, share: float) -> str:
    """A colour mixed with so much white.

    >>> lighten("#009e73", 0.5)
    '#80ceb9'
    """
    channels = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(channel + share * (255 - channel)):02x}" for channel in channels)


def build_css() -> str:
    """All style sheets, once a page, with the colours of this module as variables before them.

    Beside style.css, which is for the whole page, `shapes/graph.css` is for what stands in an element of the class
    "shapes-graph", and so on. Its rules outweigh Gradio's by an id, which nothing bears.
    """
    variables = {"accent": ACCENT, "ink": INK, "muted": MUTED, **{f"role-{role}": c for role, c in ROLES.items()}}
    root = "".join(f"--{name}:{value};" for name, value in variables.items())
    page = Path(__file__).with_suffix(".css")
    sheets = [each for each in sorted(page.parents[1].glob("*/*.css")) if each != page]
    scoped = [f":is(.{sheet_class(each)}, #_) {{\n{each.read_text(encoding='utf-8')}}}" for each in sheets]
    return "\n".join([f":root{{{root}}}", page.read_text(encoding="utf-8"), *scoped])


def sheet_class(sheet: Path) -> str:
    """The class of the elements that a style sheet is for.

    >>> sheet_class(Path("explorer/shapes/graph.css"))
    'shapes-graph'
    """
    return f"{sheet.parent.name}-{sheet.stem}"


def build_theme():
    """The theme of the page: system fonts, one accent colour, no borders and no shadows."""
    import gradio as gr

    accent = gr.themes.Color(
        name="accent",
        c50="#eef2ff", c100="#dfe6fd", c200="#c3cffa", c300="#9db0f5", c400="#7089ec", c500="#4b68e0",
        c600=ACCENT, c700="#2a46b0", c800="#263c8c", c900="#233570", c950="#172047",
    )  # fmt: skip
    theme = gr.themes.Base(
        primary_hue=accent,
        secondary_hue=accent,
        neutral_hue="slate",
        font=SYSTEM_FONTS,
        font_mono=MONOSPACE_FONTS,
        text_size="lg",
        spacing_size="sm",
        radius_size="sm",
    )
    return theme.set(
        body_background_fill="#ffffff",
        body_background_fill_dark="#12161c",
        body_text_color=INK,
        body_text_color_dark="#e6e9ee",
        body_text_color_subdued=MUTED,
        body_text_color_subdued_dark="#a3adb9",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#12161c",
        background_fill_secondary="#f6f7f9",
        background_fill_secondary_dark="#1a2029",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_padding="0px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_title_text_size="15px",
        block_title_text_weight="500",
        block_title_text_color=INK,
        block_title_text_color_dark="#d3d8df",
        panel_background_fill="transparent",
        panel_background_fill_dark="transparent",
        input_border_width="1px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1a2029",
        input_shadow="none",
        input_shadow_dark="none",
        button_secondary_background_fill="#f1f3f6",
        button_secondary_background_fill_dark="#242c37",
        button_secondary_border_color="transparent",
        slider_color=ACCENT,
        slider_color_dark="#7089ec",
        form_gap_width="0px",
        layout_gap="12px",
    )
