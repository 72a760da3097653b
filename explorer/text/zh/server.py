"""Sentences of the server to whoever asks it for something that it does not do, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "no_address": "这个地址没有内容。",
    "no_file": "这里没有这个文件。",
    "no_event": "找不到这次调用，或者它的结果已经被读取或丢弃。",
    "no_function": "这里没有这个函数。公开的函数列在 README.md 中，也可以点击页面底部的按钮查看。",
    "too_large": "这个请求太大了：最多 {most} MB。",
    "no_length": "请说明请求的长度：请发送 Content-Length，不要分块传输。",
    "bad_upload": "上传的内容必须恰好是一个文件。",
    "no_json": "这个请求不是有效的 JSON。",
    "no_object": "这个请求必须是一个 JSON 对象。",
    "bad_session": "session_hash 必须是 1 到 64 个字母、数字、点、短横线或下划线。",
    "too_deep": "这个请求里的列表和对象嵌套太深：最多 {most} 层。",
    "no_values": "data 必须是值的列表。",
    "wrong_count": "data 必须有 {wanted} 个值，现在有 {count} 个。",
    "unknown_name": "这里没有 {name} 这个名称。可以用的有：{known}。",
    "missing_name": "缺少 {name}。",
    "too_many": "你还有太多调用在等待。请先读取它们的结果，再发出新的调用。",
    "queue_full": "所有用户共有 {count} 次调用在等待，队列已满。请稍后再试。",
    "unexpected": "这里出了问题，不是你的操作造成的。",
    "too_many_values": "这个请求里的值太多，无法处理。",
    "too_slow": "这个请求没有在 {seconds} 秒内传完。",
    "too_many_bodies": "同时传入的请求太多。请稍后再试。",
    "old_page": "这个页面比服务器上的版本旧。请重新加载页面。",
    "bad_name": "{name} 必须是 1 到 64 个字母、数字、点、短横线或下划线。",
}
