"""Two agents as people write them without an engine: a key-value file, "put what you know, then tell the next one".

Every put is whole and on disk before it returns; that is not what goes wrong.
"""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENVELOPE = {"goal": "order it", "fields": {"order": "order-17"}}


class Values:
    """A key-value file: each put is atomic and durable, and may be the last thing that this process does."""

    def __init__(self, path: Path, nth: int) -> None:
        self._path = path
        self._left = nth

    def point(self) -> None:
        """A place at which the process may be killed."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def get(self, key: str) -> Any:
        return json.loads(self._path.read_text()).get(key) if self._path.exists() else None

    def put(self, key: str, value: Any) -> None:
        self.point()
        known = json.loads(self._path.read_text()) if self._path.exists() else {}
        fresh = self._path.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump({**known, key: value}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        self.point()


def _do(url: str, name: str) -> None:
    request = urllib.request.Request(f"{url}/do/at_most_once/{name}", data=b"", method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def _tell_then_mark(values: Values) -> None:
    values.put("for b", ENVELOPE)
    values.put("a", "done")


def _mark_then_tell(values: Values) -> None:
    values.put("a", "done")
    values.put("for b", ENVELOPE)


def _take_then_work(values: Values, url: str) -> None:
    envelope = values.get("for b")
    values.put("for b", None)
    values.point()
    _do(url, envelope["fields"]["order"])
    values.point()


def _work_then_take(values: Values, url: str) -> None:
    values.point()
    _do(url, values.get("for b")["fields"]["order"])
    values.point()
    values.put("for b", None)


SENDING: dict[str, Callable[[Values], None]] = {"tell, mark": _tell_then_mark, "mark, tell": _mark_then_tell}
TAKING: dict[str, Callable[[Values, str], None]] = {"take, work": _take_then_work, "work, take": _work_then_take}


def life(path: Path, url: str, sending: str, taking: str, nth: int) -> int:
    """One life of both agents in a process of its own, killed at the nth point (0: never); how it ended."""
    pid = os.fork()
    if not pid:
        code = 99
        try:
            values = Values(path, nth)
            if values.get("a") != "done":
                SENDING[sending](values)  # the model's answer is in the envelope
            if values.get("for b") is not None:
                TAKING[taking](values, url)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)
