"""Sentences of the classifier wing on pictures that are no clothes, on similar pictures and on channels, in Chinese."""

from __future__ import annotations

SENTENCES = {
    # ---- no piece of clothing ----
    "unlike": "<b>请注意：这张图片与训练 {model} 用的衣物图片不像。</b>不要相信这个判断。（真正的测试图片中，也有 {share} 会得到这个提醒。）",
    "unlike_own": "请看下面的步骤图：也许需要旋转图片，或者切掉一部分。见“怎样处理你的图片”。",
    "unlike_title": "这真的是一件衣物吗？页面什么时候提醒",
    "unlike_intro": "网络总是从十类中选一类，看到风景也一样。所以页面把每张图片与 {references} 张训练图片比较：一次比较像素，"
    "一次比较网络最后一层得到的数。它取到最近一张训练图片的距离，除以这个距离在验证图片上的标准差，再把两个结果相加。"
    "如果这个分数超过界限，页面就提醒。界限是这样选的：{validation} 张验证图片中有 {passing} 不超过它。",
    "unlike_score": "这张图片的分数是 <b>{score}</b>，界限是 {threshold}。",
    "unlike_test": "使用 {model} 时，{images} 张测试图片中有 {share} 得到提醒。在这些图片上，{model} 的准确率是 {right}；在其他测试图片上是 {others}。",
    "unlike_not_measured": "这些权重没有测量过，所以页面不提醒。请选另一个网络。",
    "unlike_label": "每种图片的一个例子，以及这种图片中有多少得到提醒",
    "unlike_examples": "每种图片试了 {count} 张。例子下面是得到提醒的比例。除了手绘的衣物，它们都应该得到提醒。这些图片由程序画成，你自己的图片可能与它们不同，得不到提醒。",
    "unlike_share": "提醒：{share}",
    "kind_digits": "数字",
    "kind_letters": "字母",
    "kind_words": "文字",
    "kind_faces": "手绘人脸",
    "kind_landscapes": "手绘风景",
    "kind_stripes": "条纹",
    "kind_noise": "噪声",
    "kind_clouds": "平滑的噪声",
    "kind_shuffled": "打乱的衣物",
    "kind_upside_down": "上下颠倒",
    "kind_drawn_clothes": "手绘的衣物",
    # ---- similar pictures ----
    "similar_title": "网络认为相似的图片",
    "similar_intro": "网络的最后一层看不到像素。它得到一列数，这就是图片的特征。特征相似的图片会得到相似的判断。"
    "（Softmax 回归只有一层，所以它的特征就是像素。）特征方向相同时，距离是 0；互相垂直时，距离是 {right_angle}。",
    "similar_look": "在 {references} 张训练图片中取最近的 {count} 张，其中 <b>{same}</b> 张属于 {model} 判断的类别（{predicted}）。",
    "similar_not_measured": "这些权重没有测量过。请选另一个网络。",
    "similar_label": "这张图片，以及特征最接近的训练图片",
    "similar_this": "这张图片",
    "similar_distance": "距离 {distance}",
    "similar_map": "这张图片在测试图片中的位置",
    "similar_map_about": "每个点是一张测试图片，一共 {images} 张。特征有 {features} 维，图中画出变化最大的两个方向（主成分）。"
    "这两个方向占方差的 {share}，所以这里靠得近的点，在别的方向上可能离得很远。星号是这张图片。",
    "similar_axis": "第 {number} 主成分（占方差的 {share}）",
    # ---- channels ----
    "channels_title": "每个通道在找什么",
    "channels_intro": "特征图的每个通道对不同的东西有反应。这里是 {images} 张测试图片中所选通道的值最大的九张，画出的是这个单元看到的部分。"
    "所有的值都是 ReLU 之后的值。",
    "channels_layer": "层",
    "channels_channel": "通道",
    "channels_look": "{layer} 的通道 {channel}：一个单元看到{size}。在值最大的<b>九张图片中，有 {count} 张</b>的标签是{name}。",
    "channels_size": " {height} × {width} 个像素",
    "channels_all": "整张图片",
    "channels_dead": "{layer} 的通道 {channel} 对所有测试图片都是 0：它找的东西在这些图片里没有。",
    "channels_label": "{layer} 的通道 {channel} 反应最强的部分",
    "channels_value": "值 {value}",
    "channels_shares": "这个通道的平均值在各类别中的比例",
    # ---- cells of the confusion matrix ----
    "cell_title": "看一个格子里的图片",
    "cell_intro": "点击矩阵的一个格子，或者在这里选。点击一张图片，就会在分类器中打开它。",
    "cell_truth": "标签",
    "cell_predicted": "网络的判断",
    "cell_look": "{model} 把 {count} 张标签为{truth}的图片判断为{predicted}，其中 {shown} 张在这个应用里。",
    "cell_none": "{model} 没有把标签为{truth}的图片判断为{predicted}。",
    "cell_unknown": "这里没有保存 {model} 的判断。请选另一个网络。",
    "cell_image": "在分类器中打开第 {index} 张测试图片",
}
