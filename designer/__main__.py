"""`signalbox [FILE]`: the desktop program's entry point. Nothing heavy is imported before it is known to be needed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

REFUSED = 2


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command line; the exit code. A fault of the person's is one sentence on standard error."""
    parser = argparse.ArgumentParser(
        prog="signalbox",
        description="Draw workflows of AI agents, tools and people, run them here, approve what they do.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="a .workflow.yaml file to open")
    parser.add_argument(
        "--data-dir", type=Path, help="where everything is kept (default: $SIGNALBOX_DATA, else the usual place)"
    )
    parser.add_argument(
        "--self-test", action="store_true", help="try this installation without a person, and say what was found"
    )
    parser.add_argument("--version", action="store_true", help="say the version")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    from engine.errors import SignalboxError

    try:
        if given.version:
            from engine import __version__

            _say(f"signalbox {__version__}")
            return 0
        if given.self_test:
            from designer.app.self_test import self_test

            return self_test()
        from designer.app import run
        from engine.settings import data_dir

        if given.file is not None and not given.file.is_file():
            _complain(f"signalbox: there is no file {given.file}.")
            return REFUSED
        return run(data_dir(given.data_dir), given.file.absolute() if given.file else None)
    except SignalboxError as error:
        _complain(f"signalbox: {error}")
        return REFUSED


def _say(text: str) -> None:
    if sys.stdout is not None:  # a windowed program has none on Windows
        sys.stdout.write(text + "\n")


def _complain(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
