"""What models may take of this PC beside their files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from engine.settings.base import Frozen


class MemorySetting(Frozen):
    """What models may take of this PC beside their files."""

    prefix_cache_bytes: Annotated[int, Field(ge=0, le=2**40)] = 2**30
    """The most that prepared beginnings of prompts may take in `<data folder>/models/cache`; the one that was used
    longest ago makes room. 0: none are kept."""
