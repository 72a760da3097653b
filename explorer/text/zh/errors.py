"""Sentences for what cannot be done, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "unexpected": "这里出了问题，不是你的操作造成的。图中保留的是上一次正确的结果。",
    "empty": "{name}还是空的：请填一个数字。",
    "not_a_number": "{name}必须是数字，现在是 {value!r}。",
    "not_finite": "{name}必须是有限的数，现在是 {value}。",
    "too_small": "{name}不能小于 {minimum}，现在是 {value}。",
    "too_large": "{name}不能大于 {maximum}，现在是 {value}。",
    "not_whole": "{name}必须是整数，现在是 {value}。",
    "unknown_key": "这里没有“{value}”这个名字，可以用的有：{known}。",
    "not_a_choice": "{name}只能是 {choices} 之一，现在是 {value!r}。",
    "too_long": "这项计算超过了 {seconds} 秒，已停止：请把设置调小，或者等使用的人少一些再试。",
    "run_lost": "连接中断过，服务器上已经没有刚才的测量。请再选择一次，重新测量。",
    "nobody_waits": "已经没有人在等这个结果，所以计算没有完成。",
}
