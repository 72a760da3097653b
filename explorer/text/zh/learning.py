"""Sentences on what happens in networks while they learn, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "训练过程中：每一步的梯度、更新和死亡单元",
    "intro": "上面的图表显示训练之前或训练之后的网络。这里用 {images} 张图像把普通网络和残差网络训练了 {epochs} 轮，途中测量了每个块。"
    "选一个深度，看看什么时候出了什么问题。",
    "depth": "带权重的层数",
    "normalisation": "归一化",
    "normalisation_bn": "批量归一化",
    "normalisation_none": "无",
    "statistic": "在每个块中测量",
    "statistic_gradient": "梯度范数",
    "statistic_update": "更新与权重之比",
    "statistic_activation": "输出的大小",
    "statistic_dead": "死亡单元",
    "about_gradient": "块内所有权重的梯度范数。每一步都用同一批图像的平均损失计算。",
    "about_update": "一步训练对块内权重的改变量的范数，除以这些权重的范数。",
    "about_activation": "块的输出的均方根。",
    "about_dead": "块内 ReLU 之后，对所有图像都为 0 的单元所占的比例。",
    "about": "验证误差来自 {validation} 张没有网络用来学习的图像。所有网络的训练方法相同（学习率最高 {lr}，不裁剪梯度）。每个网络的随机种子数：{seeds}，小的差别可能是偶然。"
    "线是中位数；有多个种子时，色带表示最小值到最大值。各块的图只显示一个种子。",
    "none": "这个网络还没有训练。运行 `python -m explorer.gradient_flow.learning` 可以训练它。",
    "net": "{kind}，{depth} 层",
    "ended": "<b>{net}：</b>损失变成无穷大，最早在第 {step} 步（{seeds} 个种子中的 {count} 个）。",
    "final": "<b>{net}：</b>训练结束时，验证图像中错 {least} 到 {most}%（{seeds} 个种子）。",
    "final_one": "<b>{net}：</b>训练结束时，验证图像中错 {least}%。",
    "start_vanishes": "训练之前，第一个块的梯度只有最后一个块的 {ratio} 倍：梯度消失。",
    "start_explodes": "训练之前，第一个块的梯度是最后一个块的 {ratio} 倍：梯度爆炸。",
    "start_even": "训练之前，第一个块的梯度是最后一个块的 {ratio} 倍。",
    "start_unknown": "训练之前，梯度无法计算：出现了无穷大的数。",
    "end": "训练结束时，这个比值是 {ratio}。",
    "depths": "{kind}：{errors}。",
    "depth_error": "{depth} 层错 {error}%",
    "kind_plain": "普通网络",
    "kind_residual": "残差网络",
    "hover": "第 %{x} 步，第 %{y} 个块：%{customdata}",
    "axis_epochs": "轮",
    "axis_steps": "训练步数",
    "axis_loss": "损失（nat）",
    "axis_validation_error": "验证误差（%）",
    "axis_block": "块",
}
