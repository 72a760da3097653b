"""Sentences of the backward pass of a convolution, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "反向传播也是卷积",
    "intro": "网络靠梯度学习：卷积核的每个数、每个像素变化时，损失变化多少。这里对上面的图像和卷积核计算梯度。"
    "指向或点击一个像素或卷积核里的一个数，就能看到它的梯度由哪些乘积相加而成。",
    "about": r"""
设损失为 $L$，结果的梯度为 $G = \partial L / \partial Y$。前向传播里的每个乘积，都把 $G$ 交还给它的两个因子：

$$\frac{\partial L}{\partial K[u, v]} = \sum_{i, j} G[i, j] \; X[\,i s + u d,\; j s + v d\,]
\qquad \frac{\partial L}{\partial X[a, b]} = \sum_{i s + u d = a,\; j s + v d = b} G[i, j] \; K[u, v]$$

第一个和是输入与 $G$ 的卷积。第二个和是：先在 $G$ 四周补一圈零，再与旋转 180 度的卷积核做卷积。前向传播的步长变成 $G$
里的空洞，空洞率变成 $G$ 在输入上移动的步长。也正因如此，**转置卷积**就是卷积的梯度。
""",
    "code": "手写循环：conv2d_backward_manual",
    "loss": "损失",
    "loss_cell": "结果里的一个数",
    "loss_sum": "结果的总和",
    "loss_distance": "到窗口均值的距离",
    "look_cell": "损失是第 {row} 行第 {column} 列的数（从零数起）：{loss}。只有它的窗口有梯度，而且梯度就是卷积核本身。",
    "look_choose": "可以点击结果里的另一个数。",
    "look_sum": "损失是全部 {cells} 个数的总和：{loss}。每个数的梯度都是 1，所以一个像素的梯度，就是它遇到过的卷积核里所有数之和。",
    "look_distance": "损失是到“所有数都相等的卷积核”的结果的均方距离：{loss}。两个结果相等的地方，梯度是 0。",
    "things": "输入、结果和卷积核",
    "gradients": "输入、结果和卷积核的梯度",
    "also": "同样的梯度，再用卷积算一遍",
    "as_input": "结果的梯度（按步长留出空洞，四周补一圈零）与翻转的卷积核做卷积：",
    "as_kernel": "输入与结果的梯度做卷积：",
    "same": "两种办法算出的卷积核梯度最大相差 {difference}。",
    "check": "与 Python 循环和自动微分比较",
    "unchecked": "上面的数都由页面自己算出。按下按钮，可以让服务器用另外两种办法核对。",
    "checked": "与自动微分的最大差：Python 循环 {manual}，页面 {page}。最大的梯度是 {largest}。",
    "hint": "指向或点击卷积核里的一个数或一个像素；也可以用方向键。",
    "more": "……还有 {count} 个乘积",
    "of_weight": "卷积核里 ({row}, {column}) 处的梯度，结果的梯度乘像素：",
    "of_pixel": "像素 ({row}, {column}) 的梯度，结果的梯度乘卷积核里的数：",
    "of_place": "填充后的输入在 ({row}, {column}) 处的梯度，结果的梯度乘卷积核里的数：",
    "choose": "点击或按回车选择一个数",
    "map_input": "输入 X",
    "map_output": "结果 Y",
    "map_kernel": "卷积核 K",
    "grad_input": "X 的梯度",
    "grad_padded": "填充后的 X 的梯度",
    "grad_output": "Y 的梯度",
    "grad_kernel": "K 的梯度",
    "framed": "Y 的梯度，加框",
    "flipped": "翻转的卷积核",
    "window": "Y 的梯度作卷积核",
    "not_sent": "页面发来的不是图像、卷积核和它们的梯度。请重新打开页面。",
}
