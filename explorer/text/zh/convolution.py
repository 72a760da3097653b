"""Sentences of the convolution wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "tab": "卷积",
    "intro": "一个小矩阵在图像上滑动：每到一处，就与窗口里的像素逐个相乘再求和，得到结果里的一个数。",
    # ---- controls
    "source": "图像",
    "source_tutorial": "上亮下暗",
    "source_sample": "服装",
    "source_upload": "文件",
    "source_drawing": "手绘",
    "scaled": "图像会缩小到每边最多 {side} 个像素，让 Python 循环算得足够快。",
    "clear": "清空",
    "kernel_horizontal": "水平边缘",
    "kernel_vertical": "垂直边缘",
    "kernel_sobel_x": "Sobel x",
    "kernel_sobel_y": "Sobel y",
    "kernel_scharr": "Scharr x",
    "kernel_laplacian": "拉普拉斯",
    "kernel_sharpen": "锐化",
    "kernel_box": "均值模糊",
    "kernel_gaussian": "高斯模糊（σ = 1）",
    "kernel_emboss": "浮雕",
    "kernel_identity": "恒等",
    "kernel_random": "随机（种子 0）",
    "kernel_own": "自己填的数",
    "learned": "{model} 学到的",
    "flip": "翻转卷积核",
    "more": "更多设置",
    "mode": "填充的内容",
    "mode_zeros": "零",
    "mode_reflect": "镜像",
    "mode_replicate": "重复边界",
    "mode_circular": "取自另一端",
    "transposed": "对结果做转置卷积",
    "same_size": "大小不变",
    "valid_size": "不填充",
    "of_before": "上面的设置现在无法计算。一旦可以计算，这一部分就会跟着更新。",
    "no_same": "步长大于 1 时，结果不可能与图像一样大。",
    "side_down": "向下",
    "side_across": "向右",
    "side_right": "右",
    "side_top": "上",
    "side_bottom": "下",
    "side_left": "左",
    "rows": "卷积核的行数",
    "columns": "卷积核的列数",
    "cell": "第 {row} 行第 {column} 列",
    "pool_size": "池化窗口",
    "side": "图像边长（像素）",
    # ---- the picture
    "label": "输入、卷积核、一个窗口的乘积和结果",
    "map_input": "输入",
    "map_kernel": "卷积核",
    "map_products": "乘积",
    "map_result": "结果",
    "map_share": "{weight} × 输入",
    "map_back": "转置卷积",
    "sum": "和：{sum}",
    "dropped": "画斜线的是没有窗口覆盖的 {count} 个像素：再走一步就会超出末端。",
    "back_line": "转置卷积就是卷积的梯度：结果里的每个数乘以卷积核，送回它的窗口里的各个像素，落在同一处的再相加。"
    "大小又是 {height} × {width}，但图像并没有复原。",
    "player": "逐个窗口",
    "play": "播放",
    "pause": "暂停",
    "step_back": "后退一个窗口",
    "step_on": "前进一个窗口",
    "time": "第几个窗口（按阅读顺序）",
    "place": "第 {number} 个窗口，共 {count} 个",
    "speed": "速度",
    "per_second": "每秒 {count} 个",
    "take": "当前画面的 PyTorch 代码",
    "copy_code": "复制代码",
    "copied_code": "已复制",
    "take_folder": "请在 CNN Explorer 的文件夹里运行",
    "take_flipped": "旋转 180 度",
    "map_max": "最大池化",
    "map_average": "平均池化",
    "map_global": "全局平均",
    "size": "{height} × {width}",
    "size_padded": "{height} × {width}，填充 {padding}",
    "window_keys": "结果：用方向键移动窗口，用空格键播放",
    "weight_keys": "卷积核：用方向键选择权重",
    "window_hint": "指向或点击结果的一个格子，就能看到它对应的窗口",
    "window_more": "……还有 {count} 个乘积",
    "same": "本页面、手写循环和 F.conv2d 的结果一致：最大差别 0。",
    "different": "本页面、手写循环和 F.conv2d 的结果之间的最大差别：{difference}，来自 float32 的舍入误差。",
    "apart": "本页面与手写循环、F.conv2d 的结果最多相差 {difference}：这个浏览器没有给出图片的准确像素。",
    "times": "F.conv2d 用时 {torch}，手写循环用时 {manual}，是前者的 {factor} 倍。",
    # ---- what to look for
    "look_zero_sum": (
        "这个卷积核里的数加起来是 0，所以亮度均匀的区域输出 0（{cells} 格中有 {zeros} 格）。只有明暗变化的地方才有响应，最强的是 {strongest}。"
    ),
    "look_point": "指向或点击一个格子，看看它的窗口。",
    "look_average": "卷积核里的数加起来是 1，而且没有负数：亮度不变，细节变模糊。结果在 {low} 到 {high} 之间。",
    "look_copy": "卷积核里只有一个数是 1，其余都是 0：结果的每一格就是这个 1 下面的像素，原样不变。结果在 {low} 到 {high} 之间。",
    "look_sum": "橙色表示窗口与卷积核的图案相符，蓝色表示与它相反：从 {low} 到 {high}。如果一个区域的亮度都是 1，就会输出 {sum}，也就是卷积核里各数之和。",
    "look_sum_grey": "卷积核里没有负数，所以结果仍是一张图：从 {low} 到 {high}。如果一个区域的亮度都是 1，就会输出 {sum}，也就是卷积核里各数之和。",
    "look_constant": "每一格都是 {value}：用这个卷积核来看，这张图的各个窗口没有差别。",
    "look_padding": "四周填充的是 0，也就是黑色：{cells} 个窗口中有 {border} 个包含了填充，所以图像里本来没有边缘的地方也可能出现边缘。",
    "look_padding_reflect": "填充的是边界处像素的镜像：{cells} 个窗口中有 {border} 个包含了填充。四周没有黑框，所以不会出现图像里本来没有的边缘。",
    "look_padding_replicate": "填充的是重复的边界像素：{cells} 个窗口中有 {border} 个包含了填充。四周没有黑框，所以不会出现图像里本来没有的边缘。",
    "look_padding_circular": "填充的像素取自图像的另一端：{cells} 个窗口中有 {border} 个包含了填充。如果两端接不上，那里就会出现边缘。",
    "look_stride_apart": "窗口每次向下移动 {down} 个像素，向右移动 {across} 个像素：结果是 {height} × {width}，而不是 {full}。",
    "look_stride": "步长为 {stride} 时，窗口每次移动 {stride} 个像素：结果是 {height} × {width}，而不是 {full}。",
    "look_dilation": "空洞率为 {dilation} 时，{kernel} 的卷积核仍然只有 {count} 个数，跨度却是 {reach} 个像素，这些数之间的像素都被跳过了。",
    "look_flip_same": "翻转之后什么都没变：在这里，这个卷积核转 180 度之后效果完全相同。",
    "look_flip_sign": "翻转之后，每个值都变了号：这个卷积核转 180 度，恰好等于它自己乘以负一。这才是严格意义上的卷积。",
    "look_flip_differs": "翻转之后，算的就是严格意义上的卷积。它与深度学习库算出的结果最多相差 {difference}。",
    "look_pooling": "把图像向右移一个像素：{windows} 个最大值中有 {unchanged} 个完全不变（移动前后都是黑色的窗口不算）。",
    "look_pooling_blank": "每个窗口里都只有黑色，移动也不会有变化（{windows} 个最大值中有 {unchanged} 个不变）。",
    "look_pooling_overall": (
        "在全部服装样本上，{unchanged} 的最大值完全不变，另有 {close} 变化很小，不超过黑白之差的 {tolerance}。把黑白之差记为 1，"
        "这些窗口里的平均变化是：最大池化 {max}，平均池化 {average}，单个像素 {pixels}。"
    ),
    "look_pooling_average": "所以在这里，平均池化比最大池化更稳定。",
    "look_pooling_max": "所以在这里，最大池化比平均池化更稳定。",
    "look_parameters": "图像为 {side} × {side} 时，要得到同样大小的结果，全连接层的参数是卷积的 {factor} 倍。",
    # ---- sections
    "pooling": "对同一张图做池化",
    "parameters": "与全连接层比较参数量",
    "code": "手写循环：conv2d_manual",
    "head_layer": "层",
    "head_arithmetic": "权重的算式",
    "head_weights": "权重",
    "head_biases": "偏置",
    "head_total": "合计",
    "row_conv": "卷积，{in_channels} → {out_channels} 通道",
    "row_linear": "全连接，{in_features} → {out_features}",
    # ---- what cannot be done
    "window_too_large": "{size} × {size} 的池化窗口比 {height} × {width} 的图片还大。",
    "grad_output": "输出的梯度",
    "grad_shape": "输出的梯度的形状必须与输出相同：{height}×{width}，得到的是 {rows}×{columns}。",
    "does_not_fit": (
        "卷积核放不下：每边有 {kernel_size} 个数，空洞率为 {dilation}，跨度是 {reach} 个像素，"
        "而填充后的图像只有 {padded} 个像素（{size} + 2 × {padding}）。"
    ),
    "does_not_fit_apart": (
        "卷积核放不下：每边有 {kernel_size} 个数，空洞率为 {dilation}，跨度是 {reach} 个像素，"
        "而填充后的图像只有 {padded} 个像素（{size} + {padding} + {after}）。"
    ),
    "padding_reflect": "镜像填充在长度为 {size} 的一边最多只能加 {most} 个像素，现在是 {padding}。",
    "padding_circular": "循环填充在长度为 {size} 的一边最多只能加 {most} 个像素，现在是 {padding}。",
    "sides_count": "{name}必须是一个数或 {count} 个数，现在有 {got} 个。",
    "sides_row": "各边分别设置的内容必须写成 '{example}' 这样的行，现在是 '{value}'。",
    "not_a_map": "{name}必须是二维的（高和宽），现在的形状是 {shape}。",
    "not_rows": "{name}必须由若干行组成，每行是若干个数。",
    "matrix_size": "{name}的行数和列数都要在 1 到 {max_size} 之间，现在是 {rows} × {columns}。",
    "ragged": "{name}的每一行必须一样长：第 1 行有 {first} 个数，第 {row} 行有 {width} 个。",
    "cell_empty": "{name}第 {row} 行第 {column} 列是空的，请填一个数，例如 0。",
    "cell_not_a_number": "{name}第 {row} 行第 {column} 列必须是数字，现在是 '{value}'。",
    "cell_too_large": "{name}第 {row} 行第 {column} 列必须在 -{limit} 到 {limit} 之间，现在是 {value}。",
    "no_drawing": "还没有画：请在黑色方块里画一些内容。",
    "no_weights": "这里没有 {model} 训练好的权重，所以看不到它的滤波器。请换一个卷积核，或者用 train_all.py --publish 训练它。",
    # ---- the article
    "explanation": r"""
