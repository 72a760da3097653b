"""Section 10: the recipe and its results."""

from __future__ import annotations

from explorer.claims.records import Claim

CLAIMS: tuple[Claim, ...] = ()
