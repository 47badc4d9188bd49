"""When and from where a step is tried again (SEMANTICS §2): pure arithmetic, no clock, no chance."""

from __future__ import annotations

from collections.abc import Mapping

from engine.ids import Visit, fraction, visit_text
from engine.run.record import Effect
from engine.workflow.model import Backoff


def delay(backoff: Backoff, tries: int, run: str, node: str, visit: Visit, attempt: int) -> float:
    """Seconds to wait after the `tries`-th counted attempt (1, 2, ...); jitter is a hash, a replay waits the same."""
    wait = min(backoff.max_s, backoff.first_s * backoff.factor ** min(tries - 1, 200))
    swing = 2 * fraction("jitter", run, node, visit_text(visit), attempt) - 1
    return wait * (1 + backoff.jitter * swing)


def path(key: str) -> tuple[int, ...]:
    """`"3.1.2"` as (3, 1, 2): ordinal, branch, ordinal, ...; an approval's "3.q" counts as its effect "3"."""
    return tuple(int(part) for part in key.split(".") if part.isdigit())


def after(key: str, start: str) -> bool:
    """Whether the effect `key` is `start` itself, inside it, or can only have come after it.

    Ordinals follow each other; branches of a gather run side by side, so a sibling branch is not "after".
    """
    a, b = path(key), path(start)
    for place, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return x > y if place % 2 == 0 else False
    return len(a) >= len(b)


def redone(effects: Mapping[str, Effect], start: str) -> list[str]:
    """The effects that a retry from `start` does again: `start`, what came after it, and what failed beside it.

    Branches of a gather that fail in the same attempt are all tried again by the next one; a failure that its branch
    went on from was its own affair and stays.
    """
    return [
        key
        for key, effect in effects.items()
        if after(key, start)
        or (
            effect.status == "failed"
            and not (effect.effect == "at_most_once" and effect.may_have_happened)
            and _beside(key, start)
            and not any(other != key and after(other, key) for other in effects)
        )
    ]


def _beside(key: str, start: str) -> bool:
    """Whether two effects stand in sibling branches of one gather."""
    for place, (x, y) in enumerate(zip(path(key), path(start), strict=False)):
        if x != y:
            return place % 2 == 1
    return False


def redo_point(effects: Mapping[str, Effect], blamed: str | None, cut_off: bool = False) -> tuple[str | None, bool]:
    """(redo_from, legal) for a failed attempt that blames the effect `blamed` (None: no effect).

    A retry never goes back behind a world effect that was started, unless that effect itself is what failed. Code that
    fails on its own would fail again on the same records, so it may run again only when there are none, or when it was
    `cut_off` from outside (a time limit): then it goes on from its records.
    """
    if blamed is None:
        return None, cut_off or not effects
    for key, effect in effects.items():
        if effect.effect == "pure" or not after(key, blamed):
            continue
        happened = effect.status in ("ok", "started", "doubt", "again")
        unknown = effect.status == "failed" and effect.may_have_happened
        if happened or (unknown and (key != blamed or effect.effect == "at_most_once")):
            return blamed, False
    return blamed, True
