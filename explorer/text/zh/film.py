"""Sentences of the film of a training, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "训练的影片：从随机权重到训练好的网络",
    "intro": "我们把每个网络重新训练了一次（随机种子 {seed}），并保存了 {least} 到 {most} 个时刻的权重。拖动滑块：所有的图都属于同一时刻。这是另一次训练，没有对权重取滑动平均，所以数字与上面的网络略有不同。",
    "film": "训练的网络",
    "none": "这里没有 {model} 的影片。运行 `python -m explorer.training.film` 可以生成。",
    "look": "训练之前，{model} 答对 {first}% 的测试图像。训练共 {steps} 步，{half} 步之后答对 {at_half}%，最后答对 {last}%。",
    "moment_start": "训练之前",
    "moment_steps": "{steps} 步之后",
    "moment_epoch": "{epochs} 轮之后（{steps} 步）",
    "moment_epochs": "{epochs} 轮之后（{steps} 步）",
    "line": "<b>{moment}：</b>{images} 张测试图像中答对 {share}（损失 {loss}）。这张图片：{first} {first_share}，{second} {second_share}。",
    "kernels": "第一层",
    "kernels_caption": "与最后的相似度：{correlation}",
    "field": "有效感受野",
    "field_caption": "{layer}",
    "gradient": "得分的梯度",
    "gradient_caption": "类别：{name}",
    "confusion": "混淆矩阵",
    "confusion_caption": "每行是一个真实类别",
    "about_kernels": "“与最后的相似度”是第一层所有权重与训练结束时权重的相关系数：权重相同时为 {most}，毫无关系时约为 {none}。",
    "label": "{model}，{moment}：第一层的卷积核、有效感受野、得分的梯度、混淆矩阵",
    "play": "播放",
    "pause": "暂停",
    "time": "训练的时刻",
    "axis_time": "轮",
    "axis_accuracy": "答对的测试图像，%",
}
