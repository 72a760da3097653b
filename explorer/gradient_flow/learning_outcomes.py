"""How the stored trainings of a network went, over its seeds, and what of it is vanishing, exploding or degradation.

Source: He et al. 2015, "Deep Residual Learning for Image Recognition", section 1: degradation is a higher training error of
the deeper network; Glorot and Bengio 2010, section 4, for comparing gradients of the first and the last layers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from explorer.gradient_flow.learning import Course, Net

VANISHING, EXPLODING = 0.1, 10.0
"""The gradient of the first block over that of the last one: below the one we say that it vanishes, above the other that it explodes."""
TINY, HUGE = 1e-3, 100.0
"""Norms of gradients: where both blocks are below the one, or above the other, their ratio says little."""


@dataclass(frozen=True)
class Gradient:
    """Norms of the gradient at one moment, medians over the seeds; nan where nothing finite was measured.

    Attributes:
        first: of all weights of the first block, next to the input.
        last: of those of the last one.
    """

    first: float
    last: float

    @property
    def ratio(self) -> float:
        """The first over the last; nan where there is none."""
        return self.first / self.last if self.last and math.isfinite(self.first) else math.nan

    def judge(self) -> str:
        """ "tiny" or "huge" in both blocks; else "vanishes", "explodes" or "even" on the way back; or "unknown"."""
        if max(self.first, self.last) < TINY:
            return "tiny"
        if not math.isfinite(self.ratio):
            return "unknown"
        if min(self.first, self.last) > HUGE:
            return "huge"
        return "vanishes" if self.ratio < VANISHING else "explodes" if self.ratio > EXPLODING else "even"


@dataclass(frozen=True)
class Outcome:
    """How one network learned, with all of its stored seeds.

    Attributes:
        kind: one of KINDS.
        depth: layers with weights.
        num_seeds: that are stored.
        ended: the steps at which the loss of a seed was no finite number any more, ascending; such a seed learned no further.
        errors: validation errors at the end of the other seeds, ascending, 0 to 1.
        losses: their training losses at the end, ascending, nats.
        start: the gradient before training, of all seeds.
        end: that at the end, of the seeds that came so far; None where none did.
        settled: the first record, in training steps, from which on `end` is judged as at the end; None without an end.
    """

    kind: str
    depth: int
    num_seeds: int
    ended: tuple[int, ...]
    errors: tuple[float, ...]
    losses: tuple[float, ...]
    start: Gradient
    end: Gradient | None
    settled: int | None

    @property
    def loss(self) -> float:
        """The median training loss at the end; infinite where no seed came so far."""
        return median(self.losses) if self.losses else math.inf


def pick(courses: Mapping[Net, Course], kind: str, depth: int, normalised: bool) -> list[Course]:
    """The seeds that are stored of one network."""
    return [each for net, each in courses.items() if (net.kind, net.depth, net.normalised) == (kind, depth, normalised)]


def list_outcomes(courses: Mapping[Net, Course], kind: str, normalised: bool) -> list[Outcome]:
    """How the networks of one kind went, the shallow ones first."""
    depths = sorted({net.depth for net in courses})
    return [summarise(seeds) for depth in depths if (seeds := pick(courses, kind, depth, normalised))]


def summarise(seeds: Sequence[Course]) -> Outcome:
    """The outcome of one network from its seeds, of which there must be one or more."""
    whole = [each for each in seeds if each.ended is None]
    gradients = dict(_follow(seeds))
    last = whole[0].steps[-1] if whole else None
    return Outcome(
        seeds[0].net.kind,
        seeds[0].net.depth,
        len(seeds),
        tuple(sorted(each.ended for each in seeds if each.ended is not None)),
        tuple(sorted(float(each.validation_error[-1]) for each in whole)),
        tuple(sorted(float(each.loss[-1]) for each in whole)),
        gradients[0],
        None if last is None else gradients[last],
        None if last is None else _find_settled(gradients),
    )


def _follow(seeds: Sequence[Course]) -> Iterator[tuple[int, Gradient]]:
    """At each recorded step the gradient, of the seeds that were measured there."""
    for step in max((each.steps for each in seeds), key=len):
        there = [each.per_block["gradient"][each.steps.index(step)] for each in seeds if step in each.steps]
        pairs = [(float(blocks[0]), float(blocks[-1])) for blocks in there]
        finite = [pair for pair in pairs if all(map(math.isfinite, pair))]
        yield step, Gradient(*map(median, zip(*finite))) if finite else Gradient(math.nan, math.nan)


def _find_settled(gradients: Mapping[int, Gradient]) -> int:
    steps = [*gradients]
    judged = [each.judge() for each in gradients.values()]
    return next((after for step, after in zip(judged[-2::-1], steps[:0:-1]) if step != judged[-1]), steps[0])


def list_steps(ended: Sequence[int]) -> list[str]:
    """The steps at which seeds ended, each once.

    >>> list_steps((2, 2, 1031))
    ['2', '1,031']
    """
    return [f"{step:,}" for step in dict.fromkeys(ended)]


def is_worse(outcome: Outcome, shallower: Sequence[Outcome]) -> bool:
    """Whether all seeds end with a higher training loss than all seeds of one of the shallower networks; an infinite one is the highest.

    >>> some = Gradient(1.0, 1.0)
    >>> deep = Outcome("plain", 56, 2, (), (0.2, 0.3), (0.6, 0.7), some, some, 0)
    >>> is_worse(deep, [Outcome("plain", 20, 2, (31,), (0.2,), (0.4,), some, some, 0)])
    False
    >>> is_worse(deep, [Outcome("plain", 8, 1, (), (0.2,), (0.4,), some, some, 0)])
    True
    """
    least = min(outcome.losses, default=math.inf)
    return any(not each.ended and least > max(each.losses) for each in shallower)
