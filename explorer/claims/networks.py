"""Sections 6, 7 and 9: LeNet-5, AlexNet and the ResNets."""

from __future__ import annotations

from explorer.claims.records import Claim

CLAIMS: tuple[Claim, ...] = ()
