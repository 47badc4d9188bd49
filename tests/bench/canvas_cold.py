"""The start of the program: a bare window of PySide6, or ours until its frame stands and until all is loaded.

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
    """The window of the program on a new folder, without an engine: its frame, then everything in it."""
    from PySide6.QtCore import QEventLoop, QTimer

    from designer.app import application, open_window

    app = application([])
    folder = Path(tempfile.mkdtemp(prefix="signalbox-bench-"))
    window = open_window(app, folder, launch=False, at_once=False)
    app.processEvents()
    laps["stands_s"] = time.perf_counter() - BEGAN
    laps["stands_cpu_s"] = time.process_time() - BEGAN_CPU
    laps["modules_then"] = len(sys.modules)
    loop, last, gaps = QEventLoop(), [time.perf_counter()], [0.0]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append(now - last[0])
        last[0] = now

    beat = QTimer(interval=5)
    beat.timeout.connect(tick)
    beat.start()
    window.when_ready(loop.quit)
    loop.exec()
    tick()
    app.processEvents()
    laps["longest_standstill_s"] = max(gaps)
    return app, window


def main() -> None:
    """Start, and say how long it took."""
    which = sys.argv[1] if len(sys.argv) > 1 else "ours"
    laps: dict[str, float] = {}
    kept = ours(laps) if which == "ours" else bare()
    found = {
        "wall_s": round(time.perf_counter() - BEGAN, 3), "cpu_s": round(time.process_time() - BEGAN_CPU, 3),
        "modules": len(sys.modules), "heavy": [name for name in HEAVY if name in sys.modules],
        **{name: round(value, 3) for name, value in laps.items()},
    }  # fmt: skip
    print(json.dumps(found), flush=True)
    del kept
    os._exit(0)


if __name__ == "__main__":
    main()
