"""A person who does anything at all on the drawing: random gestures by real mouse and key events, on the real undo
stack and with the window's own meaning of each gesture; the facts of `monkey_facts` are compared after every one.

A day (`Day`) is a canvas of its own, some hundred gestures, then undo to the first workflow and redo to the last.
`python -m tests.designer.canvas.monkey --seed 3 --days 4` plays days again; the same numbers give the same gestures.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import gc
import itertools
import json
import os
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QMessageLogContext, QPoint, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from designer import theme
from designer.actions.gesture_edits import edited
from designer.canvas import gestures as g
from designer.document import edits
from designer.document.clipboard import copy_text, read_text
from designer.document.document import Document
from designer.document.wires import ends_that_fit
from designer.engine_link.faces import Face
from designer.main_window.drops import dropped
from designer.main_window.node_list import NODE_TEXT
from engine.checks.problem import Problem
from engine.errors import Refused
from engine.workflow.canonical import to_json
from engine.workflow.model import Node, Workflow
from tests.designer.canvas import monkey_facts as facts
from tests.designer.canvas.desk import ALT, CTRL, LEFT, MIDDLE, NONE, PLAIN, RIGHT, SHIFT, Desk, sample, template

GESTURES_A_DAY = 250
MOST_NODES, FEWEST_NODES = 60, 6
NONE_MAY_FALL = 200
"""So many references of None may be missing at the end: more would be a binding that steals them."""
HARMLESS = ("This plugin does not support propagateSizeHints()", "This plugin does not support raise()")
ODD = (
    "(", "[a-", "\\", "*+?", "ä ö ß", "日本語", "🙂🙂", "\u202eabc", "   ", "%s {0} {x}", "<b>&amp;", "{{ steps.a }}",
    "'; --", "x" * 250, "agent", "file", "if", "", "a\u0301", "# -", "zzzz",
)  # fmt: skip
STATUS = ("idle", "pending", "running", "waiting", "asking", "done", "failed", "skipped", "cancelled", "reused")
KEY = Qt.Key


@dataclass
class Figures:
    """What a walk amounted to."""

    gestures: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)
    undone: int = 0
    most_nodes: int = 0
    faults: list[str] = field(default_factory=list)
    none_least: int = 0
    """How many references of None were missing after a day, at worst."""
    most_megabytes: int = 0
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """Gestures in all."""
        return sum(self.gestures.values())

    def add(self, other: Figures) -> None:
        """Take another walk in."""
        self.gestures += other.gestures
        self.reported += other.reported
        self.undone += other.undone
        self.most_nodes = max(self.most_nodes, other.most_nodes)
        self.faults += other.faults
        self.none_least = min(self.none_least, other.none_least)
        self.most_megabytes = max(self.most_megabytes, other.most_megabytes)
        self.seconds += other.seconds

    def as_json(self) -> dict[str, Any]:
        """To be kept between parts of a sweep."""
        return dict(vars(self))

    @classmethod
    def of(cls, data: dict[str, Any]) -> Figures:
        """Read again."""
        return cls(**{**data, "gestures": Counter(data["gestures"]), "reported": Counter(data["reported"])})

    def words(self) -> str:
        """All figures."""
        reported = ", ".join(f"{name} {count}" for name, count in self.reported.most_common())
        return (
            f"{self.count} gestures of {len(self.gestures)} kinds, {len(self.faults)} faults; {self.undone} steps "
            f"undone and redone, at most {self.most_nodes} nodes, {self.most_megabytes} MB, references of None at "
            f"worst {self.none_least:+d}, {self.seconds:.0f} s\nreported: {reported}"
        )


class Day(Desk):
    """One canvas, one document, one stream of chance."""

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

    # ---- gestures: the mouse
    def move_node(self) -> None:
        self.drag(self.a_node(), self.spot(), mods=self.chance.choice([PLAIN, PLAIN, ALT]), steps=3)

    def move_many(self) -> None:
        self.key(KEY.Key_A, CTRL)
        start = self.a_node()
        self.drag(start, start + QPoint(self.chance.randrange(-90, 90), self.chance.randrange(-60, 60)), steps=2)

    def wire_to_port(self) -> None:
        self.drag(self.a_port(), self.a_port(), steps=3)

    def wire_that_fits(self) -> None:
        """From an output to an input that takes it."""
        w, outs = self.workflow, []
        for key, card in self.canvas.drawing.cards.items():
            outs += [(key, name) for side, name in card.ports if side == "out"]
        for key, name in self.chance.sample(outs, min(6, len(outs))):
            other = self.chance.choice([*w.by_key])
            drawn = self.canvas.drawing.cards[other].ports
            fitting = [one for one in ends_that_fit(w, key, name, "out", other) if ("in", one) in drawn]
            if fitting and other != key:
                ends = [self.port(key, "out", name), self.port(other, "in", self.chance.choice(fitting))]
                self.drag(*(ends if self.chance.random() < 0.6 else ends[::-1]), steps=3)
                return

    def wire_to_node(self) -> None:
        self.drag(self.a_port(), self.a_node(), steps=3)

    def wire_into_nothing(self) -> None:
        self.drag(self.a_port(), self.spot(), steps=3)
        self.finish()

    def pull_an_end(self) -> None:
        self.drag(self.a_wire(), self.chance.choice([self.a_port, self.a_port, self.a_node, self.spot])(), steps=3)

    def cut_stroke(self) -> None:
        way = self.chance.choice([(RIGHT, CTRL), (LEFT, ALT | SHIFT)])
        self.drag(self.spot(), self.spot(), *way, steps=4)

    def drop_on_wire(self) -> None:
        """A new node, dragged onto a wire."""
        w = self.workflow
        key = edits.fresh_key(w, "data.set")
        at = self.canvas.view.mapToScene(self.spot())
        self.edit(lambda now: edits.add(now, Node(key=key, type="data.set"), (round(at.x()), round(at.y()))))
        self.drag(self.on_card(key, 120, 26), self.a_wire(), steps=4)

    def delete_node(self) -> None:
        self.click(self.chance.choice([self.a_node, self.a_node, self.a_box])())
        if len(self.workflow.nodes) > FEWEST_NODES:
            self.key(self.chance.choice([KEY.Key_Delete, KEY.Key_Backspace]), self.chance.choice([PLAIN, CTRL]))

    def delete_wire(self) -> None:
        self.click(self.a_wire())
        if self.canvas.selected_edge() is not None:
            self.key(KEY.Key_Delete)

    def rubber_band(self) -> None:
        self.drag(self.spot(), self.spot(), mods=self.chance.choice([PLAIN, SHIFT, CTRL]), steps=3)

    def click_about(self) -> None:
        self.click(self.anything(), self.chance.choice([LEFT, LEFT, RIGHT, MIDDLE]), self.mods())

    def double_click(self) -> None:
        self.double(self.anything())
        self.finish()

    def hover(self) -> None:
        for _ in range(3):
            self.send(QEvent.Type.MouseMove, self.anything())
        if self.chance.random() < 0.3:
            self.canvas.hover.tell()

    def wheel_about(self) -> None:
        pixels = self.chance.choice([None, None, None, QPoint(7, -31)])
        self.wheel(
            self.spot(), self.chance.choice([-360, -120, 120, 240]), self.chance.choice([PLAIN, CTRL, SHIFT]), pixels
        )

    def pan(self) -> None:
        if self.chance.random() < 0.5:
            self.drag(self.anything(), self.spot(), MIDDLE, steps=2)
            return
        QTest.keyPress(self.canvas.view, KEY.Key_Space)
        self.drag(self.anything(), self.spot(), steps=2)
        QTest.keyRelease(self.canvas.view, KEY.Key_Space)

    def resize_box(self) -> None:
        boxes = [*self.canvas.drawing.boxes.values()]
        if boxes:
            box = self.chance.choice(boxes)
            start = self.at(box.x() + box._width - 6, box.y() + box._height - 6)
            way = QPoint(self.chance.randrange(-150, 150), self.chance.randrange(-150, 150))
            self.drag(start, start + way, mods=self.chance.choice([PLAIN, ALT]), steps=3)

    def move_box(self) -> None:
        self.drag(self.a_box(), self.spot(), steps=3)

    def menu_about(self) -> None:
        self.menu(self.anything())
        self.finish()

    def minimap(self) -> None:
        small = self.canvas.minimap
        self.canvas.set_minimap(self.chance.random() < 0.8)
        if small.isVisible():
            QTest.mouseClick(small, LEFT, PLAIN, QPoint(self.chance.randrange(208), self.chance.randrange(132)))

    # ---- gestures: what goes wrong between press and release
    def interrupted(self) -> None:
        """The document, the focus or the mode changes with the mouse down, then the drag goes on."""
        button, mods = self.chance.choice([(LEFT, PLAIN), (LEFT, PLAIN), (LEFT, SHIFT), (RIGHT, CTRL), (MIDDLE, PLAIN)])
        self.press(self.anything(), button, mods)
        for _ in range(self.chance.randrange(3)):
            self.move(self.anything(), button, mods)
        self.interfere()
        for _ in range(self.chance.randrange(3)):
            self.move(self.anything(), button, mods)
        if self.chance.random() < 0.3:
            self.interfere()
        self.release(self.anything(), button, mods)
        self.finish()

    def escaped(self) -> None:
        self.press(self.anything())
        self.move(self.spot())
        self.key(KEY.Key_Escape)
        self.move(self.spot())
        self.release(self.spot())
        self.finish()

    def two_buttons(self) -> None:
        self.press(self.anything())
        self.move(self.anything())
        self.send(QEvent.Type.MouseButtonPress, self.anything(), RIGHT, LEFT | RIGHT)
        self.move(self.spot())
        self.send(QEvent.Type.MouseButtonRelease, self.spot(), RIGHT, LEFT)
        self.release(self.spot())
        self.finish()

    def lost_release(self) -> None:
        """The button was let go over another window."""
        self.press(self.anything())
        self.move(self.anything())
        self.send(QEvent.Type.MouseMove, self.anything(), NONE, NONE)
        self.click(self.spot())
        self.finish()

    def at_the_border(self) -> None:
        """A drag waits at the border of the view, which creeps along."""
        self.press(self.anything())
        self.move(self.spot())
        self.move(QPoint(self.chance.choice([2, self.canvas.view.viewport().width() - 2]), 300))
        for _ in range(3):
            self.canvas.hand._creep()
        self.release(self.spot())
        self.finish()

    # ---- gestures: keys
    def quick_add(self) -> None:
        self.send(QEvent.Type.MouseMove, self.spot())
        self.key(KEY.Key_Tab)
        self.finish()

    def undo(self) -> None:
        for _ in range(self.chance.choice([1, 1, 2, 5])):
            self.document.undo()

    def redo(self) -> None:
        for _ in range(self.chance.choice([1, 1, 3])):
            self.document.redo()

    def rename(self) -> None:
        self.click(self.chance.choice([self.a_node, self.a_box])())
        self.key(self.chance.choice([KEY.Key_F2, KEY.Key_Return]))
        self.finish()

    def mode_keys(self) -> None:
        self.click(self.a_node(), mods=self.chance.choice([PLAIN, SHIFT]))
        self.key(self.chance.choice([KEY.Key_M, KEY.Key_B]))

    def walk(self) -> None:
        arrow = self.chance.choice([KEY.Key_Left, KEY.Key_Right, KEY.Key_Up, KEY.Key_Down])
        for _ in range(3):
            self.key(arrow, self.chance.choice([PLAIN, PLAIN, SHIFT, ALT]))

    def nudge(self) -> None:
        self.click(self.a_node())
        self.key(self.chance.choice([KEY.Key_Left, KEY.Key_Down]), self.chance.choice([CTRL, CTRL | SHIFT]))

    def look_keys(self) -> None:
        self.key(self.chance.choice([KEY.Key_F, KEY.Key_0, KEY.Key_1, KEY.Key_Period, KEY.Key_Plus, KEY.Key_Minus]))

    # ---- gestures: things dropped, the window's commands
    def drop_things(self) -> None:
        file = self.chance.choice(["/tmp/a.csv", "/tmp/b c.json", "/tmp/m.gguf", "/tmp/ä.png", "/no/such.bin"])
        text = self.chance.choice(
            [
                NODE_TEXT + "agent",
                NODE_TEXT + "nothing",
                "junk: [",
                "",
                copy_text(self.workflow, [*self.workflow.by_key][:2]),
            ]
        )
        if self.chance.random() < 0.5:
            self.drop(self.spot(), [file, "/tmp/second.txt"][: self.chance.randrange(1, 3)])
        else:
            self.drop(self.spot(), text=text)

    def command(self) -> None:
        """Duplicate, paste, frame, note, tidy, align: as the window does them."""
        chosen, sizes, chance = self.canvas.selected(), self.canvas.card_sizes(), self.chance
        at = self.canvas.view.mapToScene(self.spot())
        place = (float(round(at.x())), float(round(at.y())))
        way = chance.randrange(6)
        if way == 0:
            self.edit(lambda w: edits.duplicate(w, chosen)[0])
        elif way == 1:
            text = copy_text(self.workflow, chosen)
            if text:
                self.edit(lambda w: edits.paste(w, read_text(text), place)[0])
        elif way == 2:
            self.edit(lambda w: edits.frame(w, chosen, sizes, "Frame")[0])
        elif way == 3:
            after, key = edits.add_note(self.workflow, place, "")
            self.document.edit(after)
            self.canvas.select((key,))
            self.canvas.start_rename(key)
            self.finish()
        elif way == 4:
            self.edit(lambda w: edits.tidy(w, sizes, chosen if len(chosen) > 1 else None))
        else:
            self.edit(lambda w: edits.align(w, chosen, chance.choice(["left", "middle"]), sizes))

    # ---- gestures: what others do
    def writer(self) -> None:
        self.another_writer()

    def faces(self) -> None:
        """A run goes on, or is left."""
        chance, found = self.chance, {}
        if chance.random() < 0.8:
            for key in self.workflow.by_key:
                status = chance.choice(STATUS)
                preview = chance.choice([(), ("a",), ("a", "b", "c")])
                found[key] = Face(status, words=status, preview=preview, attempt=chance.choice(["", "2/5"]))  # type: ignore[arg-type]
        self.canvas.show_faces(found, running=chance.random() < 0.7)
        self.canvas.live.breathe()
        faults = {
            key: [
                Problem(severity=chance.choice(["error", "warning"]), code="x", node=key, sentence="No.", remedy="Do.")
            ]
            for key in chance.sample([*self.workflow.by_key], min(2, len(self.workflow.nodes)))
        }
        self.canvas.show_problems(faults)

    def read_only(self) -> None:
        """Nothing that is done to a drawing at which one only looks is an edit."""
        self.canvas.set_read_only(True)
        before, steps = self.workflow, self.document.undo_stack.index()
        for _ in range(3):
            self.chance.choice(
                [self.move_node, self.wire_into_nothing, self.pull_an_end, self.cut_stroke, self.delete_node,
                 self.rename, self.mode_keys, self.nudge, self.double_click, self.resize_box, self.quick_add]
            )()  # fmt: skip
        assert self.workflow is before and self.document.undo_stack.index() == steps, "an edit while only looking"
        self.canvas.set_read_only(False)

    def resize_window(self) -> None:
        self.canvas.resize(*self.chance.choice([(1400, 800), (640, 400), (1920, 1080), (90, 60)]))
        self.canvas.fit()
        self.canvas.resize(1400, 800)

    def other_theme(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, "light" if theme.scheme() == "dark" else "dark")

    def picture(self) -> None:
        assert not self.canvas.grab_image(0.1).isNull()

    def select_by_name(self) -> None:
        keys = self.chance.sample([*self.workflow.by_key, *self.workflow.notes, "gone"], 2)
        self.canvas.select(keys)
        self.chance.choice([lambda: self.canvas.zoom_to(keys), lambda: self.canvas.centre(keys[0])])()

    # ---- a day
    def play(self, gestures: int) -> None:
        """So many gestures, then back to the start and forth again."""
        names, weights = zip(*WEIGHTS.items(), strict=True)
        for number in range(gestures):
            name = self.chance.choices(names, weights)[0]
            self.figures.gestures[name] += 1
            self.doing = name
            getattr(self, name)()
            self.compare(number)
            self.figures.most_nodes = max(self.figures.most_nodes, len(self.workflow.nodes))
            if len(self.workflow.nodes) > MOST_NODES:
                self.document.replace(sample())
        self.back_and_forth()

    def compare(self, number: int) -> None:
        """All facts; the dearer ones now and then."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        if number % 8 == 0:
            app.processEvents()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        del self.log[:]
        self.check()
        facts.whole(self.workflow)
        facts.at_rest(self.canvas)
        if number % 10 == 0:
            facts.scene_is_drawn(self.canvas)
            facts.kept(self.workflow)

    def back_and_forth(self) -> None:
        """Undo leads to the first workflow, redo to the last, and both are drawn."""
        stack, last = self.document.undo_stack, self.workflow
        while stack.canRedo():
            self.document.redo()
        last, steps = self.workflow, stack.index()
        while stack.canUndo():
            self.document.undo()
            self.check()
        self.figures.undone += steps
        assert steps == 500 or to_json(self.workflow) == to_json(self.first), "undo does not lead to the start"
        for _ in range(steps):
            self.document.redo()
        assert self.workflow is last, "redo does not lead to the end"
        self.check()
        facts.at_rest(self.canvas)

    def close(self) -> None:
        """The tab is closed."""
        self.document.changed.disconnect()
        self.canvas.close_canvas()
        self.canvas.close()
        self.canvas.deleteLater()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()


