"""`engine`: be the engine process, see which one runs, or stop it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, options

if TYPE_CHECKING:
    from engine.host import Engine

START_S = 30.0
LEAVE_AFTER_S = 2.0
LOOK_S = 0.2
CRASH_FILE = "engine.stderr"


def engine(
    stop: Annotated[bool, typer.Option("--stop", help="Stop the engine that works on the data folder.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say which engine works on the data folder.")] = False,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="Leave when no run is open and no window is there any more.")
    ] = False,
    while_pid: Annotated[
        list[int] | None,
        typer.Option(
            "--while-pid", metavar="PID", help="Leave like --until-done, but not while this process lives; repeatable."
        ),
    ] = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Be the engine: go on with all open runs and serve requests until Ctrl-C, losing nothing."""
    from engine.cli.reading import folder

    path, settings = folder(data_dir)
    if status:
        return _status(path, json)
    if stop:
        return _stop(path, json)
    stays = [one for pid in while_pid or () if (one := _process(pid)) is not None]
    return asyncio.run(_serve(path, settings, until_done or bool(while_pid), stays, json))


def _process(pid: int) -> tuple[int, float] | None:
    """A process as pid and moment of its start, so that a later one with its number is not taken for it."""
    import psutil

    try:
        return pid, psutil.Process(pid).create_time()
    except (psutil.Error, OverflowError, ValueError):
        return None


async def _serve(path: Path, settings: Any, until_done: bool, stays: list[tuple[int, float]], json: bool) -> int:
    import os

    from engine import log
    from engine.cli.output import print_json
    from engine.cli.session import LOG_FILE
    from engine.cli.signals import ends_cleanly
    from engine.host import run_engine

    leaving: list[asyncio.Task[None]] = []

    def ready(engine: Engine) -> None:
        log.configure(path / LOG_FILE)
        if json:
            print_json({"data_dir": str(path), "pid": os.getpid(), "recovered": engine.recovered})
        else:
            recovered = (
                f", recovered {engine.recovered} run{'s' if engine.recovered != 1 else ''}" if engine.recovered else ""
            )
            print(f"Engine at work on {path} (process {os.getpid()}{recovered}). Ctrl-C stops it cleanly.")
        sys.stdout.flush()
        if until_done:
            leaving.append(asyncio.create_task(_leave_when_done(engine, stays)))

    with ends_cleanly():
        try:
            await run_engine(path, settings, ready=ready)
        except asyncio.CancelledError:
            pass
        finally:
            for task in leaving:
                task.cancel()
            log.close()
    return codes.COMPLETED


async def _leave_when_done(engine: Engine, stays: list[tuple[int, float]]) -> None:
    """Stop when there has been no open run, no request and nobody who wants an engine for a while."""
    quiet = 0.0
    while quiet < LEAVE_AFTER_S or _wanted(engine.data_dir, stays):
        await asyncio.sleep(LOOK_S)
        busy = bool(engine.executor.runs) or bool(engine.store.requests.pending())
        quiet = 0.0 if busy else quiet + LOOK_S
    engine.stop()


def _wanted(path: Path, stays: list[tuple[int, float]]) -> bool:
    from engine.platform import process_alive
    from engine.store import present

    return any(process_alive(pid, started) for pid, started in stays) or bool(present(path))


def ensure_engine(path: Path, settings: Any) -> None:
    """Start an engine process for a data folder unless one runs, and wait until it holds the lease."""
    from engine.cli.failures import plain
    from engine.errors import Refused
    from engine.platform import spawn_options
    from engine.store import Lease

    if Lease.info(path) is not None:
        return
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "engine.cli"]
    with contextlib.suppress(FileExistsError, OSError):
        path.mkdir(parents=True, exist_ok=True)
    try:
        stderr = (path / CRASH_FILE).open("wb")
    except OSError as error:
        raise Refused(f"The data folder may not be written: {error.strerror}.", where=str(path)) from None
    with stderr:
        child = subprocess.Popen(
            [*program, "engine", "--until-done", "--data-dir", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            **spawn_options(),
        )
    ends = time.monotonic() + START_S
    while time.monotonic() < ends:
        if Lease.info(path) is not None:
            child.returncode = child.returncode if child.returncode is not None else 0  # it outlives us on purpose
            return
        if child.poll() is not None:
            said = (path / CRASH_FILE).read_text("utf-8", "replace").strip().splitlines()
            raise Refused(plain(said[-1]) if said else "The engine process ended at once.")
        time.sleep(0.02)
    raise Refused("The engine process did not start in time.", where=str(path), remedy=f"See {path / CRASH_FILE}.")


def _status(path: Path, json: bool) -> int:
    from dataclasses import asdict

    from engine.cli.output import clock, print_json
    from engine.store import condition

    found = condition(path)
    if json:
        print_json({"data_dir": str(path), "engine": None if found is None else asdict(found)})
    elif found is None:
        print(f"No engine works on {path}.")
    else:
        print(f"Process {found.pid} on {found.host} works on {path} since {clock(found.since)}.")
        if found.doing == "paused":
            print(f"It is paused since {clock(found.at)}: {found.reason}")
        elif found.doing == "stopping":
            print("It is stopping.")
        elif found.reason:
            print(found.reason)
    return codes.COMPLETED


def _stop(path: Path, json: bool) -> int:
    import psutil

    from engine.cli.output import print_json
    from engine.errors import Refused
    from engine.store import Lease

    holder = Lease.info(path)
    if holder is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(holder.pid).terminate()
        ends = time.monotonic() + START_S
        while Lease.info(path) is not None:
            if time.monotonic() > ends:
                raise Refused(f"Process {holder.pid} does not end.", where=str(path))
            time.sleep(0.02)
    if json:
        print_json({"data_dir": str(path), "stopped": None if holder is None else holder.pid})
    else:
        print(f"Stopped process {holder.pid}." if holder is not None else f"No engine works on {path}.")
    return codes.COMPLETED
