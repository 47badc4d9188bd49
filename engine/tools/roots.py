"""Which files tools may open: those below a root, those that a person gave, and those that an author wrote out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import StepError
from engine.platform import WINDOWS
from engine.run.events import RunStarted
from engine.settings import Settings, resources_dir

_RESERVED = re.compile(
    r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])"
)
_SHORT = re.compile(r"[^.~ ]{1,6}~[0-9]{1,2}(?:\.[^.]{0,3})?")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_LIVE = re.compile(r"/proc/[0-9]+(/|$)|/dev/(?!shm/)")
"""No files: what processes hold in memory (the engine's environment has secrets), and devices."""


@dataclass(frozen=True)
class Roots:
    """Beside the workspace: folders for reading and writing, and single paths.

    `given` are paths that the person who started the run gave it, `drawn` those that the author wrote into the node;
    both may be read, the latter unless `listed_only`. `barred` folders are closed whatever else says (the workspace in
    them is not).
    """

    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    given: frozenset[str] = frozenset()
    drawn: tuple[str, ...] = ()
    barred: tuple[Path, ...] = ()
    listed_only: bool = False


def roots_of(settings: Settings, data_dir: Path) -> Roots:
    """What the settings open; of the data folder nothing but the workspace."""
    folders = settings.folders.values()
    return Roots(
        read=(resources_dir(), *(Path(one.path).expanduser() for one in folders if one.mode == "read")),
        write=tuple(Path(one.path).expanduser() for one in folders if one.mode == "write"),
        barred=(data_dir,),
        listed_only=settings.paths == "listed",
    )


def opened_for(roots: Roots, params: Mapping[str, Any], started: RunStarted | None) -> Roots:
    """The same for a node with these raw params, in a run that began so: a person's inputs are open for reading.

    Inputs that a value of another run has fed are not a person's. Older runs do not say: only a first run's count.
    """
    if roots.listed_only:
        return replace(roots, given=_given(started))
    return replace(roots, drawn=literal_paths(params), given=_given(started))


def _given(started: RunStarted | None) -> frozenset[str]:
    if started is None or (started.parent is not None and not started.traced):
        return frozenset()
    mine = {name: value for name, value in started.inputs.items() if name not in started.sources}
    return given_paths(mine if started.item_sources else {**mine, "item": started.item})


def name_fault(path: str) -> str:
    """What is wrong with a path as it is written, on whichever system, as half a sentence; "" for nothing."""
    if any(char < " " or char == "\x7f" for char in path):
        return "it holds a hidden character"
    if path.startswith(("//", "\\\\")):
        return "it names a server or a device"
    if "\\" in path and not WINDOWS:
        return "it holds a backslash; write / between folders"
    if path.startswith("~"):
        return "`~` is not the home folder here; write the whole path"
    rest = path[2:] if WINDOWS and _DRIVE.match(path) else path
    for part in re.split(r"[\\/]", rest):
        if ":" in part:
            return "a colon names a drive or a stream"
        if part.strip(".") and part.endswith((".", " ")):
            return f"{part!r} ends in a dot or a space, which some systems leave out"
        if part and not part.strip(". ") and part not in (".", ".."):
            return f"{part!r} is no name"
        if _RESERVED.fullmatch(part.split(".", 1)[0].rstrip(" ")):
            return f"{part!r} is a device on some systems"
        if _SHORT.fullmatch(part) and not Path(path).is_absolute():
            return f"{part!r} is a short name, which stands for another one"
    return ""


def locate(path: str, workspace: Path, roots: Roots, *, write: bool = False) -> Path:
    """The file that this path means, all links followed, if it may be opened. StepError `permission` when not."""
    if "\0" in path:
        raise StepError("invalid", "A path holds the NUL character.", retryable=False)
    if why := name_fault(path):
        raise StepError("permission", f"{path[:200]!r} is not opened: {why}.", retryable=False)
    given = Path(path)
    root = _real(str(workspace))
    target = _real(str(given if given.is_absolute() else workspace / given))
    if _LIVE.match(str(target)):
        raise StepError("permission", f"{path!r} is not opened: it is a process or a device, no file.", retryable=False)
    for one in map(_real, map(str, roots.barred)):
        mine = root != one and root.is_relative_to(one) and target.is_relative_to(root)
        if target.is_relative_to(one) and not mine:
            raise StepError("permission", f"{path!r} belongs to Signalbox itself.", retryable=False)
    if target.is_relative_to(root):
        return target
    if not given.is_absolute():
        raise StepError("permission", f"{path!r} leads out of the workspace.", retryable=False)
    open_to = roots.write if write else (*roots.write, *roots.read)
    if any(target.is_relative_to(_real(str(one))) for one in open_to):
        return target
    if not write and (_is_given(path, target, roots) or _is_drawn(path, target, roots)):
        return target
    what = "written" if write else "read"
    raise StepError(
        "permission",
        f"{path!r} is not {what}: it is outside the workspace and of every folder that the settings open for this; "
        f"`signalboxctl folders allow {given.parent}{' --write' if write else ''}` opens it.",
        retryable=False,
    )


def literal_paths(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The whole paths that an author wrote out; up to the last folder before an expression, which then ends in /."""
    found = []
    for text in _texts(params):
        literal, brace, _ = text.partition("{{")
        if not Path(literal).is_absolute() or len(literal) > 4096 or "\0" in literal:
            continue
        if literal[:2].replace("\\", "/") == "//":
            continue  # a share of another PC: opening it would say who we are
        if brace:
            literal = literal[: max(literal.rfind("/"), literal.rfind("\\")) + 1]
            if (whole := Path(os.path.normpath(literal))) == Path(whole.anchor):
                continue  # an expression that chooses from everything
        found.append(literal)
    return tuple(dict.fromkeys(found))


def given_paths(inputs: Mapping[str, Any]) -> frozenset[str]:
    """The whole paths among the values that a run was given."""
    return frozenset(
        text for text in _texts(inputs) if len(text) <= 4096 and "\0" not in text and Path(text).is_absolute()
    )


def _is_given(path: str, target: Path, roots: Roots) -> bool:
    return path in roots.given or any(os.path.isdir(one) and target.is_relative_to(_real(one)) for one in roots.given)


def _is_drawn(path: str, target: Path, roots: Roots) -> bool:
    return any(target.is_relative_to(_real(one)) if one.endswith(("/", "\\")) else path == one for one in roots.drawn)


def _real(path: str) -> Path:
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError, RuntimeError) as error:  # a circle of links
        raise StepError("invalid", f"{path[:200]!r} cannot be followed: {error}.", retryable=False) from None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
