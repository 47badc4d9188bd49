"""The log: JSON lines with their context, and no secret in them."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import log, masks

REPO = Path(__file__).parents[1]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    log.configure(tmp_path / "engine.log")
    yield tmp_path / "engine.log"
    log.close()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_line_carries_its_context_time_and_level(file: Path) -> None:
    with log.bound(run_id="r1", step="check"), log.bound(attempt=2, agent="triage"):
        log.info("attempt started", cause="wörtlich")
    log.info("after")
    first, second = lines(file)
    assert first.pop("at").endswith("Z")
    assert first == {
        "event": "attempt started", "level": "info", "run_id": "r1", "step": "check", "attempt": 2, "agent": "triage",
        "cause": "wörtlich",
    }  # fmt: skip
    assert "run_id" not in second


def test_tasks_do_not_see_each_others_context(file: Path) -> None:
    async def step(name: str) -> None:
        with log.bound(step=name):
            await asyncio.sleep(0)
            log.info("in", want=name)

    async def both() -> None:
        await asyncio.gather(*(step(name) for name in "abc"))

    asyncio.run(both())
    assert [line["step"] for line in lines(file)] == [line["want"] for line in lines(file)]


@pytest.mark.parametrize(
    "field", ["password", "api_key", "apiKey", "x-api-key", "Authorization", "access_token", "accessToken", "db.secret"]
)
def test_a_field_named_like_a_secret_is_masked_at_any_depth(file: Path, field: str) -> None:
    log.info("call", **{field: "plain"}, headers=[{field: ["plain"]}])
    assert "plain" not in file.read_text()
    assert lines(file)[0]["headers"] == [{field: "***"}]


def test_counts_of_tokens_are_not_secrets(file: Path) -> None:
    log.info("turn", max_tokens=512, tokens=3, prompt_tokens=9, basic="basic settings", token=None)
    line = lines(file)[0]
    assert (line["max_tokens"], line["tokens"], line["prompt_tokens"]) == (512, 3, 9)
    assert (line["basic"], line["token"]) == ("basic settings", None)


@pytest.mark.logs("failed")
def test_registered_secrets_are_masked_in_text_and_tracebacks(file: Path) -> None:
    for value in ("s3cr3t-value", "s3cr3t", "no"):
        masks.hide(value)
    try:
        raise RuntimeError("sent s3cr3t-value to the server")
    except RuntimeError:
        log.error("failed with s3cr3t-value", exc_info=True, note="no change", path=Path("/tmp/s3cr3t"))
    line = lines(file)[0]
    assert "s3cr3t" not in file.read_text()
    assert line["event"] == "failed with ***"
    assert "RuntimeError: sent *** to the server" in line["exception"]
    assert line["note"] == "no change"


def test_credentials_inside_text_are_masked(file: Path) -> None:
    log.info("open", url="postgres://me:pass@db.example:5432/x?a=b@c", header="Authorization: Bearer abcdef0123")
    line = lines(file)[0]
    assert line["url"] == "postgres://me:***@db.example:5432/x?a=b@c"
    assert line["header"] == "Authorization: Bearer ***"


@pytest.mark.logs("disk is slow")
def test_warnings_of_libraries_go_into_the_log(file: Path) -> None:
    logging.getLogger("alembic").info("not wanted")
    logging.getLogger("alembic").warning("disk is %s", "slow")
    (line,) = lines(file)
    assert (line["logger"], line["event"], line["level"]) == ("alembic", "disk is slow", "warning")


def test_the_level_is_held_and_a_capture_sees_everything(file: Path) -> None:
    with log.captured() as seen:
        log.debug("detail", password="x")
    assert lines(file) == []
    assert [(line["event"], line["password"]) for line in seen] == [("detail", "***")]


@pytest.mark.logs("something")
def test_a_full_disk_does_not_stop_the_program(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            pass

    kept = log._Target.file
    monkeypatch.setattr(log._Target, "file", Full())
    log.warning("something")
    monkeypatch.setattr(log._Target, "file", kept)


def test_text_that_is_not_utf8_is_written_escaped(file: Path) -> None:
    log.info("file", name="bad\udcffname\nsecond line")
    assert lines(file)[0]["name"] == "bad\udcffname\nsecond line"
    assert len(file.read_text().splitlines()) == 1


def test_a_large_log_is_set_aside_when_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "engine.log").write_text("old\n" * 10)
    monkeypatch.setattr(log, "MAX_BYTES", 20)
    log.configure(tmp_path / "engine.log")
    log.info("new")
    log.close()
    assert (tmp_path / "engine.log.1").read_text() == "old\n" * 10
    assert [line["event"] for line in lines(tmp_path / "engine.log")] == ["new"]


def test_a_program_that_logs_nothing_does_not_load_structlog() -> None:
    code = "import sys; from engine import log; log.info('not shown'); print('structlog' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True).stdout == "False\n"


def test_without_configuration_warnings_go_to_stderr_and_nothing_to_stdout() -> None:
    code = "from engine import log; log.info('quiet'); log.warning('loud')"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True)
    assert done.stdout == ""
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["loud"]
