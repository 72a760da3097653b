"""Sentences of the receptive-field wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "tab": "感受野",
    "intro": "一个单元能看到多远？先选一个问题和一层，再点击图片。",
    # names
    "type": "类型",
    "unit": "单元",
    "channels": "每层的通道数",
    "compared": "对比的网络",
    "comparison": "对比内容",
    "layer_number": "第几层",
    "network_table": "自己设计的层",
    "network_stack3x3": "多层 3×3 卷积，步长 1",
    "layer_with_kind": "{name}（{kind}）",
    "kind_input": "图像",
    "kind_conv": "卷积",
    "kind_pool": "池化",
    "kind_global": "全局",
    "none": "–",
    # the table of layers
    "row": "第 {number} 行，{column}",
    "remove": "删除第 {number} 行",
    "add": "添加一层",
    "short_type": "类型",
    "short_kernel": "k",
    "short_stride": "s",
    "short_padding": "p",
    "short_dilation": "d",
    # the chart and the picture
    "axis_layer": "层（沿最长路径计数）",
    "axis_size": "感受野边长（像素）",
    "line_height": "{name}（高）",
    "line_width": "{name}（宽）",
    "whole_image": "图像：{size} 像素",
    "hover_layer": "{name}：{height} × {width} 像素，累积步长 {jump}",
    "hover_global": "{name}：整张图像",
    "hover_part": "{name}：{height} × {width} 像素，这是能看到的全部",
    "field_title": "{name}，单元 ({row}, {column})",
    "box_inside": "以 {centre} 为中心的 {height} × {width} 像素，全部在图像内。点击图像可以换单元。",
    "box_clipped": "以 {centre} 为中心的 {height} × {width} 像素，其中 {share} 在填充区。",
    "box_empty": "这个单元看不到任何像素。点击可以换单元。",
    "box_global": "能看到每一个像素。",
    "box_part": "能看到 {image} × {image} 像素中的 {size} × {size} 像素。",
    # the tables
    "head_number": "#",
    "head_layer": "层",
    "head_kind": "类型",
    "head_size": "边长",
    "head_jump": "累积步长",
    "head_start": "起点",
    "head_units": "单元数",
    "head_chosen_unit": "所选单元",
    "head_centre": "它的中心",
    "head_in_padding": "在填充区的部分",
    "head_stack": "结构",
    "head_sees": "看到",
    "head_weights_per_pair": "每对通道的权重",
    "head_weights": "在这个通道数下的权重",
    "head_nonlinearities": "ReLU 个数",
    "head_seen_share": "能覆盖到的像素",
    "head_network": "网络",
    "head_final_size": "最终感受野",
    "head_as_wide": "从哪一层起不小于图像",
    "head_depth": "卷积层数",
    "head_claim": "教程的说法",
    "head_stack_depth": "3×3，步长 1",
    "head_vgg16": "VGG-16",
    "head_resnet34_large": "ResNet-34",
    # what to look for
    "look_input": "在第一层之前，一个单元就是一个像素，只看到它自己。拖动“第几层”，看方框怎样变大。",
    "look_grown": (
        "{name} 让感受野增加 {reach} × {jump} = {added} 像素（{jump} 是累积步长，即前面各层步长的乘积）："
        "现在一个单元看到 {size} × {size} 像素。"
    ),
    "look_same": "{name} 没有让感受野变大：仍是 {size} × {size} 像素。",
    "look_whole": "图像的边长是 {image} 像素：靠近中间的单元能看到整张图像。",
    "look_wide": "图像的边长是 {image} 像素，但没有哪个单元的位置正好能看到整张图像。",
    "look_padding": "对所选的单元来说，方框有 {share} 在填充区，那里什么也看不到。",
    "look_global": "{name} 汇总所有位置：从这里开始，每个单元都看到整张图像。",
    "look_part": "{name} 汇总所有位置：从这里开始，每个单元都看到同样的 {size} × {size} 像素；图像的边长是 {image} 像素，其余的像素因为前面的步长被跳过了。",
    "look_empty": "但是这个单元看不到任何像素：它在填充区里，或者在转置卷积留下的空隙里。",
    "look_kernels": (
        "{first} 和 {second} 都看到 {first_size} × {first_size} 像素，但前者只需要 {first_params} 个权重，"
        "后者需要 {second_params} 个：少 {saved}，还多一个 ReLU。颜色越深的像素，到该单元的路径越多。"
    ),
    "look_dilation": (
        "请看其中的洞：{second} 的跨度是 {second_size} 像素，却只能覆盖其中的 {second_share}。"
        "{third} 的跨度是 {third_size} 像素，能覆盖 {third_share}，权重一样多。"
    ),
    "look_stride": (
        "三组的卷积核完全相同。每一个步长为 2 的层，都使后面各层的累积步长翻倍：步长都为 1 时看到 {first_size} 像素，"
        "第一层的步长为 2 时看到 {second_size} 像素，三层都是这样时看到 {third_size} 像素。"
    ),
    # the picture of the field, the chart and their controls
    "image_size": "图像边长（像素）",
    "pixel": "像素",
    "own_picture": "自己的图片",
    "network_stack5x5": "多层 5×5 卷积，步长 1",
    "kind_transposed": "转置卷积",
    "map_title": "特征图 {rows}×{columns}",
    "map_caption": "每个单元的亮度，是它的感受野内的平均亮度。点击一个单元，或者用方向键移动。",
    "map_even": "每个单元都看到整张图片，所以亮度都一样。点击一个单元，或者用方向键移动。",
    "checking": "正在用自动微分核对……",
    "check_confirmed": "刚刚用自动微分核对过（{time} ms）：有 {pixels} 个像素能影响该单元。",
    "check_differs": "自动微分得到的感受野与公式算出的不同（{time} ms）：有 {pixels} 个像素能影响该单元。",
    "check_image": "未核对：像素只看到它自己",
    "no_unit": "{layer} 的输出里没有这个单元。",
    "look_stack": "这条线是用来对比的多层卷积。想看它的内部，请在“自己设计的层”里搭出来。",
    "look_uneven": (
        "{name}：单元的感受野最大为 {size} × {size} 像素，相邻单元相隔 {jump} 像素。"
        "转置卷积在原有单元之间插入新单元，所以相邻单元可能共用感受野，也可能看到的大小不同。"
    ),
    "look_oblong": "{name}：现在一个单元在竖直方向看到 {height} 像素，在水平方向看到 {width} 像素；之前是 {before_height} × {before_width}。",
    "look_holes": "方框在图像内的部分有 {share} 是洞：没有任何路径从那些像素到该单元。",
    # seen in another layer
    "seen_in_title": "在前面的某一层里看到的范围",
    "seen_in": "在第几层里看（0 是图像）",
    "axis_size_within": "感受野边长（{source} 的单元）",
    "whole_map": "{source}：{size} 个单元",
    "look_within": (
        "{name} 的一个单元看到 {source} 的 {side} × {side} 个单元中的 {height} × {width} 个；相邻单元看到的位置错开 {jump} 个单元。"
    ),
    "look_within_wide": (
        "{name} 的一个单元要看 {source} 的 {height} × {width} 个单元，而那张特征图只有 {side} × {side} 个；"
        "相邻单元看到的位置错开 {jump} 个单元。"
    ),
    "look_within_global": "{name} 汇总所有位置：它的每个单元都看到 {source} 的整张特征图。",
    "look_within_part": "{name} 汇总所有位置：它的每个单元都看到 {source} 的 {size} × {size} 个单元。",
    "within_inside": "{source} 中以 {centre} 为中心的 {height} × {width} 个单元，全部在特征图内。点击可以换单元。",
    "within_clipped": "{source} 中以 {centre} 为中心的 {height} × {width} 个单元，其中 {share} 在填充区。",
    "within_empty": "这个单元看不到 {source} 的任何单元。点击可以换单元。",
    "within_global": "能看到 {source} 的每一个单元。",
    "within_part": "能看到 {source} 的 {image} × {image} 个单元中的 {size} × {size} 个。",
    "check_confirmed_within": "刚刚用自动微分核对过（{time} ms）：{source} 有 {pixels} 个单元能影响该单元。",
    "check_differs_within": "自动微分得到的感受野与公式算出的不同（{time} ms）：{source} 有 {pixels} 个单元能影响该单元。",
    "not_square": "{layer} 的特征图有 {rows} × {columns} 个单元。这里只能在正方形的特征图里画感受野，请选另一层。",
    # what the fields say of a design
    "design": "从感受野看这个网络的设计",
    "design_whole": "从 {name} 开始，每个单元都看到整张图像：再加层，看到的也不会更多。",
    "design_joint": "从 {name} 开始，每个单元才都看到整张图像；在它之前的每一层，都有单元看不到整张图像。",
    "design_nowhere": "没有哪一层的全部单元都看到整张图像。",
    "design_middle": "{name} 是最后一个还保留位置的层。它正中的单元的感受野是 {height} × {width} 像素，包含图像 {size} × {size} 像素的 {share}。",
    "design_wide": "从 {first} 开始，共有 {count} 层的感受野比图像大。对 {name} 正中的单元来说，感受野的 {share} 是填充。",
    "design_smallest": "这个网络能接受的最小图像是 {size} × {size} 像素。",
    "design_fixed": "这个网络只接受 {size} × {size} 像素的图像。",
    # stories
    "story_kernels": "两个 3×3 还是一个 5×5",
    "story_resnet50": "更深，却看到更少",
    "story_whole": "哪层最先与图像一样宽",
    "story_gridding": "空洞卷积留下的洞",
    "story_hybrid": "怎样消除这些洞",
    "tell_kernels": (
        "{first} 看到 {size} × {size} 像素，和一层 {second} 一样。每对通道只要 {small} 个权重，"
        "而 {second} 要 {large} 个（少 {saved}）；ReLU 有 {relus} 个，而 {second} 只有 {large_relus} 个。"
    ),
    "tell_resnet50": (
        "ResNet-50 比 ResNet-34 深，却只看到 {size} × {size} 像素，后者看到 {other} × {other} 像素："
        "前者只有 {kernels} 层会扩大感受野，后者有 {other_kernels} 层。"
    ),
    "tell_whole": (
        "在 ResNet-18 中，第 {number} 层 {name} 的感受野（{wide} 像素）最先不小于图像（{image} 像素）；前一层只看到 {before} 像素。"
        "最后是 {size} 像素。"
    ),
    "tell_gridding": (
        "三层空洞率为 2 的 3×3 卷积，用 {weights} 个权重，跨度是 {size} × {size} 像素。但是请看其中的洞："
        "只有 {pixels} 个像素（方框的 {share}）能影响该单元。"
    ),
    "tell_hybrid": "{stack}，权重同样是 {weights} 个，跨度是 {size} × {size} 像素，方框的 {share} 都能影响该单元：没有洞。",
    # the way forward
    "direction": "问题",
    "direction_back": "这个单元能看到什么？",
    "direction_forward": "这个像素能影响哪些单元？",
    "pixel_row": "像素：第几行",
    "pixel_column": "像素：第几列",
    "pixel_title": "像素 ({row}, {column})",
    "pixel_caption": "点击可以换像素，也可以用方向键移动。",
    "reach_label": "像素 ({row}, {column}) 在每一层能影响的单元",
    "small_title": "{number} · {rows}×{columns}",
    "small_caption": "{count} / {total}",
    "small_changed": "{count} 个变了",
    "reached_some": "{total} 个单元中的 {count} 个，范围是 {height} × {width}。",
    "reached_all": "全部 {total} 个单元。",
    "reached_none": "一个单元也没有。",
    "reached_holes": "它们之间的单元，没有任何路径能到达。",
    "reached_bound": "前面有一层没有逐条追踪路径，所以其中有些单元可能影响不到。",
    "legend_unreached": "影响不到",
    "legend_reached": "可以影响到",
    "legend_changed": "确实变了（颜色越深变化越大）",
    "look_pixel": "在这里，像素 ({row}, {column}) 还只影响它自己。拖动“第几层”，看它的影响怎样扩散。",
    "look_reach": (
        "像素 ({row}, {column}) 的影响扩散开来：在 {name} 中，它能影响 {total} 个单元中的 {count} 个，"
        "范围是 {height} × {width}。"
    ),
    "look_reach_all": "像素 ({row}, {column}) 的影响扩散到了各处：在 {name} 中，它能影响全部 {total} 个单元。",
    "look_reach_one": "{name} 汇总所有位置：从这里开始计算出的一切，像素 ({row}, {column}) 都能影响。",
    "look_reach_none": "像素 ({row}, {column}) 影响不到 {name} 的任何单元：窗口移动时跳过了它。",
    "reached_since": "从 {name} 开始，这个像素能影响每一层的每一个单元。",
    "changing": "正在把网络运行两遍，只有这个像素不同……",
    "ran_trained": "{network} 用训练后的权重运行了两遍：这个像素先是 {before}，后是 {after}。",
    "ran_own": "{network} 用它自己的权重运行了两遍：这个像素先是 {before}，后是 {after}。",
    "ran_random": "{network} 用刚初始化的随机权重运行了两遍：这个像素先是 {before}，后是 {after}。",
    "ran_chain": "自己设计的层运行了两遍：一个通道、随机权重、没有 ReLU；这个像素先是 {before}，后是 {after}。",
    "changed_values": (
        "这里可能变的 {reached} 个单元中，有 {changed} 个变了；它们共有 {values} 个值（每个单元 {channels} 个），"
        "其中 {changed_values} 个变了，占 {share}。"
    ),
    "stopped_activation": "如果 ReLU 在像素改变前后都输出 0，变化就传不过去。",
    "stopped_pool": "如果窗口里有别的单元更大，变化也传不过最大池化。",
    "stopped_rounding": "太小的变化会在舍入中消失。",
    "not_changed": "无法显示实际的变化：{reason}",
    "too_heavy_chain": (
        "在这个尺寸下，自己设计的层的窗口要读 {reads}×10⁶ 个值，这里最多读 {maximum}×10⁶ 个。请选小一些的卷积核或图像。"
    ),
    "no_pixel": "图像里没有像素 ({row}, {column})：图像有 {size} × {size} 像素，行和列都是 0 到 {last}。",
    "head_reached": "能影响的单元",
    "head_reached_share": "占比",
    "head_patch": "范围",
    "head_changed": "变了",
    "head_changed_values": "变了的值",
    # the effective field
    "effective": "感受野里哪些部分真正起作用：有效感受野",
    "effective_intro": "绿框说明哪些像素可能有影响，梯度说明影响有多大（对多张真实图片取平均）。按下按钮，就测量上面选中的单元。",
    "num_images": "图片数",
    "measure": "测量这个单元",
    "stop": "停止",
    "not_measured": "还没有测量：请按“测量这个单元”。",
    "stopped": "已停止，已经测得的结果保留。",
    "measured_unit": "{network}，{unit}",
    "measuring": "{name}：已经测了 {count} 张图片中的 {done} 张……",
    "weights_random": "随机权重",
    "weights_trained": "训练后的权重",
    "weights_own": "它自己的权重",
    "effective_caption": "{name}；{count} 张图片；颜色越深梯度越大（取平方根）",
    "effective_label": "{name} 的梯度在各像素上所占的份额",
    "head_weights_kind": "权重",
    "head_images": "图片数",
    "head_theory": "理论值",
    "look_can_see": "{name} 能看到 {size} × {size} 像素。",
    "look_random": "权重随机时，一半的梯度落在 {half} × {half} 的方块里，{share} 落在 {most} × {most} 里。",
    "look_own": "用它自己的权重，一半的梯度落在 {half} × {half} 里，{share} 落在 {most} × {most} 里。",
    "look_trained": "训练之后分别是 {half} × {half} 和 {most} × {most}。",
    "look_silent": "{name}：在这些图片上没有梯度传过来，所以这个单元无法测量。",
    "no_weights_table": "自己设计的层没有权重。请选一个网络来测量有效感受野。",
    "no_weights": "{model} 没有带权重，它的层也没有说明怎样初始化，所以无法测量它的梯度。",
    "no_effective": "请选一个卷积层或池化层：这一层没有自己的感受野，无法测量。",
    "too_heavy": (
        "{model} 有 {params}×10⁶ 个参数，在这个尺寸下要 {mult_adds}×10⁹ 次乘加；这里最多测 {max_params}×10⁶ 个参数、"
        "{max_adds}×10⁹ 次乘加。请选小一些的网络或图像。"
    ),
    # comparisons and facts
    "comparisons": "对比：卷积核、空洞率、步长",
    "comparison_kernels": "几个小卷积核，还是一个大卷积核",
    "comparison_dilation": "空洞率",
    "comparison_stride": "步长",
    "stack_caption": "{size} × {size} 像素",
    "stacks_label": "在各种结构中，每个像素到该单元的路径数",
    "facts": "本应用中各网络的实测结果",
    "lenet_right": "这样的单元已经够用：网络在测试图片上的准确率仍有 {accuracy}。",
    "facts_networks": (
        "ResNet-50 比 ResNet-34 深，看到的反而更少：它的大多数层是 1×1 卷积，不会扩大感受野。“最终感受野”指全局池化之前，或第一个全连接层之前，"
        "最后一层的感受野。"
    ),
    "facts_depth": (
        "教程大致列出了感受野怎样随层数增长（输入 {size} × {size} 像素），但没有说是哪个网络，而各个网络并不一样。右边几列是用这样大的图像算出来的；"
        "这里的 ResNet-34 用的是处理照片的版本，开头几层更大。"
    ),
    "facts_depth_more": "{network}：经过 {depths} 个卷积层之后，一个单元看到的比教程列出的多。",
    "facts_depth_less": "{network}：经过 {depths} 个卷积层之后，一个单元看到的比教程列出的少。",
    # what can be wrong
    "no_layers": "表格里至少要有一层。",
    "too_many_layers": "表格最多 {maximum} 层，现在是 {number} 层。",
    "too_many_compared": "最多同时对比 {maximum} 个网络。",
    "bad_row": "第 {row} 行不是一个层。",
    "unknown_key": "第 {row} 行没有“{value}”这一项，一层可以有：{known}。",
    "bad_type": "第 {row} 行，类型：只能是 conv、pool 或 transposed，现在是 {value!r}。",
    "empty_cell": "第 {row} 行，{name}：单元格是空的，请填 {minimum} 到 {maximum} 的整数。",
    "bad_cell": "第 {row} 行，{name}：要填 {minimum} 到 {maximum} 的整数，现在是 {value!r}。",
    "pool_padding": "第 {row} 行：池化的填充不能超过窗口的一半，现在窗口为 {kernel}，填充为 {padding}。",
    "kernel_too_large": "第 {row} 行：卷积核或窗口的跨度为 {span} 个像素，而这一层的输入加上填充只有 {padded} 个像素。",
    "field_too_large": "第 {row} 行：感受野超过 {maximum} 像素。请减小卷积核或步长。",
    "field_too_large_here": "超过 {maximum} 像素",
    "bad_row_here": "不是一个层",
    "unknown_key_here": "没有“{value}”这一项，可以有：{known}",
    "bad_type_here": "只能是 conv、pool 或 transposed",
    "empty_cell_here": "空的：请填 {minimum} 到 {maximum} 的整数",
    "bad_cell_here": "要填 {minimum} 到 {maximum} 的整数，不能是 {value!r}",
    "pool_padding_here": "最多是窗口 {kernel} 的一半",
    "kernel_too_large_here": "跨度为 {span}，输入加上填充只有 {padded}",
    "nothing_left": "第 {row} 行：这样的填充把整张特征图都裁掉了（每边算出 {size} 个单元）。",
    "nothing_left_here": "整张特征图都被裁掉（每边算出 {size} 个单元）",
    "map_too_large": "第 {row} 行：这张特征图每边会有 {size} 个单元，最多只画 {maximum} 个。",
    "map_too_large_here": "每边 {size} 个单元，最多 {maximum} 个",
    "sees_nothing": "第 {row} 行：卷积核或窗口小于步长，没有一个单元能看到像素。",
    "sees_nothing_here": "没有单元能看到像素",
    "fixed_size": "{model} 只接受边长 {size} 像素的图像，现在是 {value}。",
    "explanation": r"""特征图上的一个单元，由前一张特征图上的一个小窗口算出；那个窗口里的每个单元，又由更前一张特征图上的窗口算出，
