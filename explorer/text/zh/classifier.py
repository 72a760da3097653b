"""Sentences of the classifier wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "tab": "分类器",
    "intro": "给训练好的网络看一件衣物的图片：它看到了什么，判断成哪一类，哪些像素支持这个判断。",
    # ---- controls ----
    "source": "图片来源",
    "source_sample": "样本",
    "source_upload": "文件",
    "source_drawing": "手绘",
    "source_camera": "拍照",
    "predicted_class": "预测的类别",
    "clear": "清空",
    "settings": "方法的设置",
    "preparation": "怎样处理你的图片",
    "inversion": "图片反相",
    "inversion_auto": "衣物比四周暗时",
    "inversion_yes": "总是",
    "inversion_no": "从不",
    "ground": "把背景变黑",
    "ground_auto": "自动",
    "ground_flat": "背景亮度处处相同",
    "ground_slope": "背景向一侧逐渐变暗",
    "ground_none": "不变",
    "crop": "裁边",
    "crop_auto": "保留全部内容，去掉小斑点",
    "crop_piece": "只保留最大的一块",
    "crop_none": "不裁",
    "centre": "放在正中的是",
    "centre_box": "裁出的矩形的中心",
    "centre_mass": "亮度的重心",
    "turned": "顺时针旋转（度）",
    "faint": "比这更暗的算作背景（%）",
    "cut_top": "切掉上边（%）",
    "cut_bottom": "切掉下边（%）",
    "cut_left": "切掉左边（%）",
    "cut_right": "切掉右边（%）",
    "baseline": "基线（代替“没有内容”的图片）",
    "baseline_black": "全黑",
    "baseline_mean": "平均灰度",
    "baseline_blurred": "模糊后的图片",
    "baseline_noise": "噪声",
    "steps": "积分梯度的步数",
    "samples": "加噪副本数",
    "noise": "噪声强度",
    "window": "遮挡方块的边长（像素）",
    "depth": "CAM 类方法所用的层",
    "depth_last": "最后一层",
    "depth_middle": "中间一层",
    "depth_first": "第一层",
    # ---- what the network sees ----
    "steps_label": "从原图到网络看到的图像",
    "step_grey": "灰度",
    "step_inverted": "反相",
    "step_levels": "背景变黑",
    "step_turned": "旋转、切边",
    "step_cropped": "裁边",
    "step_resized": "28 × 28",
    "step_sample": "样本",
    "step_normalised": "归一化",
    "caption_normalised": "{low} … {high}",
    "caption_size": "{height} × {width}",
    # ---- what it says ----
    "percent": "{value}%",
    "probabilities": "{model} 的判断",
    "true_class": "正确答案",
    "calibrated": "显示校准后的概率",
    "bars_legend": "校准后：{predicted} {probability}",
    "bars_about": "校准：把得分除以 {temperature}（这个数由验证图片拟合得到），使网络给出的概率平均来说与实际的准确率相符。",
    "bars_about_own": "校准：把得分除以 {temperature}，使概率与准确率在数据集的图片上相符。在你自己的图片上是否也相符，没有测量过。",
    "verdict_right": "{model} 判断为<b>{predicted}</b>（{probability}），判断正确。",
    "verdict_wrong": "{model} 判断为<b>{predicted}</b>（{probability}），但是标签是<b>{truth}</b>（{truth_probability}）。",
    "verdict_own": "{model} 判断为<b>{predicted}</b>（{probability}）。不管给它看什么，它都只能从十类中选一类。",
    "about": "<b>{method}</b>：{sentence}",
    "colours_signed": "橙色像素支持<b>{target}</b>，蓝色像素反对。",
    "colours_positive": "橙色像素支持<b>{target}</b>。",
    "colours_sensitive": "橙色：这里变亮，<b>{target}</b>的得分就升高；蓝色：这里变亮，得分就降低。",
    "colours_guided": "颜色只显示从<b>{target}</b>反向传播时哪些信号能通过，并不是判断的理由。",
    "look_share_own": "{colours}归因图有 {share} 落在不是黑色的地方，这些地方占画面的 {area}。",
    "look_share": "{colours}归因图有 {share} 落在衣物上，而衣物占画面的 {area}。",
    "look_black_baseline": "{colours}图片上和基线一样黑的像素，贡献一定为零。",
    "look_wrong": "{colours}把目标类别改成<b>{truth}</b>，比较两张归因图。",
    "look_empty_gradcam": "在这一层里，{method} 没有找到支持<b>{target}</b>的证据，所以图是空的。",
    "look_empty_baseline": "图是空的：把基线换成这张图片，<b>{target}</b>的得分没有变化。请换一个基线试试。",
    "look_empty_gradient": "图是空的：像素的微小变化不会影响<b>{target}</b>的得分。",
    "look_no_map": "条形图显示它对每一类有多大把握。",
    "no_picture_upload": "请在上传框里拖入、粘贴或选择一张衣物的图片。",
    "no_picture_drawing": "请在黑色方块里用粗画笔画一件衣物，要涂满，不要只画轮廓。",
    "no_picture_camera": "请把一件衣物放在干净的背景前，用摄像头拍一张。",
    # ---- attribution ----
    "map_picture": "图片",
    "map_over": "归因图叠在图片上",
    "caption_time": "{milliseconds} ms",
    "caption_first": "{milliseconds} ms，正在细化",
    "caption_over": "目标：{target}",
    "scale": "两张图里最深的颜色都表示 {limit}；叠加图中，归因接近零的地方透出图片。",
    "maps_label": "图片，以及{method}针对{target}的归因图（叠加显示与单独显示）",
    "compare": "并排比较所有方法",
    "compare_label": "所有方法针对{target}的归因图",
    "not_available": "不适用",
    # ---- 检验显著性图 ----
    "trust": "这张归因图有意义吗？检验一下",
    "trust_intro": "两种检验。**随机权重**：从输出端开始，一层接一层地失去学到的东西。如果归因图几乎不变，它就没有显示网络学到了什么。**删除与插入**：归因图中最重要的像素最先被替换，或最先恢复，这一类的概率应当很快下降，或很快上升。数字是曲线下的面积：立刻下降为 0，一直不降为 1。虚线是几种不用网络的简单顺序，例如最亮的在先。",
    "trust_start": "检验这张归因图",
    "trust_look": "按下按钮，就用上面的网络和类别检验上面的图。",
    "trust_beaten": "删除（越小越好）：{method}为 {area}，{controls} 种简单顺序中有 {better} 种更好（{names}）。",
    "trust_unbeaten": "删除（越小越好）：{method}为 {area}，<b>没有一种简单顺序比它更好</b>（其中最好的为 {next}）。",
    "trust_insertion": "插入（越大越好）：{area}，{controls} 种简单顺序中有 {better} 种更好。",
    "trust_random": "权重全部随机时，归因图与这张图的相似程度为 {correlation}（1 表示完全相同，0 表示毫无关系，负数表示大致相反）。",
    "trust_maps_label": "越来越多的层换成随机权重时，{method}的图",
    "trust_trained": "训练好的网络",
    "trust_layers_last": "最后一层随机",
    "trust_layers_some": "最后 {count}/{layers} 层",
    "trust_layers_all": "全部 {layers} 层随机",
    "trust_correlation": "相关系数 {correlation}",
    "trust_axis_deletion": "删除：被替换的像素，百分比",
    "trust_axis_insertion": "插入：恢复的像素，百分比",
    "trust_axis_probability": "{target}的概率，百分比",
    "trust_baseline": "被替换的像素变为",
    "trust_here": "这张图片。被替换的像素变为：{baseline}。灰色的行完全不看网络。",
    "trust_title": "在许多测试图片上",
    "trust_table": "{model}，{images} 张测试图片，每张都取网络回答的类别：所有图片的均值 ± 标准差。被删除的像素变为黑色。灰色的行完全不看网络。"
    "最后两列是与同一网络的最后一层或所有层换成随机权重时的归因图的相关系数：接近 0 才好。",
    "trust_many": "{model}，{images} 张图片",
    "trust_areas": "完全不看网络的顺序中，最好的是“<b>{control}</b>”（{area}）。{methods} 种方法中有 {better} 种在删除检验中比它更好。",
    "trust_head_order": "像素的顺序",
    "trust_head_deletion": "删除（越小越好）",
    "trust_head_insertion": "插入（越大越好）",
    "trust_head_last_random": "最后一层随机",
    "trust_head_all_random": "所有层随机",
    "control_brightest": "最亮的在先",
    "control_centred": "中间的在先",
    "control_edges": "边缘在先",
    "control_random": "随机顺序",
    # ---- 试验：移动、遮挡、攻击 ----
    "trial": "移动它、遮住它、攻击它：各个网络会怎么说？",
    "trial_intro": "用鼠标或手指拖动图像，用两根手指旋转图像；也可以选中图像后按方向键，选了“遮挡”时按空格键遮住一处。看看各个网络的回答是否不变。如果是人，回答不会变。",
    "trial_look": "改变图像，每个训练好的网络都会立刻回答。",
    "trial_pad": "图像。方向键移动它，[ 和 ] 键旋转它。选中“遮挡”时，方向键移动方框，空格键遮住方框下的像素。",
    "trial_act_move": "移动",
    "trial_act_cover": "遮挡",
    "trial_act_left": "旋转 ↺",
    "trial_act_right": "旋转 ↻",
    "trial_act_reset": "撤销移动和遮挡",
    "trial_right": "右移",
    "trial_down": "下移",
    "trial_degrees": "旋转",
    "trial_scale": "大小，百分比",
    "trial_blur": "模糊，像素",
    "trial_darken": "变暗，百分比",
    "trial_noise": "噪声，百分比",
    "trial_attack": "攻击：每个像素的改变，百分比",
    "trial_no_mask": "读不出被遮住的像素。请按“撤销移动和遮挡”，再重新遮挡。",
    "trial_untouched_agree": "{count} 个网络都回答：{names}。现在把图像移动几个像素。",
    "trial_untouched": "{count} 个网络的回答不一致：{names}。现在把图像移动几个像素。",
    "trial_same": "<b>{count} 个网络中有 {same} 个</b>的回答和原来一样。",
    "trial_attacked": "每个像素都朝着让 {model} 对正确答案更没把握的方向走了一小步（FGSM，Goodfellow 等，2015）。其他网络看到的是同一张图片。",
    "trial_attack_wrong": "{model} 在攻击之前就答错了，所以攻击无法再让它出错。",
    "trial_measured": "在 {images} 张测试图片上，这样的改变使 {most} 的准确率下降最多（{most_points} 个百分点），使 {least} 的下降最少（{least_points} 个百分点）。",
    "trial_label": "标签是{truth}：绿色表示与标签一致，橙色表示不一致。",
    "trial_agrees": "不变",
    "trial_before": "原来：{name}，{probability}",
    "trial_curves_title": "在测试图片上的测量结果",
    "trial_kind": "改变",
    "trial_kind_shift": "平移",
    "trial_kind_rotation": "旋转",
    "trial_kind_scale": "大小",
    "trial_kind_blur": "模糊",
    "trial_kind_darken": "变暗",
    "trial_kind_noise": "噪声",
    "trial_kind_cover": "遮挡方块",
    "trial_axis_shift": "向随机方向平移，像素",
    "trial_axis_rotation": "向左或向右旋转，度",
    "trial_axis_scale": "衣物的大小，百分比",
    "trial_axis_blur": "模糊的标准差，像素",
    "trial_axis_darken": "减少的亮度，百分比",
    "trial_axis_noise": "噪声的标准差，占满量程的百分比",
    "trial_axis_cover": "黑色方块的边长，像素",
    "trial_curves": "<b>{change}</b>，在 {images} 张测试图片上：{most} 的准确率下降最多，从 {most_high} 降到 {most_low}；{least} 下降最少，从 {least_high} 降到 {least_low}。",
    # ---- what cannot be done ----
    "blank": "这张图片上什么都没有：到处一样亮。",
    "remark_weak": "衣物与背景的亮度只相差满量程的 {value}%。对比度被拉大了，噪声也随之变大。",
    "remark_patterned": "背景并不均匀：它的亮度变化达到对比度的 {value}%，其中一部分可能留在图中。",
    "remark_cut_off": "图片边缘有 {value}% 的地方比背景亮：衣物可能在那里被切断了。",
    "too_faint": "这张图片的对比度很低：它的亮度只在 {white} 级中的 {value} 级之内变化，无法把衣物和背景分开。请增加光线，或换一种亮度的背景。",
    "remark_small": "衣物只有 {value} 像素长，被放大了。",
    "nothing_left": "图中什么也没有留下：没有切掉的部分都比“算作背景”的界限暗。请少切一些，或者把界限调低。",
    "photo_about": (
        "下表是三个网络答对的比例。照片由程序用 {images} 张样本生成，每张只有一种困难：除缩放外不做任何处理 → 自动处理。"
        "真实的照片往往同时有几种困难，对它们没有测量过。"
    ),
    "photo_kind": "照片",
    "photo_plain": "白色背景上的深色衣物",
    "photo_light_on_dark": "深色背景上的浅色衣物",
    "photo_dark_on_dark": "深色背景上的深色衣物",
    "photo_sloping": "背景向一侧逐渐变暗",
    "photo_shadow": "衣物旁有柔和的阴影",
    "photo_pattern": "方格背景",
    "photo_second_piece": "角上有一个标签",
    "photo_small": "衣物小，而且不在正中",
    "photo_turned": "衣物横放",
    "photo_by_hand": "{photo}，自动处理 → {setting}",
    "photo_hand_faint": "把 {faint}% 以下算作背景",
    "photo_hand_turned": "旋转 {degrees} 度",
    "no_models": "这里没有训练好的网络。请先运行 python train_all.py --publish 训练，再重新启动应用。",
    "model_not_here": "{title} 尚未训练，或者它的权重无法使用。请从以下网络中选择：{choices}。",
    "broken_model": "{title} 暂不可用：它在 checkpoints/ 中的权重缺失或被改动。请用 train_all.py --publish 重新训练。",
    "broken_results": "checkpoints/results.json 已损坏，所有训练好的网络都无法使用。请删除它，再运行 train_all.py --publish。",
    "picture_or_sample": "请给出一张图像或一个样本序号，二者只能选一个。",
    "not_an_image": "图像必须是由等长的行组成的列表，每边 1 到 512 个像素，取值在 0 到 255 之间。",
    # ---- results ----
    "results": "这些网络到底有多好？",
    "results_intro": (
        "在 Fashion-MNIST 的 {images} 张测试图片（从未参与训练）上测得，用的就是本应用加载的权重。"
        "测试准确率旁的 ± 是由图片数量得到的 {level} 置信区间；平均值旁的 ± 是不同随机种子之间的标准差，表中给出的是准确率居中的一次（次数为偶数时，取中间两次里较低的）。"
        "**加上镜像图片**：对图片和它的镜像各判断一次，再取平均；其余数字都不这样做。**按教程的训练方法**：同一个网络，用教程为 ResNet-18 写的脚本训练；有多个种子时，"
        "给出平均值，以及最低值到最高值。教程中 Softmax 回归和 MLP 的数字来自这个系列的前几篇，那里的训练方法，这一篇没有给出。"
    ),
    "results_none": "还没有训练好的网络。请运行 python train_all.py --publish。",
    "head_model": "模型",
    "head_params": "参数量",
    "head_accuracy": "测试准确率",
    "head_claim": "教程的说法",
    "head_epochs": "轮数",
    "head_mean": "不同种子的平均",
    "head_seeds": "随机种子",
    "head_flip": "加上镜像图片",
    "head_tutorial": "按教程的训练方法",
    "pairs_title": "哪些网络之间真的有差别？",
    "pairs_intro": (
        "所有网络回答的是同样的 {images} 张测试图片，所以两个网络可以比较得更细：只看一个判断对、另一个判断错的那些图片。**p 值**是假如两者其实一样好，"
        "这些图片至少这样偏向一方的概率（McNemar 精确检验）。p 小于 {level} 时，我们就说，这个差别不能用偶然来解释。这只针对这两组权重。"
        "**种子**一列显示两个网络各次训练的准确率，从最低到最高；只有一个种子时，不知道换一个种子会怎样。"
    ),
    "pair_better": "网络",
    "pair_worse": "下一个",
    "pair_points": "高出（百分点）",
    "pair_only": "只有一方判断对",
    "pair_p": "p 值",
    "pair_seeds": "种子",
    "pair_verdict": "差别",
    "pair_once": "一次训练",
    "pair_is_chance": "可能只是偶然",
    "pair_is_real": "难以用偶然解释",
    "pair_is_overlap": "难以用偶然解释，但不同种子的结果有重叠",
    "pair_is_once": "难以用偶然解释，但只有一个种子",
    "claims_about": (
        "这里的 **p 值**是 McNemar 检验可能给出的最大概率，因为我们不知道教程的网络判断对了哪些图片。如果它小于 {level}，"
        "而且教程的数字不在这里各个种子的范围之内，这个差别就不能用偶然来解释。"
    ),
    "claims_title": "教程的说法成立吗？这些网络是怎样训练的？",
    "claim_by_theirs": "按教程的训练方法",
    "claim_by_theirs_bfloat16": "按教程的训练方法（用 bfloat16 计算）",
    "claim_by_ours": "按我们的训练方法",
    "claim_elsewhere": "{by_recipe}：{reached}。教程给出的 {claimed}% 来自这个系列的第 {part} 篇，那个网络是怎样训练的，这一篇没有说，所以这里不作判断。",
    "claim_undecided": "{by_recipe}：{reached}。与教程所说的 {claimed}% 相差 {points} 个百分点，可能只是偶然（p 最大为 {p}）。",
    "claim_above": "{by_recipe}：{reached}，比教程所说的 {claimed}% 高 {points} 个百分点，这个差别不能用偶然来解释（p 最大为 {p}）。",
    "claim_below": "{by_recipe}：{reached}，比教程所说的 {claimed}% 低 {points} 个百分点，这个差别不能用偶然来解释（p 最大为 {p}）。",
    "reached_once": "一次训练为 {mean}%",
    "reached_seeds": "{count} 个种子平均 {mean}%（{low}% 到 {high}%）",
    "trained_with": "训练了 {epochs} 轮，用到：{tricks}；在 {hardware} 上用时 {time}。",
    "trained_further": (
        "然后从得到的权重开始，再训练 {epochs} 轮，学习率重新升高再降低（热重启，训练曲线里用点线标出），用到：{tricks}；"
        "在 {hardware} 上用时 {time}。"
    ),
    "trained_further_often": (
        "然后从得到的权重开始，又训练了 {times} 次，依次为 {epochs} 轮，学习率每次都重新升高再降低（热重启，训练曲线里用点线标出），用到：{tricks}；"
        "在 {hardware} 上共用时 {time}。"
    ),
    "trained_again": "之后以同样的方式再训练 {epochs} 轮，用到：{tricks}；在 {hardware} 上用时 {time}。",
    "trick_flip": "左右翻转",
    "trick_crop_padding": "最多 {value} 像素的平移",
    "trick_erase": "随机擦除",
    "trick_cutmix": "图片混合（CutMix）",
    "trick_label_smoothing": "标签平滑",
    "trick_gce_q": "广义交叉熵损失（拟合不了的图片影响较小）",
    "trick_average": "权重平均",
    "trick_clip_norm": "梯度裁剪到范数 {value}",
    "trick_patience": "连续 {value} 轮没有提高就提前停止",
    "trick_augment_validation": "验证图像也做同样的改变",
    "trick_none": "没有改动的图片",
    "threads": "{name}（{count} 个线程）",
    "compiled": "{name}（经 torch.compile 编译）",
    "note_softmax": "线性网络适应不了平移或翻转过的图片：数据增强会降低它的准确率。",
    "note_best_run": "这里的训练都没有达到这个数，最好的一次是 {best}%。",
    "note_fit": (
        "在这次训练的最后一轮里（Dropout 起作用），网络在训练图片上的准确率是 {train_accuracy}%，比测试图片高 {points} 个百分点："
        "它对学过的图片拟合得更好。"
    ),
    "note_degradation": (
        "它是“梯度流动”页里比较深度的四个网络之一：四个网络共用一种较短的训练方法，目的不是最高的准确率。"
    ),
    "seconds": "{value} 秒",
    "minutes": "{value} 分钟",
    "hours": "{value} 小时",
    "results_model": "查看哪个模型",
    "confusion_title": "混淆矩阵：每类 {images} 张图片分别被判断成什么",
    "axis_predicted": "预测类别",
    "axis_true": "真实类别",
    "hover_confusion": "真实：%{y}<br>预测：%{x}<br>%{customdata} 张<extra></extra>",
    "curve_rate": "学习率",
    "axis_rate": "学习率",
    "augmented_title": "这个网络在训练中看到了什么",
    "augmented_label": "上面是原来的样本图像，下面是按训练方案改变后的图像",
    "augmented_about": "上面一行是 {classes} 张原来的样本图像，下面是同样的图像按这个网络的训练方案改变后的样子，共 {draws} 个批次。每个批次都重新随机抽取。"
    "如果一张图像由两张混合而成，下面会写出两个标签各占多少。",
    "mixed_share": "{name} {share}%",
    "bars_claimed": "教程的说法",
    "bars_theirs": "按教程的方案，本站实测",
    "bars_ours": "按本站的方案",
    "reliability_title": "它有多大把握，实际答对多少？",
    "reliability_about": (
        "把全部 {images} 张测试图片按答案的置信度分到 {bins} 个等宽的区间。落在点线上，说明置信度准确：有七成把握的答案，七成是对的。"
        "在点线以下，说明网络过于自信。竖线是 {level} 区间；竖线长的区间里图片很少。"
    ),
    "reliability_before": "网络原来的回答（误差 {error}）",
    "reliability_after": "得分除以 {temperature} 之后（误差 {error}）",
    "axis_confidence": "答案的置信度（%）",
    "axis_right": "答对的比例（%）",
    "hover_reliability": "{images} 张图片：置信度 {sure}，答对 {right}",
    "curve_title": "训练曲线",
    "axis_epoch": "轮数",
    "axis_accuracy": "准确率（%）",
    "curve_note": "训练图片：在权重更新的过程中统计，图片经过增强，Dropout（暂退法）起作用。验证图片：每一轮之后测量；如果用了权重平均，测的是平均后的权重，它开始时不如当前的权重。",
    "curve_train": "训练图片",
    "curve_validation": "验证图片",
    "curve_restart": "热重启",
    "curve_test": "测试图片（训练结束时）",
    "most_confused": (
        "{title} 在 {total} 张图片中判断对了 {correct} 张。最常见的错误："
        "有 {count} 次把<b>{truth}</b>当成<b>{predicted}</b>。最难的类别：<b>{hardest}</b>，只判断对了 {recall}。"
    ),
    "most_lie": (
        "在它的错误中，{upper_body} 发生在T恤、套头衫、连衣裙、外套和衬衫之间，{shoes} 发生在各种鞋之间，其余的占 {elsewhere}；"
        "与衬衫有关的占 {shirts}。"
    ),
    "errors_lie": "在 {title} 的错误中，{upper_body} 发生在这五类之间，{shoes} 发生在各种鞋之间，其余的占 {elsewhere}；与衬衫有关的占 {shirts}。",
    "error_bar": "{title} 的准确率是 {accuracy}，标准误差为 {points} 个百分点。",
    "smoothing_with": "这里用标签平滑训练的网络有 {count} 个，其中 {under} 个不够自信（置信度低于准确率），平均偏差 {low} 到 {high} 个百分点。",
    "smoothing_without": "没有用标签平滑的有 {count} 个，其中 {over} 个过于自信（置信度高于准确率），平均偏差 {low} 到 {high} 个百分点。",
    "calibration_even": (
        "它的置信度平均偏差 {before} 个百分点（期望校准误差）；把得分除以温度 {temperature}（由验证图片拟合得到）之后，偏差是 {after} 个百分点，"
        "没有改善。"
    ),
    "calibration_hot": (
        "它过于自信（置信度高于准确率）：平均偏差 {before} 个百分点（期望校准误差）；把得分除以温度 {temperature}（由验证图片拟合得到）之后，"
        "偏差是 {after} 个百分点。"
    ),
    "calibration_cold": (
        "它不够自信（置信度低于准确率）：平均偏差 {before} 个百分点（期望校准误差）；把得分除以温度 {temperature}（由验证图片拟合得到）之后，"
        "偏差是 {after} 个百分点。"
    ),
    "always_wrong_title": "这些网络都判断错的图片",
    "always_wrong": (
        "{images} 张测试图片中，有 {count} 张，全部 {networks} 个网络用每个随机种子都判断错了；这里是其中 {shown} 张。图片上方是数据集给出的类别，"
        "下方是上面所选网络的判断。你能认出来吗？"
    ),
    # ---- below the fold ----
    "explanation": r"""
