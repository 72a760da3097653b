"""Sentences about the attribution methods of the classifier, in Chinese."""

from __future__ import annotations

SENTENCES = {
    # ---- controls ----
    "against": "而不是",
    "no_other_class": "不与别的类别比较",
    "pairs": "与 Gradient SHAP 比较的图片数",
    "coalitions": "Kernel SHAP 的区域组合数",
    # ---- names ----
    "name_gradient": "梯度",
    "name_input_x_gradient": "输入 × 梯度",
    "name_integrated_gradients": "积分梯度",
    "name_smoothgrad": "SmoothGrad",
    "name_gradcam": "Grad-CAM",
    "name_gradcam_plus_plus": "Grad-CAM++",
    "name_layercam": "LayerCAM",
    "name_occlusion": "遮挡法",
    "name_kernel_shap": "Kernel SHAP",
    "name_gradient_shap": "Gradient SHAP",
    "name_guided_backprop": "导向反向传播",
    "name_guided_gradcam": "导向 Grad-CAM",
    "name_deeplift": "DeepLift",
    "name_lrp": "LRP",
    # ---- what they show and do not show ----
    "about_gradient": "显示某个像素稍微变亮时，这一类的得分怎样变化（带正负号）。它并不说明得分由哪些部分组成。",
    "about_input_x_gradient": "显示梯度乘以像素归一化之后的值。只有当网络没有偏置，而且除了 ReLU 和池化都是线性运算时，所有像素的值加起来才等于得分。",
    "about_integrated_gradients": (
        "显示从基线走到这张图片的过程中（取 {steps} 个点），每个像素贡献了多少：归因图的总和为 {sum}，得分之差为 {difference}。"
        "换一个基线，图就会变。"
    ),
    "about_rough": "{sentence}归因图的总和与得分之差不相等，是因为取 {steps} 个点求和有误差：途中的梯度变化剧烈。",
    "about_smoothgrad": (
        "显示 {samples} 张加噪副本的平均梯度，斑点更少。加多少噪声，会影响最后的图。噪声是随机的，但随机种子固定（{seed}），所以每次得到的图都一样。"
    ),
    "about_gradcam": "显示 {layer} 层的 {height} × {width} 个位置里，哪些支持这一类，{where}。它不可能比这一层更精细，也不显示反对的证据。",
    "about_gradcam_plus_plus": (
        "与 Grad-CAM 相似，但每个特征图里只有梯度为正的位置才算数，所以能找到一件东西的多个部分。它看的是 {layer} 层的 {height} × {width} "
        "个位置，{where}。它不可能比这一层更精细，也不显示反对的证据。把最后一层的权重换成随机数，它变化不大，所以几乎不能说明为什么是这一类。"
    ),
    "about_layercam": (
        "与 Grad-CAM 相似，但 {layer} 层的 {height} × {width} 个位置各有自己的权重，就是那里为正的梯度，{where}。所以用靠前的层也能得到更精细的图："
        "可以在设置里选择。它不显示反对的证据。"
    ),
    "cam_placed": "每个位置都画在它感受野的中心",
    "cam_stretched": "并拉伸到整张图片",
    "about_occlusion": ("显示遮住一个 {window} × {window} 的方块后，得分下降多少。它不需要梯度，但{training}。"),
    "covered_never": "网络在训练中从未见过被遮挡的衣物",
    "covered_sometimes": "网络在训练中见过的遮挡是另一种，而且不是每张图片都有",
    "about_kernel_shap": (
        "把图片分成 {regions} 个区域，每个最多 {cell} × {cell} 像素，再把其中 {samples} 种区域组合换成基线，由此估计每个区域的 Shapley 值，"
        "也就是它在所有出现顺序中的平均作用。归因图的总和为 {sum}，得分之差为 {difference}。这些组合是随机的，随机种子固定（{seed}）。"
        "这样的图片大多不像衣物。"
    ),
    "about_gradient_shap": (
        "把这张图片与数据集里的 {samples} 张图片比较，对从它们走到这张图片时每个像素的贡献取平均。归因图的总和为 {sum}，这张图片的得分比那些图片的平均得分高 "
        "{difference}。总和不是精确的，因为那些图片和每条路上的一个点都是随机取的（随机种子固定为 {seed}）。别的衣物在哪里不是黑色，这里的黑色像素也算数。"
    ),
    "about_guided_backprop": (
        "在每个 ReLU 处只让正的梯度通过；如果网络没有 ReLU，它就是梯度。在卷积网络里，它看起来清晰，是因为它描出了边缘；把最后几层的权重换成随机数，它也变化不大，"
        "所以不能当作判断的理由。"
    ),
    "about_guided_gradcam": (
        "导向反向传播乘以 {layer} 层的 Grad-CAM（{height} × {width} 个位置，{where}）。它看起来清晰，也随类别而变，但和导向反向传播一样，细节只是图片的边缘。"
    ),
    "about_deeplift": (
        "把每个单元与它在基线下的状态相比较：归因图的总和为 {sum}，得分之差为 {difference}。换一个基线，图就会变。"
    ),
    "about_lrp": (
        "逐层相关性传播把得分一层一层往回传：每个单元按照各个输入的贡献，把自己的份额分给它们（除第一层外，卷积层更看重同号的贡献，γ = {gamma}）。归因图的总和为 {sum}，"
        "得分为 {score}，两者之差归于偏置。对网络来说黑色不是 0，所以背景也分到一份。换一种规则，图就会变。"
    ),
    # ---- the difference of two classes ----
    "rather_than": "{target}而不是{against}",
    "about_difference": "这里解释的是{target}的得分减去{against}的得分：{score}。",
    "axis_share": "{target}所占的比例，百分比",
    "of_images": "{order}（{count} 张中的 {ordered} 张；其余图片上的归因图为空）",
    "empty_map": ("这张归因图为空：它处处为 0，无法给像素排序，所以没有什么可以检验。请选择另一种方法或另一个类别。"),
    "trust_difference": "曲线显示{target}在{target}与{against}的概率之和中所占的比例，因为归因图解释的是两者得分之差。",
    "same_class": "一个类别与它自己没有差别，所以没有图。请在“而不是”里选另一个类别，或换一个目标类别。",
    # ---- two numbers about a map ----
    "measure": "测量失真度与敏感度",
    "infidelity": (
        "<b>失真度 {infidelity}。</b>衣物上的 {squares} 个方块（{side} × {side} 像素）一个一个地变黑。0 表示归因图每次都能预测得分下降多少（只差一个公共的倍数），"
        "1 表示完全不能预测。方块的位置是随机的，随机种子固定（{seed}）。"
    ),
    "infidelity_none": "失真度无法测量：{squares} 个 {side} × {side} 像素的方块变黑（位置随机，种子为 {seed}），得分都没有变化。",
    "sensitivity": (
        "<b>敏感度 {sensitivity}。</b>在图片的 {copies} 张副本里，每个像素最多改变满量程的 {radius}%。这个数是归因图的最大变化与它自身大小之比："
        "0 表示图完全不变（改变是随机的，种子为 {seed}）。两个数都出自 Yeh 等（2019）；数值小并不能证明归因图是对的。"
    ),
    # ---- what cannot be done ----
    "no_convolution": "这种方法需要卷积层，而这个网络没有。请换一种方法或换一个网络。",
    "not_finite": "这个网络的数上溢了：有的数超出了 float32 能表示的范围，所以这种方法给不出归因图。请选择另一个网络，或者上传权重较小的网络。",
    "no_rule": "这里的逐层相关性传播没有适用于 {layer} 这种层的规则。请换一种方法或换一个网络。",
    # ---- below the page ----
    "explanation": r"""**Grad-CAM++**（Chattopadhay 等，2018）给每个特征图另一种权重。记 $g = \partial z_c / \partial F^k_{ij}$：

$$w_k = \sum_{ij} \frac{g^2}{2 g^2 + g^3 \sum_{ab} F^k_{ab}} \, \mathrm{ReLU}(g)$$

**LayerCAM**（Jiang 等，2021）给每个位置一个权重：$A = \mathrm{ReLU}\big(\sum_k \mathrm{ReLU}(g) \, F^k\big)$。

**导向 Grad-CAM**（Selvaraju 等，2017）是导向反向传播与 Grad-CAM 的乘积。

**Kernel SHAP**（Lundberg 和 Lee，2017）估计 Shapley 值。一个区域的 Shapley 值，是 $n$ 个区域按所有可能的顺序出现时，轮到这个区域时得分升高多少的平均值。
为此，它用一个线性函数去拟合只显示区域集合 $S$ 的图片的得分，权重为

$$\frac{n - 1}{\binom{n}{|S|} \, |S| \, (n - |S|)}$$

区域是网格里的方块，其中与基线相等的像素不算在内。

**Gradient SHAP**（Lundberg 和 Lee，2017；Erion 等，2021）是对许多基线 $x'$ 的积分梯度取平均，这些基线是数据集里的图片，每张在路上随机取一个点 $t$：
$A_i = \mathbb{E}_{x', t}\big[(x_i - x'_i) \, \partial z_c(x' + t (x - x')) / \partial x_i\big]$。

**逐层相关性传播**（Bach 等，2015；Montavon 等，2019）把每个单元的相关性 $R_j$ 分给它的各个输入 $a_i$：

$$R_i = \sum_j \frac{a_i \, (w_{ij} + \gamma w^+_{ij})}{\sum_{i'} a_{i'} \, (w_{i'j} + \gamma w^+_{i'j})} \, R_j$$

在第一层和全连接层里 $\gamma = 0$。偏置算作多出来的一个输入，批量归一化算作它前面那个卷积的一部分。

**为什么是这一类，而不是那一类？** 在**而不是**里选一个类别，每种方法就都解释两个得分之差 $z_a - z_b$。对梯度、输入 × 梯度和积分梯度来说，这就是两张图之差。
""",
}
