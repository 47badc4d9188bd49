"""`questions`, `answer`, `cancel`: what people say to runs. Stored first, whether or not an engine runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, completion, options

if TYPE_CHECKING:
    from pathlib import Path

    from engine.cli.question import Answer
    from engine.observe.records import QuestionTrace
    from engine.store import Store


def questions(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """List what waits for a person."""
    import time

    from rich.text import Text

    from engine.cli.output import print_json, print_table, seconds
    from engine.cli.reading import is_there, open_questions, reading
    from engine.cli.summary import question_json
    from engine.ids import step_text

    found = []
    if is_there(data_dir):
        with reading(data_dir) as store:
            found = open_questions(store)
    if json:
        print_json([question_json(question) for question in found])
        return codes.COMPLETED
    now = time.time()
    cells = [
        [
            Text(question.id),
            Text(question.run),
            step_text(question.node, question.visit),
            seconds(now - question.asked),
            "|".join(str(option["name"]) for option in question.form.get("options", ())),
            str(question.form.get("headline", "")),
        ]
        for question in found
    ]
    print_table(["question", "run", "step", "waits", "options", "headline"], cells, empty="Nothing waits for a person.")
    return codes.COMPLETED


def answer(
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="The question's id.", autocompletion=completion.questions, show_default=False
        ),
    ],
    option: Annotated[
        str,
        typer.Argument(
            metavar="OPTION",
            help="One of its options; without it, the question is shown and asked.",
            autocompletion=completion.question_options,
            show_default=False,
        ),
    ] = "",
    values: Annotated[
        str,
        typer.Option(
            "--values", metavar="JSON", help='Values: {"value": …} for an edited one, {"form": {…}} for fields.'
        ),
    ] = "",
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why; kept with the answer.")] = "",
    name: options.As = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Answer a question. It is stored at once; late, second and invalid answers are refused, with the reason."""
    from engine.cli.documents import json_value
    from engine.cli.reading import folder, reading
    from engine.cli.terminal import interactive
    from engine.errors import Refused
    from engine.run.questions import fault_of, shown_hash

    path, _settings = folder(data_dir)
    actor = options.me(name)
    payload: dict[str, Any] = {"question": question, "option": option, "comment": comment}
    if values:
        payload["values"] = json_value(values, "--values")
    with reading(data_dir) as store:
        run, asked = _open(store, question, actor)
        if not option and interactive() and not json:
            given = _ask(asked)
            if given is None:
                return codes.WAITING
            payload.update(option=given.option, values=given.values, comment=given.comment or comment)
            payload["shown"] = shown_hash(question, asked.form)
        fault = fault_of(asked.form, payload["option"], payload.get("values"))
        if fault:
            raise Refused(fault)
        option = payload["option"]
        return _file(store, path, "answer", payload, actor, run, json, f"{option} is taken")


def _ask(question: QuestionTrace) -> Answer | None:
    """What the person at the terminal answers; None at the end of input."""
    import asyncio

    from engine.cli.question import ask, show
    from engine.cli.terminal import Terminal

    async def dialog() -> Answer | None:
        return await ask(question, Terminal())

    show(question)
    return asyncio.run(dialog())


def _open(store: Store, question: str, actor: str) -> tuple[str, QuestionTrace]:
    """The question and its run; Refused when this person cannot answer it, so that nobody finds out only later."""
    from engine.cli.reading import find_question
    from engine.errors import Refused

    found = find_question(store, question)
    if found is None:
        raise Refused(f"There is no question {question!r}.", remedy="`signalboxctl questions` lists the open ones.")
    run, asked = found
    if asked.outcome is not None or run.ended is not None:
        ended = (
            f"its run {run.run} has {run.status}"
            if asked.outcome in (None, "withdrawn") and run.ended
            else asked.outcome
        )
        by = ", ".join(one.by for one in asked.answers)
        raise Refused(f"The question {question} is closed: {ended}" + (f" (by {by})." if by else "."))
    if any(one.by == actor for one in asked.answers):
        raise Refused(f"{actor} has answered {question} already; the first answer counts.")
    for request in store.requests.pending():
        if request.kind == "answer" and request.payload.get("question") == question and request.actor == actor:
            raise Refused(f"{actor} has answered {question} already; the answer waits for the engine.")
    return run.run, asked


def cancel(
    run: options.RunId,
    reason: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; kept in the journal.")] = "",
    name: options.As = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Cancel a run: nothing more starts, what is under way in the world is brought to its end first."""
    from engine.cli.reading import find_run, folder, reading
    from engine.errors import Refused

    path, _settings = folder(data_dir)
    with reading(data_dir) as store:
        row = find_run(store, run)
        if row.end is not None:
            raise Refused(f"The run {row.id} has ended already.", remedy=f"`signalboxctl show {row.id}` says how.")
        return _file(
            store,
            path,
            "cancel",
            {"run": row.id, "why": reason},
            options.me(name),
            row.id,
            json,
            "The run is being cancelled",
        )


def _file(
    store: Store, path: Path, kind: str, payload: dict[str, Any], actor: str, run: str, json: bool, done: str
) -> int:
    """Store a request, wait for the engine's reply if there is an engine, and say what became of it."""
    import asyncio
    import time

    from engine.cli.output import print_json
    from engine.cli.session import filed
    from engine.errors import Refused

    number = store.requests.insert(kind, payload, actor, run, at=time.time())
    reply = asyncio.run(filed(store, path, number))
    if reply is not None and not reply.accepted:
        raise Refused(reply.reason)
    if json:
        print_json({"request": number, "run": run, "stored": True, "accepted": None if reply is None else True})
    elif reply is None:
        print(f"Stored. No engine runs at the moment; `signalboxctl watch {run}` or `signalboxctl engine` takes it up.")
    else:
        print(f"{done}: run {run}.")
    return codes.COMPLETED
