"""Sentences of the roof, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "CNN Explorer",
    "tagline": "See how convolutional networks work, on real clothes.",
    "how_it_works": "How it works",
    "questions": "Questions",
    "no_scripts": "Some scripts of this page did not load. Please load the page again. If that does not help, check your connection.",
    "connection_lost": "The server does not answer. This page tries again by itself. You do not need to load it again.",
    "connection_given_up": "The server has not answered for several minutes.",
    "try_again": "Try again",
    "old_page": "The server now has a newer version of this page.",
    "incomplete_page": "A part of this page did not load.",
    "load_again": "Load the page again",
    "copy_link": "Copy link",
    "copied": "Copied",
    "opening": "Opening the settings of the link …",
    "computing": "Computing …",
    "place": "Waiting: you are number {place} in the queue.",
    "other_sample": "Other image",
    "next_sample": "next one",
    "setting": "Setting",
    "api_link": "Programs can use this app, too: see “Use via API” at the bottom of the first page.",
    "about_tutorial": (
        "“The tutorial” is part 4 of a Chinese series of articles on deep learning, “Convolutional networks: from LeNet to ResNet”. "
        "This app shows its claims next to what was measured here."
    ),
    "cell": "row {row}, column {column}: {value}",
}
