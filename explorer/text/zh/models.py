"""Sentences on networks that are handed over in Python, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "no_module": "网络必须是 torch.nn.Module，得到的是 {kind}。",
    "input_shape": "input_shape 必须是 (C, H, W) 或 (N, C, H, W)，每个数都是不小于 1 的整数，得到的是 {shape}。",
    "not_square": "各标签页显示正方形图像：高和宽必须相等，得到的是 {height} 和 {width}。explorer.models.trace 可以接受任意大小。",
    "too_large": "图像每边最多 {most} 像素，最多 {most_channels} 个通道，得到的是 {side} 像素和 {channels} 个通道。",
    "not_run": "{model} 无法处理这幅图像：{reason}。",
    "not_copied": "无法复制 {kind}：{reason}。",
    "none_given": "请给出一个网络：show(model, (3, 224, 224))。",
    "no_shape": "请给出图像的形状：show(model, (3, 224, 224))。",
    "titles": "每个网络需要一个名称：应有 {wanted} 个，得到 {count} 个。",
    "input_words": "--input 必须是三个整数，例如 3,224,224，得到的是 {value}。",
    "model_words": "--model 必须是 MODULE:NAME，例如 package.module:build 或 file.py:Net，得到的是 {value}。",
    "no_import": "在 Python 的路径和当前目录里都没有模块 {module}。",
    "no_file": "没有文件 {path}。",
    "no_name": "{module} 里没有 {wanted}。",
    "needs_arguments": "{build} 需要参数：{arguments}。请指定一个不需要参数就能建立网络的函数。",
}
