"""Reads templates and asks about the hardware beside the GUI thread, so that the first paint waits for neither."""

from __future__ import annotations

from PySide6.QtCore import QThread, Signal


class Reading(QThread):
    """One thread that says what it found and ends; whoever starts it waits for its end before leaving."""

    hardware = Signal(object)
    template = Signal(object)
    all_read = Signal()

    def run(self) -> None:
        # Imported here: they load pydantic and the node catalog.
        from designer.resources import template_files
        from designer.welcome.hardware import facts
        from designer.welcome.templates import read

        self.hardware.emit(facts())
        for file in template_files():
            if self.isInterruptionRequested():
                return
            found = read(file)
            if found is not None:
                self.template.emit(found)
        self.all_read.emit()

    def stop(self) -> None:
        """End it, after the file that it is reading."""
        self.requestInterruption()
        self.wait()
