"""Where the monkey sits: the canvas with its document, and what may happen to it besides gestures."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from designer.actions.gesture_edits import edited
from designer.canvas import gestures as g
from designer.document import edits
from designer.document.document import Document
from designer.main_window.drops import dropped
from engine.errors import Refused
from engine.workflow.model import Node, Workflow
from tests.designer.canvas.desk import ALT, CTRL, LEFT, PLAIN, SHIFT, Desk, sample, template
from tests.designer.canvas.monkey_figures import Figures

FEWEST_NODES = 6
ODD = (
    "(", "[a-", "\\", "*+?", "ä ö ß", "日本語", "🙂🙂", "\u202eabc", "   ", "%s {0} {x}", "<b>&amp;", "{{ steps.a }}",
    "'; --", "x" * 60, "agent", "file", "if", "", "a\u0301", "# -", "zzzz",
)  # fmt: skip
KEY = Qt.Key


class Window(Desk):
    """One canvas, one document, one stream of chance; gestures are taken as `designer.main_window` takes them."""

    def __init__(self, seed: int, day: int, figures: Figures) -> None:
        self.chance = random.Random(f"{seed}:{day}")
        self.figures = figures
        self.ticks = itertools.count()
        self.document = Document(self.chance.choice([sample, template])(), clock=lambda: next(self.ticks) * 0.4)
        self.first = self.document.workflow
        self.editable = True
        self.doing = ""
        super().__init__(self.first)
        self.document.changed.connect(lambda before, after: self.show(after))
        self.look(self.chance.choice([0.3, 0.5, 0.7, 1.0]), 1000, 250)

    # ---- the window
    def on(self, gesture: g.Gesture) -> None:
        """As `designer.main_window.editing` takes it."""
        self.figures.reported[type(gesture).__name__] += 1
        try:
            if isinstance(gesture, g.Menu) and gesture.key is None and gesture.edge is None and self.editable:
                self.canvas.open_quick_add(gesture.place)
            elif isinstance(gesture, g.Drop) and self.editable:
                found = dropped(self.workflow, gesture.urls, gesture.text, gesture.at)
                if found.workflow is not None:
                    self.document.edit(found.workflow, found.label)
                    self.canvas.select(found.keys)
            elif self.editable:
                change = edited(self.workflow, gesture)
                if change is not None:
                    self.document.edit(change.workflow, change.label, change.merge)
                    if change.select is not None:
                        self.canvas.select(change.select)
        except Refused as refused:
            assert str(refused).strip()
        finally:
            self.canvas.render(self.workflow)

    def edit(self, edit: Callable[[Workflow], Workflow]) -> None:
        """A command of the window."""
        with contextlib.suppress(Refused):
            self.document.edit(edit(self.workflow))

    # ---- places
    def spot(self) -> QPoint:
        """Anywhere in the view, its very border included."""
        port = self.canvas.view.viewport()
        return QPoint(self.chance.randrange(max(1, port.width())), self.chance.randrange(max(1, port.height())))

    def a_node(self) -> QPoint:
        keys = [*self.canvas.drawing.cards]
        if not keys:
            return self.spot()
        card = self.canvas.drawing.cards[self.chance.choice(keys)]
        return self.at(card.x() + self.chance.uniform(4, card._width - 4), card.y() + self.chance.uniform(2, 58))

    def a_box(self) -> QPoint:
        boxes = [*self.canvas.drawing.boxes.values()]
        if not boxes:
            return self.spot()
        box = self.chance.choice(boxes)
        inside = self.chance.random()
        if inside < 0.4:
            return self.at(box.x() + box._width - 8, box.y() + box._height - 8)
        return self.at(box.x() + self.chance.uniform(2, box._width), box.y() + self.chance.uniform(2, 30))

    def a_port(self) -> QPoint:
        ports = [port for card in self.canvas.drawing.cards.values() for port in card.ports.values()]
        if not ports:
            return self.spot()
        spot = self.chance.choice(ports).spot()
        return self.at(spot.x(), spot.y())

    def a_wire(self) -> QPoint:
        wires = [*self.canvas.drawing.wires.values()]
        if not wires:
            return self.spot()
        part = self.chance.choice([0.02, 0.5, 0.97, self.chance.random()])
        return self.canvas.view.mapFromScene(self.chance.choice(wires).path().pointAtPercent(part))

    def anything(self) -> QPoint:
        return self.chance.choice([self.spot, self.a_node, self.a_box, self.a_port, self.a_wire])()

    def mods(self) -> Any:
        return self.chance.choice([PLAIN, PLAIN, PLAIN, SHIFT, CTRL, ALT, CTRL | SHIFT, ALT | SHIFT])

    # ---- typing
    def type_into(self, widget: QWidget, text: str) -> None:
        """Key by key, whatever the characters."""
        for sign in text:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(widget, QKeyEvent(kind, 0, PLAIN, sign))

    def finish(self) -> None:
        """Do something with whatever opened."""
        editor = self.canvas.editors.open
        if editor is not None:
            self.type_into(editor, self.chance.choice(ODD))
            way = self.chance.randrange(4)
            if way == 0:
                QTest.keyClick(editor, KEY.Key_Escape)
            elif way == 1:
                QTest.keyClick(editor, KEY.Key_Return, CTRL)
            elif way == 2:
                QTest.keyClick(editor, KEY.Key_Return)
                if self.canvas.editors.open is editor:
                    self.click(self.spot())
            else:
                self.wheel(self.spot(), 120)
        if self.canvas.quick_add.isVisible():
            palette = self.canvas.quick_add
            if self.chance.random() < 0.5:
                self.type_into(palette.field, self.chance.choice(ODD))
            for _ in range(self.chance.randrange(4)):
                QTest.keyClick(palette.field, self.chance.choice([KEY.Key_Down, KEY.Key_Up, KEY.Key_PageDown]))
            way = self.chance.choice([KEY.Key_Return, KEY.Key_Return, KEY.Key_Return, KEY.Key_Escape, KEY.Key_Tab])
            QTest.keyClick(palette.field, way)
            if palette.isVisible() and self.chance.random() < 0.5:
                rows = palette.list
                if rows.count():
                    at = rows.visualItemRect(rows.item(self.chance.randrange(min(4, rows.count())))).center()
                    QTest.mouseClick(rows.viewport(), LEFT, PLAIN, at)
        if self.canvas.editors.open is not None:
            QTest.keyClick(self.canvas.editors.open, KEY.Key_Escape)
        if self.canvas.quick_add.isVisible():
            self.click(self.spot()) if self.chance.random() < 0.5 else self.canvas.quick_add.close_palette()

    def interfere(self) -> None:
        """Another writer, a run, a key or a lost focus, while a button is down."""
        self.chance.choice(
            [
                self.another_writer, self.another_writer, self.another_writer, self.document.undo, self.document.redo,
                self.run_news, self.focus_lost, self.key_in_between, self.zoom_in_between, self.read_only_for_a_moment,
            ]
        )()  # fmt: skip

    def another_writer(self) -> None:
        w, chance = self.workflow, self.chance
        keys = chance.sample([*w.by_key, *w.notes], min(3, len(w.by_key) + len(w.notes)))
        way = chance.randrange(8)
        try:
            if way == 0 and len(w.nodes) > FEWEST_NODES + 3:
                w = edits.delete(w, keys, heal=chance.random() < 0.5)
            elif way == 1 and w.edges:
                w = edits.disconnect(w, chance.sample(w.edges, min(3, len(w.edges))))
            elif way == 2 and keys:
                w = edits.set_key(w, keys[0], f"renamed_{chance.randrange(10_000)}")
            elif way == 3 and keys:
                names = chance.sample(["yes", "no", "other", "more"], 3)
                cases = [{"name": name, "when": "true"} for name in names]
                w = edits.set_params(w, keys[0], chance.choice([{}, {"cases": cases}, {"hand_offs": names}]))
            elif way == 4 and keys:
                w = edits.set_title(w, keys[0], chance.choice(ODD)[:200])
            elif way == 5:
                w = edits.move(w, {key: (chance.uniform(-900, 2600), chance.uniform(-500, 900)) for key in keys})
            elif way == 6 and w.edges:
                edge = chance.choice(w.edges)
                w = edits.order_edges(w, edge.target, edge.into, chance.sample(w.edges, len(w.edges)))
            elif way == 7:
                w = edits.add(w, Node(key=edits.fresh_key(w, "agent"), type="agent"), (chance.uniform(0, 2000), 500.0))
        except Refused:
            return
        self.document.replace(w)

    def run_news(self) -> None:
        self.faces()

    def focus_lost(self) -> None:
        QApplication.sendEvent(self.canvas.view, QFocusEvent(QEvent.Type.FocusOut))
        QApplication.sendEvent(self.canvas.view.viewport(), QEvent(QEvent.Type.Leave))

    def key_in_between(self) -> None:
        keys = [KEY.Key_Escape, KEY.Key_Escape, KEY.Key_Delete, KEY.Key_F, KEY.Key_Tab, KEY.Key_M, KEY.Key_F2]
        self.key(self.chance.choice(keys), self.chance.choice([PLAIN, CTRL]))

    def zoom_in_between(self) -> None:
        self.wheel(self.spot(), self.chance.choice([-120, 120]))

    def read_only_for_a_moment(self) -> None:
        self.canvas.set_read_only(True)
        self.canvas.set_read_only(False)
