"""Sentences of the convolution wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "does_not_fit": "卷积核放不下：一边有 {kernel_size} 个数，空洞率为 {dilation}，要跨过 {reach} 个像素，"
    "而填充后的图像只有 {padded} 个像素（{size} + 2 × {padding}）。",
    "not_a_map": "{name}必须是二维的（高和宽），现在的形状是 {shape}。",
    "not_rows": "{name}必须由若干行组成，每行是一列数字。",
    "matrix_size": "{name}的行数和列数都要在 1 到 {max_size} 之间，现在是 {rows} × {columns}。",
    "ragged": "{name}的每一行必须一样长：第 1 行有 {first} 个数，第 {row} 行有 {width} 个。",
    "cell_empty": "{name}第 {row} 行第 {column} 列是空的，请填一个数，例如 0。",
    "cell_not_a_number": "{name}第 {row} 行第 {column} 列必须是数字，现在是 {value!r}。",
    "cell_too_large": "{name}第 {row} 行第 {column} 列必须在 -{limit} 到 {limit} 之间，现在是 {value}。",
}
