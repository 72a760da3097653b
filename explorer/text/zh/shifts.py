"""Sentences of the section on pooling and shifts, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "池化与平移：什么跟着动，什么不变",
    "intro": "把上面的图像移动几个像素。如果结果跟着移动同样的距离，这个运算就是**等变**的；如果结果不变，它就是**不变**的。两者都不是非有即无：下面的表给出各自成立到什么程度。",
    "about": "**跟着动**：把移动后图像的结果与移动后的结果相比，不算移进黑色的行和列。只有平移正好是结果的整数格时才比较。**不变**：把移动后图像的结果与原图像的结果逐格相比。平均变化以两张图全部数值的范围为单位（全局平均则以图像的范围为单位）；相关系数是皮尔逊相关系数。卷积用上面的卷积核，没有填充。",
    "down": "向下平移",
    "right": "向右平移",
    "size": "窗口和步长",
    "pictures": "图像，以及移动后的图像",
    "before": "图像的结果",
    "after": "移动后图像的结果",
    "picture": "图像",
    "moved": "移动后",
    "max": "最大池化",
    "average": "平均池化",
    "conv": "卷积",
    "strided": "带步长的卷积",
    "global": "全局平均",
    "percent": "{share}%",
    "look_none": "没有移动：全都相等。",
    "look_conv": "卷积的结果跟着动：平移之后 {equal} 的格相等。留在原处不变的格有 {stays}。",
    "look_max": "最大池化之后 {equal} 的格完全不变，平均变化为数值范围的 {change}，平均池化之后为 {average}。",
    "look_broken": "步长为 {size} 时，如果平移不是它的整数倍，结果就不会整体跟着动。",
    "operation": "运算",
    "equal": "相等的格",
    "change": "平均变化",
    "correlation": "相关系数",
    "along": "跟着动：{what}",
    "stays": "不变：{what}",
}
