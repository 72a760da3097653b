"""教程的论断（用本站自己的话）和各自的实测结果，见 explorer/claims。"""

SENTENCES = {
    "tab": "论断",
    # ---- 第 1 节：图像作为向量
    # ---- 第 1.2 至 3 节：卷积
    "conv_parameters": "从 3 个通道到 16 个通道的 3×3 卷积有 448 个参数。",
    "conv_parameters_counted": "用 PyTorch 的模块数出来：{count} 个。",
    "same_padding": "步幅为 1、填充为卷积核边长的一半（向下取整）时，输出与输入一样大。",
    "same_padding_odd": "{side} 像素的图像，卷积核边长 {kernels}：输出边长 {sizes}。",
    "same_padding_even": "{side} 像素的图像，卷积核边长 {kernels}：输出边长 {sizes}。",
    # ---- 第 4 节：感受野
    # ---- 第 5 节：池化
    # ---- 第 6、7、9 节：网络
    # ---- 第 8 节：残差连接
    # ---- 第 10 节：训练
    # ---- 第 11 节：面试问题
}