**一个窗口，一个数。** 把卷积核 $K$ 放到图像 $X$ 上，卷积核里的每个数与它下面的像素相乘，再全部加起来，
就得到结果 $Y$ 里的一个数。然后移动 $s$ 个像素（**步长**，stride，也叫步幅），再算一次：

$$Y[i, j] = \sum_{u=0}^{k_H - 1} \sum_{v=0}^{k_W - 1} K[u, v] \; X[\,i s + u d,\; j s + v d\,]$$

**空洞率** $d$ 使卷积核取到的像素之间留出空隙；**填充**是先在 $X$ 四周补上 $p$ 圈 0。

**第一张图为什么得到 −3？** 中间几行的窗口上面亮、下面暗，而卷积核的上面是 −1、下面是 +1：
$3 \cdot (-1) \cdot 1 + 3 \cdot 0 + 3 \cdot 1 \cdot 0 = -3$。如果上暗下亮，得到的就是 $+3$：符号说明亮度朝哪个方向变化。

**结果有多大？** 设卷积核的边长为 $k$，结果的每条边长是：

$$H_{out} = \left\lfloor \frac{H_{in} + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1$$

卷积核的跨度是 $d(k-1)+1$ 个像素，步长为 1 时有 $H_{in} + 2p - d(k-1)$ 个位置可放；步长更大时，每 $s$ 个位置只取一个。
$k$ 为奇数、步长为 1、$p = d(k-1)/2$ 时，尺寸不变。

**互相关还是卷积？** 严格说来，卷积要先把卷积核转 180 度再滑动：

$$(K * X)[i, j] = \sum_{u, v} K[u, v] \; X[\,i - u,\; j - v\,]$$

深度学习库省去了这一步，算的其实是互相关。对网络来说这没有区别：卷积核里的数是学出来的，如果要求翻转，网络学到的就是翻转过的数。
勾选**翻转卷积核**，看看会怎样：对称的卷积核没有变化，边缘卷积核的结果则全部变号。

**局部连接与参数共享。** 相邻的像素彼此相关，所以找边缘只需要看几个像素大的窗口。同一种边缘可以出现在任何位置，
所以整张图像可以用同样的几个数。于是参数量只取决于卷积核的大小和通道数：

$$C_{out} \cdot C_{in} \cdot k_H \cdot k_W + C_{out}$$

而从 $C_{in} \times H \times W$ 个数到 $C_{out} \times H \times W$ 个数的全连接层，有 $C_{in} H W \cdot C_{out} H W$ 个权重和
$C_{out} H W$ 个偏置。以 {side} × {side} 的图像、{in_channels} → {out_channels} 通道、{kernel} × {kernel} 的卷积核为例：卷积只有 {conv} 个参数，
全连接层却有 {weights} 个权重和 {biases} 个偏置，合计 {linear} 个。

**池化**没有要学的参数，它用最大值或平均值来代表每个窗口：

$$\max_{0 \le u, v < k} X[\,ik + u,\; jk + v\,] \qquad \frac{1}{k^2} \sum_{u, v} X[\,ik + u,\; jk + v\,]$$

**全局平均池化**对整张特征图求平均：不管图像多大，每个通道都只得到一个数。
常有人说，图像移动一个像素，最大池化的结果不变。其实只有最大值还留在原来的窗口里时才是这样。池化图上方的那句话给出了三个数：有多少最大值完全不变，有多少只变了一点，平均值又变了多少。

**网络学到的滤波器。** 在卷积核列表里选“…… 学到的”，就能看到用服装图片训练好的网络的第一层。
在网络里，像素值先要归一化（减去均值、除以标准差），卷积之后还有偏置或批量归一化；但滤波器要找的图案是一样的。
""",
    "questions": r"""### 卷积和全连接的本质区别是什么？
全连接层的每个输出都和所有输入相连，完全不知道哪些像素相邻：把所有图像的像素按同一种方式打乱，它照样学得一样好。
卷积则预先包含了对图像的三个假设。**局部连接**：一个输出只看一个小窗口。**参数共享**：每个位置用的是同一个卷积核，
所以参数量与图像大小无关。**平移等变性**：图像移动一个像素（步长为 1，且不在边界附近），结果也跟着移动一个像素。
卷积其实是全连接层的特例：大部分权重为零，其余的彼此相等。它的能力并不比全连接层更强，只是用更少的数据就能学到有用的东西。

### 用了卷积，网络就不在乎物体的位置了吗？
不是。卷积有**平移等变性**：图像移动，结果也跟着移动。而**平移不变性**（不管物体在哪里，答案都一样）来自后面的池化，
以及最后对整张特征图求平均，而且只是部分成立。上面对同一张图做池化的那一节直接测量了这一点：服装图像只要移动一个像素，大多数最大值就变了，其中许多只变了一点；窗口的平均值比最大值更稳定。

### 最大池化还是步长为 2 的卷积？
两者都把高和宽减半。最大池化没有参数，只留下每个窗口里最强的响应；步长为 2 的卷积能自己学会保留什么，
代价是更多的参数和乘法。ResNet 处理大图时两种都用：开头是步长为 2 的 7 × 7 卷积和一次最大池化，之后都用步长为 2 的卷积来缩小。

### 深度学习库为什么不翻转卷积核？
因为卷积核里的数是学出来的，翻转只会让网络把每个卷积核反过来存。但如果卷积核是从别处来的，就有关系了：
教科书里为严格卷积设计的卷积核，要先自己翻转，否则边缘会变号，方向也会颠倒。
""",
}
