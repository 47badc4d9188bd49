"""`http.request` against a real server on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from engine.errors import StepError
from engine.nodes.tool_args import HttpArgs
from engine.tools.registry import Found, aclose_all, tools


def fails(call: Any, **args: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        call("http.request", **args)
    return caught.value


def test_a_json_answer_becomes_a_value(call: Any, site: Any) -> None:
    site.on("/history", body={"work": ["bearing replaced"]}, headers={"ETag": '"7"', "X-Request-Id": "abc"})
    result = call("http.request", url=f"{site.url}/history", query={"machine": "PUMP-12", "n": [1, 2]})
    assert result == {
        "status": 200,
        "headers": {"content-type": "application/json", "etag": '"7"'},
        "body": {"work": ["bearing replaced"]},
    }
    assert site.seen[0].path == "/history?machine=PUMP-12&n=1&n=2"


def test_a_value_holds_no_header_that_says_when(call: Any, site: Any) -> None:
    site.on("/", body={})
    assert set(call("http.request", url=f"{site.url}/")["headers"]) <= {"content-type", "etag", "link", "location"}


def test_text_stays_text_and_bytes_become_a_blob(call: Any, site: Any) -> None:
    site.on("/t", body="grüß".encode("latin-1"), headers={"content-type": "text/plain; charset=iso-8859-1"})
    assert call("http.request", url=f"{site.url}/t")["body"] == "grüß"
    site.on("/b", body=b"\x89PNG\0", headers={"content-type": "image/png"})
    reference = call("http.request", url=f"{site.url}/b")["body"]
    assert reference["media_type"] == "image/png"
    assert reference["size"] == 5


def test_an_answer_that_only_claims_to_be_json_fails_with_schema(call: Any, site: Any) -> None:
    site.on("/", body=b'{"a": NaN}', headers={"content-type": "application/json"})
    assert fails(call, url=f"{site.url}/").cls == "schema"


@pytest.mark.parametrize(
    ("status", "cls", "retryable"),
    [(400, "invalid", False), (401, "permission", False), (404, "not_found", False), (500, "server", None)],
)
def test_a_refused_request_has_a_class_and_quotes_the_server(
    call: Any, site: Any, status: int, cls: str, retryable: bool | None
) -> None:
    site.on("/", status=status, body={"why": "no such machine"})
    error = fails(call, url=f"{site.url}/")
    assert (error.cls, error.retryable) == (cls, retryable)
    assert "no such machine" in error.message
    assert str(status) in error.message


def test_too_many_requests_says_when_to_come_back(call: Any, site: Any) -> None:
    site.on("/", status=429, headers={"Retry-After": "17"})
    error = fails(call, url=f"{site.url}/")
    assert (error.cls, error.retry_after_s) == ("rate_limit", 17.0)


def test_a_retry_date_is_turned_into_seconds(call: Any, site: Any) -> None:
    site.on("/", status=503, headers={"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"})
    error = fails(call, url=f"{site.url}/")
    assert (error.cls, error.retry_after_s) == ("server", 0.0)


def test_a_status_named_ok_is_a_success(call: Any, site: Any) -> None:
    site.on("/", status=404, body={"gone": True})
    assert call("http.request", url=f"{site.url}/", method="DELETE", ok_status=[200, 404])["status"] == 404


def test_a_refused_connection_did_not_happen(call: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = fails(call, url=f"http://127.0.0.1:{port}/", method="POST", json={"a": 1})
    assert (error.cls, error.outcome_unknown) == ("connection", False)


def test_a_write_without_an_answer_may_have_happened(call: Any, site: Any) -> None:
    gate = threading.Event()
    site.on("/", body={}, wait=gate)
    error = fails(call, url=f"{site.url}/", method="POST", json={"a": 1}, timeout_s=0.3)
    gate.set()
    assert (error.cls, error.outcome_unknown) == ("timeout", True)


def test_a_read_without_an_answer_is_only_late(call: Any, site: Any) -> None:
    gate = threading.Event()
    site.on("/", body={}, wait=gate)
    error = fails(call, url=f"{site.url}/", timeout_s=0.3)
    gate.set()
    assert (error.cls, error.outcome_unknown) == ("timeout", False)


def test_a_write_that_the_server_hangs_up_on_may_have_happened(call: Any, site: Any) -> None:
    site.on("/", hang_up=True)
    error = fails(call, url=f"{site.url}/", method="POST", body="x")
    assert (error.cls, error.outcome_unknown) == ("connection", True)


def test_a_gateway_error_leaves_a_write_unknown(call: Any, site: Any) -> None:
    site.on("/", status=504)
    assert fails(call, url=f"{site.url}/", method="POST", body="x").outcome_unknown
    assert not fails(call, url=f"{site.url}/").outcome_unknown


def test_reading_follows_redirects_and_writing_does_not(call: Any, site: Any) -> None:
    site.on("/old", status=302, headers={"Location": "/new"})
    site.on("/new", body={"here": True})
    assert call("http.request", url=f"{site.url}/old")["body"] == {"here": True}
    error = fails(call, url=f"{site.url}/old", method="POST", body="x")
    assert error.cls == "invalid"
    assert "/new" in error.message
    assert [seen.path for seen in site.seen] == ["/old", "/new", "/old"]


def test_a_redirect_does_not_carry_a_secret_away(call: Any, site: Any) -> None:
    site.on("/old", status=302, headers={"Location": "/new"})
    site.on("/new", body={})
    error = fails(call, url=f"{site.url}/old", headers={"X-Key": "secret://token"})
    assert "not followed" in error.message
    assert [seen.path for seen in site.seen] == ["/old"]


def test_a_secret_reaches_the_server_and_nothing_else(call: Any, site: Any) -> None:
    site.on("/", body={"you said": "Bearer s3cr3t-t0ken-value"})
    result = call("http.request", url=f"{site.url}/", headers={"Authorization": "Bearer secret://token"})
    assert site.seen[0].headers["authorization"] == "Bearer s3cr3t-t0ken-value"
    assert result["body"] == {"you said": "Bearer secret://token"}
    site.on("/", status=400, body=b"bad s3cr3t-t0ken-value")
    error = fails(call, url=f"{site.url}/", headers={"Authorization": "Bearer secret://token"})
    assert "s3cr3t" not in error.message


def test_an_unknown_secret_is_not_found(call: Any, site: Any) -> None:
    assert fails(call, url=site.url, headers={"X": "secret://nobody"}).cls == "not_found"
    assert site.seen == []


def test_the_network_being_off_leaves_loopback(call: Any, site: Any) -> None:
    site.on("/", body={})
    assert call("http.request", around={"network": False}, url=f"{site.url}/")["status"] == 200
    error = fails(call, around={"network": False}, url="http://192.0.2.1/")
    assert (error.cls, error.retryable) == ("connection", False)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "nonsense", "http://", "http://[::1"])
def test_what_is_no_web_address_is_invalid(call: Any, url: str) -> None:
    assert fails(call, url=url).cls == "invalid"


def test_a_header_with_a_line_break_is_invalid(call: Any, site: Any) -> None:
    assert fails(call, url=site.url, headers={"X-A": "1\r\nX-B: 2"}).cls == "invalid"
    assert site.seen == []


def test_an_answer_over_the_limit_is_cut_off(call: Any, site: Any) -> None:
    site.on("/", body=b"x" * 10_000)
    assert fails(call, url=f"{site.url}/", max_bytes=1000).cls == "limit"


@pytest.mark.parametrize(
    ("args", "effect"),
    [
        ({}, "pure"),
        ({"method": "HEAD"}, "pure"),
        ({"method": "PUT"}, "idempotent"),
        ({"method": "DELETE"}, "idempotent"),
        ({"method": "POST"}, "at_most_once"),
        ({"method": "PATCH"}, "at_most_once"),
        ({"method": "POST", "idempotency_header": "Idempotency-Key"}, "idempotent"),
        ({"method": "POST", "idempotency_header": "K", "lookup_url": "http://h/{key}"}, "checkable"),
    ],
)
def test_the_method_says_what_a_repetition_does(args: dict[str, Any], effect: str) -> None:
    assert tools()["http.request"].effect(HttpArgs(url="http://h/", **args)) == effect


def test_the_key_of_the_effect_goes_into_the_named_header(call: Any, site: Any) -> None:
    site.on("/", status=201, body={})
    call("http.request", url=f"{site.url}/", method="POST", json={"a": 1}, idempotency_header="Idempotency-Key")
    assert site.seen[0].headers["idempotency-key"] == "sb-key-1"


def test_the_look_up_finds_what_happened_and_only_that(lookup: Any, site: Any) -> None:
    args = {"url": f"{site.url}/orders", "method": "POST", "idempotency_header": "Key", "json": {}}
    args["lookup_url"] = f"{site.url}/orders/{{key}}"
    site.on("/orders/sb-key-1", body={"order": 7})
    found = lookup("http.request", **args)
    assert isinstance(found, Found)
    assert found.result["body"] == {"order": 7}
    site.on("/orders/sb-key-1", status=404)
    assert lookup("http.request", **args) is None
    site.on("/orders/sb-key-1", status=500)
    with pytest.raises(StepError):
        lookup("http.request", **args)


def test_a_cancelled_request_leaves_no_connection(make_env: Any, site: Any) -> None:
    gate = threading.Event()
    site.on("/", body={}, wait=gate)
    tool = tools()["http.request"]

    async def cancelled() -> None:
        running = asyncio.ensure_future(tool.call(HttpArgs(url=f"{site.url}/"), make_env()))
        while not site.seen:
            await asyncio.sleep(0.005)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await aclose_all()

    asyncio.run(cancelled())
    gate.set()


def test_reads_of_one_loop_share_a_connection(make_env: Any, site: Any) -> None:
    site.on("/", body={})
    tool = tools()["http.request"]

    async def twice() -> int:
        from engine.tools.http_clients import client

        for _ in range(2):
            await tool.call(HttpArgs(url=f"{site.url}/"), make_env())
        inner = (await client(write=False))._transport._inner  # type: ignore[attr-defined]
        count = sum(len(one._pool.connections) for one in inner.values())
        await aclose_all()
        return count

    assert asyncio.run(twice()) == 1
