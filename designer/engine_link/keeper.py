"""The engine process: found by its lease, started when nobody is there, started again when it dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from designer.engine_link import process
from designer.engine_link.status import EngineState, EngineStatus
from designer.resources import tr
from engine.store import Condition, Presence, condition

LOOK_S, LOOK_SOON_S = 0.25, 0.05
START_S = 30.0
STEADY_S = 20.0
"""An engine that held out this long makes the next wait a short one again."""
BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
REFUSED = 2
"""What an engine exits with when it says why it cannot work; trying again mends nothing."""
GRACE_S = 5.0


class Keeper:
    """Looks after the engine of one data folder; `say` is called with every change of the status."""

    def __init__(self, data_dir: Path, launch: bool, say: Callable[[EngineStatus], None]) -> None:
        self._dir, self._launch, self._say = data_dir, launch, say
        self.status = EngineStatus(since=time.time())
        self._process = process.EngineProcess(data_dir)
        self._presence: Presence | None = None
        self._pid: int | None = None  # of the engine that was seen last, until it is known to have gone
        self._pid_since = 0.0
        self._told: int | None = None  # the engine that we told to end
        self._off = False  # stopped by a person: only a person or a request starts it again
        self._stuck = ""  # why starting it is no use
        self._away = False  # another PC's engine has the folder, as far as one can see from here
        self._no_store: tuple[str, float] = ("", 0.0)
        self._trouble: tuple[str, float] = ("", 0.0)
        self._tries = 0
        self._due = 0.0  # when the next start may be, by the monotonic clock
        self._looked = -LOOK_S

    @property
    def hurries(self) -> bool:
        """Whether the state is one that passes quickly."""
        return self.status.state in ("starting", "stopping", "restarting")

    @property
    def failed(self) -> bool:
        """Whether waiting for the store is no use."""
        return self.status.state == "failed"

    @property
    def _later(self) -> EngineState:
        """What is said while the next start is due."""
        return "elsewhere" if self._away else "restarting"

    # ---- what people and the worker say
    def start(self) -> None:
        """Start it now, whatever was before (never for a link that only looks)."""
        self._off, self._stuck, self._due, self._tries = False, "", 0.0, 0
        self._looked = -LOOK_S

    def stop(self) -> None:
        """Tell it to end, and leave it at that."""
        self._off = True
        engine = condition(self._dir)
        if engine is not None and process.is_ours(engine.pid):
            self._told = engine.pid
            process.terminate(engine.pid, group=engine.pid == self._process.pid)
        elif self._process.alive:
            self._told = self._process.pid
            self._process.terminate()
        self._looked = -LOOK_S

    def asked(self) -> None:
        """A request was filed: an engine that was stopped, or could not start, is wanted again."""
        if self._off or self._stuck:
            self.start()

    def no_store(self, why: str) -> None:
        """Why the store cannot be opened; "" when it is open."""
        if why != self._no_store[0]:
            self._no_store = (why, time.monotonic())

    def fault(self, sentence: str) -> None:
        """Reading the store failed just now."""
        self._trouble = (sentence, time.monotonic())

    # ---- looking
    def look(self, wanted: bool) -> None:
        """See how the engine is and do what is due; does nothing when that was a moment ago."""
        now = time.monotonic()
        if now - self._looked < (LOOK_SOON_S if self.hurries else LOOK_S):
            return
        self._looked = now
        if self._launch and self._presence is None and self._dir.is_dir():
            self._presence = Presence.begin(self._dir)
        engine = condition(self._dir)
        if engine is not None:
            self._is_there(engine, now)
        elif self._process.alive and self._told != self._process.pid:
            self._is_starting(now)
        else:
            self._is_gone(wanted, now)

    def _is_there(self, engine: Condition, now: float) -> None:
        pid = engine.pid
        if self._process.pid not in (None, pid) and not self._process.alive:
            self._process.reap()  # ours came second
        if self._pid != pid:
            self._pid, self._pid_since = pid, now
        elif now - self._pid_since > STEADY_S:
            self._tries = 0
        self._stuck, self._away = "", False
        if self._told == pid or engine.doing == "stopping":
            return self._be("stopping", pid=pid)
        if sentence := self._store_fault(now):
            return self._be("failed", sentence, pid=pid)
        if engine.doing == "paused":
            return self._be("paused", engine.reason, pid=pid, since=engine.at)
        return self._be("running" if process.is_ours(pid) else "elsewhere", pid=pid, since=engine.since)

    def _is_starting(self, now: float) -> None:
        if now - self._process.started > START_S:
            self._process.kill()
        again = self._tries > 0
        self._be(self._later if again else "starting", self.status.sentence if again else "", pid=self._process.pid)

    def _is_gone(self, wanted: bool, now: float) -> None:
        if self._process.pid is not None and self._process.alive:  # told to end before it had the lease
            return self._be("stopping", pid=self._process.pid)
        if self._pid is not None or self._process.pid is not None:
            self._has_ended(now)
        if self._off:
            return self._be("absent", tr("The engine was stopped."))
        if not self._launch:
            return self._be("failed", self._no_store[0]) if self._no_store[0] else self._be("absent")
        if self._stuck:
            return self._be("failed", self._stuck)
        if now < self._due:
            return self._be(self._later, self.status.sentence, next_try=time.time() + self._due - now)
        if self._due == 0.0 or wanted or self._tries:
            return self._spawn(now)
        return self._be("absent")

    def _has_ended(self, now: float) -> None:
        """Take note of an end, once: by whose will it was decides what comes next."""
        ours = self._process.pid is not None
        code = self._process.reap()
        told = self._told is not None
        self._pid = self._told = None
        self._away = code == REFUSED and process.held_elsewhere(self._dir)
        if told:
            self._due = now
        elif code == REFUSED and not self._away:
            self._stuck = self._process.said() or tr("The engine cannot start.")
        elif code == 0 or not ours:
            self._due = now  # it had nothing to do any more, or was stopped by somebody: started when it is wanted
        else:
            self._wait(now, self._process.said() or tr("The engine ended without warning."))

    def _wait(self, now: float, sentence: str) -> None:
        self._due = now + BACK_OFF_S[min(self._tries, len(BACK_OFF_S) - 1)]
        self._tries += 1
        self._be(self._later, sentence)

    def _spawn(self, now: float) -> None:
        try:
            self._process.start()
        except OSError as error:
            self._stuck = tr("The engine cannot be started: {why}.").format(why=error.strerror or error)
            return self._be("failed", self._stuck)
        self._due = now
        return self._is_starting(now)

    def _store_fault(self, now: float) -> str:
        sentence, since = self._no_store
        if sentence and now - since > GRACE_S:  # an engine that upgrades an older file needs a moment
            return sentence
        sentence, at = self._trouble
        return sentence if sentence and now - at < GRACE_S else ""

    def _be(
        self,
        state: EngineState,
        sentence: str = "",
        *,
        pid: int | None = None,
        since: float | None = None,
        next_try: float | None = None,
    ) -> None:
        before = self.status
        if next_try is not None and before.next_try is not None and abs(next_try - before.next_try) < 0.2:
            next_try = before.next_try
        if since is None:
            since = before.since if before.state == state and before.pid == pid else time.time()
        status = replace(
            before, state=state, sentence=sentence, pid=pid, since=since, next_try=next_try, restarts=self._tries
        )
        if status != before:
            self.status = status
            self._say(status)

    # ---- leaving
    def leave(self) -> None:
        """The window closes: the engine stays as long as runs are open or another window is."""
        if self._presence is not None:
            self._presence.end()
        self._process.let_go()
