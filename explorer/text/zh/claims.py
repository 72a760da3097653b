"""教程的论断（用本站自己的话）和各自的实测结果，见 explorer/claims。"""

SENTENCES = {
    "tab": "论断",
    "intro": "教程是怎么说的，本站实测又是怎样。",
    "look": "<b>共 {count} 条论断</b>：{verdicts}。",
    "count_holds": "{count} 条成立",
    "count_conditions": "{count} 条在一定条件下成立",
    "count_fails": "{count} 条不成立",
    "count_open": "{count} 条在这里无法判断",
    "points": "{value} 个百分点",
    "legend": "{verdict}：<b>{count}</b>",
    "part_1": "图像与卷积",
    "part_2": "卷积怎样计算",
    "part_3": "步长、填充、空洞率",
    "part_4": "感受野",
    "part_5": "池化",
    "part_6": "LeNet-5",
    "part_7": "AlexNet",
    "part_8": "残差连接",
    "part_9": "ResNet",
    "part_10": "训练与准确率",
    "part_11": "面试问题",
    "look_none": "这里没有这种结论的论断。请选择别的结论或别的标签页。",
    "verdict": "结论",
    "about": "标签页",
    "all": "全部",
    "all_tabs": "全部标签页",
    "holds": "成立",
    "conditions": "在一定条件下成立",
    "fails": "不成立",
    "open": "这里无法判断",
    "case_holds": "在此成立",
    "case_fails": "在此不成立",
    "section": "教程第 {section} 节",
    "open_tab": "打开“{tab}”",
    "show": "在“{tab}”中查看",
    "here": "教程在这方面的论断：共 {count} 条，其中 {fails} 条不成立",
    "explanation": r"""
**结论怎样得出。** 每条论断都用本站自己的话写出，并在一种或几种设置下检验，每种设置都有各自的测量。在所有设置下都对，就是**成立**；
只在一部分设置下对，就是**在一定条件下成立**；在所有设置下都不对，就是**不成立**。没有一个结论是人写的：程序根据测量结果算出结论，
本仓库的测试会重新测量。

**测量、计数，或引自论文。** 参数量和尺寸用 PyTorch 自己的模块数出来；感受野用梯度检验；准确率来自在这里训练的网络，训练时间够短的都用了
几个随机种子。有几条论断讲的是历史，这时会写明论文。
""",
    "questions": r"""### 为什么有的论断只在一定条件下成立？
因为教程说的是所有网络，而它只对其中一部分正确。论断下面的每一行说明试过哪种设置，行首的符号表示论断在该设置下是否正确。

### 为什么有的论断在这里无法判断？
因为要测量它，需要本仓库没有的东西：ImageNet 那样的大数据集、标出物体各部件的数据，或显卡上几天的计算。这样的论断下面会写明需要什么。

### 怎样自己重新测量？
运行 `python -m explorer.claims`，不到一分钟就能完成，因为耗时的实验保存了原始结果。
`python -m explorer.claims --help` 会列出所有实验，每个实验都可以按名称重新运行。
""",
    # ---- 第 1 节：图像作为向量
    "mlp_first_layer": "从图像的 784 个像素到 512 个单元的全连接层有 401,408 个权重。",
    "mlp_first_layer_counted": "用 PyTorch 的模块数出来：{weights} 个权重，另有 {biases} 个偏置。",
    "mlp_colour": "对于 224×224 像素的彩色图像，有 512 个单元的第一层有 77,070,336 个权重。",
    "mlp_colour_counted": "用 PyTorch 的模块数出来：{weights} 个权重，另有 {biases} 个偏置。",
    "flattening": "MLP 不知道哪些像素是相邻的。",
    "flattening_mlp": (
        "把所有图像的像素按同一个随机顺序打乱。MLP 用其中 {images} 张图像训练 {epochs} 轮，"
        "在测试图像上答对 {shuffled}（{shuffled_least} 到 {shuffled_most}，{seeds} 个随机种子的中位数）；"
        "用原来的图像训练的 MLP 答对 {ordered}（{ordered_least} 到 {ordered_most}）。"
    ),
    "turned_vector": "图像旋转 90 度之后，是一个完全不同的向量。",
    "turned_vector_vectors": "{count} 张样本图像的平均相关系数：图像与自己旋转之后的图像为 {turned}，两张不同的图像为 {others}。前者不大于后者，就算成立。",
    "mlp_rotation": "对 MLP 来说，旋转 90 度的图像是全新的图像。",
    "mlp_rotation_mlp": "MLP 在 {count} 张测试图像上答对 {before}；把它们旋转 {degrees} 度之后，答对 {after}。原来答对的图像中，仍然答对的占 {kept}。",
    "cnn_rotation": "图像旋转 90 度之后，卷积网络仍然认得出来。",
    "cnn_rotation_lenet5": "LeNet-5 在 {count} 张测试图像上答对 {before}；把它们旋转 {degrees} 度之后，答对 {after}。原来答对的图像中，仍然答对的占 {kept}。",
    "cnn_rotation_alexnet_small": (
        "AlexNet-Small 在 {count} 张测试图像上答对 {before}；把它们旋转 {degrees} 度之后，答对 {after}。原来答对的图像中，仍然答对的占 {kept}。"
    ),
    "cnn_rotation_resnet18": (
        "ResNet-18 在 {count} 张测试图像上答对 {before}；把它们旋转 {degrees} 度之后，答对 {after}。原来答对的图像中，仍然答对的占 {kept}。"
    ),
    "neighbours": "相邻的像素有很强的相关性。",
    "neighbours_pixels": "在 {count} 张样本图像中，同一行里相距 {distances} 个像素的像素，相关系数为 {correlations}。相关系数达到 {strong} 就算强。",
    "neighbours_centred": (
        "衣物都在图像的中间，单凭这一点，像素就会相似。先减去平均图像，同一行里相距 {distances} 个像素的像素，相关系数为 {correlations}。相关系数达到 {strong} 就算强。"
    ),
    "locality": "卷积利用了相邻关系：边缘、纹理这样的特征是局部的。",
    "locality_lenet5": (
        "LeNet-5 用 {images} 张图像训练 {epochs} 轮，在测试图像上答对 {ordered}（{ordered_least} 到 {ordered_most}，"
        "{seeds} 个随机种子的中位数）。如果把所有图像的像素按同一个随机顺序打乱，它答对 {shuffled}（{shuffled_least} 到 {shuffled_most}；什么也没学到的次数："
        "{stuck}）。"
    ),
    # ---- 第 1.2 至 3 节：卷积
    "size_free": "卷积网络的参数量与图像尺寸无关。",
    "size_free_convolution": "同一个卷积可以接收边长为 {sides} 像素的图像。它有 {count} 个参数。",
    "size_free_resnet18": "ResNet-18 也可以接收边长为 {sides} 像素的图像：它的全连接层之前是全局平均池化。它有 {count} 个参数。",
    "size_free_lenet5": "LeNet-5 在展平之后是全连接层。图像边长为 {sides} 像素时，它需要 {counts} 个参数。",
    "equivariance": "卷积是等变的：图像平移，结果也跟着平移。",
    "equivariance_inside": "步长 1，没有填充。把所有样本图像平移 {pixels} 个像素：新结果与平移后的旧结果相比，{cells} 个格子中有 {misses} 个不同。",
    "equivariance_stride": "步长 2，没有填充，平移 {pixels} 个像素：{cells} 个格子中有 {misses} 个不同。窗口不再从相同的像素开始。",
    "equivariance_by_stride": "步长 2，没有填充，平移 {pixels} 个像素，正好是一个步长：{cells} 个格子中有 {misses} 个不同。",
    "equivariance_padding": "步长 1，四周填充零，平移 {pixels} 个像素：{cells} 个格子中有 {misses} 个不同，其中 {border} 个在最后一列，衣物从那里移出图像。",
    "equivariance_is_invariance": "平移等变性和平移不变性是一回事。",
    "equivariance_is_invariance_convolution": "步长为 1 的卷积是等变的。但是样本图像平移一个像素之后，结果的 {cells} 个格子中有 {changed} 个变了。",
    "shift_invariance": "卷积网络天然具有平移不变性。",
    "shift_invariance_lenet5": "LeNet-5 训练时没有平移。把 {count} 张测试图像平移 {distance} 个像素，内容没有移出图像：答对的比例从 {before} 变为 {after}。{lost} 个原来对的变错了，{gained} 个原来错的变对了。如果这个差别可以用偶然来解释（McNemar 检验），就算成立。",
    "shift_invariance_alexnet_small": (
        "AlexNet-Small 训练时最多平移 {trained} 个像素。把 {count} 张测试图像平移 {distance} 个像素，内容没有移出图像："
        "答对的比例从 {before} 变为 {after}。{lost} 个原来对的变错了，{gained} 个原来错的变对了。"
    ),
    "shift_invariance_resnet18": (
        "ResNet-18 训练时最多平移 {trained} 个像素。把 {count} 张测试图像平移 {distance} 个像素，内容没有移出图像："
        "答对的比例从 {before} 变为 {after}。{lost} 个原来对的变错了，{gained} 个原来错的变对了。"
    ),
    "shift_invariance_alexnet_far": (
        "同一个 AlexNet-Small（训练时最多平移 {trained} 个像素），平移 {distance} 个像素：在 {count} 张图像上，"
        "答对的比例从 {before} 变为 {after}。{lost} 个原来对的变错了，{gained} 个原来错的变对了。"
    ),
    "shift_invariance_resnet_far": (
        "同一个 ResNet-18（训练时最多平移 {trained} 个像素），平移 {distance} 个像素：在 {count} 张图像上，答对的比例从 {before} 变为 {after}。"
        "{lost} 个原来对的变错了，{gained} 个原来错的变对了。"
    ),
    "shift_loss": "衣物平移时，卷积网络的损失比 MLP 小。",
    "shift_loss_lenet5": "两个网络训练时都没有平移。衣物平移 {distances} 个像素时，LeNet-5 的准确率下降 {lenet5:points}，MLP 下降 {mlp:points}。",
    "edge": "边缘卷积核在中间几行的响应是 ±3，在均匀区域的响应是 0。",
    "edge_picture": "在教程的图像上，PyTorch 结果的四行是 {rows}。",
    "edge_reverse": "把同一张图像上下颠倒，四行是 {rows}。",
    "loop": "PyTorch 的卷积与手写循环的结果一致。",
    "loop_picture": "在教程的图像上，所有的数都相等。",
    "loop_rounding": "在一张衣物图像上，用带小数的卷积核，最大的差是 {gap}：float32 按另一个顺序舍入。",
    "cross_correlation": "PyTorch 所说的卷积其实是互相关：不翻转卷积核。",
    "cross_correlation_numpy": "用一行整数与 NumPy 的两个函数比较：{places} 个结果中，{correlated} 个与互相关的结果相同，{convolved} 个与卷积的结果相同。",
    "dense_parameters": "在 28×28 像素上，把这个卷积换成全连接层，有 29,503,488 个权重。",
    "dense_parameters_counted": "用 PyTorch 的模块数出来：{weights} 个权重，另有 {biases} 个偏置。",
    "output_sizes": "输入 28 像素，四种常用配置的输出是 26、28、14 和 28 像素。",
    "output_sizes_torch": "PyTorch 的层输出 {found} 像素。",
    "stride_halves": "步长为 2 时，输出约为输入的一半。",
    "stride_halves_even": "3×3 卷积核，填充 1：边长从 {sides} 像素变为 {found}。",
    "stride_halves_odd": "边长为奇数时：从 {sides} 像素变为 {found}。这是一半，向上取整。",
    "stride_halves_unpadded": "7×7 卷积核，没有填充：边长从 {sides} 像素变为 {found}。小图像变得不到一半。",
    "unpadded": "没有填充时，输出比输入小“卷积核边长减 1”个像素。",
    "unpadded_plain": "步长 1，卷积核边长 {kernels}：少了 {lost} 个像素。",
    "unpadded_dilated": "步长 1，空洞率 2，卷积核边长 {kernels}：少了 {lost} 个像素，因为卷积核覆盖的范围更大。",
    "pointwise": "从 64 个通道到 32 个通道的 1×1 卷积有 2,048 个权重。",
    "pointwise_counted": "用 PyTorch 的模块数出来：{weights} 个权重，另有 {biases} 个偏置。",
    "pointwise_size": "1×1 卷积只改变通道数，不改变高和宽。",
    "pointwise_size_stride1": "步长 1：边长从 {side} 像素变为 {found}。",
    "pointwise_size_stride2": "步长 2，ResNet 的捷径就是这样：边长从 {side} 像素变为 {found}。",
    "pointwise_work": "1×1 卷积的计算量极小。",
    "pointwise_work_beside": "在边长为 {side} 像素的特征图上，它需要 {one} 次乘加。通道数相同的 3×3 卷积需要 {three} 次，是它的 {factor} 倍。",
    "pointwise_work_resnet50": "但是它的数量很多：在 ResNet-50 中，所有卷积共有 {total} 次乘加，1×1 卷积占 {share}（图像边长 {side} 像素）。",
    "dilation": "空洞率为 2 时，3×3 卷积核看到 5×5 像素，参数不增加。",
    "dilation_extent": "用自动微分测出：它的像素都在边长为 {side} 的正方形里。它有 {weights} 个权重，与没有空洞时一样。",
    "dilation_pixels": "但是在这个正方形的 {pixels} 个像素中，它只读取 {read} 个。",
    "conv_parameters": "从 3 个通道到 16 个通道的 3×3 卷积有 448 个参数。",
    "conv_parameters_counted": "用 PyTorch 的模块数出来：{count} 个。",
    "same_padding": "步长为 1、填充为卷积核边长的一半（向下取整）时，输出与输入一样大。",
    "same_padding_odd": "{side} 像素的图像，卷积核边长 {kernels}：输出边长 {sizes}。",
    "same_padding_even": "{side} 像素的图像，卷积核边长 {kernels}：输出边长 {sizes}。",
    # ---- 第 4 节：感受野
    "lenet_fields": "LeNet-5 的各个卷积和池化之后，感受野边长依次是 5、6、14 和 16 像素。",
    "lenet_fields_autograd": "用自动微分测出：{found}。",
    "pool_adds": "LeNet-5 的第一个池化让感受野增加 2 个像素，因为它的步长是 2。",
    "pool_adds_first": "用自动微分测出：感受野从 {before} 像素增加到 {after} 像素，增加 {added}，因为被池化的两个单元只相距一个像素。第二个池化才增加 {later}。",
    "two_fields": "两个 3×3 卷积与一个 5×5 卷积看到的一样多。",
    "two_fields_autograd": "用自动微分测出：两个 3×3 卷积之后，一个单元看到的边长是 {two} 像素；5×5 卷积之后是 {one} 像素。",
    "two_costs": "两个 3×3 卷积的参数比一个 5×5 卷积少。",
    "two_costs_single": (
        "从 {channels_in} 个通道到 {channels_out} 个：权重分别是 {two} 和 {one} 个。图像边长 {side} 像素时，"
        "乘加分别是 {two_work} 和 {one_work} 次。"
    ),
    "two_costs_equal": (
        "从 {channels_in} 个通道到 {channels_out} 个：权重分别是 {two} 和 {one} 个。图像边长 {side} 像素时，"
        "乘加分别是 {two_work} 和 {one_work} 次。"
    ),
    "two_costs_first": (
        "从 {channels_in} 个通道到 {channels_out} 个，网络的开头就是这样：权重分别是 {two} 和 {one} 个。图像边长 {side} 像素时，"
        "乘加分别是 {two_work} 和 {one_work} 次。"
    ),
    "two_learn": "两个 3×3 卷积有两个激活层，所以比一个 5×5 卷积更好用。",
    "two_learn_lenet5": (
        "把 LeNet-5 的第二个 5×5 卷积换成两个 3×3 卷积，权重不增加，用 {images} 张图像训练 {epochs} 轮："
        "在测试图像上答对 {two}（{two_least} 到 {two_most}，{seeds} 个随机种子的中位数）。"
        "用 5×5 卷积答对 {one}（{one_least} 到 {one_most}）。"
    ),
    "growth": "对于 224×224 像素的图像，1 层之后感受野是 3 像素，3 层之后是 7，5 层之后是 15，10 层之后是 32，20 层之后超过 100。（这里从一半到两倍都算对。）",
    "growth_stack_depth": "步长为 1 的 3×3 卷积：{depths} 层之后是 {found} 像素（图像边长 {side}）。",
    "growth_vgg16": "VGG-16：{depths} 个卷积之后是 {found} 像素（图像边长 {side}）。它没有更深的层了。",
    "growth_resnet34_large": "ResNet-34：{depths} 个卷积之后是 {found} 像素（图像边长 {side}）。",
    "whole_at_twenty": "20 层之后，一个单元能看到 224×224 像素的全图。",
    "whole_at_twenty_stack_depth": "步长为 1 的 3×3 卷积：{depth} 层之后，一个单元看到 {side} 像素中的 {found} 像素。",
    "whole_at_twenty_resnet34_large": "ResNet-34：{depth} 个卷积之后，一个单元看到 {found} 像素，图像有 {side} 像素。",
    "parts": "浅层看到边缘和纹理，中层看到部件，深层看到完整的物体。",
    "parts_open": (
        "要判断这一点，需要标出边缘、纹理、部件和物体的图像，还需要用照片训练的网络。Bau 等人 2017 年的论文 “Network Dissection” 把单元与这样的标注作了比较。"
        "这里的衣物每张只有一个标签。"
    ),
    "depth_tells": "层越深，它包含的关于整个物体的信息越多。",
    "depth_tells_resnet18": (
        "训练好的 ResNet-18：在从浅到深的 {stages} 个阶段，取每张特征图的平均值。在另外 {count} 张测试图像中找最近的一张，类别相同的比例依次是 {right}。直接比较像素时，"
        "这个比例是 {pixels}。"
    ),
    # ---- 第 5 节：池化
    "pool_example": "在 4×4 的例子中，最大池化得到 6、8、14、16，平均池化得到 3.5、5.5、11.5、13.5。",
    "pool_example_max": "PyTorch 的最大池化得到 {found}。",
    "pool_example_average": "PyTorch 的平均池化得到 {found}。",
    "global_pooling": "不管特征图有多大，全局平均池化都把每个通道变成一个数。",
    "global_pooling_sides": "{channels} 个通道，特征图边长 {sides}：每个通道总是得到一个数，它就是平均值。",
    "global_standard": "现代网络的结尾用全局平均池化代替展平。",
    "global_standard_modern": "torchvision 的 ResNet、MobileNet、EfficientNet 和 ConvNeXt：{total} 个中有 {count} 个这样做。",
    "global_standard_before": "更早的 AlexNet 和 VGG：{total} 个中有 {count} 个这样做，与论断相符。",
    "pool_work": "池化把高和宽减半，减少后面各层的计算量。",
    "pool_work_counted": "没有池化时，3×3 卷积需要 {before} 次乘加，是池化之后（{after} 次）的 {factor} 倍。",
    "five_halvings": "ResNet 把边长减半五次：224 变成 7。",
    "five_halvings_resnet18": "torchvision 的 ResNet-18，输入 {side} 像素：{sides}。",
    "five_halvings_small": "本站和教程的 ResNet-18 是为 {side} 像素的图像设计的：{sides}。",
    "max_shift": "特征移动一个像素时，最大池化的输出不变。",
    "max_shift_inside": "一个亮像素在它的窗口里移动：{moves} 种移动中，{same} 种什么都不改变。",
    "max_shift_clothes": "样本衣物平移一个像素：{windows} 个最大值中有 {unchanged} 个不变（{share}）。其余的移出了自己的窗口，或者有更亮的像素移进来。",
    "max_steadier": "最大池化让模型对精确位置不那么敏感。",
    "max_steadier_pixels": "样本衣物平移一个像素时，最大值平均变化满刻度的 {max}，像素变化 {pixels}。",
    "max_steadier_average": "与平均池化比较：平均值变化满刻度的 {average}，最大值变化 {max}，像素变化 {pixels}。",
    "max_steadier_strided": (
        "把测试图像平移 {distance} 个像素：用最大池化的 LeNet-5 减少的正确答案占 {own}（{own_least} 到 {own_most}，{seeds} 个随机种子的中位数，"
        "用 {images} 张图像训练 {epochs} 轮）。不用池化而用步长 2，占 {other}（{other_least} 到 {other_most}）。"
    ),
    "max_steadier_averaged": (
        "把测试图像平移 {distance} 个像素：用最大池化的 LeNet-5 减少的正确答案占 {own}（{own_least} 到 {own_most}，{seeds} 个随机种子的中位数，"
        "用 {images} 张图像训练 {epochs} 轮）。用平均池化占 {other}（{other_least} 到 {other_most}）。"
    ),
    "stride_modern": "ResNet、EfficientNet 这样的现代网络用步长为 2 的卷积降采样，不再用池化。",
    "stride_modern_resnet18": "torchvision 的 ResNet-18：{total} 次减半中，{convolved} 次用卷积，其余用最大池化。",
    "stride_modern_efficientnet": "torchvision 的 EfficientNet-B0：{total} 次中有 {convolved} 次用卷积。",
    "stride_modern_small": "本站和教程的 ResNet-18：{total} 次中有 {convolved} 次用卷积。",
    "stride_keeps": "步长为 2 的卷积比最大池化保留更多信息。",
    "stride_keeps_strided": (
        "LeNet-5 不用池化，它自己的卷积用步长 2，用 {images} 张图像训练 {epochs} 轮："
        "在测试图像上答对 {convolved}（{convolved_least} 到 {convolved_most}，{seeds} 个随机种子的中位数）。"
        "用最大池化答对 {pooled}（{pooled_least} 到 {pooled_most}）。"
    ),
    "stride_keeps_rebuilt": (
        "把每张图像变成边长减半的特征图，再用线性映射重建图像。误差占方差的比例：最大池化 {max}，平均池化 {average}，我们找到的最好的卷积核（{kernel_numbers}）{kernel}。"
    ),
    "pool_learns_nothing": "最大池化没有可学习的参数，步长为 2 的卷积有。",
    "pool_learns_nothing_counted": "{channels} 个通道：参数分别是 {pooling} 个和 {convolution} 个。",
    # ---- 第 6、7、9 节：网络
    "lenet_shapes": "LeNet-5 各层依次输出 6×28×28、6×14×14、16×10×10、16×5×5、400、120、84 和 10 个数，共有 61,706 个参数。",
    "lenet_shapes_shapes": "让一张图像通过网络，用钩子（hook）得到每一层的输出：{total} 层中有 {same} 层的形状与教程打印的一致。",
    "lenet_shapes_counted": "用 PyTorch 的模块数出来：{count} 个参数。",
    "lenet_original": "原版 LeNet-5 使用 Sigmoid 激活和平均池化。",
    "lenet_original_activation": (
        "LeCun 等人（1998，第 II.B 节和附录 A）用的是放缩过的 tanh，即 {constant} tanh({slope} x)。他们也把它叫作 sigmoid 函数，但它的取值从 "
        "{low} 到 {high}，而 PyTorch 的 Sigmoid 从 0 到 1。"
    ),
    "lenet_original_pooling": (
        "据 LeCun 等人（1998，第 II.B 节），第一个下采样层把每个窗口的四个数相加，有 {paper} 个参数：每张特征图一个系数、一个偏置。平均池化有 {count} 个。"
    ),
    "lenet_summary": "LeNet：Sigmoid，然后最大池化，然后全连接层（第 7 节的总结）。",
    "lenet_summary_itself": (
        "第 6 节说的是平均池化，所以这两句话至少有一句不对。对第 5.1 节的那张图，最大值是 {largest}，平均值是 {average}。"
    ),
    "lenet_summary_paper": (
        "LeCun 等人（1998，第 II.B 节）取的是窗口的和，再乘以一个系数，并不取最大值。对同一张图，最大值是 {largest}，和是 {sums}。"
    ),
    "alexnet_kernels": "与 LeNet 相比，AlexNet 的改进之一是卷积核更大，因此感受野更大。",
    "alexnet_kernels_small": "教程的 AlexNet-Small：第一个卷积核边长 {kernel}，LeNet-5 的是 {lenet}。",
    "alexnet_kernels_original": "torchvision 的 AlexNet：第一个卷积核边长 {kernel}，LeNet-5 的是 {lenet}。它的图像也更大。",
    "alexnet_size": "AlexNet 有 5 个卷积层，宽度为 4096 个单元。",
    "alexnet_size_original": "torchvision 的 AlexNet：{convs} 个卷积层，最宽的隐藏层有 {width} 个单元。",
    "alexnet_size_small": "教程的 AlexNet-Small：{convs} 个卷积层，最宽的隐藏层有 {width} 个单元。",
    "relu_gradients": "用 ReLU 代替 Sigmoid 可以缓解梯度消失。",
    "relu_gradients_stack_2": (
        "把 {depth} 个教程中的块叠成普通网络，在训练之前用 float32 计算：第一个块的梯度，用 ReLU 是 {relu}，用 Sigmoid 是 {sigmoid}（{seeds} 个种子的中位数）。"
    ),
    "relu_gradients_stack_10": "同样的网络，{depth} 个块：用 ReLU 是 {relu}，用 Sigmoid 是 {sigmoid}。",
    "relu_gradients_stack_50": "同样的网络，{depth} 个块：用 ReLU 是 {relu}，用 Sigmoid 是 {sigmoid}。ReLU 的更大才算有帮助。",
    "relu_gradients_lenet": (
        "训练之前的 LeNet-5，输入是自带的图像：第一层卷积核的梯度，用 ReLU 是 {relu}，用 Sigmoid 是 {sigmoid}（{seeds} 个种子的中位数；每个种子都如此才算成立）。"
    ),
    "relu_gradients_trained": (
        "LeNet-5 用 {images} 张图像训练 {epochs} 轮，{seeds} 个种子，各取学习率 {rates} 中较好的一个：验证图像上的准确率，用 ReLU 是 {relu}，用 Sigmoid 是 {sigmoid}。"
    ),
    "dropout": "暂退法（Dropout）能防止过拟合。",
    "dropout_gap": (
        "AlexNet-Small 用 {images} 张图像训练 {epochs} 轮，{seeds} 个种子：训练准确率比验证准确率高出的部分，有暂退法时是 {on:points}，没有时是 {off:points}。"
    ),
    "dropout_accuracy": (
        "同样这些网络在验证图像上的准确率：有暂退法时是 {on}，没有时是 {off}。有暂退法时最差的种子也比没有时最好的种子好，才算成立。"
    ),
    "pooled_head": "在现代网络中，全局平均池化代替了全连接层。",
    "pooled_head_parameters": "AlexNet-Small 的全连接层有 {before} 个参数；用了全局平均池化，后面只需一层，{after} 个参数。",
    "pooled_head_squeezenet": "torchvision 的 SqueezeNet 有 {count} 个全连接层：池化之前是一个 1×1 卷积。",
    "pooled_head_resnet": "教程自己的 ResNet-18 在池化之后还有 {count} 个全连接层。",
    "bottleneck": "瓶颈残差块的参数效率比基础块高。",
    "bottleneck_block": "输入和输出都是 {channels} 个通道时，基础块有 {basic} 个参数，瓶颈残差块有 {bottleneck} 个。",
    "bottleneck_layer": "平均到每个带权重的层，ResNet-34（基础块）有 {basic} 个参数，ResNet-50（瓶颈残差块）有 {bottleneck} 个。",
    "resnet18_parameters": "按教程的写法，ResNet-18 有 11,173,962 个参数。",
    "resnet18_parameters_one": "图像有一个通道，与教程的代码相同：{count} 个。",
    "resnet18_parameters_three": "图像有三个通道：{count} 个。",
    "resnet34_parameters": "按教程的写法，ResNet-34 有 21,282,122 个参数。",
    "resnet34_parameters_one": "图像有一个通道，与教程的代码相同：{count} 个。",
    "resnet34_parameters_three": "图像有三个通道：{count} 个。",
    "resnet50_parameters": "按教程的写法，ResNet-50 有 23,508,234 个参数。",
    "resnet50_parameters_one": "图像有一个通道，与教程的代码相同：{count} 个。",
    "resnet50_parameters_three": "图像有三个通道：{count} 个。",
    "he_optimal": "对使用 ReLU 的网络，He 初始化是最好的初始化。",
    "he_optimal_shallow": (
        "{depth} 个教程中的块叠成普通网络：第一个块的梯度与只有一个块时的比值，用 He 是 {he}，用 Xavier 是 {xavier}，用正交权重是 {orthogonal}，"
        "用 PyTorch 的默认初始化是 {default}（{seeds} 个种子的中位数）。最接近 1 的算最好。"
    ),
    "he_optimal_deep": "同样的网络，{depth} 个块：He {he}，Xavier {xavier}，正交 {orthogonal}，默认 {default}（{seeds} 个种子）。",
    "he_optimal_residual": "同样的网络加上捷径，{depth} 个块：He {he}，Xavier {xavier}，正交 {orthogonal}，默认 {default}（{seeds} 个种子）。",
    "he_optimal_gain": "{depth} 个块的普通网络，正交权重取与 He 相同的增益：{orthogonal}，用 He 是 {he}（{seeds} 个种子）。",
    # ---- 第 8 节：残差连接
    "deep_trains_easier": "残差连接让 152 层的网络比 34 层的更容易训练。",
    "deep_trains_easier_open": (
        "这里没有训练过这两个网络。要判断，需要用同一种方法训练 ResNet-34 和 ResNet-152，各用几个种子，再比较训练误差。He 等人（2015，第 4.1 节）的 ImageNet "
        "结果中，更深的网络验证误差更低。这说明哪个更好，没有说明哪个更容易训练。"
    ),
    "degradation": "56 层的普通网络，训练误差比 20 层的高。",
    "degradation_trained": (
        "用同一种方法训练 {epochs} 轮后的训练误差：{many} 层是 {deep}，{few} 层是 {shallow}。每个网络只训练了一次，所以不知道换种子会相差多少。"
    ),
    "no_overfitting": "更深的网络反而更差，这不是过拟合。",
    "no_overfitting_trained": (
        "{many} 层的训练误差是 {deep}，验证误差是 {deep_validation}；{few} 层的分别是 {shallow} 和 {shallow_validation}（{epochs} 轮，各训练一次）。"
        "如果是过拟合，应当是训练误差更低而验证误差更高。"
    ),
    "degradation_cause": "很深的普通网络难以训练，是因为梯度消失。",
    "degradation_cause_unnormalised": (
        "没有归一化的卷积块，训练之前：一个块时第一个块的梯度是 {one}，{depth} 个块时是 {deep}（{seeds} 个种子的中位数）。这里把小于百分之一算作消失。"
    ),
    "degradation_cause_normalised": (
        "同样的块加上批量归一化，出现退化的网络就是这样：一个块时是 {one}，{depth} 个块时是 {deep}。He 等人（2015，第 4.1 节）检查过他们的网络，梯度正常，因此认为梯度消失不太可能是原因。"
    ),
    "degradation_cause_network": (
        "{few} 层和 {many} 层的普通网络本身，训练之前，输入是自带的图像：第一层卷积核的梯度分别是 {shallow} 和 {deep}（{seeds} 个种子的中位数）。"
    ),
    "identity_hard": "普通块很难学到精确的恒等映射。",
    "identity_hard_signed": "教程中的块学习恒等映射，{steps} 步，{seeds} 个种子，取学习率 {rates} 中最好的一个：误差是输入范数的 {low} 到 {high} 倍。中位数大于百分之一才算成立。以 ReLU 结尾的块给不出负数。",
    "identity_hard_positive": "同样的块，输入不为负，就像 ReLU 之后那样：{low} 到 {high}（{seeds} 个种子，{steps} 步，学习率 {rates}）。",
    "identity_hard_without_last": "同样的块，去掉最后的 ReLU：{low} 到 {high}（{seeds} 个种子，{steps} 步，学习率 {rates}）。",
    "identity_easy": "残差块更容易学到恒等映射：只需学到 F(x) = 0。",
    "identity_easy_signed": "教程中的块加上捷径，用同样的办法学习（{seeds} 个种子，{steps} 步，取学习率 {rates} 中最好的一个）：误差是输入范数的 {low} 到 {high} 倍，普通块至少是 {plain} 倍。",
    "identity_easy_positive": "同样的块，输入不为负：{low} 到 {high}，普通块至少 {plain}（{seeds} 个种子，{steps} 步，学习率 {rates}）。",
    "identity_easy_without_last": (
        "同样的块，去掉最后的 ReLU：{low} 到 {high}，普通块至少 {plain}（{seeds} 个种子，{steps} 步，学习率 {rates}）。这些都没有证明退化由此而来。"
    ),
    "residual_degradation": "残差连接解决了退化问题。",
    "residual_degradation_trained": (
        "残差网络用同一种方法训练 {epochs} 轮后的训练误差：{many} 层是 {deep}，{few} 层是 {shallow}。每个网络只训练了一次，所以不知道换种子会相差多少。"
    ),
    "residual_jacobian": "残差块输入的梯度，等于输出的梯度乘以 (J + I)，其中 J 是分支的雅可比矩阵。",
    "residual_jacobian_last": "第 8.2 节的块，最后才相加，用 float64 计算：公式与 autograd 相差最大分量的 {difference} 倍。",
    "residual_jacobian_inside": (
        "第 9.1 节的基础块，相加之后还有 ReLU：两者相差最大分量的 {difference} 倍。这时公式里还应当有这个 ReLU 的导数。"
    ),
    "plain_vanishes": "没有残差连接时，很深的网络的梯度范数趋近于 0。",
    "plain_vanishes_default": "教程中 {depth} 个块的网络：{seeds} 个种子中有 {zeros} 个，范数在 float32 中恰好是 0。",
    "plain_vanishes_he_10": "用 He 初始化，{depth} 个块：{seeds} 个种子的中位数是 {deep}，一个块时是 {one}。这里把小于百分之一算作消失。",
    "plain_vanishes_he_50": "用 He 初始化，{depth} 个块：{deep}，一个块时是 {one}（{seeds} 个种子）。",
    "plain_vanishes_orthogonal": "用正交权重和 tanh，{depth} 个块：{deep}，一个块时是 {one}（{seeds} 个种子）。",
    "residual_norm": "有残差连接时，梯度范数正常，在 0.01 左右。",
    "residual_norm_script": "教程自己的脚本，用它的种子：{norm}。这里把所说范数的十分之一到十倍都算作相符。",
    "residual_norm_seeds": "同样的网络，{seeds} 个种子，{depth} 个块：中位数 {median}，十分之九的种子在 {low} 和 {high} 之间。",
    "residual_norm_he": "用 He 初始化，{seeds} 个种子，{depth} 个块：中位数 {median}。",
    "vanishing_solved": "残差连接解决了梯度消失问题。",
    "vanishing_solved_default": (
        "教程中 {depth} 个块的网络：第一个块的梯度是 {deep}，一个块时是 {one}（{seeds} 个种子的中位数）。这里把不小于一个块时的百分之一、也不大于一百倍算作解决。"
    ),
    "vanishing_solved_he": "用 He 初始化，{depth} 个块：{deep}，一个块时是 {one}。",
    "vanishing_solved_sigmoid": "卷积块，相加之后是 Sigmoid，{depth} 个块，{seeds} 个种子：{deep}，一个块时是 {one}。",
    "vanishing_solved_normalised": "卷积块，带批量归一化和 ReLU，{depth} 个块，{seeds} 个种子：{deep}，一个块时是 {one}。",
    # ---- 第 10 节：训练
    "accuracy_typical": "按教程的方法训练 ResNet-18，测试准确率通常约为 95.0% 到 95.5%。",
    "accuracy_typical_recipe": (
        "按该方法训练一次（种子 {seed}）：{reached}，由于测试集只是 {images} 张图像的样本，误差约 {margin:points}。一次训练说明不了什么是“通常”。"
    ),
    "accuracy_most": "ResNet-18 在 Fashion-MNIST 上的准确率能达到 95% 以上。",
    "accuracy_most_recipe": "按教程的方法训练一次：测试图像答对 {reached}。",
    "accuracy_most_shipped": "按我们的方法训练 {epochs} 轮，{seeds} 个种子：{low} 到 {high}。",
    "table": "准确率：LeNet-5 91.0%，AlexNet-Small 93.0%，ResNet-18 95.3%。",
    "table_lenet5": (
        "按教程的方法训练一次 LeNet-5（种子 {seed}）：{reached}，教程说 {claimed}。如果差别可能只是偶然，就算成立（McNemar 检验，p 最大为 {p}）。"
    ),
    "table_alexnet_small": "AlexNet-Small 也这样训练：{reached}，教程说 {claimed}（p 最大为 {p}，种子 {seed}）。",
    "table_resnet18": "ResNet-18 也这样训练：{reached}，教程说 {claimed}（p 最大为 {p}，种子 {seed}）。",
    "table_earlier": "准确率：Softmax 回归 84.0%，多层感知机 92.1%。",
    "table_earlier_open": (
        "这两个数出自该系列的其他篇，那些网络怎样训练，这一篇没有说。要判断，需要知道它们的训练方法。两者在这里达到多少，见分类器下面的表格。"
    ),
    "table_order": "多层感知机比 LeNet-5 更准（92.1% 对 91.0%）。",
    "table_order_recipe": "两者都按教程的方法训练，各一次：感知机 {mlp}，LeNet-5 {lenet5}。这种方法会平移图像，而感知机不适合平移的图像。",
    "table_order_shipped": (
        "自带的两个网络，各用适合自己的方法训练：只有感知机答对的测试图像有 {mlp_only} 张，只有 LeNet-5 答对的有 {lenet5_only} 张（McNemar 检验，p = {p}）。"
    ),
    "augmented_validation": "脚本打印的验证准确率，说明网络对原样的图像有多准。",
    "augmented_validation_lenet5": (
        "脚本把验证图像也翻转和平移了。LeNet-5 按教程的方法训练（缩短），每个种子一个数：{images} 张验证图像原样时答对 {plain}，变换后答对 {changed}"
        "（{draws} 次抽取的平均）。差别不超过这种样本的误差 {margin:points}，就算成立。"
    ),
    "augmented_validation_resnet18": (
        "自带的 ResNet-18，在 {images} 张没有学过的图像上：原样时答对 {plain}，变换后答对 {changed}（{draws} 次抽取的平均；误差 {margin:points}）。"
    ),
    # ---- 第 11 节：面试问题
    "degradation_essence": "退化的本质，是深层网络很难学到恒等映射。",
    "degradation_essence_open": (
        "He 等人（2015，第 3.1 节）只是这样猜测。要判断，应当在训练好的更深的网络中证明：多出来的块本该是恒等映射，却不是；一旦把它们变成恒等映射，误差就下降。"
    ),
    "small_kernels": "感受野相同时，用几个 3×3 卷积代替一个 7×7 卷积，乘加运算更少。",
    "small_kernels_equal": "输入和输出都是 {channels} 个通道，{side} 像素：三个 3×3 卷积要 {small} 次乘加，一个 7×7 卷积要 {large} 次。",
    "small_kernels_first": "从一个通道到 {channels} 个通道，就像第一层那样：三个 3×3 卷积要 {small} 次，一个 7×7 卷积要 {large} 次。",
    "inplace_memory": "ReLU(inplace=True) 节省内存。",
    "inplace_memory_alone": "只看 ReLU 本身：原地 ReLU 为输出分配 {inplace} 字节，普通 ReLU 分配 {ordinary} 字节。",
    "inplace_memory_training": (
        "一个较窄的 ResNet-18，前向加反向：同时占用的内存，用原地 ReLU 最多 {inplace} 字节，用普通 ReLU 最多 {ordinary} 字节。别的运算同样需要同时保留两组特征图。"
    ),
    "inplace_memory_kept": "它的前向传播为反向传播保留的内存，连同权重：用原地 ReLU 是 {inplace} 字节，用普通 ReLU 是 {ordinary} 字节。",
    "inplace_memory_inference": "同一个网络，不求梯度：用原地 ReLU 最多 {inplace} 字节，用普通 ReLU 最多 {ordinary} 字节。",
    "inplace_error": "如果原地 ReLU 覆盖了反向传播需要的值，就会出现 RuntimeError。",
    "inplace_error_output_error": "在 Sigmoid 的输出上用原地 ReLU，而 Sigmoid 的梯度要用这个输出计算：autograd 报这个错。",
    "inplace_error_input_error": "在一个乘积的输入上用原地 ReLU，而权重的梯度要用这个输入计算：也报这个错。",
    "inplace_safe": "当且仅当后面的运算在反向传播时不需要原地 ReLU 的输出，它才是安全的。",
    "inplace_safe_needed_same": "卷积、原地 ReLU、卷积：第二个卷积需要那个输出，梯度却与用普通 ReLU 时一样。",
    "inplace_safe_unneeded_error": (
        "Sigmoid、原地 ReLU、求和：求和不需要那个输出，autograd 却报错。关键在于被覆盖的那个值是否还要用。"
    ),
    "inplace_addition": "残差相加之前不能用原地 ReLU，因为捷径还需要 x。",
    "inplace_addition_branch_same": "在分支自己的乘积上用原地 ReLU，然后相加：输出和梯度与不用时一样。",
    "inplace_addition_normalised_same": "在分支里批量归一化的输出上用原地 ReLU，然后相加：与不用时一样。",
    "inplace_addition_shortcut_different": "在块的输入上用原地 ReLU，而捷径之后还要加上这个输入：结果变了，也没有任何报错。",
    "bn_region": "批量归一化使数值更接近 ReLU 的线性区域，那里梯度最大。",
    "bn_region_fresh": (
        "ReLU 对正数是线性的，斜率为 1。权重刚初始化的 ResNet-20，{images} 张图像：在后面跟着 ReLU 的归一化之前，正数占 {before}，之后占 {after}"
        "（每个种子一个数）。每个种子都是之后更多，才算成立。"
    ),
    "bn_region_resnet20": "训练好的 ResNet-20，同样统计：归一化之前占 {before}，之后占 {after}（{images} 张图像）。",
    "bn_region_resnet18": "训练好的 ResNet-18，同样统计：归一化之前占 {before}，之后占 {after}（{images} 张图像）。",
    "bias_redundant": "批量归一化前面的卷积不需要偏置；去掉它，每个输出通道省一个参数。",
    "bias_redundant_training": "训练时给每个偏置加 1，用 float64 计算：归一化的输出最多改变 {change}。",
    "bias_redundant_saved": "从 {channels_in} 个通道到 {channels_out} 个通道的卷积省 {saved} 个参数，ResNet-18 省 {network} 个。",
    "bias_same": "批量归一化的平移 β，作用与卷积的偏置完全一样。",
    "bias_same_training": "训练时，给每个偏置加 1，输出最多改变 {bias}；给每个 β 加 1，输出改变 {shift}。",
    "bias_same_evaluation": "评估模式下，给每个偏置加 1，输出最多改变 {bias}；给每个 β 加 1，输出改变 {shift}。这算成立：对每个通道，两者只差一个固定的倍数，所以 β 能代替偏置。",
}
