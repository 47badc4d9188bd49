"""What every test answers for: warnings are errors, and it leaves no thread, child process or unannounced log line."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest

from engine import log, masks

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # also where a test imports onnxruntime itself
GRACE_S = 3.0
"""How long a thread or child that was told to end may take, before it counts as left behind."""

# In `make test` the same examples every time, so that a red result is about the change; a search is behind --slow.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run tests that take minutes (SIGNALBOX_SLOW=1)")
    parser.addoption("--sweep", action="store_true", help="also run sweeps of hundreds of kills (SIGNALBOX_SWEEP=1)")


def wanted(config: pytest.Config, flag: str) -> bool:
    """Whether --<flag> or SIGNALBOX_<FLAG> asks for the larger runs."""
    return bool(config.getoption(f"--{flag}")) or os.environ.get(f"SIGNALBOX_{flag.upper()}", "") not in ("", "0")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("search" if wanted(config, "slow") else "repeatable")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unwanted = [flag for flag in ("slow", "sweep") if not wanted(config, flag)]
    left_out = [item for item in items if any(item.get_closest_marker(flag) for flag in unwanted)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    if importlib.util.find_spec("llama_cpp") is None:
        for item in items:
            if item.get_closest_marker("needs_llama"):
                item.add_marker(pytest.mark.skip(reason="llama-cpp-python is not installed; `make setup` builds it"))


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that SIGNALBOX_DATA names, for this process and its children."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("SIGNALBOX_DATA", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves threads or child processes behind, with what they are doing."""
    threads = set(threading.enumerate())
    children = set(psutil.Process().children(recursive=True))
    yield
    left: list[str] = []
    ends = time.monotonic() + GRACE_S
    for thread in set(threading.enumerate()) - threads:
        thread.join(max(0.0, ends - time.monotonic()))
        if thread.is_alive():
            frame = sys._current_frames().get(thread.ident or 0)
            left.append(f"thread {thread.name}:\n{''.join(traceback.format_stack(frame)) if frame else ''}")
    new = [child for child in set(psutil.Process().children(recursive=True)) - children if not _is_tracker(child)]
    for child in psutil.wait_procs(new, timeout=max(0.0, ends - time.monotonic()))[1]:
        left.append(f"process {child.pid}: {_command(child)}")
        child.kill()
    if left:
        pytest.fail("left running:\n" + "\n".join(left), pytrace=False)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return "(gone)"


def _is_tracker(process: psutil.Process) -> bool:
    """multiprocessing's own helper, which lives as long as the interpreter."""
    return "resource_tracker" in _command(process)


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname.lower()} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_secrets_left() -> Iterator[None]:
    """What one test has used as a secret is an ordinary text in the next one."""
    yield
    masks.forget()


@pytest.fixture(autouse=True)
def no_unannounced_warnings(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test in whose time a warning was logged that `@pytest.mark.logs("part of the line")` does not name."""
    announced = [part for mark in request.node.iter_markers("logs") for part in mark.args]
    heard = _Heard()
    logging.getLogger().addHandler(heard)
    try:
        with log.captured() as lines:
            yield
    finally:
        logging.getLogger().removeHandler(heard)
    bad = [f"{line['level']} {line['event']} {line}" for line in lines if line["level"] in ("warning", "error")]
    bad = [line for line in [*heard.lines, *bad] if not any(part in line for part in announced)]
    if bad:
        pytest.fail("logged, and not announced with @pytest.mark.logs(...):\n" + "\n".join(bad), pytrace=False)
