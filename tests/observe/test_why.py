"""Explanations: each sentence follows from the journal and the workflow, and says the arithmetic."""

from __future__ import annotations

import pytest
from observe_kit import WORKFLOW, error, story, texts

from engine.observe.why import why_run, why_step
from engine.run import events as ev
from engine.run.events import StepRef


def attempt(number: int, at: float, cls: str = "connection", due: float | None = None) -> list[tuple[float, ev.Event]]:
    return [
        (at, ev.AttemptStarted(node="read", attempt=number)),
        (at + 0.5, ev.AttemptFailed(node="read", attempt=number, error=error(cls), redo_from="1", retry_due=due)),
    ]


def test_the_waits_between_attempts_are_reckoned_out() -> None:
    run = story(
        *attempt(1, 0, due=1002.5), *attempt(2, 2.5, due=1008.0), (8.0, ev.AttemptStarted(node="read", attempt=3))
    )
    said = texts(why_step(run, WORKFLOW, run.steps["read", ()]))
    assert "the next one had to wait 2 s (2 s × 3^0 = 2 s)" in said
    assert "the next one had to wait 5 s (2 s × 3^1 = 6 s, at most 5 s)" in said


def test_a_wait_that_the_other_side_asked_for_is_said_to_be_theirs() -> None:
    run = story(*attempt(1, 0, due=1030.5))
    said = texts(why_step(run, WORKFLOW, run.steps["read", ()]))
    assert "wait 30 s (the other side asked for that; the policy alone would have waited 2 s)" in said


@pytest.mark.parametrize(
    ("failures", "because"),
    [
        ([*attempt(1, 0, due=1002.5), *attempt(2, 2.5, due=1008), *attempt(3, 8)], "its policy allows 3 attempts"),
        (attempt(1, 0, cls="invalid"), "its policy retries connection, not invalid"),
        (attempt(1, 0), "trying again could not have mended that"),
    ],
)
def test_why_there_was_no_further_attempt(failures: list[tuple[float, ev.Event]], because: str) -> None:
    run = story(*failures, (9.0, ev.StepFailed(node="read", error=error())))
    said = texts(why_step(run, WORKFLOW, run.steps["read", ()]))
    assert because in said
    assert said.endswith("It failed for good, and nothing handled that.")


def test_a_write_that_may_have_happened_keeps_a_retry_from_going_back_behind_it() -> None:
    wrote = ev.EffectStarted(node="read", key="1", effect="at_most_once", tool="sql.query", fingerprint="f")
    run = story((0.0, ev.AttemptStarted(node="read", attempt=1)), (0.1, wrote), *attempt(1, 0.2)[1:])
    assert "go back behind sql.query" in texts(why_step(run, WORKFLOW, run.steps["read", ()]))


def test_what_was_kept_and_what_was_done_again_is_listed() -> None:
    run = story(
        (0.0, ev.AttemptStarted(node="read", attempt=1)),
        (0.1, ev.EffectSucceeded(node="read", key="1", tool="model:small", result={})),
        (0.2, ev.EffectFailed(node="read", key="2", tool="http.request", error=error())),
        (0.2, ev.AttemptFailed(node="read", attempt=1, error=error(), redo_from="2", retry_due=1002.2)),
        (2.2, ev.AttemptStarted(node="read", attempt=2)),
    )
    said = texts(why_step(run, WORKFLOW, run.steps["read", ()]))
    assert "using the recorded results of model:small (1), and did everything from http.request (2) on again" in said


def test_a_crash_and_a_clean_stop_are_told_apart() -> None:
    for cause, words in (("crash", "counts only against max_interruptions"), ("shutdown", "does not count")):
        run = story(
            (0.0, ev.AttemptStarted(node="read", attempt=1)),
            (1.0, ev.AttemptInterrupted(node="read", attempt=1, cause=cause)),  # type: ignore[arg-type]
        )
        assert words in texts(why_step(run, WORKFLOW, run.steps["read", ()]))


def test_a_skipped_step_names_where_the_dead_branch_began() -> None:
    skipped = ev.StepsSkipped(
        steps=(StepRef(node="stop_line"), StepRef(node="after"), StepRef(node="last")), why="not_taken"
    )
    run = story(
        (0.0, ev.StepSucceeded(node="read", outputs={"response": 1})),
        (0.0, ev.StepSucceeded(node="check", outputs={"high": 1}, by="planner")),
        (0.0, skipped),
    )
    said = texts(why_step(run, WORKFLOW, run.steps["last", ()]))
    assert said == "It was skipped: check went on by high, not by otherwise, by way of after, stop_line."


def test_who_answered_what_and_when() -> None:
    asked = ev.QuestionAsked(
        node="approve", question="q1", key="gate", type="gate", form={"headline": "Stop?"}, required=2
    )
    run = story(
        (0.0, asked),
        (60.0, ev.QuestionAnswered(node="approve", question="q1", option="approve", actor="ann", comment="go")),
        (90.0, ev.QuestionAnswered(node="approve", question="q1", option="approve", actor="ben")),
        (90.0, ev.QuestionSettled(node="approve", question="q1", outcome="approve")),
        (90.0, ev.StepSucceeded(node="approve", outputs={"approved": {}}, by="person")),
    )
    said = texts(why_step(run, WORKFLOW, run.steps["approve", ()]))
    assert "Answer of ann after 60 s: approve, saying: go." in said
    assert "2 answers were in, 2 were required: approve." in said
    assert said.endswith("A person's answer settled it.")


def test_a_doubt_says_that_nothing_was_repeated_unasked_and_what_was_decided() -> None:
    run = story(
        (0.0, ev.AttemptStarted(node="read", attempt=1)),
        (0.1, ev.EffectStarted(node="read", key="1", effect="at_most_once", tool="sql.query", fingerprint="f")),
        (5.0, ev.EffectInDoubt(node="read", key="1")),
        (9.0, ev.EffectResolved(node="read", key="1", how="happened")),
    )
    said = texts(why_step(run, WORKFLOW, run.steps["read", ()]))
    assert "so it may have happened; nothing was repeated without asking" in said
    assert "A person said: it had happened." in said


def test_a_run_says_why_it_ended() -> None:
    failed = story(
        *attempt(1, 0),
        (0.5, ev.StepFailed(node="read", error=error())),
        (0.5, ev.RunFailed(node="read", error=error())),
    )
    assert texts(why_run(failed, WORKFLOW)).endswith(
        "It failed because read failed and nothing handled that: No route. (connection)."
    )
    cancelled = story((1.0, ev.RunCancelRequested(why="wrong file", actor="ben")), (1.0, ev.RunCancelled()))
    said = texts(why_run(cancelled, WORKFLOW))
    assert "Its end was asked for by ben: wrong file." in said and said.endswith("It was cancelled.")
    asked = ev.QuestionAsked(node="approve", question="q1", key="gate", type="gate", form={"headline": "Stop?"})
    assert texts(why_run(story((0.0, asked)), WORKFLOW)).endswith("It waits for a person at approve.")


def test_a_journal_can_be_explained_without_its_workflow() -> None:
    run = story(*attempt(1, 0, due=1002.5))
    assert "the next one had to wait 2 s." in texts(why_step(run, None, run.steps["read", ()]))
