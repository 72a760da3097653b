"""网络或输入有什么问题：中文。"""

from __future__ import annotations

SENTENCES = {
    "input_shape": "输入必须写成（通道数，高，宽），都是不小于 1 的整数，现在是 {shape}。",
    "channels": "{layer}（{kind}）需要 {expected} 个输入通道，实际得到 {got} 个。",
    "features": "{layer}（{kind}）需要 {expected} 个输入，实际得到 {got} 个。",
    "kernel_too_large": "{layer}（{kind}）：卷积核或窗口跨 {kernel} 个像素，比填充后的输入 {padded} 还大。",
    "needs_map": "{layer}（{kind}）需要特征图（通道，高，宽），得到的形状却是 {shape}。",
    "needs_vector": "{layer}（{kind}）需要展平后的一维特征，得到的却是 {shape} 的特征图。请先展平。",
    "branches": "{layer}（{kind}）无法合并形状不同的分支：{shapes}。",
    "batch_lost": "{layer}（{kind}）把一张图的 {input} 个数拆成了 {output}，批量维被打乱了。",
    "view": "{layer}（{kind}）：{input} 个数排不成 {output} 的形状。",
    "pool_padding": "{layer}（{kind}）：填充 {padding} 超过了窗口 {kernel} 的一半。",
    "unsupported": "还没有处理 {layer}（{kind}）的规则，因此无法得知它的形状和感受野。",
    "unsupported_setting": "还没有处理 {layer}（{kind}）在 {setting} 时的规则。",
    "jumps_differ": "{layer}（{kind}）合并的分支步距不同，分别是 {first} 和 {second} 个像素，感受野没有统一的大小。",
    "off_grid": "{layer}（{kind}）前面的单元不在规则网格上（经过不能整除的自适应池化或展平），感受野没有统一的大小。",
    "several_outputs": "{layer}（{kind}）给出的不是单个张量，无法追踪。",
    "not_recordable": "无法记录 {layer} 的前向计算（{kind}）：{reason}",
}
