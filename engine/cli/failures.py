"""The one place where an error becomes a sentence on stderr and an exit code."""

from __future__ import annotations

import asyncio
import os
import sys
import traceback

from engine import masks
from engine.cli import codes


def told(error: BaseException) -> int:
    """Say in one sentence what went wrong; the exit code that goes with it."""
    if isinstance(error, BaseExceptionGroup):
        return told(error.exceptions[0])
    if isinstance(error, BrokenPipeError):
        # stdout is flushed once more at exit, and would complain again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return codes.PIPE_CLOSED
    if isinstance(error, KeyboardInterrupt | asyncio.CancelledError):
        say("Interrupted.")
        return codes.INTERRUPTED
    code, sentence = _sentence(error)
    if not sentence:  # help was printed in place of a command
        return codes.COMPLETED
    say(sentence)
    if code == codes.FAULT and os.environ.get("SIGNALBOX_DEBUG"):
        print(masks.clean("".join(traceback.format_exception(error))), file=sys.stderr)
    return code


def say(sentence: str) -> None:
    """One line on stderr, with what a terminal would obey left out."""
    print(plain(masks.clean(sentence)), file=sys.stderr, flush=True)


def plain(text: str) -> str:
    """The text on one line and without control characters: it may come from a file, a model or a server."""
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))


def _sentence(error: BaseException) -> tuple[int, str]:
    from typer.exceptions import Abort, TyperException

    from engine.errors import Refused, StepError
    from engine.store import StoreError

    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        hint = f" Try `{context.command_path} --help`." if context is not None else ""
        said = error.format_message()
        return codes.REFUSED, _stop(said) + hint if said else ""
    if isinstance(error, Abort):
        return codes.INTERRUPTED, "Interrupted."
    if isinstance(error, Refused | StepError | StoreError):
        return codes.REFUSED, str(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return codes.REFUSED, f"{place}{error.strerror or error}."
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    what = " ".join(str(error).split()) or "no message"
    return codes.FAULT, (
        f"This is a fault of Signalbox: {type(error).__name__}: {what}{place}. "
        "What is journaled is safe; SIGNALBOX_DEBUG=1 shows more."
    )


def _stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
