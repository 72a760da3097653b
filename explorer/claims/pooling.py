"""Section 5: pooling and shifts."""

from __future__ import annotations

from explorer.claims.records import Claim

CLAIMS: tuple[Claim, ...] = ()