网络把图片 $x$ 变成十个得分（logits）$z_c(x)$，Softmax 再把它们变成条形图里的概率：

$$p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}$$

概率之和总是 1。所以给它一张猫的照片，它也会选出一类，而且数字往往很高：这些概率只比较十个类别，并不说明图上究竟是不是衣物。

横穿条形的竖线是校准后的概率（Guo 等，2017）：先把每个得分除以温度 $T$，再做 Softmax：

$$p_c = \frac{e^{z_c / T}}{\sum_k e^{z_k / T}}$$

每个网络只有一个 $T$，在训练之后拟合，使 {validation} 张验证图片的标签概率最大。$T$ 大于 1 时，网络变得不那么自信；小于 1 时，网络变得更自信；各类的先后次序不变。
它只适用于与数据集相似的图片，对猫的照片无效。

**网络看到的是什么。** 训练时它看的都是 {side} × {side} 的灰度图，黑色背景，明亮的衣物占满画面。你的图片要先变成这个样子，步骤仿照数据集的制作过程（Xiao
等，2017；原作缩小时跳过若干行列，之后还做了锐化，这里改为按面积平均，不锐化）：转成灰度；衣物比四周暗时反相；把背景压成黑色；裁掉空边；按面积平均把长边缩到 {side}；居中。最后每个像素变成
$(x - 0.2860) / 0.3530$，其中的均值和标准差来自训练图片。所以黑色是 $-0.81$，而不是 0。

