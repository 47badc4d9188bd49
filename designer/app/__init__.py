"""The desktop program: puts settings, look, engine link and window together, and takes them apart again."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6 import __version__ as qt_version
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QApplication

from designer import settings as designer_settings
from designer import theme
from designer.app import messages
from designer.app.loading import Loading
from designer.errors import refuse_bad_qt, refuse_no_screen
from designer.resources import load_language, tr

if TYPE_CHECKING:
    from designer.main_window.window import MainWindow


def application(arguments: list[str]) -> QApplication:
    """The one QApplication, made with what must be set before it; Refused where no window can be."""
    refuse_bad_qt(qt_version)
    refuse_no_screen()
    os.environ["QT_PREFERRED_BINDING"] = "PySide6"
    QCoreApplication.setApplicationName("Signalbox")
    QCoreApplication.setOrganizationName("Signalbox")
    QApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    messages.listen()
    app = QApplication(["signalbox", *arguments])
    app.setDesktopFileName("signalbox")
    return app


def open_window(
    app: QApplication, data_dir: Path, file: Path | None = None, *, launch: bool = True, at_once: bool = True
) -> MainWindow:
    """Make and show the window of a data folder; what was open last is opened again, or `file`.

    `at_once` False: the frame with the start page is shown and can be used; what it is for is loaded behind it in short
    pieces, so that the window never stands still for long.
    """
    from designer.main_window.window import MainWindow

    settings = designer_settings.load(data_dir)
    load_language(settings.language)
    theme.apply(app, settings.theme)  # type: ignore[arg-type]
    window = MainWindow(data_dir, settings)
    messages.tell(
        lambda what: window.say(tr("A fault inside Signalbox; it is in the log. {what}").format(what=what), "danger")
    )
    window.show()
    app.setWindowIcon(theme.app_icon())
    if at_once:
        _furnish(window, launch)
        QTimer.singleShot(0, window, lambda: _begin(window, file))
    else:
        Loading(window, lambda: _furnish_and_begin(window, launch, file))
    return window


def _furnish_and_begin(window: MainWindow, launch: bool, file: Path | None) -> None:
    _furnish(window, launch)
    _begin(window, file)


def _furnish(window: MainWindow, launch: bool) -> None:
    from designer.engine_link import EngineLink

    window.furnish(EngineLink(window.data_dir, launch, window))


def _begin(window: MainWindow, file: Path | None) -> None:
    window.link.start()
    if file is not None:
        window.desk.import_path(file)
    elif window.settings.last_draft:
        window.reopen(window.settings.last_draft)


def run(data_dir: Path, file: Path | None, ready: Callable[[MainWindow], None] | None = None) -> int:
    """Be the program until its window is closed; the exit code. `ready` is called when everything is loaded."""
    messages.write_to(data_dir)
    app = application([])
    window = open_window(app, data_dir, file, at_once=False)
    if ready is not None:
        window.when_ready(partial(ready, window))
    code = app.exec()
    del window
    return code
