"""A program for a journey, and the certainty that its engine is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from program import Program
from PySide6.QtWidgets import QApplication

from engine.store import Lease


@pytest.fixture
def start(qapp: QApplication, data_dir: Path) -> Iterator[Callable[[], Program]]:
    """Starts the designer on the test's data folder; what is still there at the end is ended."""
    started: list[Program] = []

    def begin() -> Program:
        started.append(Program(qapp, data_dir))
        return started[-1]

    yield begin
    for program in started:
        program.window.close()
    qapp.processEvents()
    holder = Lease.info(data_dir)
    if holder is not None:
        process = psutil.Process(holder.pid)
        process.terminate()
        process.wait(20)
