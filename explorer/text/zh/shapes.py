"""Sentences of the shapes wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "tab": "形状",
    "intro": "跟着一张图像走完整个网络：每一层怎样改变它的形状，需要多少参数和计算量，为什么是这样。",
    "channels": "图像通道数",
    "size": "图像边长（像素）",
    "stem": "开头几层",
    "stem_small": "3×3，适合小图",
    "stem_large": "7×7 加池化，适合 224 像素",
    "download": "下载表格（CSV）",
    "image": "图像",
    "short_conv": "卷积",
    "short_pool": "池化",
    "short_global_pool": "全局平均",
    "short_linear": "全连接",
    "short_flatten": "展平",
    "short_other": "其他",
    "blocks": "{count} 个块",
    "step_layers": "{count} 层",
    "layers": "层数",
    "role_conv": "卷积",
    "role_pool": "池化",
    "role_linear": "全连接",
    "role_other": "改变形状",
    "role_residual": "残差块（弧线：捷径；虚线：捷径也改变形状）",
    "role_plain": "普通块，没有捷径",
    "role_block": "内部有分支的块",
    "flow_label": "形状从 {first} 变到 {last}",
    "scale_1": "高、纵深：",
    "scale_2": "像素",
    "scale_3": "厚度：通道数",
    "scale_4": "（对数）",
    "hover_image": "输入图像：{shape}",
    "hover": "{name}：{shape}，参数 {params}，乘加 {mult_adds}",
    "beside": "比较你的几个网络",
    "network": "网络",
    "column_input": "图像",
    "column_name": "层",
    "column_kind": "类型",
    "column_output": "输出形状",
    "column_params": "参数量",
    "column_mult_adds": "乘加次数",
    "column_memory": "内存",
    "total": "合计",
    "table_label": "逐层表格",
    "look_one": "全部 {total} 个参数都在 {name}：每个输入对每个类别有一个权重，另外有 {classes} 个偏置。",
    "look_shares": "{heavy} 占了 {heavy_share} 的参数；{busy} 占了 {busy_share} 的计算量。",
    "look_same": "{heavy} 占了 {heavy_share} 的参数，也占了 {busy_share} 的计算量。",
    "look_vector": "第一步就是展平：每个像素都有自己的权重，但网络不再知道哪些像素相邻。",
    "look_flatten": "卷积层接受任何尺寸的图像，只有 {name} 要求固定的尺寸：它的输入必须正好是 {features} = {product} 个。",
    "look_even": "自适应池化把任何边长都变成 {side}，所以不管图像多大，{name} 都正好得到 {features} = {product} 个输入。",
    "look_uneven": "{name} 要把边长 {size} 变成 {bins}，不能整除：各个池化区间的边长依次为 {widths} 个单元。",
    "look_blocks": "从第二个阶段开始，每个阶段都使边长减半（向上取整）、通道数加倍：权重变成四倍，位置大约只剩四分之一。",
    "look_tiny": "最后的特征图边长只有 {size} 像素，3×3 卷积核在那里看到的大多是填充的零。",
    "unused": "处理一张图像只用到 {used} 个参数；另外 {more} 个属于只在训练时使用、或者没有被用到的部分：{where}。",
    "count_right": "{network} 的 {claimed} 是对的。",
    "count_three": "{network} 的 {claimed} 是三通道输入时的参数量，而旁边的代码建立的是单通道的网络。",
    "count_wrong": "{network} 的 {claimed} 和我们试过的任何一种写法都不一致。",
    "claim_right": "教程说有 {claimed} 个参数，这是对的。",
    "claim_three": "教程写的是 {claimed}，那是三通道输入时的参数量；单通道时是 {true}。",
    "claim_now_right": "教程写的 {claimed} 正是现在这个三通道网络的参数量，而不是单通道网络的。",
    "claim_wrong": "教程写的是 {claimed}，和我们试过的任何一种写法都不一致；单通道时是 {true}。",
    "claim_other": "教程写的 {claimed} 是单通道时的参数量。",
    "torchvision": "torchvision：{title}",
    "side": "图像边长（像素）",
    "own": "自己的网络",
    "reading": "正在读取这个网络；第一个 torchvision 网络需要几秒钟……",
    "own_label": "若干层、一个类，或者 print(model) 的内容",
    "view": "图的种类",
    "view_flow": "立体图",
    "view_graph": "结构图",
    "view_layer": "层的内部",
    "save_as": "页面上显示的图：",
    "save": "把图保存为 {kind}",
    "code": "这个网络的 PyTorch 代码",
    "copy_code": "复制",
    "no_code_broken": "各层的形状都匹配之后，才能生成代码。",
    "no_code_weight": "无法生成代码：这个网络在层以外使用参数，而且 forward 会随图像大小而变。",
    "no_code_part": "无法生成代码：{layer}（{kind}）不是 PyTorch 自己的层或函数，或者其中有不是学来的数。",
    "stuck": "在这里出错",
    "so_far": "合计只算到出错的那一层之前。",
    "total_so_far": "到此为止",
    "look_no_params": "这里没有一层带参数，所以没有什么可以学习。",
    "look_changed": "已修改：参数 {params} → {new_params}，乘加 {work} → {new_work}。",
    "look_mended": "已修改，现在每一层都得到了它需要的输入。",
    "choose_row": "点击表格或图中的一层。",
    "nothing_to_change": "这一层没有可以改的设置。",
    "undo": "撤销",
    "reset": "还原",
    "mend": "让后面的层匹配",
    "setting_kernel_size": "核大小",
    "setting_stride": "步长",
    "setting_padding": "填充",
    "setting_dilation": "空洞率",
    "setting_groups": "分组数",
    "setting_in_channels": "输入通道",
    "setting_out_channels": "输出通道",
    "setting_in_features": "输入数",
    "setting_out_features": "输出数",
    "setting_num_features": "通道数",
    "setting_num_channels": "通道数",
    "setting_num_groups": "组数",
    "setting_output_size": "输出边长",
    "fit_after_map": "这个 {kind} 前面是 {side}、{channels} 个通道的特征图，换成 {code} 就匹配了。",
    "fit_code": "换成 {code} 就匹配了。",
    "fit_kernel": "卷积核或窗口最大可以是 {most}。",
    "fit_padding": "填充最大可以是 {most}。",
    "fit_branches": "两个分支的形状必须相同：要改就一起改，捷径也要改。",
    "fit_needs_vector": "在它前面加一个 nn.Flatten() 就匹配了。",
    "fit_flattened": "在它前面加一个 nn.Flatten()，并且换成 {code}，就匹配了。",
    "fit_needs_map": "它应当放在展平之前。",
    "map_number": "特征图的编号",
    "unit": "特征图上的位置",
    "field_title": "一个单元看到的范围",
    "field_caption": "{size} 像素",
    "field_global": "和图像一样大",
    "maps_label": "{layer} 的特征图",
    "kernels_label": "卷积核",
    "maps_line": "{name}：{count} 张 {side} 的特征图。点击可以选一个位置；现在选中的是第 {chosen} 张。",
    "maps_line_some": "{name}：{count} 张 {side} 的特征图，只显示前 {shown} 张。点击可以选一个位置；现在选中的是第 {chosen} 张。",
    "vector_line": "{name}：{count} 个数，逐行排列。",
    "kernels_line": "第 {chosen} 张特征图的 {side} 卷积核：{count} 个输入通道各有一个二维核。",
    "kernels_line_some": "第 {chosen} 张特征图的 {side} 卷积核：共有 {count} 个二维核，显示其中 {shown} 个。",
    "no_maps_own": "自己的网络没有训练好的权重，所以没有特征图。",
    "no_maps_edited": "训练好的权重与改过的网络不匹配，还原之后才有特征图。",
    "no_maps_untrained": "这里没有这个网络训练好的权重，所以没有特征图。",
    "no_maps_input": "训练好的权重只适合 {size} 像素的单通道图像，换成这样的图像才有特征图。",
    "no_maps_inside": "没有模块把这个中间结果传出来，所以没有特征图。",
    "image_prepared": "图像缩放到 {size} × {size} 像素，{channels} 个通道相同，并按 Fashion-MNIST 的方式归一化。",
    "no_maps_shape": "这个输出既不是一组特征图，也不是一列数，所以没有画出来。",
    "box_exact": "感受野的方框是准确的。",
    "no_weights": "{model} 的权重无法读取。",
    "graph_label": "从图像到类别的结构图，共 {count} 个节点",
    "strip_norm": "归一化",
    "strip_activation": "激活函数",
    "legend_skip": "跳过若干层",
    "legend_width": "粗细：通道数（对数）",
    "graph_hint": "点击 ▸、▾ 可以展开或收起，点击一层就选中它；拖动可以平移，按住 Ctrl 滚动滚轮可以缩放。",
    "fold": "收起",
    "unfold": "展开",
    "fold_all": "全部收起",
    "unfold_all": "全部展开",
    "too_entangled": "里面汇合的连线太多，这里画不下，所以保持收起：{groups}",
    "zoom_in": "放大",
    "zoom_out": "缩小",
    "fit": "适合窗口",
    "node_conv": "{kernel} 卷积，{channels}",
    "node_pool": "{kernel} 池化",
    "node_linear": "全连接，{features}",
    "edit_value": "“{value}”既不是整数，也不是 3, 5 这样的一对整数。",
    "action": "操作",
    "edit_damaged": "无法理解页面传来的修改，请还原。",
    "edit_too_many": "最多改 {maximum} 处，请先还原一些。",
    "edit_no_layer": "“{layer}”不是可以修改的层。",
    "edit_no_setting": "{layer}（{kind}）没有可以修改的 {setting}。",
    "list_empty": "还没有层：每行写一层，例如 nn.Conv2d(1, 6, kernel_size=5)。",
    "list_too_long": "文字有 {length} 个字符，这里最多读 {maximum} 个。",
    "list_character": "第 {line} 行：列出层的文字里不应有字符“{character}”。",
    "list_nested": "第 {line} 行：括号嵌套太深；nn.Sequential 最多嵌套 {maximum} 层。",
    "list_syntax": "第 {line} 行无法理解：“{part}”。请看看是不是缺少逗号或括号。",
    "list_no_layer": "第 {line} 行：“{part}”不是层。这里只读 nn.ReLU() 这样的调用，不会执行任何代码。",
    "list_line": "第 {line} 行：{problem}",
    "list_unknown": "这里没有“{layer}”这种层。可以用的有：{known}。",
    "list_setting_unknown": "{layer} 没有“{setting}”这个设置，它的设置有：{known}。",
    "list_missing": "{layer} 必须写明 {setting}。",
    "list_too_many_settings": "{layer} 中不写名字的设置最多 {maximum} 个，现在有 {count} 个。",
    "list_twice": "{layer} 的 {setting} 写了两次。",
    "list_value": "{layer}：“{value}”不是单个的数、一对数、True 或 False；这里不会执行任何代码。",
    "list_huge": "{layer}：有一个数太大了，这里最多读到 {maximum}。",
    "list_wanted_whole": "{layer}：{setting} 必须是 {minimum} 到 {maximum} 的整数，现在是 {value}。",
    "list_wanted_pair": "{layer}：{setting} 必须是 {minimum} 到 {maximum} 的一个或两个整数，现在是 {value}。",
    "list_wanted_flag": "{layer}：{setting} 必须是 True 或 False，现在是 {value}。",
    "list_wanted_real": "{layer}：{setting} 必须是 {minimum} 到 {maximum} 的数，现在是 {value}。",
    "list_wanted_word": "{layer}：{setting} 必须是 {words} 之一，现在是 {value}。",
    "list_groups": "{layer}：{setting} = {value} 不能平均分成 {groups} 组。",
    "list_same": "Conv2d：padding 为“same”时，步长只能是 1，现在是 {stride}。",
    "list_too_many": "一共有 {count} 层，这里最多读 {maximum} 层。",
    "list_too_large": "这样会有 {count} 个参数，这里最多追踪 {maximum} 个。",
    "list_large_map": "{layer} 对一张图像就会输出 {count} 个数，这里最多追踪 {maximum} 个。",
    "list_character_meant": "第 {line} 行：字符“{character}”不是代码里的字符，请改写成 {meant}。",
    "list_is_torchinfo": "这是 torchinfo 的表格。表里有形状和参数量，但没有层的全部设置（缺少步长和填充），所以看不出是什么网络。请粘贴 print(model) 显示的内容，或者模型的代码。",
    "list_is_torchsummary": "这是 torchsummary 的表格。表里有形状和参数量，但没有层的设置，所以看不出是什么网络。请粘贴 print(model) 显示的内容，或者模型的代码。",
    "list_is_keras_table": (
        "这是 Keras 模型的表格。表里没有层的设置，所以看不出是什么网络。请用 PyTorch 写这个模型，"
        "例如 nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(21632, 10)。"
    ),
    "list_is_keras": (
        "这是 Keras 的代码，这里只读 PyTorch。Conv2D(32, 3) 写成 nn.Conv2d(1, 32, 3)（第一个数是输入通道数），MaxPooling2D(2) 写成 "
        "nn.MaxPool2d(2)，Flatten() 写成 nn.Flatten()，Dense(10) 写成 nn.Linear(784, 10)（第一个数是输入个数），激活函数单独写成一层，例如 "
        "nn.ReLU()。"
    ),
    "list_is_weights": "这是模型的权重，不是它的层。请粘贴 print(model) 显示的内容，或者模型的代码。",
    "list_cut_off": "第 {line} 行：打印内容在这里断了。请全部粘贴，直到最后一个括号。",
    "list_no_module": "第 {line} 行：“{part}”不是打印内容里的一行。请只粘贴 print(model) 显示的内容。",
    "list_own_forward": "{layer} 并不是依次运行里面的层，从打印内容也看不出它做了什么。请粘贴模型的类，或者用 show(model, …) 直接打开模型。",
    "list_note_printout": "打印内容不显示 forward：这里按打印的顺序逐层读取，看不到相加等连接。",
    "list_note_flattened": "打印内容不显示展平，所以在 {layer} 前面加了一个 nn.Flatten()。",
    "list_note_averages": "打印内容不说明 AvgPool2d 的 ceil_mode 是不是 True，这里当作 False。",
    "list_note_class": "读取的是 {call}。想读取别的，请在文字最后加一行，例如 model = Net()。",
    "list_printout_broken": "打印内容不说明各层怎样连接。请粘贴模型的类，或者用 show(model, …) 直接打开模型。",
    "list_pairs": '第 {line} 行：无法读取“{part}”。请写成 OrderedDict([("conv1", nn.Conv2d(1, 6, 5)), …])，每个名字只用一次。',
    "list_pairs_here": '无法读取“{part}”。请写成 OrderedDict([("conv1", nn.Conv2d(1, 6, 5)), …])，每个名字只用一次。',
    "list_name": "“{name_given}”不能作为层的名字。名字只能有字母、数字和 _，也不能是 PyTorch 自己使用的名字。",
    "list_unknown_near": "这里没有“{layer}”这种层。你是不是想写 {known}？",
    "list_wanted_sizes": "{layer}：{setting} 必须是 1 到 {maximum} 的整数，或者最多 {most} 个这样的整数，现在是 {value}。",
    "list_size_or_scale": "{layer} 要写 size 或 scale_factor，只能写其中一个。",
    "list_align_corners": "Upsample：align_corners 只用于 bilinear 和 bicubic 模式，现在的模式是 {mode}。",
    "list_output_padding": "ConvTranspose2d：output_padding 必须小于步长或空洞率，现在是 {value}。",
    "list_nested_code": "第 {line} 行：括号或表达式嵌套太深，这里最多读 {maximum} 层。",
    "list_not_read": (
        "第 {line} 行：这里不读“{part}”。类的 __init__ 里可以有层，forward 里可以调用层和 PyTorch 的函数，"
        "也可以有 if、for 和 return。这里不会执行任何代码。"
    ),
    "list_no_module_class": "无法读取 {layer}：类的括号里要写 nn.Module，例如 class Net(nn.Module)。",
    "list_star": "{layer} 的参数里有 * 或 **。请把每个参数的名字写出来。",
    "list_import": "这里不导入“{module}”，只读取 torch 里的名字。请去掉这一行，以及用到它的部分。",
    "list_unknown_name": "这里没有“{word}”。只读取 PyTorch 的层和函数，以及文字里自己定义的名字；不会执行任何代码。",
    "list_hidden_name": "这里不读“{word}”。名字不能以两个下划线开头，最多 60 个字符。",
    "list_large_number": "有一个数太大了，这里最多读到 {maximum}。",
    "list_no_class": "文字里没有类。请粘贴完整的类：class Net(nn.Module)，要有 __init__ 和 forward。",
    "list_needs_argument": "{layer} 需要 {setting}。请在 __init__ 里给它一个值，或者在最后加一行，例如 {code}。",
    "list_makes_no_module": "“{code}”的结果不是网络。",
    "list_no_forward": "{layer} 没有 forward，所以不知道它怎样使用里面的层。",
    "list_arguments": "调用 {code} 时给出的参数，与它的定义不一致。",
    "list_argument_missing": "调用 {code} 时没有写 {setting}。",
    "list_recursion": "这里在调用自己，或者调用的层数超过了 {maximum}。",
    "list_layer_in_forward": "{layer} 是在 forward 里建立的。请在 __init__ 里写 self.名字 = …，在 forward 里调用它。",
    "list_not_known": "这里不读“{part}”，也不会执行任何代码。",
    "list_too_long_run": "这段文字运行起来超过了 {maximum} 步，读到这里就停下了。",
    "list_raises": "网络运行到“{part}”时会出错停止。",
    "list_changed_in_loop": "循环正在逐个取出“{part}”，它却在循环里被改动。",
    "list_output": "forward 给出的不是张量。",
    "list_scales": "这些层总共会把图放大 {count} 倍，这里最多追踪 {maximum} 倍。",
    "list_quotes": "第 {line} 行：代码里不用弯引号，请改写成 \" 或 '。",
    "list_unpack": "{wanted} 个名字对应 {got} 个值，数目不一致。",
    "list_no_item": "没有“{part}”。",
    "list_set_in_forward": "“{part}”在 forward 里改动了网络。请放到 __init__ 里。",
    "list_plain_list": "普通列表里的层不属于网络。请写 nn.ModuleList([…])。",
    "list_too_many_items": "有个列表或循环超过了 {maximum} 项。",
    "list_no_attribute": "这里不认识“{part}”。",
    "list_calculation": "“{part}”无法计算。",
    "list_call_unknown": "“{part}”不是这里能读取的层或函数；不会执行任何代码。",
    "list_call_in_init": "“{part}”在 __init__ 里调用了层或函数。请放到 forward 里。",
    "list_call_list": "“{part}”是层的列表，不能调用。请用循环逐个调用里面的层。",
    "list_only_layers": "“{part}”里只能放层。",
    "list_split": "无法读取“{part}”：请写明分成几份（chunk），或者每一份的大小（split）。",
    "list_argument": "传给“{part}”的值不是张量、数或简短的词。",
    "list_no_loop": "不能在循环里逐个取出“{part}”。",
    "list_too_many_modules": "网络的模块超过了 {maximum} 个。",
    "list_printed_order": (
        "{layer} 排在 {other} 后面，而 {other} 只留下一个位置。可见 forward 并不按打印的顺序运行各层。请粘贴模型的类，"
        "或者用 show(model, …) 直接打开模型。"
    ),
    "explanation": r"""
