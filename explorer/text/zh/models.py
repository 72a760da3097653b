"""Sentences on networks that are handed over in Python, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "no_module": "网络必须是 torch.nn.Module，得到的是 {kind}。",
    "input_shape": "input_shape 必须是 (C, H, W) 或 (N, C, H, W)，每个数都是不小于 1 的整数，得到的是 {shape}。",
    "not_square": "各标签页显示正方形图像：高和宽必须相等，得到的是 {height} 和 {width}。explorer.models.trace 可以接受任意大小。",
    "too_large": "图像每边最多 {most} 像素，最多 {most_channels} 个通道，得到的是 {side} 像素和 {channels} 个通道。",
    "not_run": "{model} 无法处理这幅图像：{reason}。",
    "none_given": "请给出一个网络：show(model, (3, 224, 224))。",
    "no_shape": "请给出图像的形状：show(model, (3, 224, 224))。",
    "titles": "每个网络需要一个名称：应有 {wanted} 个，得到 {count} 个。",
    "input_words": "--input 必须是三个整数，例如 3,224,224，得到的是 {value}。",
    "model_words": "--model 必须是 MODULE:NAME，例如 package.module:build 或 file.py:Net，得到的是 {value}。",
    "no_import": "在 Python 的路径和当前目录里都没有模块 {module}。",
    "no_file": "没有文件 {path}。",
    "no_name": "{module} 里没有 {wanted}。",
    "needs_arguments": "{build} 需要参数：{arguments}。请指定一个不需要参数就能建立网络的函数。",
    "forgotten": "这个网络已经不在这里了：请重新打开它的文件，或者选另一个网络。",
    "file_gone": "文件已经不在这里了，请重新选择。",
    "no_safetensors": "{file} 不是 safetensors 文件：请用 safetensors.torch.save_model 保存权重，或者像 train_all.py 那样保存。",
    "no_tensors": "{file} 应包含 1 到 {most} 个张量，实际有 {count} 个。",
    "not_finite": "{file}：{tensor} 里有不是有限数的值。",
    "no_such_network": "{file} 不适合目录里的任何网络：没有哪个网络有名为 {tensor} 的张量。",
    "tensor_missing": "{file} 像是 {model}，但是缺少 {tensor}。",
    "tensor_extra": "{file} 像是 {model}，但是这个网络没有 {tensor}。",
    "tensor_shape": "{file} 像是 {model}，但是 {tensor} 应为 {wanted}，不是 {found}。",
    "weights_title": "我训练的权重",
    "weights_about": "目录中某个网络的 safetensors 文件，例如 train_all.py 保存的文件。它只为你保留，页面打开期间有效。",
    "weights_open": "打开 .safetensors 文件",
    "weights_wrong": "这不是 .safetensors 文件。",
    "weights_opened": "{title}：{count} 个参数，在 {total} 幅样本图像中答对 {right} 幅。",
}
