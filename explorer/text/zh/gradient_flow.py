"""Sentences of the gradient-flow wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "tab": "梯度流动",
    "intro": "网络很深时，梯度还能传回最前面的层吗？这里在训练之前测量两种网络：没有捷径的普通网络，和有捷径的残差网络。",
    "depth": "深度（块数）",
    "width": "宽度",
    "block": "块的类型",
    "initialisation": "初始化",
    "activation": "激活函数",
    "seeds": "随机种子数",
    "first_seed": "起始种子",
    "block_linear": "全连接（教程中的块）",
    "block_conv": "卷积",
    "block_conv_bn": "卷积 + 批量归一化",
    "initialisation_default": "PyTorch 默认",
    "initialisation_he": "He",
    "initialisation_xavier": "Xavier",
    "initialisation_orthogonal": "正交",
    "activation_relu": "ReLU",
    "activation_leaky_relu": "Leaky ReLU",
    "activation_gelu": "GELU",
    "activation_silu": "SiLU",
    "activation_tanh": "tanh",
    "activation_sigmoid": "Sigmoid",
    "activation_identity": "无（线性）",
    "block_linear_ln": "全连接 + 层归一化",
    "block_conv_ln": "卷积 + 层归一化",
    "preactivation": "预激活（先激活，后加权）",
    "zero_last": "分支从 0 开始",
    "view": "图中显示什么",
    "view_weights": "权重的梯度",
    "view_signals": "块之间的信号",
    "view_jacobian": "雅可比矩阵",
    "jacobian_large": "这个网络的雅可比矩阵要算太久。请减少块数或通道数，或者选择显示别的内容。",
    "said_zero_last": (
        "每个分支的最后一层是 0，所以每个块第一个权重的梯度也恰好是 0：这些权重在第一步不会改变。"
        "请选择“雅可比矩阵”：在残差网络里，信号仍然沿着捷径原样通过。"
    ),
    "forward_title": "前向：每个块的输出",
    "forward_axis": "块的输出的范数",
    "backward_title": "反向：传到每个块输出处的梯度",
    "backward_axis": "梯度范数（块的输出处）",
    "jacobian_blocks": "单独看每个块",
    "jacobian_stacks": "从输入到每个块",
    "jacobian_axis": "奇异值",
    "jacobian_smallest": "最小",
    "jacobian_middle": "中位数",
    "jacobian_largest": "最大",
    "jacobian_rms": "均方根",
    "theory": "理论，{kind}",
    "signals_said": "块的输出的范数（中位数）从第一个块到第 {depth} 个块会变化。",
    "signals_kind": "在{kind}网络中，它从 {first} 变到 {last}。",
    "signals_theory": "按照很宽的网络的理论，最后一个块之后应当是 {plain}（普通）和 {residual}（残差）。",
    "jacobian_said": "从输入到第 {depth} 个块，网络把微小的变化放大或缩小，不同方向的倍数不同（{seeds} 个种子的中位数）。",
    "jacobian_kind": "在{kind}网络中，这些倍数在 {smallest} 和 {largest} 之间。",
    "jacobian_nothing": "在{kind}网络中，变化完全传不过去：所有倍数都是 0。",
    "jacobian_fewer": "只测量了 {seeds} 个种子中的前 {done} 个，这样不用久等。",
    "jacobian_conv_said": "从输入到第 {depth} 个块，网络把微小的变化放大或缩小，不同方向的倍数不同（种子 {seed}）。",
    "jacobian_conv_kind": "在{kind}网络中，这些倍数的均方根是 {root}，最大的是 {largest}。",
    "jacobian_conv_how": "雅可比矩阵有 {rows} 行，无法写出来，所以均方根是用 {probes} 个随机方向估计的。",
    "caption_signals": (
        "实线：中位数。色带：各随机种子的第 5 到第 95 百分位。灰色宽线：很宽的网络的理论值，即对所有可能的权重求均方，再开平方。"
        "在又窄又深的普通网络里，中位数更低，因为这个平均值大部分来自少数几个罕见的网络。卷积块没有理论线，因为填充会改变边缘的信号。"
    ),
    "caption_jacobian": (
        "雅可比矩阵的奇异值，就是微小的变化在不同方向上放大或缩小的倍数。实线：最大的；虚线：中位数；点线：最小的；都是各随机种子的中位数。灰色宽线：所有奇异值的均方根，按照很宽的网络的理论。"
        "如果残差网络的分支平均值大于 0（例如用 ReLU），就没有这条线。小于舍入误差的值算作 0。"
    ),
    "caption_jacobian_conv": (
        "整个批次的雅可比矩阵的奇异值，就是微小的变化在不同方向上被放大或缩小的倍数。虚线：它们的均方根。实线或圆点：测量过的最大奇异值。"
        "卷积的最小奇异值和中位数无法这么快测出来。"
    ),
    "story_tutorial": "教程中的实验",
    "story_he": "He 初始化",
    "story_orthogonal": "正交 + tanh",
    "story_sigmoid": "Sigmoid",
    "story_conv": "卷积",
    "story_batch_norm": "批量归一化",
    "stop": "停止测量",
    "stopped": "已停止：测了 {seeds} 个种子中的 {done} 个，已经测得的结果保留。",
    "stopped_before": "已停止。这组设置还没有测得任何结果，图中仍是上一组设置的结果。",
    "too_much_work": "这组设置要算好几分钟。请减少随机种子数、块数或宽度。",
    "too_large_network": "这么大的网络，只算一个就太久。请减少块数或宽度。",
    "plain": "普通",
    "residual": "残差",
    "blocks_title": "每个块的梯度（深度 {depth}）",
    "depths_title": "第一个块的梯度随深度的变化",
    "block_axis": "块的序号（1 最靠近输入）",
    "depth_axis": "深度（块数）",
    "norm_axis": "梯度范数（块内第一个权重）",
    "reads_zero": "float32 中为 0",
    "reads_infinite": "∞：上溢",
    "hover_block": "<b>{kind}，第 {place} 个块</b>",
    "hover_depth": "<b>{kind}，共 {place} 个块时的第一个块</b>",
    "hover_median": "中位数 {median}，第 5 到第 95 百分位：{low} 到 {high}",
    "hover_zero": "{seeds} 个种子中有 {count} 个在 float32 中为 0",
    "hover_infinite": "{seeds} 个种子中有 {count} 个不是有限数",
    "hover_double": "float64 下的中位数：{median}",
    "caption": "实线：中位数。色带：各随机种子的第 5 到第 95 百分位。点线：用单精度（float32）算得 0 或 ∞ 时，双精度（float64）的中位数。",
    "starting": "正在测量，每种网络 {seeds} 个……",
    "so_far": "已经测了 {seeds} 个种子中的 {done} 个。",
    "said_single": "只有一个块时，第一个块的梯度范数的中位数：没有捷径是 {plain}，有捷径是 {residual}。增加块数，看看两者的差距怎样变大。",
    "said_value": "{depth} 个块时，{kind}网络第一个块的梯度范数的中位数为 {median}{change}{some}。",
    "said_zero": (
        "{depth} 个块时，{kind}网络第一个块的梯度在 {seeds} 个种子中有 {count} 个下溢为 0：它太小，单精度（float32）的数表示不了；"
        "用双精度（float64）算，中位数是 {double}。"
    ),
    "said_dead": (
        "{depth} 个块时，{kind}网络第一个块的梯度在 {seeds} 个种子中有 {count} 个是 0，其中 {exact} 个用双精度（float64）算也是 0："
        "那里有一整层的单元全部失活（输出都是 0）。"
    ),
    "said_none": "{depth} 个块时，{kind}网络第一个块的梯度在 {seeds} 个种子中有 {count} 个是 0，其中 {exact} 个用双精度（float64）算也是 0。",
    "said_infinite": (
        "{depth} 个块时，{kind}网络第一个块的梯度范数在 {seeds} 个种子中有 {count} 个上溢：算范数要先把每个分量平方，"
        "平方之后超出了单精度（float32）的范围；用双精度（float64）算，中位数是 {double}。"
    ),
    "said_next_value": "{kind}网络的中位数为 {median}{change}{some}。",
    "said_next_zero": "{kind}网络在 {seeds} 个种子中有 {count} 个下溢为 0（用双精度算，中位数是 {double}）。",
    "said_next_dead": (
        "{kind}网络在 {seeds} 个种子中有 {count} 个是 0，其中 {exact} 个用双精度（float64）算也是 0："
        "那里有一整层的单元全部失活（输出都是 0）。"
    ),
    "said_next_none": "{kind}网络在 {seeds} 个种子中有 {count} 个是 0，其中 {exact} 个用双精度（float64）算也是 0。",
    "said_next_infinite": (
        "{kind}网络的梯度范数在 {seeds} 个种子中有 {count} 个上溢：算范数要先把每个分量平方，平方之后超出了单精度（float32）的范围；"
        "用双精度（float64）算，中位数是 {double}。"
    ),
    "change_grows": "，是一个块时的 {factor} 倍：梯度在增大",
    "change_more": "，是一个块时的 {factor} 倍",
    "change_less": "，约为一个块时的 {factor} 分之一",
    "change_fades": "，约为一个块时的 {factor} 分之一：梯度在消失",
    "change_stays": "，与一个块时的 {first} 相差不大",
    "some_zero": "（{seeds} 个种子中有 {count} 个为 0）",
    "remark_tutorial": "教程的说法是 {claimed} 左右。",
    "remark_batch_norm": "有了批量归一化，普通网络的梯度在初始化时（训练之前）不是消失，而是爆炸。",
    "remark_healthy": "这里的普通网络没有捷径，也能把梯度传下去。",
    "inplace_title": "原地 ReLU 与普通 ReLU 的比较",
    "inplace_code": "代码",
    "inplace_case": "被覆盖的是什么",
    "inplace_outcome": "结果",
    "code_before_addition": "relu_(x @ w) + x",
    "code_after_addition": "relu_(x @ w + x)",
    "code_after_batch_norm": "relu_(bn(x @ w)) + x",
    "code_on_block_input": "relu_(x) @ w + x",
    "code_on_saved_input": "x @ w + relu_(x)",
    "code_on_saved_output": "relu_(sigmoid(x @ w))",
    "case_before_addition": "别处都用不到的一个乘积。教程提醒要避免的正是这种写法。",
    "case_after_addition": "相加之后的和。ResNet 就是这样写的。",
    "case_after_batch_norm": "批量归一化的输出。它的反向传播只用到自己的输入。",
    "case_on_block_input": "块的输入，而捷径后面还要加上它。",
    "case_on_saved_input": "乘法的输入，计算权重的梯度要用到它。",
    "case_on_saved_output": "Sigmoid 的输出，计算它的梯度要用到这个值。",
    "outcome_same": "完全相同",
    "outcome_different": "数值变了，却不报错",
    "outcome_error": "反向传播时报错",
    # ---- blocks taken away ----
    "removal": "去掉一个块：训练好的网络还能用吗？",
    "removal_intro": (
        "输入和输出形状相同的块，可以从训练好的网络中去掉：它的输入直接送到下一个块。先猜一猜会怎样，再看结果。"
        "两个网络的层相同，一个有残差连接，另一个没有（方法来自 Veit 等，2016）。"
    ),
    "removal_single": "<b>{model}</b> 的准确率是 {whole}%。去掉其中一个块后，准确率在 {least}% 到 {most}% 之间，中位数是 {median}%。",
    "removal_order": "<b>{model}</b>：保留所有块时 {whole}%，按这个顺序去掉第一块后 {first}%，去掉 {half} 块后 {rest}%。",
    "removal_axis_block": "去掉的块（阶段.块）",
    "removal_axis_accuracy": "准确率（%）",
    "removal_guessing": "随机猜测（{chance}%）",
    "removal_axis_gone": "去掉的块数",
    "removal_way": "一个接一个地去掉",
    "removal_way_front": "从前往后",
    "removal_way_back": "从后往前",
    "removal_way_random": "随机顺序",
    "removal_blocks": "要去掉的块（阶段.块）",
    "removal_undo": "放回所有的块",
    "removal_none": "选择要去掉的块，两个网络会同时去掉它们。",
    "removal_gone": "去掉 {blocks} 之后，在 {images} 张样本上（只是测试图片的一小部分，所以比例与图表中的不同）：",
    "removal_cut": "<b>{model}</b> 答对 {after} 张，原来是 {before} 张（损失为 {loss_after}，原来是 {loss_before}）。",
    "removal_map_whole": "{model}，完整",
    "removal_map_cut": "{model}，去掉块",
    "removal_map_stage": "第 {stage} 阶段",
    "removal_maps": "每个阶段之后特征图的平均绝对值，完整的网络与去掉块之后的网络",
    "removal_about": (
        "在测试集前 {images} 张图片上测量。随机顺序有 {orders} 种（种子 {seeds}），线是中位数，色带包括所有顺序。改变特征图大小的块不能去掉。"
    ),
    "paths_said": (
        "<b>路径。</b>经过每个块，可以走它的分支，也可以走它的捷径。所以 {blocks} 个块组成 {paths} 条路径，其中一半最多经过 {usual} 个分支。"
        "我们测量了 {model} 沿单条路径的梯度。把所有路径的梯度范数加起来：这个和的一半属于最多经过 {half} 个分支的路径，{share}% 属于最多经过 {most} 个分支的路径，"
        "而这些路径只占全部路径的 {rare}%。这说明单条路径有多强，而不是它们合起来有多大：各条路径的梯度方向不同，大部分互相抵消。"
        "这个和是总梯度的范数的 {excess} 倍。（{images} 张测试图片的平均值，每张图片每种长度随机取一条路径。）"
    ),
    "paths_axis_length": "路径的长度（经过的分支数）",
    "paths_axis_share": "所占比例（%）",
    "paths_paths": "占路径的比例",
    "paths_gradient": "占所有梯度范数之和的比例",
    "swaps_intro": (
        "<b>交换。</b>这里随机选出同一阶段的两个块，交换它们的位置，做一次或几次。每个点是块的一种顺序。Kendall 的 τ 等于 1 表示训练时的顺序；"
        "τ 越小，前后颠倒的块就越多。在 {images} 张测试图片上测量，比去掉块时用的少，所以准确率略有不同。每种交换次数有 {draws} 种顺序。"
    ),
    "swaps_said": "<b>{model}</b> 的准确率是 {whole}%，交换一次之后平均是 {mean}%，最低是 {least}%。",
    "swaps_axis_tau": "块的顺序（Kendall 的 τ）",
    "swaps_hover": "交换次数：{count}",
    "swaps_none": "训练时的顺序",
    "degradation_title": "越深越差？训练普通网络和残差网络来比较",
    "degradation_said": "四个网络用同一种训练方法，都只训练 {epochs} 轮，{training}。",
    "degradation_worse": "{many} 层的{kind}网络训练误差比 {few} 层的高：前者是 {deep}%，后者是 {shallow}%。",
    "degradation_better": "{many} 层的{kind}网络训练误差比 {few} 层的低：前者是 {deep}%，后者是 {shallow}%。",
    "degradation_same": "{many} 层和 {few} 层的{kind}网络训练误差相同，分别为 {deep}% 和 {shallow}%。",
    "degradation_caption": (
        "网络采用 He 等人（2015，第 4.2 节）为 CIFAR 设计的结构：{few} 层的有 {shallow} 个参数，{many} 层的有 {deep} 个。"
        "使用批量归一化；学习率先升后降，峰值是 {peak}；图像随机翻转和平移。训练误差在每一轮当中、用变换过的图像统计；验证误差在每一轮之后、用没有变换的验证图片统计。"
        "色带只表示由图片数量引起的不确定性（{training} 张和 {validation} 张图片，{confidence}% 区间），不表示换一个种子会相差多少。"
    ),
    "degradation_once": "每个网络只训练了一次（种子 {seeds}），所以从这些曲线看不出换一个种子会相差多少",
    "degradation_median": "每个网络训练了多次，画的是测试准确率居中的那次（种子 {seeds}）",
    "degradation_plain": "普通",
    "degradation_residual": "残差",
    "axis_epoch": "轮数（共 {epochs} 轮；每个网络的种子数：{seeds}）",
    "axis_train_error": "训练误差（%）",
    "axis_validation_error": "验证误差（%）",
    "explanation": r"""
