"""`command.run`: one program, never a shell, in a process group that does not outlive its step."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from engine.errors import Refused, StepError
from engine.nodes.tool_args import CommandArgs
from engine.platform import WINDOWS, foreign_environment, kill_group, spawn_options
from engine.tools.secrets import Secrets
from engine.tools.tool import Tool, ToolEnv, timeout_of
from engine.tools.workspace import os_fault, resolve
from engine.workflow.values import parse_json

TIMEOUT_S = 600.0
# fmt: off
_KEPT = frozenset((
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "DISPLAY", "XDG_RUNTIME_DIR", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT",
    "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "USERNAME",
    "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
))
# fmt: on
_STDERR_BYTES = 64 * 1024
_LINGER_S = 1.0  # for what a finished program's own children still hold of its output


async def _call(args: CommandArgs, env: ToolEnv) -> Any:
    secrets = Secrets(env)
    folder = resolve(args.cwd or ".", env.workspace)
    variables = _environment({name: secrets.fill(value) for name, value in args.env.items()})
    stdin = None if args.stdin is None else secrets.fill(args.stdin).encode()
    process = await _start(args, folder, variables, with_input=stdin is not None)
    timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
    world = args.effect != "pure"
    run = _Run(process, args.max_bytes)
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await run.output(stdin)
    except TimeoutError:
        why = f"{args.argv[0]} did not end within {timeout_s:g} s and was killed."
        raise StepError("timeout", why, outcome_unknown=world) from None
    finally:
        await run.end()
    if run.too_much:
        why = f"{args.argv[0]} printed more than {args.max_bytes} bytes (`max_bytes`) and was killed."
        raise StepError("limit", why, retryable=False, outcome_unknown=world)
    stderr = secrets.hide(_text(err[-_STDERR_BYTES:]))
    code = process.returncode or 0
    if code not in args.ok_exit:
        raise _exit_fault(args, code, stderr, world)
    text = secrets.hide(_text(out))
    return {"exit_code": code, "output": _parsed(args, text), "stderr": stderr}


async def _start(
    args: CommandArgs, folder: Any, variables: dict[str, str], *, with_input: bool
) -> asyncio.subprocess.Process:
    if WINDOWS and args.argv[0].lower().rstrip(" .").endswith((".bat", ".cmd")):
        # Windows runs these through cmd.exe, which reads arguments as a command line of its own.
        raise StepError("permission", "Batch files are run by a shell, so they are not started.", retryable=False)
    if not folder.is_dir():
        raise StepError("not_found", f"There is no folder {args.cwd or folder}.", retryable=False)
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        return await asyncio.create_subprocess_exec(
            *args.argv,
            cwd=folder,
            env=variables,
            stdin=pipe if with_input else nothing,
            stdout=pipe,
            stderr=pipe,
            **spawn_options(die_with_parent=True),
        )
    except OSError as error:
        raise os_fault(args.argv[0], error) from None
    except ValueError as error:
        raise StepError("invalid", f"{args.argv[0][:100]!r} cannot be started: {error}.", retryable=False) from None


class _Run:
    """A started program: its output so far, and its end."""

    def __init__(self, process: asyncio.subprocess.Process, max_bytes: int) -> None:
        self.process = process
        self.too_much = False
        self._left = max_bytes
        self._tasks: list[asyncio.Task[None]] = []

    async def output(self, stdin: bytes | None) -> tuple[bytes, bytes]:
        """Standard output and standard error, once the program has ended or said too much."""
        out, err = bytearray(), bytearray()
        process = self.process
        assert process.stdout is not None and process.stderr is not None
        readers = [
            asyncio.create_task(self._read(process.stdout, out)),
            asyncio.create_task(self._read(process.stderr, err)),
        ]
        self._tasks += readers
        if stdin is not None:
            self._tasks.append(asyncio.create_task(self._feed(stdin)))
        await process.wait()
        await asyncio.wait(readers, timeout=_LINGER_S)
        return bytes(out), bytes(err)

    async def end(self) -> None:
        """Kill whatever is left of the group, and let go of the pipes."""
        kill_group(self.process.pid)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # Until the loop has seen the end, the process is a zombie and the pipes are open.
        await self.process.wait()
        transport = getattr(self.process, "_transport", None)
        if transport is not None:
            transport.close()

    async def _read(self, stream: asyncio.StreamReader, into: bytearray) -> None:
        while chunk := await stream.read(65536):
            self._left -= len(chunk)
            if self._left < 0:
                self.too_much = True
                kill_group(self.process.pid)
                return
            into += chunk

    async def _feed(self, data: bytes) -> None:
        stdin = self.process.stdin
        assert stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it need not read to the end
            stdin.write(data)
            await stdin.drain()
        stdin.close()


def _exit_fault(args: CommandArgs, code: int, stderr: str, world: bool) -> StepError:
    said = " ".join(stderr.split())[-300:]
    tail = f": {said}" if said else "."
    if code < 0:
        why = f"{args.argv[0]} was ended by signal {-code}{tail}"
        return StepError("server", why, outcome_unknown=world)
    why = f"{args.argv[0]} ended with exit code {code}{tail}"
    return StepError("server", why) if code in args.transient_exit else StepError("invalid", why, retryable=False)


def _parsed(args: CommandArgs, text: str) -> Any:
    if args.parse == "text":
        return text
    try:
        return parse_json(text, max_bytes=args.max_bytes)
    except Refused as error:
        raise StepError("schema", f"What {args.argv[0]} printed is no JSON: {error.what}", retryable=False) from None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")


def _environment(extra: dict[str, str]) -> dict[str, str]:
    """A small environment: what programs need to find themselves, nothing that a shell happened to export."""
    kept = {
        name: value for name, value in foreign_environment().items() if name.upper() in _KEPT or name.startswith("LC_")
    }
    return {**kept, **extra}


COMMAND_RUN = Tool(
    name="command.run",
    summary="Runs a program.",
    args=CommandArgs,
    effect=lambda args: args.effect,
    call=_call,
    lane=lambda args: "command",
    timeout_s=TIMEOUT_S,
    placement="edge",
    risk="high",
)
