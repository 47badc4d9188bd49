"""Paths as tools take them, and what operating systems say about them, as errors of a step."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ErrorClass, StepError
from engine.tools.roots import locate

if TYPE_CHECKING:
    from engine.tools.tool import ToolEnv

_FULL = (errno.ENOSPC, errno.EDQUOT)


def resolve(path: str, env: ToolEnv, *, write: bool = False) -> Path:
    """The file that this path means: relative in the workspace and nowhere else, absolute where `env.roots` lets it.

    StepError `permission` for any other, also when `..` or a link leads there.
    """
    return locate(path, env.workspace, env.roots, write=write)


def open_for_reading(target: Path, path: str) -> int:
    """A descriptor of a file that `resolve` has allowed. StepError when something else has taken its place since."""
    # Without O_NONBLOCK, opening a named pipe waits for a writer that may never come.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(target, flags)
    try:
        check_in_place(target, path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def check_in_place(target: Path, path: str, opened: os.stat_result | None = None) -> None:
    """StepError `permission` when a link has come between, or the opened file is not the one of this path."""
    there = target.lstat()
    swapped = opened is not None and (there.st_dev, there.st_ino) != (opened.st_dev, opened.st_ino)
    if swapped or os.path.realpath(target) != str(target):
        raise StepError("permission", f"{path}: something else took its place while it was opened.", retryable=False)


def shown(target: Path, workspace: Path) -> str:
    """The path for results: relative with / inside the workspace, so that it is the same on every machine."""
    root = workspace.resolve()
    return target.relative_to(root).as_posix() if target.is_relative_to(root) else str(target)


def os_fault(path: str, error: OSError) -> StepError:
    """What the operating system says about a path, as the error of a step."""
    reason = error.strerror or str(error)
    classes: list[tuple[bool, ErrorClass, bool | None]] = [
        (isinstance(error, FileNotFoundError), "not_found", None),  # a policy may wait for a file that comes later
        (isinstance(error, PermissionError), "permission", False),
        (error.errno in _FULL, "no_space", None),
        (isinstance(error, IsADirectoryError | NotADirectoryError | FileExistsError), "invalid", False),
        (error.errno in (errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS, errno.EFBIG), "invalid", False),
    ]
    cls, retryable = next(((cls, retryable) for applies, cls, retryable in classes if applies), ("server", None))
    return StepError(cls, f"{path}: {reason}.", retryable=retryable)
