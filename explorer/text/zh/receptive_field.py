"""Sentences of the receptive-field wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "tab": "感受野",
    "intro": "某一层的一个单元能看到图像的多大一块？网络加深时，这一块怎样变大？",
    "type": "类型",
    "unit": "单元",
    "channels": "通道数",
    "no_layers": "表格里至少要有一层。",
    "too_many_layers": "表格最多 {maximum} 层，现在是 {number} 层。",
    "bad_row": "第 {row} 行不是一个层。",
    "bad_type": "第 {row} 行，类型：只能是 conv 或 pool，现在是 {value!r}。",
    "empty_cell": "第 {row} 行，{name}：单元格是空的，请填 {minimum} 到 {maximum} 的整数。",
    "bad_cell": "第 {row} 行，{name}：要填 {minimum} 到 {maximum} 的整数，现在是 {value!r}。",
    "pool_padding": "第 {row} 行：池化的填充不能超过窗口的一半，现在窗口为 {kernel}，填充为 {padding}。",
    "kernel_too_large": "第 {row} 行：卷积核跨 {span} 个像素，而这一层的输入加上填充只有 {padded} 个像素。",
    "field_too_large": "第 {row} 行：感受野超过 {maximum} 像素。请减小卷积核或步幅。",
    "fixed_size": "{model} 只接受边长 {size} 像素的图像，现在是 {value}。",
}
