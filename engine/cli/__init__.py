"""`signalboxctl`: the command line. Every command says what it does in one screen of `--help`, with examples."""

from __future__ import annotations

import sys


def main() -> None:
    """The program's entry point; ends the process with the command's exit code."""
    if sys.argv[1:2] == ["model-worker"]:  # in a frozen program a model's process is this program, too
        from engine.models.worker import main as serve_model

        serve_model()
        return
    from engine.cli.app import run

    sys.exit(run(sys.argv[1:]))
