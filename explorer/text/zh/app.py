"""Sentences of the roof, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "CNN 探索馆",
    "tagline": "用真实的服装图片，看懂卷积神经网络。",
    "how_it_works": "原理",
    "questions": "问答",
}
