"""Sentences of the section on channels, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "通道：几张图进，几张图出",
    "intro": "一个滤波器对输入的每个通道各有一个卷积核。每个通道与自己的卷积核做卷积，再把结果相加，整个滤波器共用一个偏置。"
    "所以无论输入有多少通道，一个滤波器只产生一张特征图。",
    "input": "输入",
    "input_rgb": "一张彩色图像（红、绿、蓝）",
    "input_network": "{model}：{layer} 的输入",
    "garment": "图像",
    "kind": "层",
    "kind_full": "3×3 卷积",
    "kind_pointwise": "1×1 卷积：只混合通道",
    "kind_depthwise": "逐通道卷积：不混合通道",
    "row_inputs": "输入的通道",
    "row_slices": "选中的滤波器：每个通道一个卷积核",
    "row_products": "每个卷积核对自己的通道算出的结果",
    "row_results": "相加再加偏置：每个滤波器一张特征图",
    "row_choose": "{row}。可以点击。",
    "look": "{filters} 个滤波器 × {channels} 个通道 × {rows} × {columns} + {biases} 个偏置 = {parameters} 个参数。",
    "look_pointwise": "{filters} 个滤波器 × {channels} 个通道 × {rows} × {columns} + {biases} 个偏置 = {parameters} 个参数。只有一个数的卷积核不看邻居："
    "每个像素是该处各通道的加权和。",
    "look_depthwise": "{filters} 个滤波器 × {channels} 个通道 × {rows} × {columns} + {biases} 个偏置 = {parameters} 个参数。每个滤波器只看 {in} 个通道中的一个，"
    "通道之间什么也不相加。",
    "some": "这里显示对这个滤波器最重要的 {shown} 个通道（共 {of} 个）；求和包括全部通道。",
    "first": "页面拿到前 {sent} 个滤波器，自己计算它们的特征图。",
    "look_unbiased": "{filters} 个滤波器 × {channels} 个通道 × {rows} × {columns} = {parameters} 个参数，没有偏置。",
    "channel": "通道 {channel}",
    "slice": "{channel}",
    "map": "滤波器 {filter}",
    "picture": "图像",
    "red": "红",
    "green": "绿",
    "blue": "蓝",
    "choose": "点击或按回车选择这个滤波器",
    "sum": "滤波器 {filter} 在 ({row}, {column}) 处：{terms} + 偏置 {bias} = {result}",
    "more": "……还有 {count} 个通道",
    "costs": "各种层的代价",
    "channels": "输入通道",
    "filters": "输出通道",
    "kernel": "卷积核边长",
    "side": "特征图边长（像素）",
    "groups": "组数",
    "layer_full": "卷积，{kernel} × {kernel}",
    "layer_grouped": "分组卷积，{groups} 组",
    "layer_depthwise": "逐通道卷积，{channels} 个通道",
    "layer_separable": "逐通道卷积，再 1×1（可分离）",
    "layer_pointwise": "1×1 卷积",
    "layer_linear": "全连接层",
    "not_divisible": "组数不能整除通道数",
    "head_layer": "层",
    "head_weights": "权重",
    "head_biases": "偏置",
    "head_parameters": "参数量",
    "head_mult_adds": "乘加",
    "head_share": "参数量之比",
    "about": "表里的层都保持特征图的大小（步长 1）。卷积在每个位置都用同样的权重；全连接层对每一对数各有一个权重。"
    "这里的乘加只算权重；“{shapes}”标签页像 torchinfo 一样，把偏置也算进去。"
    "从 {side} × {side} 像素的灰度图像到 {features} 个数，全连接层有 {small} 个权重；从 {large_side} × {large_side} 像素的彩色图像则有 {large} 个。"
    "可分离卷积先单独看每个通道，再混合通道：权重少得多，但不是完整卷积能做的它都能做。",
    "not_asked": "页面没有说明要哪一层。请重新打开页面。",
}
