"""What every test with Qt answers for: no stray message of Qt, no exception in a slot, no window left open."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_PREFERRED_BINDING"] = "PySide6"
os.environ["QT_API"] = "pyside6"
os.environ.pop("QT_QPA_PLATFORMTHEME", None)

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

HARMLESS = ("This plugin does not support propagateSizeHints()", "This plugin does not support raise()")
"""What the offscreen screen says of every window."""


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["signalbox-test"]


@pytest.fixture(autouse=True)
def no_stray_qt_message(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test in whose time Qt said something that `@pytest.mark.qt_says("part")` does not announce."""
    announced = [part for mark in request.node.iter_markers("qt_says") for part in mark.args]
    said: list[str] = []

    def hear(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not any(part in text for part in (*HARMLESS, *announced)):
            said.append(f"{kind.name}: {text}")

    before = qInstallMessageHandler(hear)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
    if said:
        pytest.fail("Qt said, and no @pytest.mark.qt_says(...) announces it:\n" + "\n".join(said), pytrace=False)


@pytest.fixture(autouse=True)
def no_window_left_open() -> Iterator[None]:
    """Close and delete what a test left, at once: a widget that dies in a later test is blamed on that one."""
    yield
    app = QApplication.instance()
    if isinstance(app, QApplication):
        for widget in app.topLevelWidgets():
            widget.close()
            widget.deleteLater()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
    gc.collect()