WEIGHTS = {
    "move_node": 9, "move_many": 1, "wire_to_port": 4, "wire_that_fits": 9, "wire_to_node": 4, "wire_into_nothing": 6,
    "pull_an_end": 8, "cut_stroke": 3, "drop_on_wire": 3, "delete_node": 4, "delete_wire": 3, "rubber_band": 3,
    "click_about": 4, "double_click": 3, "hover": 3, "wheel_about": 4, "pan": 3, "resize_box": 2, "move_box": 3,
    "menu_about": 2, "minimap": 1, "interrupted": 8, "escaped": 2, "two_buttons": 2, "lost_release": 2,
    "at_the_border": 1, "quick_add": 4, "undo": 8, "redo": 4, "rename": 3, "mode_keys": 2, "walk": 2, "nudge": 2,
    "look_keys": 3, "drop_things": 2, "command": 5, "writer": 4, "faces": 4, "read_only": 2, "resize_window": 0.5,
    "other_theme": 0.2, "picture": 0.5, "select_by_name": 1,
}  # fmt: skip


@contextlib.contextmanager
def overheard() -> Iterator[list[str]]:
    """Exceptions in slots and events, and what Qt says."""
    heard: list[str] = []

    def failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        heard.append("in a slot: " + "".join(traceback.format_exception(kind, error, trace)))

    def said(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and not any(part in text for part in HARMLESS):
            heard.append(f"Qt says: {text}")

    hook, unraisable = sys.excepthook, sys.unraisablehook
    before = qInstallMessageHandler(said)
    sys.excepthook = failed
    sys.unraisablehook = lambda found: heard.append(f"unraisable: {found.exc_value!r} in {found.object!r}")
    try:
        yield heard
    finally:
        sys.excepthook, sys.unraisablehook = hook, unraisable
        qInstallMessageHandler(before)


def play_day(seed: int, day: int, gestures: int = GESTURES_A_DAY) -> Figures:
    """One day on a new canvas; what was found amiss is in `faults`, with what to play again."""
    figures = Figures()
    began, before = time.perf_counter(), facts.alive()
    none = sys.getrefcount(None)
    with overheard() as heard:
        live = Day(seed, day, figures)
        try:
            live.play(gestures)
            expected = before + facts.drawn(live.canvas)
            if facts.alive() != expected:
                figures.faults.append(f"alive {dict(facts.alive())}, drawn {dict(expected)}")
        except Exception as error:
            heard.append(f"gesture {figures.count}, {live.doing}: {error!r}\n{traceback.format_exc()}")
        finally:
            live.close()
        del live
        gc.collect()
    after = facts.alive()
    if after != before and not heard:
        heard.append(f"left behind by the closed canvas: {dict(after - before)}")
    figures.none_least = min(0, sys.getrefcount(None) - none)
    if figures.none_least < -NONE_MAY_FALL:
        heard.append(f"{-figures.none_least} references of None were lost")
    figures.faults += [f"seed {seed} day {day}: {text}" for text in heard]
    figures.seconds = time.perf_counter() - began
    figures.most_megabytes = psutil.Process().memory_info().rss // 2**20
    return figures


def main() -> int:
    """Play days from the command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--first", type=int, default=0, help="the number of the first day")
    asked.add_argument("--days", type=int, default=1)
    asked.add_argument("--gestures", type=int, default=GESTURES_A_DAY)
    asked.add_argument("--json", type=Path, help="write the figures here")
    options = asked.parse_args()
    faulthandler.enable()
    app = QApplication.instance() or QApplication(["monkey"])
    assert isinstance(app, QApplication)
    theme.apply(app, "dark")
    total = Figures()
    for day in range(options.first, options.first + options.days):
        found = play_day(options.seed, day, options.gestures)
        total.add(found)
        for fault in found.faults:
            print(fault, flush=True)
        print(f"seed {options.seed} day {day}: {found.count} gestures, {len(found.faults)} faults, "
              f"{found.seconds:.1f} s, {found.most_megabytes} MB", flush=True)  # fmt: skip
    print(total.words())
    if options.json:
        options.json.write_text(json.dumps(total.as_json()))
    return 1 if total.faults else 0


if __name__ == "__main__":
    sys.exit(main())