表里每一行是一次运算。形状写成“通道 × 高 × 宽”，只算一张图像；在 PyTorch 里前面还有一个批量维 $N$，它始终不变。

**尺寸。** 卷积核或池化窗口的大小为 $k$、步长为 $s$、填充为 $p$、空洞率为 $d$ 时，边长 $n$ 变成

$$n' = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1$$

$d = 1$ 时分子就是 $n + 2p - k$，表里就是这样写的。向下取整的意思是：边上不够一步的像素被丢掉了。

**参数量。** 每一对输入、输出通道有一个卷积核，每个输出通道还有一个偏置：

$$C_\text{out} \cdot \frac{C_\text{in}}{\text{groups}} \cdot k_h \cdot k_w + C_\text{out}$$

式子里没有图像的大小，这就是参数共享。全连接层有 $F_\text{out} \cdot F_\text{in} + F_\text{out}$ 个参数，
图像大小通过 $F_\text{in} = C \cdot H \cdot W$ 影响参数量。批量归一化的每个通道有一个缩放参数和一个平移参数。

**乘加次数。** 卷积是参数量乘以 $H' \cdot W'$，全连接是参数量乘以位置数，其他层各算一次参数量；注意力还要加上查询、键、值之间的乘积。
除了 Transformer 和 ConvNeXt，这和 torchinfo 的算法一致。参数量说明网络要存多少，乘加次数说明网络要算多少，两者往往落在不同的层上。

