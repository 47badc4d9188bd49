"""The command line as a person or a script meets it: in this process where that is enough, as a process where not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_kit import GATE, LINE, REPO, TWO_GATES, Ctl, Done

from engine.cli.app import run


@pytest.fixture
def ctl(data_dir: Path, capfd: pytest.CaptureFixture[str]) -> Ctl:
    """Carry out one command line in this process."""

    def call(*args: object) -> Done:
        capfd.readouterr()
        code = run([str(arg) for arg in args])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Done(code, out, err)

    return call


@pytest.fixture
def process(data_dir: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line as a process of its own; ended, if it has not, with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: object, **options: Any) -> subprocess.Popen[str]:
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "100", **options.pop("env", {})}
        child = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", *map(str, args)],
            cwd=REPO, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
        )  # fmt: skip
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.fixture
def workflow(tmp_path: Path) -> Callable[[str], Path]:
    """Write a workflow text to a file named after the workflow."""

    def write(text: str) -> Path:
        name = text.split("name: ")[1].split("\n")[0]
        file = tmp_path / f"{name}.workflow.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def gate(workflow: Callable[[str], Path]) -> Path:
    """A workflow that waits at a gate and then writes a file."""
    return workflow(GATE)


@pytest.fixture
def line(workflow: Callable[[str], Path]) -> Path:
    """A workflow of two steps that asks nobody."""
    return workflow(LINE)


@pytest.fixture
def two_gates(workflow: Callable[[str], Path]) -> Path:
    """A workflow with two gates side by side and a third branch that asks nobody."""
    return workflow(TWO_GATES)
