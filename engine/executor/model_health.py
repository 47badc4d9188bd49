"""How the models have done lately in this engine: how long their answers took, and which are left alone for a while."""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.errors import StepError
from engine.nodes.context import PASSING
from engine.settings import RoleSetting

_ANSWERS = 9


@dataclass(slots=True)
class _Record:
    took: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_ANSWERS))
    failed: int = 0
    left_alone_until: float | None = None
    probe: int | None = None


class ModelHealth:
    """By role. `clock` says when a model may be asked again. Nothing is kept on disk: a new engine has no prejudice."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._asked = 0

    @contextmanager
    def watch(self, role: str, setting: RoleSetting | None, aside: Sequence[float] = ()) -> Iterator[None]:
        """Around one question to a model; the seconds in `aside` were not its own."""
        number, began = self.begin(role), time.perf_counter()
        try:
            yield
        except StepError as error:
            self.end(role, number, setting, time.perf_counter() - began - sum(aside), error)
            raise
        except BaseException:
            self.abandoned(role, number)
            raise
        self.end(role, number, setting, time.perf_counter() - began - sum(aside), None)

    def begin(self, role: str) -> int:
        """A question is asked; the number that `end` takes. The first one after a model was left alone is its probe."""
        self._asked += 1
        record = self._records.setdefault(role, _Record())
        if record.left_alone_until is not None and record.probe is None and self._clock() >= record.left_alone_until:
            record.probe = self._asked
        return self._asked

    def end(self, role: str, number: int, setting: RoleSetting | None, took: float, error: StepError | None) -> None:
        """What became of it: an answer, or a failure. One that says nothing about the model changes nothing."""
        record = self._records.setdefault(role, _Record())
        probe, record.probe = record.probe == number, None if record.probe == number else record.probe
        if error is not None and error.cls not in PASSING:
            return
        if error is None or (error.cls == "timeout" and not cut_at_first_words(error)):
            record.took.append((self._clock(), took))
        if error is None:
            record.failed, record.left_alone_until = 0, None
            return
        record.failed += 1
        if setting is not None and setting.kind == "remote" and (probe or record.failed >= setting.skip_after):
            record.left_alone_until = self._clock() + setting.skip_for_s

    def abandoned(self, role: str, number: int) -> None:
        """The question was given up by who asked it: nothing is known, and another one may be the probe."""
        record = self._records.get(role)
        if record is not None and record.probe == number:
            record.probe = None

    def took(self, role: str, within_s: float | None = None) -> float | None:
        """Seconds that an answer took lately (the median); None when nothing is known of the last `within_s`."""
        record = self._records.get(role)
        since = None if within_s is None else self._clock() - within_s
        times = [seconds for at, seconds in (record.took if record else ()) if since is None or at >= since]
        return statistics.median(times) if times else None

    def left_alone(self, role: str) -> tuple[int, float] | None:
        """(failures in a row, seconds that it is still left alone), or None when it may be asked."""
        record = self._records.get(role)
        if record is None or record.left_alone_until is None:
            return None
        left = record.left_alone_until - self._clock()
        return (record.failed, max(left, 0.0)) if left > 0 or record.probe is not None else None


def cut_at_first_words(error: StepError) -> bool:
    """Whether it only says that the first words did not come in time: how long the answer would have taken is open."""
    return isinstance(error.detail, Mapping) and "first_s" in error.detail