**测的是什么。** 把若干个块叠起来，随机初始化权重，做一次前向传播和一次反向传播，取每个块第一个权重的梯度，计算它的欧几里得范数。每个种子产生一个普通网络和一个残差网络，两者的权重和输入**完全相同**，差别只在有没有捷径。全连接块就是教程中的块：Linear、激活、Linear、激活，最后加上捷径；输入是 `randn(1, 10)`，损失是输出之和。卷积块采用 He 等人（2015，图 2）的结构：两个 3×3 卷积，在最后一个激活之前加上捷径；输入是 {images} 张 {side} × {side} 的噪声图，损失是输出在一个长度为 1 的随机方向上的分量。选择“预激活”（He 等，2016）时，归一化和激活在每个权重之前，相加之后什么也没有。选择“分支从 0 开始”时，每个分支的最后一层起初输出 0：它的权重是 0，或者它后面的归一化的缩放系数是 0（Goyal 等，2017；Zhang 等，2019）。层归一化对每张图像单独进行。

**捷径怎样改变梯度。** 由 $y = F(x) + x$ 和链式法则，

$$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y}\left(\frac{\partial F}{\partial x} + I\right).$$

经过 $n$ 个块，普通网络的梯度是一串雅可比矩阵的连乘，残差网络的每个因子则多了一个单位矩阵：

