"""The measured numbers that the article of the tab names, stored beside it in article.json, so that the page need not wait.

`python -m explorer.gradient_flow.article` measures them again, in seconds; a test compares them with a new measurement.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from explorer.gradient_flow.maths import Flow, Settings, compute_spread, measure_gradient_norms

FILE = Path(__file__).with_name("article.json")
TUTORIAL = Settings()
DEEP = 100  # blocks, where residual stacks with He's initialisation leave float32


@dataclass(frozen=True)
class Article:
    """Medians over the seeds of `TUTORIAL`, of the gradient norm of the first block's first weight.

    Attributes:
        depths: blocks in the stacks.
        plain, residual: one median for each depth, with PyTorch's initialisation.
        plain_he, residual_he: the same with He's.
        plain_double: at the last depth in float64, where float32 reads 0.
        num_dead: seeds in which that is exactly 0 in float64 as well.
        num_dead_leaky: the same with Leaky ReLU.
        tanh_growth: the residual median with tanh at the last depth, divided by that of one block.
        orthogonal_change: the plain one with orthogonal weights and tanh, divided likewise.
        num_overflowing: seeds in which the residual norm with He's initialisation is not finite at DEEP blocks.
    """

    depths: list[int]
    plain: list[float]
    residual: list[float]
    plain_he: list[float]
    residual_he: list[float]
    plain_double: float
    num_dead: int
    num_dead_leaky: int
    tanh_growth: float
    orthogonal_change: float
    num_overflowing: int


def measure_article() -> Article:
    """Measure all of it."""
    default, he = (measure_gradient_norms(replace(TUTORIAL, initialisation=each)) for each in ("default", "he"))
    tanh = measure_gradient_norms(replace(TUTORIAL, activation="tanh"))
    orthogonal = measure_gradient_norms(replace(TUTORIAL, activation="tanh", initialisation="orthogonal"))
    leaky = measure_gradient_norms(replace(TUTORIAL, activation="leaky_relu"))
    deep = measure_gradient_norms(replace(TUTORIAL, initialisation="he", depth=DEEP))
    return Article(
        depths=list(TUTORIAL.depths),
        plain=_medians(default.plain),
        residual=_medians(default.residual),
        plain_he=_medians(he.plain),
        residual_he=_medians(he.residual),
        plain_double=_medians(default.plain_double)[-1],
        num_dead=_count_zeros(default.plain_double),
        num_dead_leaky=_count_zeros(leaky.plain_double),
        tanh_growth=_growth(tanh.residual),
        orthogonal_change=_growth(orthogonal.plain),
        num_overflowing=int((~deep.residual.first_block[:, -1].isfinite()).sum()),
    )


def _medians(flow: Flow) -> list[float]:
    return compute_spread(flow.first_block).median.tolist()


def _growth(flow: Flow) -> float:
    medians = _medians(flow)
    return medians[-1] / medians[0]


def _count_zeros(flow: Flow) -> int:
    return int((flow.first_block[:, -1] == 0).sum())


def load_article() -> Article:
    """What was stored."""
    return Article(**json.loads(FILE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    torch.set_num_threads(1)
    FILE.write_text(json.dumps(asdict(measure_article()), indent=1) + "\n", encoding="utf-8")
