"""Stay with a run until it ends or waits for a person who is not here: show it, and bring its questions and answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from engine.cli import question as dialog
from engine.cli.screens import Screen
from engine.cli.session import Session
from engine.cli.terminal import Keyboard
from engine.errors import Refused
from engine.ids import step_text
from engine.observe.family import Family
from engine.observe.records import QuestionTrace
from engine.run.questions import shown_hash


class Attendant:
    """One person's stay with one run. `answers` are given without asking; without a keyboard nobody else is asked."""

    def __init__(
        self,
        session: Session,
        family: Family,
        screen: Screen,
        *,
        answers: Mapping[str, dialog.Answer],
        actor: str,
        keyboard: Keyboard | None,
        stand_in: Callable[[QuestionTrace], dialog.Answer | None] | None = None,
    ) -> None:
        self._session, self._family, self._screen = session, family, screen
        self._answers, self._actor, self._keyboard = answers, actor, keyboard
        self._stand_in = stand_in
        self._filed: dict[str, int] = {}
        self._automatic: set[str] = set()
        self._asking: tuple[QuestionTrace, asyncio.Task[dialog.Answer | None]] | None = None

    async def stay(self) -> None:
        """Return when the run has ended, or when nothing goes on without an answer that nobody here gives."""
        try:
            while True:
                # before reading: what is settled now can be read now
                settled = self._session.settled()
                new = self._family.read()
                self._family.read_texts()
                if self._session.took_over and self._asking is None:
                    self._session.took_over = False
                    self._screen.say("The engine has gone away; this process goes on with the run.")
                if self._asking is None:
                    self._screen.update(new, self._notice())
                if self._family.main.ended is not None:
                    if self._asking is not None:
                        await self._follow_dialog({})
                    return
                self._look_at_replies()
                if not await self._attend_questions() and settled and self._stuck():
                    return
                await self._session.changed()
        finally:
            await self._stop_asking()

    def _notice(self) -> str:
        if self._session.paused:
            reason = self._session.paused.partition(". (")[0].rstrip(".")  # what SQLite calls it is for the log
            reason = reason[:1].lower() + reason[1:]
            return f"paused: {reason}; it goes on when there is room"
        return ""

    def _stuck(self) -> bool:
        """Whether only people can bring the run on. Answers on their way count as movement."""
        if self._filed or self._asking is not None or self._family.moving:
            return False
        waiting = self._family.open_questions()
        now = time.time()
        return bool(waiting) and not any(question.due is not None and question.due <= now for question in waiting)

    async def _attend_questions(self) -> bool:
        """File answers given in advance, and have the keyboard's person asked; whether anything was filed."""
        open_now = {question.id: question for question in self._family.open_questions()}
        filed = False
        for question in open_now.values():
            answer = None if self._mine(question) else self._prepared(question)
            if answer is not None:
                self._automatic.add(question.id)
                self._file(question, answer)
                filed = True
        if self._asking is not None:
            await self._follow_dialog(open_now)
        elif self._keyboard is not None:
            free = [question for question in open_now.values() if not self._mine(question)]
            if free and not filed:
                self._start_asking(free[0])
        return filed

    def _prepared(self, question: QuestionTrace) -> dialog.Answer | None:
        given = self._answers.get(step_text(question.node, question.visit)) or self._answers.get(question.node)
        return given if given is not None or self._stand_in is None else self._stand_in(question)

    def _mine(self, question: QuestionTrace) -> bool:
        """Whether this person has answered it already."""
        return question.id in self._filed or any(answer.by == self._actor for answer in question.answers)

    # ---- the dialog
    def _start_asking(self, question: QuestionTrace) -> None:
        assert self._keyboard is not None
        self._screen.rest()
        forget = getattr(self._keyboard, "forget", None)
        if forget is not None:
            forget()
        dialog.show(question)
        task = asyncio.create_task(dialog.ask(question, self._keyboard), name="dialog")
        self._asking = (question, task)

    async def _follow_dialog(self, open_now: Mapping[str, QuestionTrace]) -> None:
        assert self._asking is not None
        question, task = self._asking
        if task.done():
            self._asking = None
            answer = task.result()
            if answer is None:
                self._keyboard = None  # the end of input: nobody is here any more
            elif question.id in open_now:
                self._file(question, answer, shown_hash(question.id, question.form))
        elif question.id not in open_now:
            await self._stop_asking()
            settled = next(
                run.questions[question.id] for run in self._family.runs.values() if question.id in run.questions
            )
            by = ", ".join(answer.by for answer in settled.answers)
            self._screen.say(
                f"\nThis question is closed: {settled.outcome or 'the run has ended'}" + (f" ({by})." if by else ".")
            )

    async def _stop_asking(self) -> None:
        if self._asking is not None:
            _, task = self._asking
            self._asking = None
            task.cancel()
            await asyncio.wait([task])

    # ---- answers
    def _file(self, question: QuestionTrace, answer: dialog.Answer, shown: str = "") -> None:
        payload: dict[str, Any] = {"question": question.id, "option": answer.option, "comment": answer.comment}
        if shown:
            payload["shown"] = shown
        if answer.values is not None:
            payload["values"] = answer.values
        self._filed[question.id] = self._session.file("answer", payload, self._actor, question.run)

    def _look_at_replies(self) -> None:
        for question, number in list(self._filed.items()):
            reply = self._session.store.requests.outcome(number)
            if reply is None:
                continue
            if not reply.accepted:
                del self._filed[question]
                if self._keyboard is None or question in self._automatic:
                    raise Refused(reply.reason)
                self._screen.say(reply.reason)
            elif self._known(question):
                del self._filed[question]

    def _known(self, question: str) -> bool:
        """Whether the journal as read so far has our answer, so that it is not given twice."""
        for run in self._family.runs.values():
            found = run.questions.get(question)
            if found is not None:
                return found.outcome is not None or any(answer.by == self._actor for answer in found.answers)
        return False
