"""What a template runs against at first: programs of our own, started when they are needed, ended with the window."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment


def ctl_program() -> tuple[str, list[str]]:
    """How `signalboxctl` is started from here: (program, first arguments); frozen, it lies beside this program."""
    if getattr(sys, "frozen", False):
        suffix = ".exe" if sys.platform == "win32" else ""
        return str(Path(sys.executable).parent / f"signalboxctl{suffix}"), []
    return sys.executable, ["-m", "engine.cli"]


LOOKUPS = ""
"""The service that looks up history, manual and orders; any other name is a protocol of the simulated plant."""


class ExampleService(QObject):
    """One process for each thing that is asked for."""

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data_dir = data_dir
        self._programs: dict[str, _Program] = {}

    def address(self, done: Callable[[str], None], what: str = LOOKUPS) -> None:
        """Start it unless it runs, and call `done` with its address, "" when it cannot start."""
        if what not in self._programs:
            command = ["demo-service", "--data-dir", str(self._data_dir)]
            if what != LOOKUPS:
                command = ["simulate", f"--{what}", "0", "--json"]
            self._programs[what] = _Program(command, what or "url", self)
        self._programs[what].address(done)

    def close(self) -> None:
        """End the processes: their input ends, and they leave by themselves."""
        for program in self._programs.values():
            program.close()


class _Program(QObject):
    """One process; `address` hands its address to whoever asked, as soon as it is known."""

    def __init__(self, command: list[str], key: str, parent: QObject) -> None:
        super().__init__(parent)
        self._command, self._key = command, key
        self._process: QProcess | None = None
        self._said = ""
        self._url = ""
        self._waiting: list[Callable[[str], None]] = []

    def address(self, done: Callable[[str], None]) -> None:
        """Start it unless it runs, and call `done` with its address."""
        if self._url:
            done(self._url)
            return
        self._waiting.append(done)
        if self._process is None:
            self._start()

    def _start(self) -> None:
        program, arguments = ctl_program()
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUTF8", "1")
        process.setProcessEnvironment(environment)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._ended)
        process.start(program, [*arguments, *self._command])
        self._process, self._said = process, ""

    def _read(self) -> None:
        if self._process is None or self._url:
            return
        self._said += bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        try:
            self._url = str(json.loads(self._said)[self._key])
        except (ValueError, KeyError):
            return  # more is coming
        self._answer(self._url)

    def _ended(self, *_: object) -> None:
        self._url = ""
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        self._answer("")

    def _answer(self, url: str) -> None:
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done(url)

    def close(self) -> None:
        """End the process: its input ends, and it leaves by itself."""
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        process.closeWriteChannel()
        if not process.waitForFinished(3000):
            process.kill()
            process.waitForFinished(1000)
