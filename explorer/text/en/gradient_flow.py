"""Sentences of the gradient-flow wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Gradient flow",
    "depth": "Depth (blocks)",
    "width": "Width",
    "block": "Block",
    "initialisation": "Initialisation",
    "activation": "Activation",
    "seeds": "Seeds",
    "first_seed": "First seed",
    "too_much_work": "These settings would take minutes. Choose fewer seeds, fewer blocks or a smaller width.",
}
