"""A canvas with a document behind it: real mouse and key events in, edits out, and everything compared after each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from designer.canvas import gestures as g
from designer.canvas.canvas import Canvas
from designer.canvas.slots import edge_id
from designer.document import edits
from designer.document.wires import joining
from engine.errors import Refused
from engine.workflow.file import load_text
from engine.workflow.model import Edge, Node, Note, Workflow

LEFT, RIGHT, MIDDLE, NONE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.NoButton,
)
PLAIN, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
TEMPLATE = Path(__file__).parents[3] / "resources" / "templates" / "machine-alarm.workflow.yaml"


def sample() -> Workflow:
    """Eleven nodes of every kind of port: values, tools, errors, a missing type; two frames and a note."""
    nodes = (
        Node(key="read", type="file.read", title="Alarm log", params={"path": "a.csv", "parse": "csv"}),
        Node(key="filter", type="data.pick", title="Last 24 hours"),
        Node(key="facts", type="data.template", title="What is known", params={"text": "x"}),
        Node(key="triage", type="agent", title="Triage agent", params={"model": "small"}),
        Node(key="sql", type="sql.query", title="Machine history"),
        Node(key="manual", type="http.request", title="Search manuals"),
        Node(
            key="severe",
            type="branch",
            title="Is it severe?",
            params={"cases": [{"name": "yes", "when": "true"}, {"name": "no", "when": "false"}]},
        ),
        Node(key="approve", type="gate", title="Stop the line?"),
        Node(key="order", type="file.write", title="Create work order"),
        Node(key="mail", type="data.set", title="Tell the shift lead"),
        Node(key="old", type="vision.ocr", title="Read gauge photo"),
    )
    edges = (
        "read.rows -> filter.input",
        "filter.rows -> facts.input",
        "facts.output -> triage.input",
        "sql.tool -> triage.tools",
        "manual.tool -> triage.tools",
        "triage.result -> severe.input",
        "severe.yes -> approve.input",
        "approve.approved -> order.input",
        "severe.no -> mail.input",
        "triage.error -> mail.input",
    )
    layout = {
        "read": (0, 120),
        "filter": (328, 120),
        "facts": (656, 120),
        "triage": (1064, 96),
        "sql": (976, 424),
        "manual": (1192, 424),
        "severe": (1400, 96),
        "approve": (1760, 0),
        "order": (2104, 0),
        "mail": (1760, 304),
        "old": (328, 424),
    }
    notes = {
        "f1": Note(kind="frame", title="Collect alarms", color="blue", rect=(-24, 48, 960, 328)),
        "f2": Note(kind="frame", title="Decide", color="green", rect=(944, 32, 744, 544)),
        "n1": Note(kind="note", text="**Shift rule 4.2** needs *two* people.", rect=(2104, 288, 256, 96)),
    }
    return Workflow(
        name="sample",
        nodes=nodes,
        edges=tuple(Edge.parse(text) for text in edges),
        layout={key: (float(x), float(y)) for key, (x, y) in layout.items()},
        notes=notes,
    )


def template() -> Workflow:
    """The workflow of the first template."""
    return load_text(TEMPLATE.read_text())


class Desk:
    """Applies gestures to a document as the window does, and keeps what was reported."""

    def __init__(self, workflow: Workflow | None = None) -> None:
        self.canvas = Canvas()
        self.workflow = workflow if workflow is not None else sample()
        self.past: list[Workflow] = []
        self.log: list[Any] = []
        self.refuse = False
        self.canvas.gesture.connect(self.on)
        self.canvas.resize(1400, 800)
        self.canvas.render(self.workflow)
        self.canvas.show()
        self.canvas.activateWindow()
        self.canvas.view.setFocus()
        self.look(0.7, 1300, 300)

    # ---- the document
    def on(self, gesture: g.Gesture) -> None:
        self.log.append(gesture)
        if self.refuse:
            return
        try:
            after = applied(self.workflow, gesture)
        except Refused:
            return
        if after is not self.workflow:
            self.past.append(self.workflow)
            self.show(after)

    def show(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.canvas.render(workflow)

    def undo(self) -> None:
        self.show(self.past.pop())

    @property
    def last(self) -> Any:
        return self.log[-1] if self.log else None

    def has(self, text: str) -> bool:
        return Edge.parse(text) in self.workflow.edges

    def check(self) -> None:
        """The drawing equals the document, and NodeGraphQt has learnt nothing that it could undo."""
        w, d = self.workflow, self.canvas.drawing
        assert set(d.cards) == set(w.by_key)
        assert set(d.boxes) == set(w.notes)
        assert set(d.wires) == {edge_id(edge) for edge in w.edges}
        for key, card in d.cards.items():
            assert near((card.x(), card.y()), w.layout.get(key, (0.0, 0.0))), key
            assert near((card.area().x(), card.area().y()), card.place_now), key
        for key, note in w.notes.items():
            box = d.boxes[key]
            assert near((box.x(), box.y(), box._width, box._height), note.rect), key
        ends = sum(len(port.wires) for card in d.cards.values() for port in card.ports.values())
        assert ends == 2 * len(d.wires)
        for wire in d.wires.values():
            assert wire in wire.source.wires and wire in wire.target.wires
            assert wire.isVisible() or self.canvas.hand.drag is not None
        view, model = self.canvas.view, self.canvas.graph.model
        assert len(view.all_pipes()) == len(d.wires)
        assert len(view.all_nodes()) == len(d.cards) + len(d.boxes)
        assert set(model.nodes) == set(d.cards) | set(d.boxes)
        assert self.canvas.undo_stack.count() == 0

    # ---- where things are
    def look(self, zoom: float, x: float, y: float) -> None:
        self.canvas.view.zoom_at(zoom)
        self.canvas.view.look_to(QPointF(x, y))

    def at(self, x: float, y: float) -> QPoint:
        return self.canvas.view.mapFromScene(QPointF(x, y))

    def on_card(self, key: str, x: float = 120, y: float = 20) -> QPoint:
        item = self.canvas.drawing.item(key)
        assert item is not None
        return self.at(item.x() + x, item.y() + y)

    def port(self, key: str, side: str, name: str) -> QPoint:
        spot = self.canvas.drawing.cards[key].ports[side, name].spot()  # type: ignore[index]
        return self.at(spot.x(), spot.y())

    def wire(self, text: str, part: float = 0.5) -> QPoint:
        wire = self.canvas.drawing.wires[edge_id(Edge.parse(text))]
        return self.canvas.view.mapFromScene(wire.path().pointAtPercent(part))

    # ---- mouse and keys
    def send(self, kind: QEvent.Type, at: QPoint, button: Any = NONE, buttons: Any = NONE, mods: Any = PLAIN) -> None:
        port = self.canvas.view.viewport()
        over = QPointF(port.mapToGlobal(at))
        QApplication.sendEvent(port, QMouseEvent(kind, QPointF(at), over, button, buttons, mods))

    def press(self, at: QPoint, button: Any = LEFT, mods: Any = PLAIN) -> None:
        self.send(QEvent.Type.MouseMove, at, NONE, NONE, mods)
        self.send(QEvent.Type.MouseButtonPress, at, button, button, mods)

    def move(self, at: QPoint, button: Any = LEFT, mods: Any = PLAIN) -> None:
        self.send(QEvent.Type.MouseMove, at, NONE, button, mods)

    def release(self, at: QPoint, button: Any = LEFT, mods: Any = PLAIN) -> None:
        self.send(QEvent.Type.MouseButtonRelease, at, button, NONE, mods)

    def drag(
        self,
        a: QPoint,
        b: QPoint,
        button: Any = LEFT,
        mods: Any = PLAIN,
        steps: int = 8,
        before_drop: Callable[[], None] | None = None,
    ) -> None:
        self.press(a, button, mods)
        for i in range(1, steps + 1):
            self.move(a + (b - a) * (i / steps), button, mods)
        if before_drop is not None:
            before_drop()
        self.release(b, button, mods)

    def click(self, at: QPoint, button: Any = LEFT, mods: Any = PLAIN) -> None:
        self.press(at, button, mods)
        self.release(at, button, mods)

    def double(self, at: QPoint) -> None:
        self.click(at)
        self.send(QEvent.Type.MouseButtonDblClick, at, LEFT, LEFT)
        self.release(at)

    def key(self, key: Qt.Key, mods: Any = PLAIN) -> None:
        QTest.keyClick(self.canvas.view, key, mods)

    def wheel(self, at: QPoint, delta: int = 0, mods: Any = PLAIN, pixels: QPoint | None = None) -> None:
        port = self.canvas.view.viewport()
        event = QWheelEvent(
            QPointF(at),
            QPointF(port.mapToGlobal(at)),
            pixels or QPoint(),
            QPoint(0, delta),
            NONE,
            mods,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(port, event)

    def menu(self, at: QPoint, reason: Any = QContextMenuEvent.Reason.Mouse) -> None:
        port = self.canvas.view.viewport()
        QApplication.sendEvent(port, QContextMenuEvent(reason, at, port.mapToGlobal(at)))

    def drop(self, at: QPoint, urls: list[str] | None = None, text: str = "") -> None:
        data = QMimeData()
        if urls:
            data.setUrls([QUrl.fromLocalFile(url) for url in urls])
        if text:
            data.setText(text)
        port = self.canvas.view.viewport()
        QApplication.sendEvent(port, QDragEnterEvent(at, Qt.DropAction.CopyAction, data, LEFT, PLAIN))
        QApplication.sendEvent(port, QDropEvent(QPointF(at), Qt.DropAction.CopyAction, data, LEFT, PLAIN))


def near(drawn: tuple[float, ...], written: tuple[float, ...]) -> bool:
    """The same place: Qt does not move an item by less than a millionth of a millionth of where it is."""
    return all(abs(one - other) < 1e-6 for one, other in zip(drawn, written, strict=True))


def applied(w: Workflow, gesture: g.Gesture) -> Workflow:
    """What the window's actions make of a gesture."""
    match gesture:
        case g.Move(positions):
            return edits.move(w, positions)
        case g.Nudge(keys, dx, dy):
            return edits.nudge(w, keys, dx, dy)
        case g.Connect(edge):
            return edits.connect(w, edge)
        case g.Disconnect(gone):
            return edits.disconnect(w, gone)
        case g.Replug(edge, new):
            return edits.replug(w, edge, new)
        case g.Delete(keys, heal):
            return edits.delete(w, keys, heal)
        case g.Insert(key, edge, at):
            return edits.insert(w, key, edge, at)
        case g.Rename(key, title):
            return edits.set_note(w, key, title=title) if key in w.notes else edits.set_title(w, key, title)
        case g.EditNote(key, text):
            return edits.set_note(w, key, text=text)
        case g.Resize(key, rect):
            return edits.resize(w, key, rect)
        case g.SetMode(keys, mode):
            return edits.set_mode(w, keys, mode)
        case g.AddNode(type_name, at, end):
            key = edits.fresh_key(w, type_name)
            new = edits.add(w, Node(key=key, type=type_name), at)
            edge = joining(new, end, key) if end is not None else None
            return edits.connect(new, edge) if edge is not None else new
        case g.Drop(urls, _, at):
            for i, url in enumerate(urls):
                key = edits.fresh_key(w, "file.read")
                node = Node(key=key, type="file.read", title=QUrl(url).fileName(), params={"path": url})
                w = edits.add(w, node, (at[0] + 24 * i, at[1] + 24 * i))
            return w
    return w
