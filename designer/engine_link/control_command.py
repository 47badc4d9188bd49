"""`signalboxctl` as a child process: how the window learns of, and changes, what only the command line program does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from designer.engine_link.example_service import ctl_program
from designer.engine_link.process import plain
from designer.resources import tr
from engine.errors import Refused

TIMEOUT_S = 120.0
END_MS = 2000
LONGEST_SAID = 4000
NOTHING = object()

Done = Callable[[Any], None]
Failed = Callable[[Refused], None]


class Call(QObject):
    """One command under way. `progressed` carries a part of one (None: not known) and a text; then it is over."""

    progressed = Signal(object, str)
    over = Signal(object)  # itself, after `done` or `failed`

    def __init__(self, done: Done, failed: Failed, timeout_s: float, parent: QObject) -> None:
        super().__init__(parent)
        self._done, self._failed = done, failed
        self._process = QProcess(self)
        self._out, self._err, self._said = bytearray(), bytearray(), ""
        self._why = ""
        self.running = True
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUTF8", "1")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._hear)
        self._process.finished.connect(self._ended)
        self._process.errorOccurred.connect(self._broken)
        self._deadline = QTimer(self, singleShot=True, interval=round(timeout_s * 1000))
        self._deadline.timeout.connect(self._too_late)

    def start(self, arguments: list[str], stdin: str) -> None:
        """Start it; what must not stand in a list of processes goes in by `stdin`."""
        program, first = ctl_program()
        self._deadline.start()
        self._process.start(program, [*first, *arguments])
        if stdin:
            self._process.write(stdin.encode())
        self._process.closeWriteChannel()

    def cancel(self) -> None:
        """End it; `failed` says so."""
        self._stop(tr("This was cancelled."))

    def close(self) -> None:
        """End it and forget who waits for it."""
        self.running = False
        self._deadline.stop()
        self._process.blockSignals(True)
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(END_MS)

    def _stop(self, why: str) -> None:
        if self.running and not self._why:
            self._why = why
            self._process.kill()

    def _too_late(self) -> None:
        self._stop(tr("The program took too long and was stopped."))

    def _read(self) -> None:
        self._out += self._process.readAllStandardOutput().data()

    def _hear(self) -> None:
        self._err += self._process.readAllStandardError().data()
        *lines, rest = self._err.split(b"\n")
        self._err = bytearray(rest)
        for line in lines:
            self._line(bytes(line).decode("utf-8", "replace").strip())

    def _line(self, line: str) -> None:
        told = _value(line) if line.startswith("{") else NOTHING
        if isinstance(told, dict) and "progress" in told:
            part = told["progress"]
            self.progressed.emit(part if isinstance(part, int | float) else None, str(told.get("text") or ""))
        elif line:
            self._said = plain(line)[:LONGEST_SAID]

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._why = self._why or tr("The command line program cannot be started.")
            self._ended(-1)

    def _ended(self, code: int, *_: object) -> None:
        if not self.running:
            return
        self.running = False
        self._deadline.stop()
        self._read()
        self._hear()
        self._line(bytes(self._err).decode("utf-8", "replace").strip())
        value = _value(bytes(self._out).decode("utf-8", "replace"))
        if self._why:
            self._failed(Refused(self._why))
        elif value is not NOTHING:
            self._done(value)  # also with an exit code that says that something is wrong: the value says what
        elif code == 0:
            self._done(None)
        else:
            self._failed(Refused(self._said or tr("The program ended without saying why.")))
        self.over.emit(self)


class ControlCommand(QObject):
    """Runs commands on one data folder, several at once; ends those that are under way when it is closed."""

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.data_dir = data_dir
        self._calls: list[Call] = []
        self._closed = False

    def run(self, *arguments: str, done: Done, failed: Failed, stdin: str = "", timeout_s: float = TIMEOUT_S) -> Call:
        """Run `signalboxctl <arguments> --data-dir …`; `done` gets the JSON value it prints, or None."""
        call = Call(done, failed, timeout_s, self)
        if self._closed:
            call.running = False
            return call
        self._calls.append(call)
        call.over.connect(self._forget)
        split = arguments.index("--") if "--" in arguments else len(arguments)
        call.start([*arguments[:split], "--data-dir", str(self.data_dir), *arguments[split:]], stdin)
        return call

    def close(self) -> None:
        """End what is under way; nothing is answered any more."""
        self._closed = True
        calls, self._calls = self._calls, []
        for call in calls:
            call.close()

    def _forget(self, call: object) -> None:
        self._calls = [other for other in self._calls if other is not call]
        if isinstance(call, Call):
            call.deleteLater()


def _value(text: str) -> Any:
    """The JSON value of a text, NOTHING where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return NOTHING