$$\text{普通：} \prod_{k=1}^{n} J_k \qquad\qquad \text{残差：} \prod_{k=1}^{n} (J_k + I), \qquad J_k = \frac{\partial F_k}{\partial x_k}.$$

如果每个 $J_k$ 都使向量变短，普通网络的连乘就按指数衰减。残差网络的连乘展开后保留了 $I$，另外还有 $2^n - 1$ 项，所以没有理由消失；但也没有什么能阻止它**增大**。以上说的是全连接块；卷积块在相加之后还有激活函数，每个因子是 $D_k (J_k + I)$，$D_k$ 是激活函数的导数。Sigmoid 的导数不超过 $1/4$，所以用它时，这种块的残差网络梯度同样会消失。

**测出来的结果。** 教程中的网络，第一个块，{seeds} 个种子的中位数：

| 块数 | 普通，默认 | 残差，默认 | 普通，He | 残差，He |
| ---: | ---: | ---: | ---: | ---: |
{medians}

教程认为 {blocks} 个残差块时梯度在 {claimed} 左右，实测约为 {residual}。它的分支以 ReLU 结尾，只加不减，所以前向信号逐块增大；He 等人（2016，4.1 节）讲的就是前向信号。这里的测量表明，梯度也在增大。换成有正有负的 tanh，在同样的网络里，梯度只是一个块时的 {tanh_growth} 倍。可以选 tanh 试一试。