**哪些像素支持某一类？** 这里的每种方法解释的都是一个得分 $z_c$，而不是概率，因为别的类别得分上升时，概率也会下降。

**梯度**（Simonyan 等，2013），保留正负号：

$$A_i = \frac{\partial z_c}{\partial x_i}$$

**输入 × 梯度**：$A_i = x_i \, \partial z_c / \partial x_i$。

**积分梯度**（Sundararajan 等，2017）从代表“什么都没有”的基线 $x'$ 沿直线走到 $x$，把沿途的梯度平均起来：

$$A_i = (x_i - x'_i) \int_0^1 \frac{\partial z_c\big(x' + t\,(x - x')\big)}{\partial x_i}\, dt,
\qquad \sum_i A_i = z_c(x) - z_c(x')$$

这里用路径上若干个点求和来近似积分（梯形法则），开始时取 {steps} 个点。只要第二个等式的两边相差超过 {gap}，或者最近加的点使归因图的变化超过 {change}，就再加一些点，最多 {most_steps} 个。
在相邻两点之间，沿路径的积分必须等于这两点的得分之差，而得分是已知的；新的点加在求和结果与得分之差相差最大的地方。每个梯度只计算一次。归因图旁边的那句话比较了等式的两边。
在很深的普通网络里，沿途的梯度比在 LeNet-5 里跳动得更频繁，因此需要更多的点；Balduzzi 等（2017）把这样的梯度称为“破碎的梯度”。

**SmoothGrad**（Smilkov 等，2017）：给图片加上噪声，取 $n$ 个副本的平均梯度，
$A_i = \frac{1}{n} \sum_k \partial z_c(x + \varepsilon_k) / \partial x_i$。

**Grad-CAM**（Selvaraju 等，2017）用梯度的均值给某一层的特征图 $F^k$ 加权，只保留正的部分：

$$A = \mathrm{ReLU}\Big(\sum_k w_k F^k\Big), \qquad w_k = \frac{1}{HW} \sum_{ij} \frac{\partial z_c}{\partial F^k_{ij}}$$

如果没有正的部分，图就是空的，本应用会说明这一点，而不会把噪声放大显示。这一层的每个位置都画在它感受野的中心；
通常的做法是把图拉伸到整张图片，这样做，在其中一些网络里位置会偏移好几个像素。

**遮挡法**（Zeiler 与 Fergus，2014）用基线盖住一个方块，看得分下降多少；每个像素取所有盖住它的方块的平均值。

**导向反向传播**（Springenberg 等，2015）在每个 ReLU 处只让正的梯度通过。

**DeepLift**（Shrikumar 等，2017）把每个单元与它在基线下的状态相比较，总和同样等于得分之差。

{methods}

**这样的图证明不了什么。** 两种方法画出的图并不相同，看上去却都很有说服力。Adebayo 等（2018）从最后几层开始，逐步把权重换成随机数：导向反向传播的图很久都几乎没变，
可见它画的是图片里的轮廓，而不是网络的理由；梯度和 Grad-CAM 的图变了，这才是应有的结果。归因图只说明得分对哪里敏感；去掉这些像素之后，网络是否还会这样判断，
要试过才知道。遮挡法就是这样试的，只是遮挡后的图片与训练时见过的不一样。
""",
    "questions": r"""### 训练好的网络在这里会错在哪里？
主要是分不清上身衣物。在 {side} × {side} 像素下，T恤、套头衫、连衣裙、外套和衬衫看上去很像：能区分它们的纽扣、领子和布料，只有几个像素宽。
{errors}在上面选一个网络，混淆矩阵旁的那句话会给出它的这些比例。

### 准确率为什么有误差范围？
测试图片只是一个样本。如果网络对这类图片判断正确的概率是 $p$，在 $n$ 张图片上测得的比例就会波动，标准误差是 $\sqrt{p(1-p)/n}$。
{error_bars}两个网络回答的是同样的图片，可以用 McNemar 检验比较得更细，见上面的“哪些网络之间真的有差别？”。
换一个随机种子重新训练，结果还会变动；这样的区间和检验都不包含那部分变动，所以旁边列出了不同种子的结果。

### 网络有 99% 的把握，却判断错了，为什么会这样？
Softmax 只是让十个得分互相比较，其中没有任何一步会问“我见过类似的东西吗？”。用硬标签训练，会不断鼓励网络拉大得分的差距，这样的网络往往过于自信（Guo
等，2017）。标签平滑使网络不那么自信，但也可能过头。{calibration}条形上的竖线平均来说能纠正这两种偏差，
但只对与数据集相似的衣物有效。画一张笑脸试试看：校准后的概率同样不知道那不是衣物。

### 我的照片为什么得到奇怪的答案？
看看那一排步骤图。网络熟悉的是商品目录里的照片：只有一件衣物，占满画面，背景纯黑，衣物明亮，没有人。
在“怎样处理你的图片”中可以改变每一步：例如把横放的图片转正，切掉头和手臂，或者只保留最大的一块。背景单一、光线充足最有用。

{photographs}

### 为什么这里的网络每处都用单独的 ReLU 模块，而且不做原地（in-place）运算？
导向反向传播和 DeepLift 靠挂在 ReLU 模块上的钩子工作。直接调用 `F.relu` 没有模块可挂，这些方法不会报错，却会给出错误的图；同一个模块用两次，DeepLift
会报错。原地的 ReLU 会覆盖前一层的输出，这时再看那一层，看到的就不是它算出的数。这些对训练没有影响，但会影响对网络内部的观察。

### 我该相信哪种方法？
不要只相信其中一种。多比较几种方法，多换几个基线，并且对每个图案都问一句：如果网络的权重是随机的，它还会在那里吗？
如果归因图说某处重要，就把那里盖住，看看得分是否真的下降。
""",
}
