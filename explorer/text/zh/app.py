"""Sentences of the roof, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "CNN 探索馆",
    "tagline": "用真实的服装图片，看懂卷积神经网络。",
    "how_it_works": "原理",
    "questions": "问答",
    "no_scripts": "本页的部分脚本没有加载成功。请重新加载页面；如果仍然不行，请检查网络连接。",
    "connection_lost": "服务器没有响应。本页会自动重试，不需要重新加载。",
    "connection_given_up": "服务器已经有好几分钟没有响应了。",
    "try_again": "再试一次",
    "old_page": "服务器上已经有本页的新版本。",
    "incomplete_page": "本页有一部分没有加载成功。",
    "load_again": "重新加载本页",
    "copy_link": "复制链接",
    "copied": "已复制",
    "opening": "正在打开链接中的内容……",
    "computing": "正在计算……",
    "place": "正在等待：你排在第 {place} 位。",
    "other_sample": "其他图片",
    "next_sample": "换一张",
    "setting": "设置",
    "api_link": "也可以用程序调用本应用：API 说明在英文页面的底部。",
    "about_tutorial": "文中的“教程”指中文系列文章“动手学深度学习”（不是同名教材）的第四篇《卷积神经网络：从 LeNet 到 ResNet》。本应用把教程的说法与实测结果放在一起对照。",
    "cell": "第 {row} 行，第 {column} 列：{value}",
}
