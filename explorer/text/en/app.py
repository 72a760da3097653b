"""Sentences of the roof, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "CNN Explorer",
    "tagline": "See how convolutional networks work, on real clothes.",
    "how_it_works": "How it works",
    "questions": "Questions",
    "no_scripts": "Some scripts of this page did not arrive. Please load it again; if that does not help, check the connection.",
    "connection_lost": "The server does not answer. This page tries again by itself; you need not load it again.",
    "connection_given_up": "The server has not answered for several minutes.",
    "try_again": "Try again",
    "old_page": "The server now has a newer version of this page.",
    "incomplete_page": "A part of this page did not arrive.",
    "load_again": "Load the page again",
    "copy_link": "Copy link",
    "copied": "Copied",
    "opening": "Opening what the link shows …",
    "computing": "Computing …",
    "place": "Waiting: you are number {place} in the queue.",
    "next_sample": "next one",
    "setting": "Setting",
    "api_link": "Programs can use the app as well: see “Use via API” at the foot of the first page.",
    "about_tutorial": (
        "“The tutorial” is part 4 of a Chinese series of articles on deep learning, “Convolutional networks: from LeNet to ResNet”. "
        "Its claims stand beside what was measured here."
    ),
    "cell": "row {row}, column {column}: {value}",
}
