"""Sentences of the roof, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "CNN Explorer",
    "tagline": "See how convolutional networks work, on real clothes.",
    "how_it_works": "How it works",
    "questions": "Questions",
}
