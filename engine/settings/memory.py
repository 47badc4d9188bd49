"""What models may take of this PC beside their files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.settings.base import Frozen

Keep = Annotated[float, Field(ge=0, le=31_536_000)] | Literal["always"]


class MemorySetting(Frozen):
    """What models may take of this PC beside their files."""

    budget_bytes: Annotated[int, Field(ge=2**20, le=2**50)] | None = None
    """Bytes that all model processes may take together; null: this PC's memory less the reserve."""
    reserve_bytes: Annotated[int, Field(ge=0, le=2**50)] = 2**31
    """What is left to everything else where no budget is set; at least half of a small PC's memory stays to models."""
    keep: Keep = 900.0
    """Seconds that a model stays in memory after its last answer, or "always": until its room is needed."""
    keep_roles: dict[str, Keep] = {}
    """The same for the models of single roles."""
    prefix_cache_bytes: Annotated[int, Field(ge=0, le=2**40)] = 2**30
    """The most that prepared beginnings of prompts may take in `<data folder>/models/cache`; the one that was used
    longest ago makes room. 0: none are kept."""
    prefix_cache_worth_s: Annotated[float, Field(ge=0, le=3600)] = 0.25
    """A beginning is kept when a model needs at least this many seconds for it; quicker ones are evaluated anew."""
