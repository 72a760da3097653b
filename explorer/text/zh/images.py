"""Sentences about pictures that people bring, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "upload": "你的图片",
    "webcam": "摄像头",
    "sketch": "你的手绘",
    "drop_here": "拖入或粘贴图片，\n或点击选择",
    "none": "还没有图片：请选择、拖入或粘贴一张图片。",
    "too_large": "这张图片太大了：每边最多 {side} 像素，总共最多 {megapixels}00 万像素。请缩小后再试。",
    "too_large_size": (
        "这张图片太大了（{width} × {height} 像素）：每边最多 {side} 像素，总共最多 {megapixels}00 万像素。"
        "请缩小后再试。"
    ),
    "too_many_bytes": "这个文件太大了：最多 {size}。请把图片缩小后再试。",
    "camera_on": "打开摄像头",
    "no_camera": "浏览器没有让这个页面使用摄像头：需要有摄像头、你的许可，以及以 https 开头或指向 localhost 的地址。请改选“文件”：在手机上，选文件时可以直接拍照。",
    "no_clipboard": "浏览器没有让这个页面读取剪贴板：需要你的许可，以及以 https 开头或指向 localhost 的地址。请改为选择文件，或把文件拖到这里。",
    "no_pasted": "剪贴板里没有图片。请先复制一张图片，再试一次。",
    "too_costly": (
        "这张图片太大了（{width} × {height} 像素）：这一类 {format} 文件打开时占用很多内存，总共最多 {megapixels} 百万像素。"
        "请缩小，或另存为普通的 JPEG 或 PNG 后再试。"
    ),
    "heic": (
        "这是 {format} 图片，iPhone 和一些别的手机拍照时会存成这种格式，这里无法读取。请导出为 JPEG（Mac 用“预览”，"
        "Windows 用“照片”或“画图”）后再试。想让 iPhone 以后直接拍成 JPEG：打开“设置”中的“相机”，点“格式”，选“兼容性最佳”。"
    ),
    "raw": "这是相机的 RAW 文件（{format}）：里面是传感器测到的数值，还不是图片。请导出为 JPEG，或者选择相机同时存下的 JPEG。",
    "other_format": "这里不读取 {format} 格式的文件。请把图片另存为 PNG 或 JPEG 后再试。",
    "document": "这不是图片，而是另一种文件（{format}）。请给它显示的内容截一张图，再试一次。",
    "video": "这是一段视频（{format}）。请停在想要的画面上截一张图，再试一次。",
    "svg": "SVG 文件记录的是图形而不是像素。请先导出为 PNG 或 JPEG 再试。",
    "unknown": "这个文件不是能读取的图片。可以使用 PNG、JPEG、WebP、AVIF、GIF、BMP 或 TIFF。",
    "gone": "这张图片已经不在服务器上：图片保存几小时后，或者服务器重新启动时，就会被删除。请重新选择。",
    "damaged": "这张图片已损坏或不完整。请重新保存或下载后再试。",
    "unknown_range": "无法确定这张图片的取值范围：32 位图片的值必须在 0 到 65535 之间。请存成 8 位或 16 位再试。",
}
