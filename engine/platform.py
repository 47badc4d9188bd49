"""What operating systems do differently: folder sync, file locks, process groups, foreign programs' environment."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
import secrets
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

WINDOWS = sys.platform == "win32"
LINUX = sys.platform.startswith("linux")
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would turn \n into \r\n otherwise


# ---- files
def fsync_dir(folder: Path) -> None:
    """Put a folder's entries on disk, so that a file just created or renamed in it survives a power cut.

    Nothing on Windows: a folder cannot be opened for syncing there, and NTFS journals the rename itself.
    """
    if WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def atomic_write(path: Path, data: bytes, *, private: bool = False) -> None:
    """Replace a file's content so that a crash or a full disk leaves the old content or the new one, never a part.

    Follows a link to its target and keeps the mode of a file that is there; `private`: only its owner may read it
    (on Windows the folder says who may). Raises OSError; no temporary file stays.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".sb-{secrets.token_hex(8)}.tmp")
    mode = 0o600 if private else 0o666
    try:
        # os.open and not tempfile: a new file gets the mode that the person's umask says.
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, mode), "wb") as file:
            if target.exists() and not private:
                os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    fsync_dir(target.parent)


def replace_quietly(path: Path, data: bytes) -> None:
    """Replace the content of a file that may be lost: whole or not at all, not synced, and no error when it fails."""
    temporary = path.with_name(f".sb-{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()


def session_dir() -> Path | None:
    """A folder of this user in memory, gone when they log out; None where the system has none."""
    named = os.environ.get("XDG_RUNTIME_DIR", "")
    if sys.platform == "win32" or not named:
        return None
    try:
        found = os.stat(named)
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return Path(named) if private else None


def no_core_dumps() -> None:
    """Leave no picture of this process's memory on disk when it crashes, nor of its children. Windows makes none."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


# ---- locks
class Lock:
    """A file lock that this process holds. The kernel releases it when the process ends, however it ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: IO[bytes] | None = file

    def release(self) -> None:
        """Give the lock back; twice is harmless. The file stays: removing it would race with the next owner."""
        file, self._file = self._file, None
        if file is None:
            return
        with file:
            with contextlib.suppress(OSError):
                file.truncate(0)
            _unlock(file)

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def try_lock(path: Path, **info: Any) -> Lock | None:
    """Take an exclusive lock on a file (made when missing), or None when another process or lock object holds it.

    `info` (JSON) is left in the file with this process's identity for `lock_owner`. Raises OSError for a folder that is
    missing or read-only.
    """
    # Not inherited by children (PEP 446): a child that outlives its parent must not keep the parent's lock.
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o666), "r+b", buffering=0)
    try:
        if not _lock(file):
            file.close()
            return None
        with contextlib.suppress(OSError):  # a full disk takes the note away, not the lock
            file.truncate(0)
            file.write(json.dumps({**info, **_identity()}).encode())
    except BaseException:
        file.close()
        raise
    return Lock(file)


def lock_owner(path: Path) -> dict[str, Any] | None:
    """What the living owner of a lock said of itself (its `info`, `pid`, `started`), or None when there is none.

    A look, not a promise: only `try_lock` decides. It takes no lock itself, so it never gets in an owner's way.
    """
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict) or not process_alive(said.get("pid"), said.get("started")):
        return None
    return said


def note_owner(path: Path, **info: Any) -> None:
    """Leave `info` (JSON) and this process's identity for `lock_owner`: a note, not a lock. Raises OSError."""
    temporary = path.with_name(f".sb-{secrets.token_hex(8)}.tmp")
    temporary.write_text(json.dumps({**info, **_identity()}), encoding="utf-8")
    os.replace(temporary, path)


def process_alive(pid: object, started: object = None) -> bool:
    """Whether a process runs; with `started` (seconds since 1970) also that the pid has not gone to another process."""
    import psutil

    if not isinstance(pid, int):
        return False
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return not isinstance(started, float) or abs(process.create_time() - started) < 0.05
    except psutil.AccessDenied:
        return True
    except (psutil.Error, OverflowError, ValueError):
        return False


def _identity() -> dict[str, Any]:
    import psutil

    return {"pid": os.getpid(), "started": psutil.Process().create_time()}


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # Windows locks are mandatory: a locked byte beyond the text leaves the text readable to others

    def _lock(file: IO[bytes]) -> bool:
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        file.seek(0)
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # flock and not lockf: lockf's locks are lost when any handle of the process on the file is closed.
    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


# ---- memory, drives
def oom_kills() -> int:
    """How many processes Linux has ended for want of memory since it started; 0 where that is not told."""
    if not LINUX:
        return 0
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except (OSError, ValueError):
        return 0


def removable_drives() -> list[Path]:
    """Folders at which USB sticks, cards and other media are there now."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        letters = [chr(ord("A") + bit) for bit in range(26) if kernel.GetLogicalDrives() >> bit & 1]
        return [Path(f"{letter}:\\") for letter in letters if kernel.GetDriveTypeW(f"{letter}:\\") == _REMOVABLE]
    found: list[Path] = []
    for root in _MEDIA:
        with contextlib.suppress(OSError):
            for folder in sorted(root.iterdir()):
                places = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
                found += [place for place in places if os.path.ismount(place) and not place.is_symlink()]
    return found


_REMOVABLE = 2
_MEDIA = (Path("/media"), Path("/run/media"), Path("/Volumes"))


# ---- processes
def foreign_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program that is not ours, plus `extra`.

    A frozen build (PyInstaller) runs with LD_LIBRARY_PATH pointing at its own libraries; a foreign program must find
    the system's, so the value from before is put back, or the variable dropped.
    """
    environment = dict(os.environ)
    if getattr(sys, "frozen", False):
        for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH"):
            before = environment.pop(f"{name}_ORIG", None)
            environment.pop(name, None)
            if before is not None:
                environment[name] = before
        for name in [name for name in environment if name.startswith(("_MEIPASS", "_PYI_"))]:
            del environment[name]
    environment.update(extra or {})
    return environment