**为什么恰好是 0。** 单精度（float32）表示不了小于约 $10^{-45}$ 的数。而计算范数要先把每个分量平方，所以小于约 $10^{-23}$ 的梯度，范数就下溢为 0。{blocks} 个普通块的梯度约为 {plain_double}：它并不是零，只是 float32 表示不了。点线是同一批网络用双精度（float64）计算的结果。{seeds} 个种子中有 {dead} 个，梯度真的是 0：每层只有十个单元，偶尔会全部失活，梯度就传不过去了。换成 Leaky ReLU，这样的种子有 {dead_leaky} 个。

**退化不等于梯度消失。** 教程说，{many_layers} 层普通网络的训练不如 {few_layers} 层，是因为网络很难学到恒等映射，而难学又是因为梯度消失。前半句也是 He 等人给出的理由；对后半句，原始文献的说法不同。

- He 等人（2015，4.1 节）：他们的普通网络用了批量归一化，前向信号和反向梯度都正常，更深的网络**仍然**更差，训练误差也更高。他们认为梯度消失不太可能是原因。
- Yang 等人（2019）：在初始化时，没有捷径而有批量归一化的网络，梯度会随深度**爆炸**，无论怎样选权重的方差都避免不了。点一下“批量归一化”就能看到。
- De 与 Smith（2020）：在初始化时，残差块中的批量归一化使分支相对于捷径缩小，缩小的倍数约为深度的平方根。每个块一开始接近恒等映射，很深的网络因此可以训练。
- 普通网络也能把梯度传下去：正交初始化加 tanh，{blocks} 个块的梯度是一个块时的 {orthogonal_change} 倍。

