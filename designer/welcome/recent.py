"""What the person can go on with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recent:
    """A draft or a run as one row: `detail` says when or how it stands, `status` is a run's ("" for a draft)."""

    id: str
    title: str
    detail: str
    status: str = ""
