"""Sentences of the section on four ways to compute a convolution, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "四种算法，一个答案：循环、矩阵乘法、F.conv2d、傅里叶变换",
    "intro": "卷积可以写成一次矩阵乘法：每个窗口变成矩阵的一列，卷积核变成一行。指向或点击一列，就能看到它的窗口。",
    "about": "图中的时间用随机数测得：{processor}，单线程，PyTorch {torch}，步长 1，没有填充。傅里叶变换几乎不在乎卷积核多大；"
    "其他算法对卷积核的每个数都要多花时间。它的乘加次数按常用的运算次数估计。矩阵乘法把重叠窗口里的像素重复读取，因此多占内存。",
    "measure": "用四种算法计算上面的图像",
    "not_yet": "按下按钮，服务器会用四种算法计算上面的图像和卷积核，并测量时间。",
    "look": "四种算法一致：与双精度结果最大相差 {difference}。此时此地最快的是：{fastest}。",
    "picture": "输入",
    "row": "卷积核变成一行",
    "matrix": "窗口变成列",
    "result": "行乘矩阵：结果",
    "hint": "方向键选择一列",
    "shape": "矩阵有 {cells} 行，卷积核的每个数一行；有 {places} 列，每个窗口一列。",
    "part": "这里只画出正中的 {shown} 列。",
    "loop": "Python 循环",
    "unfold": "矩阵乘法",
    "conv2d": "F.conv2d",
    "fft": "傅里叶变换",
    "head_way": "算法",
    "head_time": "时间",
    "head_difference": "最大差",
    "head_mult_adds": "乘加",
    "axis_kernel": "卷积核边长",
    "axis_time": "时间，ms",
    "line": "{way}，{side} px",
}
