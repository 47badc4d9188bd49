"""The desktop program for a process of its own in which somebody sits: as it starts itself, with hands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from designer.app import application, messages, open_window
from designer.main_window.window import MainWindow


def be(data_dir: Path, file: Path | None, sit: Callable[[MainWindow], object]) -> int:
    """Be the program until its window is closed; `sit` is given the window."""
    messages.write_to(data_dir)
    app = application([])
    window = open_window(app, data_dir, file)
    sit(window)
    code = app.exec()
    del window
    return code
