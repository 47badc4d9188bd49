"""Paths as tools take them, and what operating systems say about them, as errors of a step."""

from __future__ import annotations

import errno
from pathlib import Path

from engine.errors import ErrorClass, StepError
from engine.platform import WINDOWS

_FULL = (errno.ENOSPC, errno.EDQUOT)


def resolve(path: str, workspace: Path) -> Path:
    """The file that this path means: absolute as it is, relative in the workspace and nowhere else.

    StepError `permission` for a relative path that leaves the workspace, by `..` or through a link.
    """
    if "\0" in path:
        raise StepError("invalid", "A path holds the NUL character.", retryable=False)
    given = Path(path)
    if given.is_absolute():
        return given
    if WINDOWS and ":" in path:
        raise StepError("permission", f"{path!r} names a drive or a stream; give a whole path.", retryable=False)
    root = workspace.resolve()
    try:
        target = (root / given).resolve()
    except (OSError, RuntimeError) as error:  # a circle of links
        raise StepError("invalid", f"{path!r} cannot be followed: {error}.", retryable=False) from None
    if not target.is_relative_to(root):
        raise StepError("permission", f"{path!r} leads out of the workspace.", retryable=False)
    return target


def shown(target: Path, workspace: Path) -> str:
    """The path for results: relative with / inside the workspace, so that it is the same on every machine."""
    root = workspace.resolve()
    return target.relative_to(root).as_posix() if target.is_relative_to(root) else str(target)


def os_fault(path: str, error: OSError) -> StepError:
    """What the operating system says about a path, as the error of a step."""
    reason = error.strerror or str(error)
    classes: list[tuple[bool, ErrorClass, bool | None]] = [
        (isinstance(error, FileNotFoundError), "not_found", False),
        (isinstance(error, PermissionError), "permission", False),
        (error.errno in _FULL, "no_space", None),
        (isinstance(error, IsADirectoryError | NotADirectoryError | FileExistsError), "invalid", False),
        (error.errno in (errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS, errno.EFBIG), "invalid", False),
    ]
    cls, retryable = next(((cls, retryable) for applies, cls, retryable in classes if applies), ("server", None))
    return StepError(cls, f"{path}: {reason}.", retryable=retryable)