这样一直追到图像。追到的这些像素，就是该单元的**感受野**。感受野之外的像素，不论权重取什么值，都改变不了它的输出。

逐层往下，只需跟踪三个数：边长 $r$；**累积步长** $j$（也叫跨距，英文是 jump），即相邻两个单元的感受野错开多少像素（从中心到中心）；**起点**，即第一个单元感受野的
中心（第一个像素的中心记为 0）。图像本身 $r = 1$、$j = 1$、起点为 0。一层的卷积核为 $k$、步长 $s$、填充 $p$、空洞率
$d$ 时，它在前一张特征图上的跨度是 $k' = d\,(k-1) + 1$ 个单元，于是

$$
\begin{aligned}
r &\leftarrow r + (k' - 1)\, j \\
\text{start} &\leftarrow \text{start} + \left(\tfrac{k' - 1}{2} - p\right) j \\
j &\leftarrow j \cdot s
\end{aligned}
$$

其中 $\text{start}$ 是起点。这一层的第 $i$ 个单元，看到的就是以 $\text{start} + i\,j$ 为中心的 $r$ 个像素。

**手算 LeNet-5。** 第一个 5×5 卷积看到 {lenet_fields[1]} 个像素。后面的 2×2 池化增加 $(2-1) \cdot 1 = 1$ 个，不是两个：它的两个输入相邻，
各自看到的五个像素里有四个相同。感受野变成 {lenet_fields[2]}，而累积步长从此是 {lenet_jump}。所以第二个 5×5 卷积增加 $4 \cdot 2 = 8$，到 {lenet_fields[3]}；
最后一个池化增加 $1 \cdot 2$，到 {lenet_fields[4]}。偶数大小的窗口，中心在两个像素之间，所以表里会出现半个像素。

**感受野为什么变大。** 步长为 1 时，一个 3×3 卷积只增加两个像素，$n$ 层看到 $2n + 1$。
更大的卷积核和更大的空洞率，使每层增加的像素更多；步长使累积步长成倍增大，后面每一层的增量也就成倍增大。空洞卷积不增加权重，就能扩大卷积核的跨度，但连续使用相同的空洞率
会留下洞：有些像素虽然在感受野之内，却没有任何路径到该单元。

**填充。** 靠近图像边界时，感受野会伸到图像外面，那里只有填充的零。所以边界附近的单元看到的衣物少一些，但也能由此知道边界在哪里。

**捷径。** 残差网络中，从一个像素到一个单元有许多条路径，感受野是所有路径的并集，也就是最长那条路径的感受野。
这里的 ResNet-18 最短的一条路径只经过一个 3×3 卷积。

**反过来看。** 一个像素能影响一个单元，当且仅当它落在那个单元的感受野里。所以“这个像素能影响哪些单元”是同一个问题，只是方向相反。
“可能”变的单元，是沿着路径一层一层往前找到的。“确实”变了的单元，要运行网络才知道：网络运行两遍，两张图像只差这一个像素，暗的换成白，亮的
换成黑。变了的单元总在可能变的单元之内。有些单元可能变而没有变：ReLU 在像素改变前后都输出 0，最大池化取了窗口里别的单元，或者差别在舍入中消失了。

**理论感受野与有效感受野。** 方框只说明哪些像素“可能”有影响，没有说影响多大。中间的像素到该单元的路径多，边上的少；
上面的图显示的就是路径数。在随机初始化的深层网络里，影响从中心向外近似按高斯曲线衰减，有效感受野只随深度的平方根增长
（[Luo 等，2016](https://arxiv.org/abs/1701.04128)）。上面的有效感受野是实测的：对许多张真实图片，逐一求该单元（各通道
相加）对每个像素的梯度，取绝对值并换算成份额，再对这些图片求平均。表中列出以感受野中心为中心、包含其中 {shares} 的
最小方块的边长。

**怎样核对。** 方框是按上面的公式算出来的。随后 PyTorch 把同样的层运行一遍：所有权重相等，最大池化换成平均池化，
去掉激活函数，这样就不会有相互抵消的部分；自动微分便能给出哪些像素能影响该单元。图下的记号说明两者是否一致。
画出来的是自动微分的结果：亮的像素能影响该单元，暗的不能。
""",
    "questions": r"""### 为什么用多个 3×3 卷积代替一个大卷积核（如 5×5 或 7×7）？
两层 3×3 看到 5×5，三层看到 7×7，感受野相同。设每层都是 $C$ 个通道：两层 3×3 有 $2 \cdot 9\,C^2 = 18\,C^2$ 个权重，
一层 5×5 有 $25\,C^2$ 个，省 {saved_two}；三层 3×3 与一层 7×7 相比是 $27\,C^2$ 对 $49\,C^2$，省 {saved_three}。步长为 1 时，
乘法次数也少同样的比例。每层后面都有一个非线性，所以非线性从一个变成两三个。

不过两者并不完全等价。如果中间没有 ReLU，两个 3×3 卷积核只能组合出一部分 5×5 卷积核。层数多了，训练时要保存的激活值也多，
必须依次等待的步骤也多。VGG（2014）让小卷积核成为标准做法；2022 年以后，ConvNeXt、RepLKNet 等网络又使用 7×7 甚至
31×31 的大卷积核，办法是每个通道只用一个卷积核，所以计算量也不大。

### 网络一定要看到整张图像吗？
整个网络应当看到，也确实能看到：最后的全局池化或全连接层会汇总所有位置，只有因为步长而被跳过的像素看不到。前面的卷积层则不一定。
LeNet-5 最后一个池化层的每个单元只看到 {side} × {side} 像素中的 {lenet_fields[4]} × {lenet_fields[4]}。{lenet_right}

### ResNet-50 看到的为什么比 ResNet-34 少？
深度看的是层数，感受野看的是大于 1×1 的卷积核有多少。瓶颈残差块在两个 1×1 卷积之间只有一个 3×3 卷积，基础残差块有两个 3×3 卷积。
两个网络都有 {blocks} 个块，所以 ResNet-50 的 3×3 卷积只有 ResNet-34 的一半。
""",
}
