"""Section 8: degradation and residual connections."""

from __future__ import annotations

from explorer.claims.records import Claim

CLAIMS: tuple[Claim, ...] = ()
