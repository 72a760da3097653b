"""Sentences on the network that a reader trains himself, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "在这里训练：看网络怎样学习",
    "intro": (
        "一个小网络在这台服务器上学习 {training} 张真实的 Fashion-MNIST 训练图片，只为你一个人训练。权重一开始是随机的。"
        "另外 {validation} 张训练图片不参加学习，只用来检验网络学得怎样。这里没有用到测试图片。"
    ),
    "network": "网络",
    "network_lenet5": "LeNet-5",
    "network_residual": "窄的残差网络",
    "network_plain": "窄的普通网络",
    "network_pair": "普通网络和残差网络，放在一起比较",
    "depth": "窄网络的层数",
    "learning_rate": "学习率",
    "momentum": "动量",
    "initialisation": "初始化",
    "activation": "激活函数",
    "normalisation": "归一化",
    "normalisation_none": "无",
    "normalisation_batch": "批量归一化",
    "normalisation_layer": "层归一化",
    "augmentation": "数据增强",
    "augmentation_none": "无",
    "augmentation_flip": "翻转",
    "augmentation_crop": "平移",
    "augmentation_erase": "灰色矩形",
    "augmentation_all": "翻转、平移和灰色矩形",
    "dropout": "Dropout（暂退法）",
    "epochs": "轮数",
    "seed": "随机种子",
    "more": "更多设置",
    "guess": "你的猜测：训练结束时的验证准确率（%）",
    "story_lenet5": "LeNet-5",
    "story_sigmoid": "用 Sigmoid",
    "story_pair": "普通与残差",
    "story_bare": "去掉归一化再比",
    "story_large": "学习率太大",
    "start": "开始训练",
    "pause": "暂停",
    "resume": "继续",
    "cancel": "取消",
    "to_classifier": "在“分类器”中打开",
    "to_convolution": "在“卷积”中使用它的卷积核",
    "save": "保存权重：{title}（.safetensors）",
    "trained_here": "在这里训练",
    "before": "先选一个网络，猜一猜它能学得多好，然后点<b>开始训练</b>。",
    "waiting": (
        "轮到你时就开始训练：这台服务器同时最多进行 {most} 个训练，你在队列中的位置显示在页面顶部。离开页面就会让出位置。"
    ),
    "under_way": "第 {step} 步，共 {steps} 步；第 {epoch} 轮，共 {epochs} 轮。",
    "paused": "已在第 {step} 步暂停，共 {steps} 步。这时别人可以训练。点<b>继续</b>会从同一个地方接着训练。",
    "turn_over": "已在第 {step} 步暂停，共 {steps} 步，因为可能有别人在等。点<b>继续</b>，再次轮到你时会从同一个地方接着训练。",
    "cancelled": "已在第 {step} 步取消，共 {steps} 步。已经画出的内容保留。",
    "done": "训练完成：一共 {steps} 步。",
    "now": "<b>{model}</b> 在验证图片上的准确率是 {accuracy}%。",
    "by_chance": "这不比乱猜好：一共 {classes} 个类别，乱猜的准确率就有 {chance}%。",
    "dead": "<b>{model}</b> 第一层的梯度正好是 0：某一层的 ReLU 对所有图片都输出 0，它前面的层再也学不到东西。减小学习率可以避免这种情况。",
    "diverged": (
        "<b>{model}</b> 发散了：第 {step} 步之后，损失或得分已经不是有限的数，继续训练也无法恢复。减小学习率会有帮助，加上归一化也会。"
    ),
    "guessed": "你猜的是 {guess}%，{model} 达到 {accuracy}%。",
    "nothing": "现在还没有训练好的权重。请先训练一个网络。",
    "step_axis": "步",
    "loss_axis": "损失（交叉熵）",
    "accuracy_axis": "准确率（%）",
    "layer_axis": "层的序号（1 最靠近输入）",
    "norm_axis": "梯度范数",
    "of_training": "{model}，训练中",
    "of_validation": "{model}，验证",
    "norms_first": "{model}，第 {step} 步",
    "norms_now": "{model}，现在",
    "hover_layer": "{model}，{layer}：{norm}",
    "filters": "{model}：第一层的卷积核",
    "seen": "网络最近看到的图片",
    "pictures": "第一层的卷积核，和训练中最近的图片",
    "caption": (
        "第一张图：每一步的损失（浅色），和最近 {every} 步的平均值。第二张：训练准确率是在权重变化的过程中数出来的，带有数据增强和 Dropout；"
        "验证准确率则不带这两样。第三张：某一步中，每一层权重的梯度的范数；梯度正好为 0 的层没有点。"
    ),
}
