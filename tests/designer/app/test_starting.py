"""What keeps the designer from starting is a sentence; what it loads before its first picture is light."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6 import __version__ as qt_version
from PySide6.QtCore import QObject

from designer.errors import refuse_bad_qt, refuse_no_screen
from engine.errors import Refused

HEAVY = ("llama_cpp", "onnxruntime", "numpy", "pydantic_ai", "openai", "mcp", "torch")


def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env={**kept, **environment}
    )


@pytest.mark.parametrize("version", ["6.12.0", "6.12.1", "6.13.0"])
def test_a_qt_that_drops_references_to_none_is_refused_before_python_3_12(version: str) -> None:
    with pytest.raises(Refused, match=r"6\.11"):
        refuse_bad_qt(version, (3, 11))
    refuse_bad_qt(version, (3, 12))


def test_the_installed_qt_may_be_used() -> None:
    refuse_bad_qt(qt_version)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_a_call_of_the_installed_qt_that_returns_nothing_takes_no_reference_of_none() -> None:
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("x")
    assert sys.getrefcount(None) - before > -100


def test_without_a_screen_one_sentence_is_said_and_nothing_aborts() -> None:
    with pytest.raises(Refused, match="no screen"):
        refuse_no_screen({}, "linux")
    refuse_no_screen({"DISPLAY": ":0"}, "linux")
    refuse_no_screen({}, "win32")
    ended = _run("import sys; from designer.__main__ import main; sys.exit(main([]))", QT_QPA_PLATFORM="")
    assert ended.returncode == 2
    assert ended.stderr.startswith("signalbox: There is no screen") and ended.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    ended = _run(
        f"import sys; from designer.__main__ import main; sys.exit(main([{str(tmp_path / 'no.workflow.yaml')!r}]))",
        QT_QPA_PLATFORM="offscreen",
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "no.workflow.yaml" in ended.stderr


def test_no_model_or_ai_library_is_loaded_by_the_whole_window(tmp_path: Path) -> None:
    ended = _run(
        "import sys\n"
        "from pathlib import Path\n"
        "from designer.app import application, open_window\n"
        "app = application([])\n"
        f"window = open_window(app, Path({str(tmp_path)!r}), launch=False)\n"
        "window.grab(); app.processEvents()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
        "window.close()\n",
        QT_QPA_PLATFORM="offscreen",
    )
    assert ended.stdout.strip().endswith("[]"), ended.stdout + ended.stderr


@pytest.mark.needs_llama
def test_the_self_test_passes_from_the_source_tree() -> None:
    ended = _run("import sys; from designer.__main__ import main; sys.exit(main(['--self-test']))")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert "approved" in ended.stdout
