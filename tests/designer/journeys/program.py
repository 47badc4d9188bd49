"""The real window with the real engine process, and a person's hands: mouse, keys, and eyes that wait for facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QWidget

from designer.app import open_window
from designer.document.files import export_file
from designer.main_window.inputs_dialog import InputsDialog
from designer.main_window.window import MainWindow
from designer.people.dialog import ApprovalDialog
from designer.widgets import Toast
from engine.run.events import Event
from engine.settings import load
from engine.store import DATA_FILE, Lease, RunRow, Store, open_store
from engine.workflow.model import Workflow

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PATIENCE_S = 20.0


class _Flashes(QObject):
    """Widgets that were windows of their own for a moment: on a desktop they flash and take the focus away."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            if watched.windowType() == Qt.WindowType.Window and not isinstance(watched, MainWindow):
                self.seen.append(f"{type(watched).__name__} {watched.objectName()} {watched.toolTip()}")
        return False


class Program:
    """One start of the designer on a data folder."""

    def __init__(self, app: QApplication, data_dir: Path, size: tuple[int, int] = (1366, 768)) -> None:
        self.app, self.data_dir = app, data_dir
        self.flashes = _Flashes()
        app.installEventFilter(self.flashes)
        window = open_window(app, data_dir)
        assert isinstance(window, MainWindow)
        self.window = window
        window.resize(*size)
        window.activateWindow()
        self.until(window.isActiveWindow, "the window did not become the active one")
        self.until(lambda: window.link.status.works)

    # ---- waiting and looking
    def until(self, fact: Callable[[], object], what: str = "") -> None:
        """Live on until something is true."""
        ends = time.monotonic() + PATIENCE_S
        while not fact():
            assert time.monotonic() < ends, (
                f"{what or 'what the journey waits for did not come true'}; said: {self.said()!r}"
            )
            self.app.processEvents()
            time.sleep(0.002)

    def settle(self) -> None:
        """Let everything that is due now happen."""
        for _ in range(5):
            self.app.processEvents()

    def kept(self) -> None:
        """Wait until the draft on disk is what is drawn."""
        self.until(lambda: self.window.desk.autosave.state.name == "saved" and self.window.desk.draft.id)
        self.settle()

    def says(self, part: str) -> None:
        """Wait until a message at the window's edge has these words."""
        self.until(lambda: part in self.said(), f"{part!r} is not said")

    def said(self) -> str:
        """The messages at the window's edge."""
        toasts = [toast for toast in self.window.findChildren(Toast) if toast.isVisible()]
        return "\n".join(words.text().replace("\u200b", "") for toast in toasts for words in toast.findChildren(QLabel))

    @property
    def workflow(self) -> Workflow:
        """What is drawn."""
        return self.window.desk.workflow

    # ---- facts: what the data folder holds
    @contextmanager
    def store(self) -> Iterator[Store]:
        """The data file as a client sees it."""
        store = open_store(self.data_dir / DATA_FILE, role="client")
        try:
            yield store
        finally:
            store.close()

    def runs(self) -> list[RunRow]:
        """Every run, the newest first."""
        with self.store() as store:
            return store.journal.runs()

    def events(self, run: str | None = None) -> list[Event]:
        """The journal of a run; of the newest one without an id."""
        with self.store() as store:
            return list(store.journal.events(run or store.journal.runs()[0].id))

    def draft(self) -> Workflow:
        """The open document as it is kept."""
        with self.store() as store:
            kept = store.drafts.get(self.window.desk.draft.id)
            assert kept is not None
            return kept.workflow

    @property
    def files(self) -> Path:
        """The folder that workflows write into."""
        return load(self.data_dir).workspace_dir(self.data_dir)

    # ---- hands
    def wake(self) -> None:
        """A desktop gives the focus back to the window when a dialog closes; the offscreen screen does not."""
        if self.app.activeWindow() is None:
            self.window.activateWindow()
            self.until(lambda: self.app.activeWindow() is not None, "no window is active")

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        """Press a key where the focus is."""
        self.wake()
        self.settle()
        QTest.keyClick(self.app.focusWidget() or self.window, key, modifiers)
        self.settle()

    def type(self, text: str) -> None:
        """Type where the focus is."""
        focus = self.app.focusWidget()
        assert focus is not None
        QTest.keyClicks(focus, text)
        self.settle()

    def field(self, *path: str | int) -> QWidget:
        """Put the caret into the field of a param in the inspector."""
        self.wake()
        self.window.inspector.node.focus_path(("params", *path))
        self.settle()
        focus = self.app.focusWidget()
        assert focus is not None and self.window.inspector.isAncestorOf(focus), focus
        return focus

    def write(self, text: str, *path: str | int) -> None:
        """Type a text into the field of a param, in place of what was there."""
        self.field(*path)
        self.key(Qt.Key.Key_A, CTRL)
        self.type(text)
        self.key(Qt.Key.Key_Escape)  # a completion list that is open
        self.window.inspector.flush()
        self.settle()

    def press(self, text: str, inside: QWidget | None = None) -> None:
        """Click the button with these words, which may be about to appear."""
        self.until(lambda: bool(self.buttons(text, inside)), f"there is no button {text!r}")
        button = self.button(text, inside)
        self.until(button.isEnabled, f"{text!r} cannot be pressed")
        QTest.mouseClick(button, LEFT)
        self.settle()

    def buttons(self, text: str, inside: QWidget | None = None) -> list[QAbstractButton]:
        """The buttons with these words that are to be seen."""
        return [
            button
            for button in (inside or self.window).findChildren(QAbstractButton)
            if button.text().replace("&", "") == text and button.isVisible()
        ]

    def button(self, text: str, inside: QWidget | None = None) -> QAbstractButton:
        """The button with these words."""
        found = self.buttons(text, inside)
        assert found, f"there is no button {text!r}"
        return found[0]

    # ---- whole strokes
    def opened(self, path: Path) -> None:
        """Open a workflow file, as Import does once a file is chosen."""
        before = self.window.desk.draft.id
        self.window.desk.import_path(path)
        self.until(lambda: self.window.desk.draft.id != before and self.window.drawing.isVisible(), "it did not open")
        self.checked()

    def given(self, workflow: Workflow) -> Path:
        """Write a workflow into a file and open it; the file."""
        path = self.data_dir.parent / f"{workflow.name}.workflow.yaml"
        export_file(workflow, path)
        self.opened(path)
        return path

    def checked(self) -> None:
        """Wait until the checks have seen what is drawn."""
        seen: list[object] = []
        connection = self.window.checker.found.connect(lambda problems, workflow: seen.append(workflow))
        self.window.checker.check(self.workflow)
        self.until(lambda: seen and seen[-1] is self.workflow, "the checks did not come")
        self.window.checker.found.disconnect(connection)

    def find(self, text: str) -> None:
        """Ctrl+K, some words, Enter."""
        self.key(Qt.Key.Key_K, CTRL)
        self.type(text)
        self.key(Qt.Key.Key_Return)

    def run(self) -> str:
        """Ctrl+Enter on the drawing; the new run's id."""
        live = self.window.showing.live
        before = live.run if live is not None else ""
        self.window.drawing.canvas.setFocus()
        self.key(Qt.Key.Key_Return, CTRL)
        return self.begun(before)

    def begun(self, before: str = "") -> str:
        """Wait until another run than `before` is shown and has begun; its id."""

        def fact() -> bool:
            live = self.window.showing.live
            return live is not None and live.run != before and live.main.started > 0

        self.until(fact, "no run began")
        assert self.window.showing.live is not None
        return self.window.showing.live.run

    # ---- on the canvas
    @property
    def canvas(self) -> QWidget:
        """What receives the mouse there."""
        return self.window.drawing.canvas.view.viewport()

    def at(self, place: QPointF) -> QPoint:
        """A place of the drawing on the screen."""
        return self.window.drawing.canvas.view.mapFromScene(place)

    def card(self, key: str) -> QPoint:
        """The head of a card, where it is grabbed."""
        item = self.window.drawing.canvas.drawing.cards[key]
        return self.at(item.mapToScene(QPointF(120, 40)))

    def port(self, key: str, name: str, out: bool) -> QPoint:
        """The middle of a port."""
        item = self.window.drawing.canvas.drawing.cards[key]
        ports = item.outputs if out else item.inputs
        found = next(port for port in ports if port.name == name)
        return self.at(found.sceneBoundingRect().center())

    def drag(self, start: QPoint, end: QPoint) -> None:
        """Press, move in steps, release."""
        self._mouse(QMouseEvent.Type.MouseButtonPress, start, LEFT)
        for step in range(1, 9):
            self._mouse(QMouseEvent.Type.MouseMove, start + (end - start) * step / 8, LEFT)
        self._mouse(QMouseEvent.Type.MouseButtonRelease, end, NONE)
        self.settle()

    def click(self, place: QPoint) -> None:
        """One click."""
        QTest.mouseClick(self.canvas, LEFT, PLAIN, place)
        self.settle()

    def double_click(self, place: QPoint) -> None:
        """Two clicks in a row."""
        QTest.mouseClick(self.canvas, LEFT, PLAIN, place)
        QTest.mouseDClick(self.canvas, LEFT, PLAIN, place)
        self.settle()

    def _mouse(self, kind: QMouseEvent.Type, at: QPoint, held: Qt.MouseButton) -> None:
        button = NONE if kind == QMouseEvent.Type.MouseMove else LEFT
        place = QPointF(at)
        event = QMouseEvent(kind, place, QPointF(self.canvas.mapToGlobal(at)), button, held, PLAIN)
        self.app.sendEvent(self.canvas, event)
        self.app.processEvents()

    # ---- runs and people
    @property
    def dialog(self) -> QDialog:
        """The dialog that is open."""
        found = [dialog for dialog in self.window.findChildren(QDialog) if dialog.isVisible()]
        assert found, "no dialog is open"
        return found[-1]

    def inputs(self) -> InputsDialog:
        """Wait for the dialog that asks for a run's inputs."""

        def asked() -> list[InputsDialog]:
            return [one for one in self.window.findChildren(InputsDialog) if one.isActiveWindow()]

        self.until(asked, "nothing was asked")
        return asked()[0]

    def question(self) -> ApprovalDialog:
        """Wait for a question and open its dialog, as the run panel does."""
        self.until(lambda: self.window.link.questions, "no question came")
        self.window.open_question(self.window.link.questions[0].id)
        self.settle()
        dialog = self.dialog
        assert isinstance(dialog, ApprovalDialog)
        return dialog

    def ended(self) -> str:
        """Wait for the shown run's end; how it ended."""
        self.until(lambda: self.window.showing.live is not None and self.window.showing.live.ended, "the run went on")
        assert self.window.showing.live is not None
        return self.window.showing.live.main.status

    def kill_engine(self) -> int:
        """End the engine process as a power cut would; its process id."""
        holder = Lease.info(self.data_dir)
        assert holder is not None
        psutil.Process(holder.pid).kill()
        return holder.pid

    # ---- ends
    def close(self) -> None:
        """Close the window as a person does."""
        self.window.close()
        self.settle()
        self.app.removeEventFilter(self.flashes)
        assert not self.flashes.seen, f"shown as windows of their own: {self.flashes.seen}"

    def stop(self) -> None:
        """End the engine, then close."""
        self.window.link.stop_engine()
        self.until(lambda: Lease.info(self.data_dir) is None, "the engine did not end")
        self.close()
