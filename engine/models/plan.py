"""Which models are in memory: a pure object that says who may start, who must leave first, and who waits.

A place is reserved before a process starts and given back when it has ended, so the sum of what is reserved never goes
beyond what is allowed. Whoever asks waits in one line. A model that nobody uses is given up, the one that was used
longest ago first; one in use never is. A question to a model that is in memory may pass the head of the line, but only
so many times that the head is served in the end. Times are seconds of any clock that only goes forward.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from math import inf

PASSES = 16
"""How many questions to models in memory may overtake one that waits for room."""
_LESS = 0.8
"""What is loaded at once after memory ran out, as a part of what was reserved then."""


@dataclass(eq=False, slots=True)
class Ticket:
    """One who asks for a model: waiting, then (`granted`) using it until `leave`."""

    key: Hashable
    need: int
    keep: float
    granted: bool = False
    passed: int = 0


@dataclass(slots=True)
class Place:
    """One model in memory, or on its way in or out."""

    key: Hashable
    need: int
    keep: float
    used: float
    """When it was used last."""
    users: int = 0
    starting: bool = True
    leaving: bool = False
    unwanted: bool = False
    """Nobody will ask for it again: it goes as soon as it is idle."""


@dataclass(slots=True)
class Moves:
    """What is to be done now: let these go on, end the processes of those, and tell these that they wait in vain."""

    granted: list[Ticket] = field(default_factory=list)
    evict: list[Hashable] = field(default_factory=list)
    hopeless: list[Ticket] = field(default_factory=list)


class Plan:
    """The models of one engine. `budget` is the most that may ever be reserved, `allowed` the most at once now."""

    def __init__(self, budget: int) -> None:
        self.budget = self.allowed = budget
        self.places: dict[Hashable, Place] = {}
        self.line: list[Ticket] = []

    @property
    def reserved(self) -> int:
        """Bytes of all that is in memory, on its way in or on its way out."""
        return sum(place.need for place in self.places.values())

    def fits(self, need: int) -> bool:
        """Whether a model of this size can ever start."""
        return need <= self.budget

    def enter(self, key: Hashable, need: int, keep: float) -> Ticket:
        """Stand in line for a model that `fits`."""
        ticket = Ticket(key, need, keep)
        self.line.append(ticket)
        return ticket

    def leave(self, ticket: Ticket, now: float) -> None:
        """Stop using a model, or stop waiting for one."""
        if not ticket.granted:
            if ticket in self.line:
                self.line.remove(ticket)
            return
        ticket.granted = False
        place = self.places[ticket.key]  # one in use is never gone
        place.users -= 1
        place.used = now

    def started(self, key: Hashable, *, starting: bool = False) -> None:
        """A model's process holds its memory now; or, `starting` anew, it does not yet."""
        if key in self.places:
            self.places[key].starting = starting

    def unwanted(self, key: Hashable) -> None:
        """Nobody will ask for this model again, or its process is dead: it leaves as soon as it is idle."""
        if key in self.places:
            self.places[key].unwanted = True

    def gone(self, key: Hashable) -> None:
        """The process of a model that was to leave has ended."""
        self.places.pop(key, None)

    def keep(self, key: Hashable, keep: float) -> None:
        """It may be asked again: how many seconds it stays when it is idle."""
        self.places[key].keep, self.places[key].unwanted = keep, False

    def resize(self, budget: int) -> None:
        """Another budget; what was learned from running out of memory is forgotten."""
        self.budget = self.allowed = budget

    def ran_out(self) -> None:
        """Memory ran out: from now on less is loaded at once. One model alone may always try."""
        if len(self.places) > 1:
            self.allowed = int(min(self.allowed, self.reserved) * _LESS)

    def moves(self, now: float, free: int | None = None) -> Moves:
        """What is to be done; `free` is what the PC has left, in bytes (None: not known). Call it after each change."""
        done = Moves()
        for place in list(self.places.values()):
            if self._idle(place) and (place.unwanted or (not place.starting and now - place.used >= place.keep)):
                self._evict(place, done)
        if len(self.places) > 1 and self.reserved > self.allowed:
            self._make_room(self.reserved - self.allowed, done)
        while self.line and self._admit(self.line[0], now, free, done):
            self.line.pop(0)
        if self.line:
            self._pass_by(now, done)
        return done

    def next_at(self) -> float:
        """When an idle model is to leave, if nothing happens before; infinity when none is."""
        idle = (place.used + place.keep for place in self.places.values() if self._idle(place) and not place.starting)
        return min(idle, default=inf)

    def _idle(self, place: Place) -> bool:
        return place.users == 0 and not place.leaving

    def _evict(self, place: Place, done: Moves) -> None:
        place.leaving = True
        done.evict.append(place.key)

    def _admit(self, ticket: Ticket, now: float, free: int | None, done: Moves) -> bool:
        """Whether the head of the line is served, or told that it never will be; else what must leave is on its way."""
        place = self.places.get(ticket.key)
        if place is not None and not place.leaving:
            self._grant(ticket, place, now, done)
            return True
        if place is not None:  # it is just leaving; then it comes back
            return False
        if not self.fits(ticket.need):
            done.hopeless.append(ticket)
            return True
        missing = self._missing(ticket.need, free)
        if missing <= 0:
            fresh = self.places[ticket.key] = Place(ticket.key, ticket.need, ticket.keep, now)
            self._grant(ticket, fresh, now, done)
            return True
        if not self.places:
            done.hopeless.append(ticket)
            return True
        self._make_room(missing, done)
        return False

    def _missing(self, need: int, free: int | None) -> int:
        """Bytes that must leave before a model may start; at most 0 when it may."""
        if not self.places:
            return 0 if free is None else need - free
        over = self.reserved + need - self.allowed
        if free is None:
            return over
        taken_soon = sum(place.need for place in self.places.values() if place.starting)
        return max(over, need + taken_soon - free)

    def _make_room(self, missing: int, done: Moves) -> None:
        """Send as many idle models away as it takes, those that are kept always last, and none when it is in vain."""
        coming = sum(place.need for place in self.places.values() if place.leaving)
        idle = sorted((place for place in self.places.values() if self._idle(place)), key=_reluctance)
        if coming + sum(place.need for place in idle) < missing and any(place.users for place in self.places.values()):
            return  # those in use must end first; until then the idle ones may still be asked
        for place in idle:
            if coming >= missing:
                break
            self._evict(place, done)
            coming += place.need

    def _pass_by(self, now: float, done: Moves) -> None:
        """Questions to models that are in memory go on, while the head of the line waits for others to end."""
        head = self.line[0]
        for ticket in self.line[1:]:
            place = self.places.get(ticket.key)
            if place is None or place.leaving or head.passed >= PASSES:
                continue
            head.passed += 1
            self.line.remove(ticket)
            self._grant(ticket, place, now, done)

    def _grant(self, ticket: Ticket, place: Place, now: float, done: Moves) -> None:
        place.users += 1
        place.used, place.keep = now, ticket.keep
        place.unwanted = False
        ticket.granted = True
        done.granted.append(ticket)


def _reluctance(place: Place) -> tuple[bool, float]:
    return place.keep == inf, place.used
