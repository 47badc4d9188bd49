"""What the mouse rests on: lights up at once, and says all that had no room after a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtCore import QPoint, QPointF, QTimer

from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.card_face import status_words
from designer.canvas.port import Port
from designer.canvas.stage import Stage, Under, quoted
from designer.canvas.wire import Wire
from designer.resources import tr
from designer.theme import tokens
from engine.checks.problem import Problem

WAIT_MS = 550


class Hover:
    """Keeps what is lit, so that exactly one thing is."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.problems: Mapping[str, Sequence[Problem]] = {}
        self._lit: Under = None
        self._place = QPointF()
        self._timer = QTimer(stage.view)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self.tell)

    def over(self, under: Under, place: QPointF) -> None:
        """The mouse is here, with no button down."""
        self._place = place
        if under is self._lit:
            return
        self._light(False)
        self._lit = under
        self._light(True)
        self.stage.bubble.hide()
        if isinstance(under, (Card, Port)):
            self._timer.start()
        else:
            self._timer.stop()

    def leave(self) -> None:
        """Nothing is lit."""
        self._timer.stop()
        self._light(False)
        self._lit = None
        self.stage.bubble.hide()

    def stop(self) -> None:
        """No more timers."""
        self._timer.stop()

    def _light(self, on: bool) -> None:
        lit = self._lit
        if isinstance(lit, Card):
            lit.hovered = on
            lit.refresh()
        elif isinstance(lit, Port):
            card = self.stage.drawing.cards.get(lit.card.id)
            lit.hot = on
            if card is not None:
                card.hovered = on
                card.refresh()
                for wire in lit.wires:
                    if wire is not self.stage.picked:
                        wire.set_mark("hover" if on else "")
        elif isinstance(lit, Box):
            lit.hovered = on
            lit.update()
        elif isinstance(lit, Wire) and lit is not self.stage.picked and lit.edge is not None:
            lit.set_mark("hover" if on else "")

    def tell(self) -> None:
        """Say what had no room."""
        text = self.words()
        if text:
            lit, view = self._lit, self.stage.view
            below = lit.area().bottomLeft() if isinstance(lit, Card) else None
            spot = view.mapFromScene(below) + QPoint(-18, -8) if below is not None else view.mapFromScene(self._place)
            self.stage.bubble.show_text(text, spot)

    def words(self) -> str:
        """What is said of the thing under the mouse, as rich text; "" for nothing worth saying."""
        lit, t = self._lit, tokens()
        muted = t.muted.name()
        if isinstance(lit, Port):
            slot = lit.slot
            kind = tr("a tool", "Canvas") if slot.role == "capability" else tr(slot.type, "ports")
            parts = [f"<b>{escape(slot.name)}</b> <span style='color:{muted}'>{escape(kind)}</span>"]
            if slot.side == "in" and slot.required and not lit.wires:
                parts.append(tr("Needs a wire.", "Canvas"))
            if not slot.declared:
                parts.append(tr("The node's type has no such port.", "Canvas"))
            return "<br>".join([*parts, escape(quoted(tr(slot.help, "nodes")))] if slot.help else parts)
        if isinstance(lit, Card):
            return self._of_card(lit, muted)
        return ""

    def _of_card(self, card: Card, muted: str) -> str:
        t = tokens()
        parts = [
            f"<b>{escape(card.title)}</b>",
            f"<span style='color:{muted}'>{escape(card.subtitle)} · {card.id}</span>",
        ]
        if card.has_strip():
            words = card.face.words or status_words(card.face.status)
            if card.face.attempt and not words.startswith(card.face.attempt):
                words += " · " + tr("attempt {which}", "Canvas").format(which=card.face.attempt)
            parts.append(escape(words))
        for problem in self.problems.get(card.id, ())[:3]:
            color = (t.danger if problem.severity == "error" else t.warning).name()
            sentence, remedy = escape(quoted(problem.sentence)), escape(quoted(problem.remedy))
            parts.append(f"<span style='color:{color}'>{sentence}</span> {remedy}")
        return "<br>".join(parts)