**内存。** 只算一张图像，输出里的每个数（激活值）占四个字节（float32）。训练时要保留其中大部分来计算梯度；只做推理时，大多可以丢掉。

**为什么边长减半时通道要加倍？** 边长减半，位置只剩四分之一；输入、输出通道都加倍，权重变成四倍。两者相抵，每层的计算量不变。
ResNet 就是按这条规则搭的（He 等，2015，3.3 节）。从各阶段的占比能看出来：ResNet-34 四个阶段的计算量不同，主要是因为块数不同。

**瓶颈残差块。** ResNet-50 和 ResNet-34 的块数一样多，但 3×3 卷积只在四分之一的通道上计算：
前面用 1×1 卷积减少通道，后面再用 1×1 卷积恢复通道。把两个网络 `layer3` 里的块都展开，比一比。

**改一层试试。** 选中一层，换一个数，后面全部重算。改卷积核或步长，尺寸会变。这不影响卷积层，但影响全连接层，因为它的输入数是
$C \cdot H \cdot W$，除非前面有全局池化或自适应池化。改通道数，后面第一个带权重的层就不匹配了：卷积核对每个输入通道各有一个二维核，
批量归一化对每个通道各有一个缩放参数和一个平移参数。残差块还多一条规则：
相加的两边形状必须相同，所以一个块要改通道或尺寸，捷径也必须跟着改。

