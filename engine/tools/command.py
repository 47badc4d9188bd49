"""`command.run`: one program, never a shell, in a process group that does not outlive its step."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import Refused, StepError
from engine.keys import bindings as places
from engine.net.guard import guard_of
from engine.nodes.context import EffectClass
from engine.nodes.tool_args import CommandArgs
from engine.platform import WINDOWS, can_seal, foreign_environment, kill_group, spawn_options
from engine.tools.secrets import Secrets
from engine.tools.tool import Found, Tool, ToolEnv, timeout_of
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
    if args.lookup is not None:
        args = args.model_copy(update={"argv": _keyed(args.argv, env)})
    return await _run(args, env, world=args.effect != "pure")


async def _lookup(args: CommandArgs, env: ToolEnv) -> Found | None:
    """Run the look-up: its exit code says whether it happened."""
    if args.lookup is None:
        raise StepError("invalid", "There is no `lookup` to ask.", retryable=False, outcome_unknown=True)
    told = {"argv": _keyed(args.lookup, env), "stdin": None, "ok_exit": [0, *args.lookup_absent_exit]}
    asking = args.model_copy(update=told)
    try:
        said = await _run(asking, env, world=False, plain=args.lookup_absent_exit)
    except StepError as error:  # what passes is asked again; for the rest there is a person
        error.outcome_unknown = error.retryable is False
        raise
    return Found(said) if said["exit_code"] == 0 else None


def _keyed(argv: list[str], env: ToolEnv) -> list[str]:
    return [part.replace("{key}", env.idem_key) for part in argv]


async def _run(args: CommandArgs, env: ToolEnv, *, world: bool, plain: Sequence[int] = ()) -> dict[str, Any]:
    """Run it once; after an exit code of `plain`, what it printed is text in any case."""
    secrets = Secrets(env)
    folder = resolve(args.cwd or ".", env)
    place = _place(args, folder)
    variables = clean_environment({name: await secrets.fill(value, place) for name, value in args.env.items()})
    variables.setdefault("SIGNALBOX_KEY", env.idem_key)
    stdin = None if args.stdin is None else (await secrets.fill(args.stdin, place)).encode()
    timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
    sealed = guard_of(env).offline
    if sealed and env.placement != "edge":
        refuse_unsealed(args.argv[0])
    transport, program = await _start(
        args, folder, variables, with_input=stdin is not None, sealed=sealed and can_seal()
    )
    try:
        async with asyncio.timeout(timeout_s):
            await program.run(stdin)
    except TimeoutError:
        why = f"{args.argv[0]} did not end within {timeout_s:g} s and was killed."
        raise StepError("timeout", why, outcome_unknown=world) from None
    finally:
        await program.end()
    if program.too_much:
        why = f"{args.argv[0]} printed more than {args.max_bytes} bytes (`max_bytes`) and was killed."
        raise StepError("limit", why, retryable=False, outcome_unknown=world)
    stderr = secrets.hide(_text(program.said[2]))[-_STDERR_BYTES:]
    code = transport.get_returncode() or 0
    if code not in args.ok_exit:
        raise _exit_fault(args, code, stderr, world)
    output = secrets.hide(_text(program.said[1]))
    return {"exit_code": code, "output": output if code in plain else _parsed(args, output), "stderr": stderr}


def _place(args: CommandArgs, folder: Path) -> str:
    """The destination of a secret: the program by its name, and the file that this is."""
    name = args.argv[0]
    if os.path.dirname(name):
        return places.program(name, os.path.normpath(folder / name))
    if any(variable.upper() in ("PATH", "PATHEXT") for variable in args.env):
        return places.program("", "")  # a name would mean whatever the workflow wants
    return places.program(name, shutil.which(name) or "")


async def _start(
    args: CommandArgs, folder: Path, variables: dict[str, str], *, with_input: bool, sealed: bool
) -> tuple[asyncio.SubprocessTransport, _Program]:
    if WINDOWS and args.argv[0].lower().rstrip(" .").endswith((".bat", ".cmd")):
        # Windows runs these through cmd.exe, which reads arguments as a command line of its own.
        raise StepError("permission", "Batch files are run by a shell, so they are not started.", retryable=False)
    if not folder.is_dir():
        raise StepError("not_found", f"There is no folder {args.cwd or folder}.", retryable=False)
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        return await asyncio.get_running_loop().subprocess_exec(
            lambda: _Program(args.max_bytes),
            *args.argv,
            cwd=folder,
            env=variables,
            stdin=pipe if with_input else nothing,
            stdout=pipe,
            stderr=pipe,
            **spawn_options(die_with_parent=True, sealed=sealed),
        )
    except OSError as error:
        raise os_fault(args.argv[0], error) from None
    except ValueError as error:
        raise StepError("invalid", f"{args.argv[0][:100]!r} cannot be started: {error}.", retryable=False) from None


class _Program(asyncio.SubprocessProtocol):
    """A started program: what it said (by file descriptor) and its end.

    Not asyncio's `Process`: its `wait` also waits for everybody who still holds the program's pipes.
    """

    def __init__(self, max_bytes: int) -> None:
        self.said = {1: bytearray(), 2: bytearray()}
        self.too_much = False
        self._left = max_bytes
        self._open = {1, 2}
        self._exited, self._quiet, self._closed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._left -= len(data)
        if self._left >= 0:
            self.said[fd] += data
        elif not self.too_much:
            self.too_much = True
            kill_group(self._transport.get_pid())

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self._open.discard(fd)
        if not self._open:
            self._quiet.set()

    def process_exited(self) -> None:
        self._exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()

    async def run(self, stdin: bytes | None) -> None:
        """Feed it and wait until it has ended and said everything."""
        if stdin is not None:
            pipe = self._transport.get_pipe_transport(0)
            pipe.write(stdin)
            pipe.close()  # once everything is written; a program need not read to the end
        await self._exited.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                await self._quiet.wait()

    async def end(self) -> None:
        """Kill whatever is left of its group and let go of the pipes."""
        kill_group(self._transport.get_pid())
        await self._exited.wait()
        self._transport.close()
        await self._closed.wait()


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


def _text(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")


def refuse_unsealed(what: str) -> None:
    """StepError where the network is off and this system cannot keep a program from it."""
    if not can_seal():
        why = (
            f"The network is off, and this system cannot keep a program from using it, so {what} is not started; "
            "place the node on the edge if the program needs no network."
        )
        raise StepError("connection", why, retryable=False, detail={"reason": "offline"})


def clean_environment(extra: dict[str, str]) -> dict[str, str]:
    """A small environment: what programs need to find themselves, nothing that a shell happened to export."""
    kept = {
        name: value for name, value in foreign_environment().items() if name.upper() in _KEPT or name.startswith("LC_")
    }
    return {**kept, **extra}


def _effect(args: CommandArgs) -> EffectClass:
    if args.lookup is not None and args.effect in ("at_most_once", "checkable"):
        return "checkable"
    return "at_most_once" if args.effect == "checkable" else args.effect


COMMAND_RUN = Tool(
    name="command.run",
    summary="Runs a program.",
    args=CommandArgs,
    effect=_effect,
    call=_call,
    lookup=_lookup,
    lane=lambda args: "command",
    timeout_s=TIMEOUT_S,
    placement="edge",
    risk="high",
    chooses=("argv", "cwd", "env", "effect", "lookup"),
    reach="Any program on this PC, with the rights of its user.",
)
