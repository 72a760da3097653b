"""Section 4: receptive fields."""

from __future__ import annotations

from explorer.claims.records import Claim

CLAIMS: tuple[Claim, ...] = ()
