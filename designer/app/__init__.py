"""The desktop program: puts settings, look, engine link and window together, and takes them apart again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6 import __version__ as qt_version
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QApplication

from designer import settings as designer_settings
from designer import theme
from designer.app import messages
from designer.errors import refuse_bad_qt, refuse_no_screen
from designer.resources import load_language, tr


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


def open_window(app: QApplication, data_dir: Path, file: Path | None = None, *, launch: bool = True) -> object:
    """Make and show the window of a data folder; what was open last is opened again, or `file`."""
    from designer.engine_link import EngineLink
    from designer.main_window.window import MainWindow

    settings = designer_settings.load(data_dir)
    load_language(settings.language)
    theme.apply(app, settings.theme)  # type: ignore[arg-type]
    link = EngineLink(data_dir, launch)
    window = MainWindow(link, settings)
    messages.tell(
        lambda what: window.say(tr("A fault inside Signalbox; it is in the log. {what}").format(what=what), "danger")
    )
    window.show()
    app.setWindowIcon(theme.app_icon())
    QTimer.singleShot(0, window, lambda: _begin(window, link, settings, file))
    return window


def _begin(window: object, link: object, settings: designer_settings.DesignerSettings, file: Path | None) -> None:
    from designer.engine_link import EngineLink
    from designer.main_window.window import MainWindow

    assert isinstance(window, MainWindow) and isinstance(link, EngineLink)
    link.start()
    if file is not None:
        window.desk.import_path(file)
    elif settings.last_draft:
        window.reopen(settings.last_draft)


def run(data_dir: Path, file: Path | None, ready: Callable[[object], None] | None = None) -> int:
    """Be the program until its window is closed; the exit code."""
    messages.write_to(data_dir)
    app = application([])
    window = open_window(app, data_dir, file)
    if ready is not None:
        ready(window)
    code = app.exec()
    del window
    return code
