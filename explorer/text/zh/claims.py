"""教程的论断（用本站自己的话）和各自的实测结果，见 explorer/claims。"""

SENTENCES = {
    "tab": "论断",
    "intro": "教程是怎么说的，本站实测又是怎样。",
    "look": "<b>共 {count} 条论断</b>：{holds} 条成立，{conditions} 条在一定条件下成立，{fails} 条不成立，{open} 条在这里无法判断。",
    "legend": "{verdict}：<b>{count}</b>",
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
    # ---- 第 1.2 至 3 节：卷积
    "conv_parameters": "从 3 个通道到 16 个通道的 3×3 卷积有 448 个参数。",
    "conv_parameters_counted": "用 PyTorch 的模块数出来：{count} 个。",
    "same_padding": "步幅为 1、填充为卷积核边长的一半（向下取整）时，输出与输入一样大。",
    "same_padding_odd": "{side} 像素的图像，卷积核边长 {kernels}：输出边长 {sizes}。",
    "same_padding_even": "{side} 像素的图像，卷积核边长 {kernels}：输出边长 {sizes}。",
    # ---- 第 4 节：感受野
    # ---- 第 5 节：池化
    # ---- 第 6、7、9 节：网络
    "lenet_shapes": "LeNet-5 各层依次输出 6×28×28、6×14×14、16×10×10、16×5×5、400、120、84 和 10 个数，共有 61,706 个参数。",
    "lenet_shapes_shapes": "让一张图像通过网络，用钩子（hook）读出每一层的输出：{total} 层中有 {same} 层的形状与教程打印的一致。",
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
    "alexnet_size": "AlexNet 有 5 个卷积层，宽度为 4096 个神经元。",
    "alexnet_size_original": "torchvision 的 AlexNet：{convs} 个卷积层，最宽的隐藏层有 {width} 个神经元。",
    "alexnet_size_small": "教程的 AlexNet-Small：{convs} 个卷积层，最宽的隐藏层有 {width} 个神经元。",
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
        "AlexNet-Small 用 {images} 张图像训练 {epochs} 轮，{seeds} 个种子：训练准确率比验证准确率高出的部分，有暂退法时是 {on}，没有时是 {off}。"
    ),
    "dropout_accuracy": (
        "同样这些网络在验证图像上的准确率：有暂退法时是 {on}，没有时是 {off}。有暂退法时最差的种子也比没有时最好的种子好，才算成立。"
    ),
    "global_pooling": "在现代网络中，全局平均池化代替了全连接层。",
    "global_pooling_parameters": "AlexNet-Small 的全连接层有 {before} 个参数；用了全局平均池化，后面只需一层，{after} 个参数。",
    "global_pooling_squeezenet": "torchvision 的 SqueezeNet 有 {count} 个全连接层：池化之前是一个 1×1 卷积。",
    "global_pooling_resnet": "教程自己的 ResNet-18 在池化之后还有 {count} 个全连接层。",
    "bottleneck": "瓶颈块的参数效率比基础块高。",
    "bottleneck_block": "输入和输出都是 {channels} 个通道时，基础块有 {basic} 个参数，瓶颈块有 {bottleneck} 个。",
    "bottleneck_layer": "平均到每个带权重的层，ResNet-34（基础块）有 {basic} 个参数，ResNet-50（瓶颈块）有 {bottleneck} 个。",
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
        "同样的块加上批归一化，出现退化的网络就是这样：一个块时是 {one}，{depth} 个块时是 {deep}。He 等人（2015，第 4.1 节）检查过他们的网络，梯度正常，因此认为梯度消失不太可能是原因。"
    ),
    "degradation_cause_network": (
        "{few} 层和 {many} 层的普通网络本身，训练之前，输入是自带的图像：第一层卷积核的梯度分别是 {shallow} 和 {deep}（{seeds} 个种子的中位数）。"
    ),
    "identity_hard": "普通块很难学到精确的恒等映射。",
    "identity_hard_signed": (
        "用教程中的块拟合恒等映射，{steps} 步，{seeds} 个种子，取学习率 {rates} 中最好的一个：误差是输入长度的 {low} 到 {high} 倍。中位数大于百分之一才算成立。"
        "以 ReLU 结尾的块给不出负数。"
    ),
    "identity_hard_positive": "同样的块，输入不为负，就像 ReLU 之后那样：{low} 到 {high}（{seeds} 个种子，{steps} 步，学习率 {rates}）。",
    "identity_hard_without_last": "同样的块，去掉最后的 ReLU：{low} 到 {high}（{seeds} 个种子，{steps} 步，学习率 {rates}）。",
    "identity_easy": "残差块更容易学到恒等映射：只需学到 F(x) = 0。",
    "identity_easy_signed": (
        "教程中的块加上捷径，用同样的办法拟合（{seeds} 个种子，{steps} 步，取学习率 {rates} 中最好的一个）：误差是输入长度的 {low} 到 {high} 倍，普通块至少是 {plain} 倍。"
    ),
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
    "vanishing_solved_normalised": "卷积块，带批归一化和 ReLU，{depth} 个块，{seeds} 个种子：{deep}，一个块时是 {one}。",
    # ---- 第 10 节：训练
    "accuracy_typical": "按教程的方法训练 ResNet-18，测试准确率通常约为 95.0% 到 95.5%。",
    "accuracy_typical_recipe": (
        "按该方法训练一次（种子 {seed}）：{reached}，由于测试集只是 {images} 张图像的样本，误差约 {margin}。一次训练说明不了什么是“通常”。"
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
        "（{draws} 次抽取的平均）。差别不超过这种样本的误差 {margin}，就算成立。"
    ),
    "augmented_validation_resnet18": (
        "自带的 ResNet-18，在 {images} 张没有学过的图像上：原样时答对 {plain}，变换后答对 {changed}（{draws} 次抽取的平均；误差 {margin}）。"
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
    "inplace_addition_normalised_same": "在分支里批归一化的输出上用原地 ReLU，然后相加：与不用时一样。",
    "inplace_addition_shortcut_different": "在块的输入上用原地 ReLU，而捷径之后还要加上这个输入：结果变了，也没有任何报错。",
    "bn_region": "批归一化使数值更接近 ReLU 的线性区域，那里梯度最大。",
    "bn_region_fresh": (
        "ReLU 对正数是线性的，斜率为 1。权重刚初始化的 ResNet-20，{images} 张图像：在后面跟着 ReLU 的归一化之前，正数占 {before}，之后占 {after}"
        "（每个种子一个数）。每个种子都是之后更多，才算成立。"
    ),
    "bn_region_resnet20": "训练好的 ResNet-20，同样统计：归一化之前占 {before}，之后占 {after}（{images} 张图像）。",
    "bn_region_resnet18": "训练好的 ResNet-18，同样统计：归一化之前占 {before}，之后占 {after}（{images} 张图像）。",
    "bias_redundant": "批归一化前面的卷积不需要偏置；去掉它，每个输出通道省一个参数。",
    "bias_redundant_training": "训练时给每个偏置加 1，用 float64 计算：归一化的输出最多改变 {change}。",
    "bias_redundant_saved": "从 {channels_in} 个通道到 {channels_out} 个通道的卷积省 {saved} 个参数，ResNet-18 省 {network} 个。",
    "bias_same": "批归一化的平移 β，作用与卷积的偏置完全一样。",
    "bias_same_training": "训练时给每个偏置加 1，或者改为给每个 β 加 1：输出最多分别改变 {bias} 和 {shift}。",
    "bias_same_evaluation": "训练之后，同样的两种改变最多是 {bias} 和 {shift}。如果两者只差归一化的那个倍数，就算成立，因为这时偏置可以写成 β。",
}
