"""The facts of this PC, read and changed through the command line program; every tab shows what is here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from designer.engine_link.control_command import TIMEOUT_S, Call, ControlCommand
from designer.engine_link.link import EngineLink
from designer.site.facts import (
    Keys,
    Models,
    Network,
    Server,
    Tool,
    keys_of,
    models_of,
    network_of,
    servers_of,
    tools_of,
)
from designer.site.uses import Uses, marks, read_uses
from engine.errors import Refused

READS: Mapping[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "models": (("models", "list"), models_of),
    "tools": (("tools", "list"), tools_of),
    "servers": (("mcp", "list"), servers_of),
    "network": (("network", "show"), network_of),
    "keys": (("secrets", "list"), keys_of),
}
TOPICS = (*READS, "uses")
WATCH_MS = 3000
AT_ONCE = 2


class SiteDesk(QObject):
    """`told` carries a topic whose facts are new, or could not be read; `said` and `refused` are for the window."""

    told = Signal(str)
    said = Signal(str, str)
    refused = Signal(object)

    def __init__(self, control: ControlCommand, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.control, self.link = control, link
        self.models: Models | None = None
        self.tools: tuple[Tool, ...] | None = None
        self.servers: tuple[Server, ...] | None = None
        self.network: Network | None = None
        self.keys: Keys | None = None
        self.uses: Uses | None = None
        self.faults: dict[str, str] = {}
        self._reading: set[str] = set()
        self._waiting: list[str] = []
        self._marks: tuple[int, ...] = ()
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._look)

    # ---- reading
    def read(self, *topics: str) -> None:
        """Read these anew; without a name, all of them."""
        for topic in topics or TOPICS:
            if topic not in self._waiting:  # one that is being read is read once more: it may be different by now
                self._waiting.append(topic)
        self._go_on()

    @property
    def resting(self) -> bool:
        """Whether no facts are on their way."""
        return not self._reading and not self._waiting

    def reads(self, *topics: str) -> bool:
        """Whether new facts of one of these are on their way."""
        return any(topic in self._reading or topic in self._waiting for topic in topics)

    def watch(self, on: bool) -> None:
        """Look now and then whether somebody else has changed something; only while the page is seen."""
        if on and not self._watch.isActive():
            self._watch.start()
        elif not on:
            self._watch.stop()

    # ---- changing
    def do(
        self,
        *arguments: str,
        topics: tuple[str, ...],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Refused], None] | None = None,
        said: str = "",
        stdin: str = "",
        timeout_s: float = TIMEOUT_S,
    ) -> Call:
        """Change something, say that it is done, and read anew what may be different now."""

        def finished(value: Any) -> None:
            if said:
                self.said.emit(said, "success")
            if done is not None:
                done(value)
            if topics:
                self.read(*topics)

        def refused(why: Refused) -> None:
            (failed or self.refused.emit)(why)
            if topics:
                self.read(*topics)

        return self.control.run(*arguments, done=finished, failed=refused, stdin=stdin, timeout_s=timeout_s)

    # ---- inside
    def _go_on(self) -> None:
        """Read what waits, a few at a time: a small PC has other work."""
        for topic in [one for one in self._waiting if one not in self._reading]:
            if len(self._reading) >= AT_ONCE:
                return
            self._waiting.remove(topic)
            self._reading.add(topic)
            if topic == "uses":
                self._read_uses()
            else:
                self._ask(topic)

    def _ask(self, topic: str) -> None:
        words, parse = READS[topic]

        def done(value: Any) -> None:
            self._take(topic, parse(value))

        def failed(why: Refused) -> None:
            self._fail(topic, why)

        self.control.run(*words, "--json", done=done, failed=failed)

    def _read_uses(self) -> None:
        folder = self.link.data_dir
        self.link.call(lambda store: read_uses(store, folder), lambda found: self._take("uses", found), self._no_uses)

    def _take(self, topic: str, facts: Any) -> None:
        self.faults.pop(topic, None)
        setattr(self, topic, facts)
        self._finish(topic)

    def _fail(self, topic: str, why: Refused) -> None:
        self.faults[topic] = str(why)
        self._finish(topic)

    def _no_uses(self, why: Refused) -> None:
        self._take("uses", Uses())  # the tabs say the rest, without who uses it

    def _finish(self, topic: str) -> None:
        self._reading.discard(topic)
        self.told.emit(topic)
        self._go_on()

    def _look(self) -> None:
        folder = self.link.data_dir
        self.link.call(lambda _store: marks(folder), self._seen, lambda _refused: None)

    def _seen(self, found: tuple[int, ...]) -> None:
        if self._marks and found != self._marks and self.resting:
            self.read()
        self._marks = found
