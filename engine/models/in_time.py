"""How long an answer may take: all of it, and its first words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from engine.errors import StepError


@asynccontextmanager
async def in_time(role: str, whole_s: float | None, first_s: float | None = None) -> AsyncIterator[Callable[[], None]]:
    """Within `whole_s` seconds; what is handed out is called at the first words, which come within `first_s`.

    StepError `timeout` otherwise; one for the first words says so in its detail, since it says little about the answer.
    """
    now = asyncio.get_running_loop().time()
    end = None if whole_s is None else now + whole_s
    first = None if first_s is None else now + first_s
    begun = False

    def said() -> None:
        nonlocal begun
        if not begun and not limit.expired():
            limit.reschedule(end)
        begun = True

    try:
        async with asyncio.timeout_at(min((at for at in (end, first) if at is not None), default=None)) as limit:
            yield said
    except TimeoutError:
        what = f"The model of the role `{role}`"
        if first is None or begun or (end is not None and end <= first):
            raise StepError("timeout", f"{what} took longer than {whole_s:g} s.") from None
        text = f"{what} had said nothing after {first_s:g} s."
        raise StepError("timeout", text, detail={"first_s": first_s}) from None
