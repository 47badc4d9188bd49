"""All that the monkey can do, by name, and how often it does it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from designer import theme
from designer.document import edits
from designer.document.clipboard import copy_text, read_text
from designer.document.wires import ends_that_fit
from designer.engine_link.faces import Face
from designer.main_window.node_list import NODE_TEXT
from engine.checks.problem import Problem
from engine.workflow.model import Node
from tests.designer.canvas.desk import ALT, CTRL, LEFT, MIDDLE, NONE, PLAIN, RIGHT, SHIFT
from tests.designer.canvas.monkey_window import FEWEST_NODES, KEY, Window

STATUS = ("idle", "pending", "running", "waiting", "asking", "done", "failed", "skipped", "cancelled", "reused")


class Gestures(Window):
    """Each method is one thing that a person, another writer or a run does."""

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


WEIGHTS = {
    "move_node": 9, "move_many": 1, "wire_to_port": 4, "wire_that_fits": 9, "wire_to_node": 4, "wire_into_nothing": 6,
    "pull_an_end": 8, "cut_stroke": 3, "drop_on_wire": 3, "delete_node": 4, "delete_wire": 3, "rubber_band": 3,
    "click_about": 4, "double_click": 3, "hover": 3, "wheel_about": 4, "pan": 3, "resize_box": 2, "move_box": 3,
    "menu_about": 2, "minimap": 1, "interrupted": 8, "escaped": 2, "two_buttons": 2, "lost_release": 2,
    "at_the_border": 1, "quick_add": 4, "undo": 8, "redo": 4, "rename": 3, "mode_keys": 2, "walk": 2, "nudge": 2,
    "look_keys": 3, "drop_things": 2, "command": 5, "writer": 4, "faces": 4, "read_only": 2, "resize_window": 0.5,
    "other_theme": 0.2, "picture": 0.5, "select_by_name": 1,
}  # fmt: skip
