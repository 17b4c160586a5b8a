"""Why something is refused, as a value; gates and verification speak in these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why a gate refuses: which gate, about what, the fault and the remedy."""

    gate: str
    subject: str
    message: str
    remedy: str
