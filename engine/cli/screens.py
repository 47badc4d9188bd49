"""Where a run is shown while it goes on: a live table, plain lines, or nothing at all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from engine.cli.lines import line_of
from engine.cli.output import seconds
from engine.cli.picture import Plan, picture
from engine.observe.family import Family
from engine.observe.records import RunTrace
from engine.run.events import Event

FRAMES_PER_S = 8


class Screen(Protocol):
    """One way of showing a run."""

    def update(self, new: Sequence[Event], notice: str) -> None:
        """Something may have changed: events, or only the time. `notice` is said until it changes."""

    def say(self, text: str) -> None:
        """A line of its own."""

    def rest(self) -> None:
        """Leave the terminal to a question; the next `update` takes it back."""

    def end(self) -> None:
        """Show how things stand at the end, and let go of the terminal."""


class Silent:
    """For `--json` and `--quiet`."""

    def update(self, new: Sequence[Event], notice: str) -> None:
        """Shows nothing."""

    def say(self, text: str) -> None:
        """Says nothing."""

    def rest(self) -> None:
        """Needs no rest."""

    def end(self) -> None:
        """Has nothing to let go of."""


class Lines:
    """One line for each event, with the time since the run's start."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._notice = ""

    def update(self, new: Sequence[Event], notice: str) -> None:
        """Print what is new."""
        for event in new:
            run = self._family.runs[event.run]
            found = line_of(event, run)
            if found is not None:
                self._print(event, run, *found)
        if notice != self._notice:
            self._notice = notice
            self.say(notice or "goes on")

    def say(self, text: str) -> None:
        """A line of its own."""
        print(text, flush=True)

    def rest(self) -> None:
        """Needs no rest."""

    def end(self) -> None:
        """Has nothing to let go of."""

    def _print(self, event: Event, run: RunTrace, step: str, text: str) -> None:
        child = f"{event.run[-6:]} " if event.run != self._family.run and event.kind != "RunStarted" else ""
        since = seconds(event.at - self._family.main.started)
        print(f"{since:>9}  {child + step:<16}  {text}", flush=True)


class Live:
    """A table that is redrawn in place."""

    def __init__(self, family: Family, plan: Plan) -> None:
        self._family, self._plan = family, plan
        self._live: object | None = None
        self._drawn = 0.0

    def update(self, new: Sequence[Event], notice: str) -> None:
        """Redraw, a few times a second."""
        from rich.live import Live as RichLive

        from engine.cli.output import console

        now = time.monotonic()
        if self._live is None:
            self._live = RichLive(console=console(), auto_refresh=False, transient=True, vertical_overflow="crop")
            self._live.start()
        elif now - self._drawn < 1 / FRAMES_PER_S:
            return
        self._drawn = now
        self._draw(notice)

    def say(self, text: str) -> None:
        """A line of its own, above the table."""
        self.rest()
        print(text, flush=True)

    def rest(self) -> None:
        """Take the table away, leaving the terminal as it was."""
        from rich.live import Live as RichLive

        if isinstance(self._live, RichLive):
            self._live.stop()
        self._live = None

    def end(self) -> None:
        """Leave the table on the screen as it is now."""
        from engine.cli.output import console

        self.rest()
        out = console()
        out.print(picture(self._family, self._plan, now=time.time(), width=out.width, height=10_000))

    def _draw(self, notice: str) -> None:
        from rich.live import Live as RichLive

        assert isinstance(self._live, RichLive)
        size = self._live.console.size
        drawn = picture(
            self._family, self._plan, now=time.time(), width=size.width, height=size.height, notice=notice
        )  # fmt: skip
        self._live.update(drawn, refresh=True)
