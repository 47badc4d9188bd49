"""Partial output as it streams: shown while an effect is under way, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from engine.ids import visit_text
from engine.run.events import Event
from engine.store import Piece

KEPT = 20_000
"""Characters of one effect that are kept; of a longer text, the end."""
OVER = frozenset({"EffectSucceeded", "EffectFailed", "EffectResolved"})
AFRESH = frozenset({"AttemptStarted", "StepSucceeded", "StepFailed", "StepCancelled"})
_Key = tuple[str, str, str, str]


class Texts:
    """What the effects of a family of runs have written so far, by run, node, visit and key."""

    def __init__(self) -> None:
        self._texts: dict[_Key, str] = {}
        self._early: list[Piece] | None = []
        self._last = 0

    def begin(self, pieces: Iterable[Piece]) -> None:
        """What was written before anybody listened; what has come since goes after it."""
        early, self._early = self._early, None
        for piece in [*pieces, *(early or ())]:
            self.add(piece)

    def add(self, piece: Piece) -> bool:
        """One more piece; False for one that is known, or that is not shown yet."""
        if self._early is not None:
            self._early.append(piece)
            return False
        if piece.id <= self._last:
            return False
        self._last = piece.id
        key = (piece.run, piece.node, piece.visit, piece.key)
        self._texts[key] = (self._texts.get(key, "") + piece.text)[-KEPT:]
        return True

    def hear(self, event: Event) -> None:
        """A result takes the place of the text; an attempt that begins begins it anew."""
        if event.kind in OVER:
            self._texts.pop((event.run, event.node, visit_text(event.visit), event.key), None)  # type: ignore[union-attr]
        elif event.kind in AFRESH:
            where = (event.run, event.node, visit_text(event.visit))  # type: ignore[union-attr]
            for key in [key for key in self._texts if key[:3] == where]:
                del self._texts[key]

    def of(self, run: str, node: str, visit: str) -> dict[str, str]:
        """The texts of a step by effect key."""
        return {key[3]: text for key, text in self._texts.items() if key[:3] == (run, node, visit)}
