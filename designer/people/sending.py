"""An answer under way: filed, and then taken or not."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from designer.engine_link import EngineLink, OpenQuestion
from designer.people.alive import alive
from designer.people.decision import values_of
from designer.people.drafts import Draft, Drafts
from designer.resources import tr
from engine.errors import Refused
from engine.run.questions import shown_hash
from engine.store import Reply

PATIENCE_MS = 2500


class Sending(QObject):
    """`taken` carries (question id, option), `refused` (question id, sentence), `slow` the question's id.

    What was typed is forgotten once the answer is taken, also when nobody looks any more.
    """

    taken = Signal(str, str)
    refused = Signal(str, str)
    slow = Signal(str)

    def __init__(self, link: EngineLink, drafts: Drafts, parent: QObject) -> None:
        super().__init__(parent)
        self._link, self._drafts = link, drafts
        self._question = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._waits)

    def send(self, asked: OpenQuestion, option: str, draft: Draft) -> None:
        """File the answer, bound to the hash of what was shown."""
        form = asked.question.form
        self._question = asked.id
        self._timer.start()
        self._link.answer(
            asked.id,
            option,
            values_of(form, option, draft),
            draft.comment.strip(),
            self._drafts.name.strip(),
            shown_hash(asked.id, form),
            lambda reply: self._replied(asked.id, option, reply),
            lambda refused: self._not_filed(asked.id, refused),
            asked.run,
        )

    def _replied(self, question: str, option: str, reply: Reply) -> None:
        if reply.accepted:
            self._drafts.drop(question)
        if not alive(self):
            return
        self._timer.stop()
        if reply.accepted:
            self.taken.emit(question, option)
        else:
            self.refused.emit(question, tr("Not taken: {reason}", "people").format(reason=reply.reason))

    def _not_filed(self, question: str, refused: Refused) -> None:
        if alive(self):
            self._timer.stop()
            self.refused.emit(question, tr("Not sent: {reason}", "people").format(reason=str(refused)))

    def _waits(self) -> None:
        self.slow.emit(self._question)
