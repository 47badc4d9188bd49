"""The command that a frozen program starts its model processes with."""

from __future__ import annotations

import os
import subprocess
import sys


def test_a_model_process_started_by_the_program_itself_ends_with_its_input() -> None:
    command = [sys.executable, "-m", "engine.cli", "model-worker", str(os.getpid())]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
