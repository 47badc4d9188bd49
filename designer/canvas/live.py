"""A run on the drawing: faces of cards, problems, which wires carried data; and the one timer that lets it breathe."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from PySide6.QtCore import QObject, QRectF, QTimer

from designer.canvas.card_face import LIVELY
from designer.canvas.card_item import REST, CardItem
from designer.canvas.drawing import Drawing
from designer.canvas.view import View
from designer.canvas.wire import Mode, Wire
from designer.engine_link.faces import Face
from engine.checks.problem import Problem

TICK_MS = 100
MOST_WIRES = 60
"""Wires that move at once; a dash step draws a wire anew."""
ENTERED = ("running", "waiting", "asking", "done", "failed", "cancelled", "reused")


class Live:
    """Never goes through the document: what a run says is drawn over it."""

    def __init__(self, drawing: Drawing, view: View, parent: QObject) -> None:
        self._drawing, self._view = drawing, view
        self._faces: Mapping[str, Face] = {}
        self._live: Mapping[str, Collection[str]] | None = None
        self._problems: Mapping[str, Sequence[Problem]] = {}
        self._running = self._shown = False
        self._still = False
        self._phase = 0
        self.timer = QTimer(parent)
        self.timer.setInterval(TICK_MS)
        self.timer.timeout.connect(self.breathe)

    def show_faces(self, faces: Mapping[str, Face], running: bool, live: Mapping[str, Collection[str]] | None) -> bool:
        """New states; `live` names the ports that gave a value, by node (None: worked out from the states)."""
        before, was = self._faces, self._live
        self._faces, self._running, self._live = faces, running, live
        shown = any(face.status != "idle" for face in faces.values())
        if shown != self._shown or (live is None) != (was is None):
            self._shown = shown
            return self.touch(self._drawing.cards)
        changed = []
        resized = False
        for key, card in self._drawing.cards.items():
            face, former = faces.get(key, REST), before.get(key, REST)
            if face is not former:
                resized |= card.set_face(face)
            gave = live is not None and was is not None and live.get(key) != was.get(key)
            if gave or face.status != former.status:
                changed.append(key)
        self._modes(changed)
        self._wind()
        return resized

    def show_problems(self, problems: Mapping[str, Sequence[Problem]]) -> None:
        """New badges."""
        self._problems = problems
        for key, card in self._drawing.cards.items():
            self._badge(card, problems.get(key, ()))

    def touch(self, keys: Iterable[str]) -> bool:
        """These cards or their wires were drawn anew: show what the run says of them; whether one changed its size."""
        known = [key for key in keys if key in self._drawing.cards]
        resized = False
        for key in known:
            card = self._drawing.cards[key]
            resized |= card.set_face(self._faces.get(key, REST))
            self._badge(card, self._problems.get(key, ()))
        self._modes(known)
        self._wind()
        return resized

    def _modes(self, keys: Iterable[str]) -> None:
        cards = self._drawing.cards
        for key in keys:
            for wire in cards[key].wires():
                off = "disabled" in (cards[wire.source.card.id].mode, cards[wire.target.card.id].mode)
                wire.set_mode(self._mode(wire) if self._shown else "idle", dimmed=off)

    def set_still(self, on: bool) -> None:
        """Reduce motion."""
        self._still = on
        self._wind()

    def stop(self) -> None:
        """No more ticks."""
        self.timer.stop()

    def _badge(self, card: CardItem, problems: Sequence[Problem]) -> None:
        error = any(problem.severity == "error" for problem in problems)
        if (len(problems), error) != (card.problems, card.problem_error):
            card.problems, card.problem_error = len(problems), error
            card.refresh()

    def _mode(self, wire: Wire) -> Mode:
        assert wire.edge is not None
        source = self._faces.get(wire.edge.source, REST).status
        target = self._faces.get(wire.edge.target, REST).status
        if wire.source.slot.role == "capability":
            return "flow" if source == "running" else "passed" if source in ("done", "failed") else "idle"
        if source in ("idle", "pending", "running", "waiting", "asking"):
            return "idle"
        if self._live is not None:
            if wire.edge.out not in self._live.get(wire.edge.source, ()):
                return "dead"
        elif "skipped" in (source, target) or source in ("disabled", "cancelled"):
            return "dead"
        elif (source == "failed") is not (wire.source.slot.role == "error"):
            return "dead"  # a failed step gives nothing but its error, and only a failed one gives that
        return "flow" if target == "running" else "passed" if target in ENTERED or self._live is not None else "idle"

    # ---- motion
    def _wind(self) -> None:
        lively = self._shown and any(card.face.status in LIVELY for card in self._drawing.cards.values())
        if lively and self._running and not self._still:
            if not self.timer.isActive():
                self.timer.start()
            return
        self.timer.stop()
        for card in self._drawing.cards.values():
            if card.breath != 0.5:
                card.breath = 0.5
                card.update()

    def breathe(self) -> None:
        """One step of what is seen: halos swell and fade, dashes walk along their wires."""
        if not self._view.isVisible():
            return
        self._phase += 1
        breath = 0.5 + 0.5 * math.sin(self._phase * 0.42)
        seen = self._view.seen()
        for card in self._drawing.cards.values():
            if card.face.status in LIVELY and card.area().intersects(seen):
                card.breath = breath
                card.update()
        if self._view.zoom >= 0.3:
            self._walk(seen)

    def _walk(self, seen: QRectF) -> None:
        moving = [wire for wire in self._drawing.wires.values() if wire.mode == "flow" and not wire.mark]
        for wire in [wire for wire in moving if wire.boundingRect().intersects(seen)][:MOST_WIRES]:
            pen = wire.pen()
            pen.setDashOffset(-self._phase * 1.1)
            wire.setPen(pen)
