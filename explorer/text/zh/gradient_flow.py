"""Sentences of the gradient-flow wing, in Chinese."""

from __future__ import annotations

SENTENCES = {
    "tab": "梯度流动",
    "depth": "深度（块数）",
    "width": "宽度",
    "block": "块的类型",
    "initialisation": "初始化",
    "activation": "激活函数",
    "seeds": "随机种子数",
    "first_seed": "起始种子",
    "too_much_work": "这组设置要算好几分钟。请减少种子数、块数或宽度。",
}
