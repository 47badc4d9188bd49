"""The start of the program: a bare window of PySide6, or ours, until nothing is left to do after it is shown.

`python -m tests.bench.canvas_cold ours` prints a line of JSON; the start of Python itself counts for neither.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

BEGAN, BEGAN_CPU = time.perf_counter(), time.process_time()

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HEAVY = (
    "NodeGraphQt", "alembic", "cel_expr_python", "engine.expressions", "engine.nodes.catalog", "engine.store",
    "fast_sugiyama", "httpx2", "jsonschema", "psutil", "pydantic", "rich", "sqlalchemy", "sqlmodel", "structlog",
    "superqt", "yaml", "PySide6.QtNetwork", "PySide6.QtOpenGL", "PySide6.QtQml", "PySide6.QtSql", "PySide6.QtSvg",
)  # fmt: skip


def bare() -> object:
    """A window of PySide6 with nothing in it."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication(["bare"])
    window = QMainWindow()
    window.resize(1366, 768)
    window.show()
    app.processEvents()
    return app, window


def ours(laps: dict[str, float]) -> object:
    """The window of the program on a new folder, without an engine."""
    began = time.perf_counter()
    from designer.app import application, open_window

    app = application([])
    from designer.engine_link import EngineLink  # noqa: F401 - measured apart
    from designer.main_window import window as _  # noqa: F401

    laps["import_s"] = time.perf_counter() - began
    began = time.perf_counter()
    window = open_window(app, Path(tempfile.mkdtemp(prefix="signalbox-bench-")), launch=False)
    laps["build_s"] = time.perf_counter() - began
    began = time.perf_counter()
    app.processEvents()
    laps["paint_s"] = time.perf_counter() - began
    return app, window


def main() -> None:
    """Start, and say how long it took."""
    which = sys.argv[1] if len(sys.argv) > 1 else "ours"
    laps: dict[str, float] = {}
    kept = ours(laps) if which == "ours" else bare()
    found = {
        "wall_s": round(time.perf_counter() - BEGAN, 3), "cpu_s": round(time.process_time() - BEGAN_CPU, 3),
        "modules": len(sys.modules), "heavy": [name for name in HEAVY if name in sys.modules],
        **{name: round(seconds, 3) for name, seconds in laps.items()},
    }  # fmt: skip
    print(json.dumps(found), flush=True)
    del kept
    os._exit(0)


if __name__ == "__main__":
    main()