**局限。** 这里只看训练的第一步，输入是噪声，并不能说明准确率。一次测量的计算量最多相当于单核运行一分钟左右，单个网络最多几秒；超过时，会请你把设置改小一些。
""",
    "questions": r"""### 残差连接为什么对深层网络有帮助？
常见的解释有两种。第一是优化：要让输入原样通过，残差块只需学到 $F(x) = 0$，把权重推向零就行；普通块却要用两层权重和激活函数去学习恒等映射。He 等人（2015）正是因此想到加捷径：这是他们的出发点，并没有证明它就是原因。第二是信号：$\partial F / \partial x + I$ 中的 $I$ 让前向信号和梯度能越过每个块（只要相加之后没有 Sigmoid 那样使它们变小的激活函数）；在初始化时，有了批量归一化，分支相对于捷径很小（De 与 Smith，2020），很深的网络起初就像一个浅网络。“残差连接解决了梯度消失”不可能是全部答案：在初始化时，有批量归一化的普通网络梯度本来就没有消失。

### 退化问题是梯度消失造成的吗？
He 等人（2015，4.1 节）认为不太可能：他们检查过，普通网络的梯度范数是正常的。退化指的是更深的网络**训练误差**反而更高，这是优化上的困难；梯度消失指的是前面几层几乎得不到梯度。没有归一化的网络可能两者兼有，上图显示了梯度消失得有多快；有归一化的网络则可能只退化、不消失。

### 那么，带单位矩阵的公式错了吗？
公式没有错。只是由它推不出“梯度因此保持正常大小”：没有什么保证 $J_k + I$ 的连乘接近 1。用 He 初始化，{blocks} 个残差块的梯度约为 {residual_he}；{deep} 个块时，{seeds} 个种子中有 {overflowing} 个的范数超出了 float32 能表示的范围。所以残差网络需要归一化，或者让每个分支从很小的值甚至零开始。

### ReLU 的 inplace=True 有什么作用？有什么风险？
它把结果直接写在输入上，运算时少占一张特征图的内存。上面的表格是本应用启动时实际算出来的。教程说，相加之前不要用原地 ReLU，其实可以用：被覆盖的是分支自己的乘积，后面的加法和前面的卷积都不再需要这个值。真正的风险有两种。一是反向传播要读的值被覆盖了，PyTorch 的自动微分会报错。二是更隐蔽的：捷径要加的值中途被改掉，却**不会**报错，例如 `relu_(x) @ w + x` 加上的是 $\mathrm{ReLU}(x)$ 而不是 $x$，算的已经是另一个网络了。
""",
}
