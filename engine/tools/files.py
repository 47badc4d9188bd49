"""`file.read` and `file.write`: regular files of a bounded size; writing is all or nothing.

`replace` and `create` are idempotent: done again, they leave the same file. `append` is at_most_once: a file does not
say who wrote its last lines, so whether an interrupted append happened is a person's to tell.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import mimetypes
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from engine.errors import StepError
from engine.nodes.context import EffectClass
from engine.nodes.tool_args import FileReadArgs, FileWriteArgs
from engine.platform import WINDOWS, atomic_write, fsync_dir
from engine.tools.content import parsed, written
from engine.tools.tool import Tool, ToolEnv
from engine.tools.workspace import check_in_place, open_for_reading, os_fault, resolve, shown


async def _read(args: FileReadArgs, env: ToolEnv) -> Any:
    data = await asyncio.to_thread(_read_bytes, resolve(args.path, env), args)
    if args.parse == "binary":
        media_type = mimetypes.guess_type(args.path)[0] or "application/octet-stream"
        return await asyncio.to_thread(env.blobs.put, data, media_type)
    return await asyncio.to_thread(parsed, data, args)


def _read_bytes(path: Path, args: FileReadArgs) -> bytes:
    try:
        handle = open_for_reading(path, args.path)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise StepError("invalid", f"{args.path} is not a regular file.", retryable=False)
            data = file.read(args.max_bytes + 1)
    except OSError as error:
        raise os_fault(args.path, error) from None
    if len(data) > args.max_bytes:
        raise StepError("limit", f"{args.path} is larger than {args.max_bytes} bytes (`max_bytes`).", retryable=False)
    return data


async def _write(args: FileWriteArgs, env: ToolEnv) -> Any:
    data = await asyncio.to_thread(written, args, env.blobs)
    target = resolve(args.path, env, write=True)
    # Shielded: a cancelled step must know whether the file is there before the next one looks.
    writing = asyncio.ensure_future(asyncio.to_thread(_put, target, data, args))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        with contextlib.suppress(StepError):
            await writing
        raise
    return {"path": shown(target, env.workspace), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _put(target: Path, data: bytes, args: FileWriteArgs) -> None:
    try:
        if args.folders:
            _make_folders(target.parent)
        if target.exists() and not target.is_file():
            raise StepError("invalid", f"{args.path} is not a regular file.", retryable=False)
        if args.mode == "append":
            _append(target, data)
        elif args.mode == "create":
            _create(target, data, args.path)
        else:
            atomic_write(target, data)
        check_in_place(target, args.path)
    except OSError as error:
        raise os_fault(args.path, error) from None


def _make_folders(folder: Path) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        fsync_dir(one.parent)


def _create(target: Path, data: bytes, path: str) -> None:
    temporary = target.with_name(f".sb-{secrets.token_hex(8)}.tmp")
    atomic_write(temporary, data)
    try:
        # Both fail when the name is taken, which `replace` does not.
        if WINDOWS:
            temporary.rename(target)
        else:
            os.link(temporary, target)
        fsync_dir(target.parent)
    except FileExistsError:
        if target.read_bytes() != data:
            raise StepError("invalid", f"{path} is there already, with other content.", retryable=False) from None
    finally:
        temporary.unlink(missing_ok=True)


def _append(target: Path, data: bytes) -> None:
    is_new = not target.exists()
    with open(target, "ab", buffering=0) as file:
        before = file.tell()
        try:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)  # a full disk must not leave half a line
            raise
    if is_new:
        fsync_dir(target.parent)


def _write_effect(args: FileWriteArgs) -> EffectClass:
    return "at_most_once" if args.mode == "append" else "idempotent"


FILE_READ = Tool(
    name="file.read",
    summary="Reads a file.",
    args=FileReadArgs,
    effect=lambda args: "pure",
    call=_read,
    lane=lambda args: "cpu",
    timeout_s=60,
    placement="edge",
    risk="low",
    gives="file",
    chooses=("path",),
    reach="Files in the workspace and in folders that this PC's settings name.",
)
FILE_WRITE = Tool(
    name="file.write",
    summary="Writes a file.",
    args=FileWriteArgs,
    effect=_write_effect,
    call=_write,
    lane=lambda args: f"file:{args.path}",
    timeout_s=60,
    placement="edge",
    risk="medium",
    gives=None,
    chooses=("path", "mode"),
    reach="Files in the workspace and in folders that this PC's settings name.",
)
