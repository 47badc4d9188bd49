"""Load every Qt module that the designer uses, and the plugins of its screens; exit 1 with what is missing."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path


def missing() -> str:
    """The first library that cannot be loaded, in the loader's words; "" when all can."""
    try:
        import PySide6
        from PySide6 import QtCore, QtGui, QtSvg, QtWidgets  # noqa: F401
    except ImportError as error:
        return str(error)
    for name in ("libqoffscreen.so", "libqxcb.so"):
        plugin = Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms" / name
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            return str(error)
    return ""


if __name__ == "__main__":
    fault = missing()
    print(fault)
    sys.exit(1 if fault else 0)
