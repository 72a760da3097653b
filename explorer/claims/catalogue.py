"""All claims, in the order of the tutorial, and what was measured of them.

They are stored in measured.json, so that the page need not wait; a test compares that with a new measurement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import MappingProxyType

from explorer.claims import convolutions, fields, mlp, networks, pooling, questions, residual, training
from explorer.claims.records import Case, Claim

FILE = Path(__file__).with_name("measured.json")
_PARTS = (mlp, convolutions, fields, pooling, networks, residual, training, questions)
_ALL = sorted(
    (claim for part in _PARTS for claim in part.CLAIMS),
    key=lambda claim: [int(each) for each in claim.section.split(".")],
)
CLAIMS: Mapping[str, Claim] = MappingProxyType({claim.name: claim for claim in _ALL})
if len(CLAIMS) < len(_ALL):
    raise ValueError(f"two claims have one name: {[claim.name for claim in _ALL]}")


@cache
def load_cases() -> Mapping[str, tuple[Case, ...]]:
    """The stored cases of each claim, by its name."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType({name: tuple(Case(**case) for case in stored[name]) for name in CLAIMS})


def measure_all() -> dict[str, list[dict]]:
    """Measure each claim: its cases as JSON-able mappings, by its name."""
    return {name: [asdict(case) for case in claim.measure()] for name, claim in CLAIMS.items()}


def store_all() -> None:
    """Store the cases of all claims."""
    FILE.write_text(json.dumps(measure_all(), indent=1) + "\n", encoding="utf-8")
