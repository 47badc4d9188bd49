"""A password of a broker in a workflow: filled in where it is used, and kept nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from template_kit import Site, in_loop

from engine.tools.devices.box.broker import Broker

WORD = "s3cret-word-of-the-broker"
WORKFLOW = """
format: 1
name: tell
nodes:
  tell:
    type: mqtt.publish
    params: {{broker: "mqtt://127.0.0.1:{port}", topic: t, payload: hello, user: ann, password: "secret://mqtt"}}
outputs: {{confirmed: "{{{{ steps.tell.output.confirmed }}}}"}}
"""


@in_loop
async def test_a_password_reaches_the_broker_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_SECRET_MQTT", WORD)
    broker, site = Broker(users={"ann": WORD}), Site(tmp_path)
    port = await broker.listen("127.0.0.1", 0)
    try:
        async with site.life() as life:
            run = await life.start_text(WORKFLOW.format(port=port))
            assert (await life.end(run)).outputs == {"confirmed": True}
    finally:
        await broker.close()
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and WORD.encode() in file.read_bytes()]
    assert kept == []