def spawn_options(*, die_with_parent: bool = False, sealed: bool = False) -> dict[str, Any]:
    """Arguments for Popen or asyncio's create_subprocess_exec that put the child into a process group of its own.

    The group is what `kill_group` and `terminate_group` end, and a Ctrl-C at our terminal does not reach it.
    `die_with_parent`: Linux kills the child when the *thread* that started it ends, so start it from one that lasts.
    Elsewhere it has no effect from outside: a child of ours calls the function `die_with_parent` itself.
    `sealed`: the child and all it starts get an empty network of their own; only where `can_seal` says so.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    options: dict[str, Any] = {"start_new_session": True}
    if (die_with_parent or sealed) and LINUX:
        parent, prctl = os.getpid(), _prctl()
        seal = _sealer() if sealed else None

        def between_fork_and_exec() -> None:
            # Other threads do not exist here: only what was loaded before the fork, no locks, no imports.
            if die_with_parent:
                prctl(_PR_SET_PDEATHSIG, _SIGKILL)
                if os.getppid() != parent:
                    os._exit(1)
            if seal is not None:
                seal()

        options["preexec_fn"] = between_fork_and_exec
    return options


@functools.cache
def can_seal() -> bool:
    """Whether a child can be given an empty network of its own: Linux, where its user may have namespaces."""
    if not LINUX:
        return False
    try:
        done = subprocess.run(
            ["/bin/true"], stdin=subprocess.DEVNULL, capture_output=True, timeout=5, **spawn_options(sealed=True)
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _sealer() -> Callable[[], None]:
    """What a child calls before it becomes another program: a network namespace with nothing in it."""
    import fcntl
    import socket
    import struct

    user, group = os.getuid(), os.getgid()
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    up = struct.pack("16sh14x", b"lo", _IFF_UP)

    def seal() -> None:
        leave()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # its own loopback, which leads nowhere
            fcntl.ioctl(any_socket, _SIOCSIFFLAGS, up)

    def leave() -> None:
        if user == 0 and unshare(_CLONE_NEWNET) == 0:
            return
        if unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "no network namespace of its own")
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            handle = os.open(f"/proc/self/{name}", os.O_WRONLY)
            os.write(handle, text.encode())
            os.close(handle)

    return seal


_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def terminate_group(pid: int) -> None:
    """Ask a process started with `spawn_options`, and all that it started, to end. Gone already: nothing."""
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            os.kill(pid, signal.CTRL_BREAK_EVENT)
    else:
        _signal_group(pid, signal.SIGTERM)


def kill_group(pid: int) -> None:
    """End a process started with `spawn_options`, and all that it started, at once. Gone already: nothing."""
    if sys.platform == "win32":
        # A Windows group only carries console events; the tree is found by parenthood.
        import psutil

        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            for one in [*process.children(recursive=True), process]:
                with contextlib.suppress(psutil.Error):
                    one.kill()
    else:
        _signal_group(pid, signal.SIGKILL)


def die_with_parent(parent: int) -> None:
    """Called by a child of ours as it starts: end this process, without clean-up, once process `parent` has ended.

    Linux does it in the kernel (when the parent's starting *thread* ends), even while native code runs. Elsewhere a
    thread waits for the parent, which needs the interpreter now and then.
    """
    if LINUX:
        _prctl()(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
    else:
        exit_when_gone(parent, lambda: os._exit(1))


def exit_when_gone(pid: int, leave: Callable[[], None]) -> threading.Thread:
    """Call `leave` from a thread once a process, our child or not, has ended: the portable `die_with_parent`."""
    import psutil

    def wait() -> None:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).wait()
        leave()

    thread = threading.Thread(target=wait, name="parent-watch", daemon=True)
    thread.start()
    return thread


_PR_SET_PDEATHSIG = 1
_SIGKILL = 9  # `signal` has no such name on Windows


def _prctl() -> Callable[[int, int], int]:
    prctl: Callable[[int, int], int] = ctypes.CDLL(None).prctl
    return prctl


if sys.platform != "win32":

    def _signal_group(pid: int, number: signal.Signals) -> None:
        if pid <= 1 or pid == os.getpgrp():
            raise ValueError(f"{pid} is not a group that we started.")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)


# ---- serial ports
class SerialPair:
    """A serial port that this process made: others open `name`; what they say is read from, and answered to, `far`."""

    def __init__(self, far: int, near: int, name: str) -> None:
        self.far, self._near, self.name = far, near, name

    def close(self) -> None:
        """The port is gone; twice is harmless."""
        for handle in (self.far, self._near):
            if handle >= 0:
                os.close(handle)
        self.far = self._near = -1


def serial_pair() -> SerialPair | None:
    """A new serial port; None where the system lets no program make one (Windows)."""
    if sys.platform == "win32":
        return None
    import tty

    far, near = os.openpty()  # `near` stays open, or the far end would see the line break with every client
    tty.setraw(near)
    os.set_blocking(far, False)
    return SerialPair(far, near, os.ttyname(near))
