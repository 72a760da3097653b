"""Sentences about figures to take away, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "title": "保存图",
    "figure": "图",
    "kind": "文件",
    "kind_png": "PNG（幻灯片）",
    "kind_svg": "SVG",
    "kind_pdf": "PDF（打印）",
    "kind_csv": "CSV（数据）",
    "save": "保存",
    "saved": "已保存，浏览器会显示保存在哪里。",
    "gone": "现在的设置下没有这张图，请选择另一张。",
    "too_large": "这张图做成文件会太大，请选小一些的图片，或少选几项。",
    "no_font": "运行本应用的电脑上没有找到中文字体。请安装一种，例如 Noto Sans CJK，或者在英文页面上保存。",
    "versions": "由 {app} 制作（PyTorch {torch}，matplotlib {matplotlib}）。用这个链接可以恢复设置：",
    "versions_only": "由 {app} 制作（PyTorch {torch}，matplotlib {matplotlib}）。",
    "part": "图",
    "row": "行",
    "column": "列",
    "value": "值",
    "line": "曲线",
    "pair": "{name}：{setting}",
    # ---- 卷积
    "experiment_title": "输入、卷积核和结果",
    "window_title": "一个窗口和它的和",
    "window": "窗口",
    "times": "与同一位置的数相乘",
    "products": "乘积",
    "sum": "它们的和：{sum}",
    "window_about": "结果中数值最强的格子：第 {row} 行，第 {column} 列（从零数起），值为 {sum}。",
    "filter": "卷积核",
    "filters": "第一层的 {count} 个卷积核",
    "parameters_axis": "参数量（对数坐标）",
}