**自己的网络。** 可以粘贴 `nn.Sequential(...)` 那样的层、带有 `__init__` 和 `forward` 的类，或者 `print(model)` 显示的内容。
这里只读取文字，不执行代码：只接受 PyTorch 的层和函数，以及普通的数，其他内容都会拒绝，并指出是哪一行。打印内容里有各层，却没有 `forward`。
所以 `nn.Sequential` 可以准确读取，其他网络只能一层接一层地读取，页面上会说明这一点。类里的每一层都可以改；要增减层，请改文字。
表格下面的代码是现在这个网络的 PyTorch 写法：一列层，有分支时是一个类。

**教程里的参数量。** {counts}
""",
    "questions": r"""
### 批量归一化前面的卷积为什么写 bias=False？
批量归一化会减去每个通道在这一批上的均值。偏置给整个通道加上同一个数，这个数就成了均值的一部分，接着又被减掉：
输出不变，偏置的梯度总是零。偏置的作用由归一化里的平移 $\beta$ 代替。去掉偏置，每个卷积层少 $C_\text{out}$ 个参数，
{network} 一共少 {biases} 个，只占参数的 {share}。去掉它是因为没有用，不是因为它大。

批量归一化放在哪里？这里和论文一样，放在卷积和 ReLU 之间。表里每个没有偏置的 `Conv2d` 后面都跟着一个
`BatchNorm2d`，有 $2 \cdot C$ 个参数。
### ReLU 的 inplace=True 省了什么？什么时候会出错？
它把结果直接写在输入上，不用新的张量，只在 ReLU 运算时少占一块内存。训练时为计算梯度而保留的内存并不减少：
ReLU 的反向传播只用到输出，它的输入本来就不必保留。出错有两种情况，只有一种会报错。

**会报错的：** 某个运算计算梯度时，要用到被覆盖的值：可能是自己的输出（例如 Sigmoid），也可能是自己的输入（例如读取同一个张量的乘法）。
紧接在 ReLU 前面的卷积、加法和批量归一化，计算梯度时都用不到自己的输出，所以覆盖掉也没关系。

```python
values = torch.ones(3, requires_grad=True)
nn.ReLU(inplace=True)(torch.sigmoid(values)).sum().backward()
# RuntimeError: ... has been modified by an inplace operation
```

**不报错的：** 还有别的运算要读取这个输入，例如捷径。程序不报错，算出来的却已经是另一个函数。

```python
x = torch.tensor([-2.0, 3.0])
out = nn.ReLU(inplace=True)(x)  # x 已经变成 [0., 3.]
x + out  # 得 [0., 6.]；不用 inplace 是 [-2., 6.]
```

基础残差块里的 ReLU 都在批量归一化之后，或者在相加之后，所以在那里是安全的，在相加之前用也没有问题。
如果一个块以 ReLU 开头，就不安全了。这里的网络都不用原地 ReLU，因为归因方法需要那些会被覆盖的值。
""",
}
