"""Every fault of NodeGraphQt that we step around is still there; what a new version mends fails here, with what can go.

The probes run in a process of their own: some faults end the process that meets them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from designer.canvas import ngqt
from tests.designer.canvas.landmines import PROBES


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    """What each probe found; a process that dies is started again behind the probe that killed it."""
    told: dict[str, dict[str, Any]] = {}
    left = list(PROBES)
    while left:
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.designer.canvas.landmines", *left]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        told |= {line["probe"]: line for line in lines if "probe" in line}
        tried = [line["trying"] for line in lines if "trying" in line] or left[:1]
        if tried[-1] not in told:
            told[tried[-1]] = {"there": None, "failed": f"the process died ({done.returncode}):\n{done.stderr[-3000:]}"}
        left = [name for name in left if name not in told]
    return told


@pytest.mark.parametrize("name", PROBES)
def test_the_fault_is_still_there(found: dict[str, dict[str, Any]], name: str) -> None:
    one = found[name]
    assert one["there"] is not None, one.get("failed")
    assert one["there"], f"mended: {PROBES[name].mended}"


def test_another_version_of_nodegraphqt_is_refused() -> None:
    code = "import NodeGraphQt.pkg_info as info; info.__version__ = '0.7.0'\n"
    stub = "import sys, types, os; os.environ['QT_PREFERRED_BINDING'] = 'PySide6'\n"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"{stub}{code}import designer.canvas.ngqt"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert f"overrides the insides of NodeGraphQt {ngqt.VERSION}; 0.7.0 is installed" in done.stderr


def test_a_dropped_graph_of_ours_ends_in_peace() -> None:
    """Dropping a graph of NodeGraphQt has ended the process; our canvas is dropped twenty times, painted each time."""
    code = """
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
import gc
app = QApplication([])
from designer.canvas.canvas import Canvas
from tests.designer.canvas.desk import sample
for turn in range(20):
    canvas = Canvas()
    canvas.render(sample())
    canvas.show()
    app.processEvents()
    if turn % 2:
        canvas.close_canvas()
        canvas.deleteLater()
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    del canvas
    gc.collect()
    app.processEvents()
print("in peace")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "in peace\n", done.stderr[-3000:]
