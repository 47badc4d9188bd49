"""The rules of the test suite, held by running small suites under its conftest and settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]

CONFTEST = """
from tests import conftest
from tests.conftest import *
conftest.GRACE_S = 0.2
"""

BAD = """
import asyncio, logging, subprocess, sys, threading, warnings
from engine import log

def test_thread(): threading.Thread(target=threading.Event().wait, daemon=True, name="idler").start()
def test_process(): subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).returncode = 0
def test_warning(): warnings.warn("old", DeprecationWarning)
def test_file(): open(__file__)
def test_log(): log.warning("odd", step="a")
def test_library(): logging.getLogger("lib").error("odd")
def test_coroutine(): asyncio.sleep(0)
"""


def outcome(folder: Path, tests: str, *flags: str) -> tuple[int, str]:
    """pytest's exit status and report on one file of tests."""
    (folder / "test_one.py").write_text(tests, encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(REPO / "pyproject.toml"),
               "--rootdir", str(folder), str(folder / "test_one.py"), *flags]  # fmt: skip
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def report_on_bad_tests(tmp_path_factory: pytest.TempPathFactory) -> str:
    status, report = outcome(tmp_path_factory.mktemp("bad"), BAD)
    assert status == 1
    return report


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("test_thread", "thread idler"),
        ("test_process", "time.sleep(60)"),
        ("test_warning", "DeprecationWarning: old"),
        ("test_file", "ResourceWarning"),
        ("test_log", "warning odd"),
        ("test_library", "error lib: odd"),
        ("test_coroutine", "was never awaited"),
    ],
)
def test_what_a_test_leaves_behind_fails_it(report_on_bad_tests: str, test: str, said: str) -> None:
    failed = [line for line in report_on_bad_tests.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert any(f"::{test}" in line for line in failed), report_on_bad_tests
    assert said in report_on_bad_tests


def test_an_announced_log_warning_is_allowed(tmp_path: Path) -> None:
    test = """
import pytest
from engine import log

@pytest.mark.logs("odd")
def test_one(): log.warning("odd thing")
"""
    assert outcome(tmp_path, test)[0] == 0


def test_large_runs_wait_for_their_flag(tmp_path: Path) -> None:
    tests = """
import pytest

@pytest.mark.slow
def test_one(): pass

@pytest.mark.sweep
def test_two(): pass

def test_three(): pass
"""
    assert "1 passed, 2 deselected" in outcome(tmp_path, tests)[1]
    assert "2 passed, 1 deselected" in outcome(tmp_path, tests, "--slow")[1]
