"""Section 1.1: pictures as vectors."""

from __future__ import annotations

from explorer.claims.records import Claim

CLAIMS: tuple[Claim, ...] = ()
