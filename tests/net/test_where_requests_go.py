"""Requests to places that nobody allowed: hundreds of ways to write them, and a server that hears none of them."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from address_forms import (
    GOOD_ALLOWED,
    GOOD_HERE,
    GOOD_HERE_V6,
    GOOD_WRITTEN,
    NAMES,
    REDIRECTS_REFUSED,
    REFUSED_AS_WRITTEN,
    REFUSED_UNLESS_ALLOWED,
)
from pydantic import ValidationError

from engine.errors import StepError
from engine.net.address import written
from engine.net.guard import Guard
from engine.net.rules import rule
from engine.nodes.tool_args import HttpArgs
from engine.settings import McpServer, NetworkRules, RoleSetting, Settings
from engine.tools.registry import ToolEnv, aclose_all, tools

BARRED = ("invalid", "permission")


class Heard:
    """A real server on every address of this PC: `urls` is what it was asked, `answer` what it says."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.paths: list[str] = []
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while line := await reader.readline():
                self.paths.append(line.decode("latin-1").split(" ")[1])
                while (await reader.readline()).strip():
                    pass
                writer.write(self.answer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def everywhere() -> AsyncIterator[Heard]:
    heard = Heard()
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listening:
        heard.port = listening.getsockname()[1]
        server = await asyncio.start_server(heard.serve, sock=listening)
        yield heard
        await aclose_all()
        server.close()
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """A resolver of our own in the place of the system's; nothing is asked of any name server."""
    known = dict(NAMES)

    def look_up(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else str(host)
        try:
            found: tuple[str, ...] = (str(socket.inet_ntop(*_packed(name))),)
        except ValueError:
            if name not in known:
                raise socket.gaierror(socket.EAI_NONAME, "no such name") from None
            found = known[name]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, int(port or 0)))
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def _packed(name: str) -> tuple[int, bytes]:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return family, socket.inet_pton(family, name)
        except OSError:
            continue
    raise ValueError(name)


def run(work: Callable[[Heard], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        async with everywhere() as heard:
            return await work(heard)

    return asyncio.run(asyncio.wait_for(main(), 150))


async def ask(url: str, guard: Guard, **more: Any) -> Any:
    def no_secret(name: str, to: Any) -> str:
        raise KeyError(name)

    env = ToolEnv("key", 5.0, Path(), None, True, no_secret, guard=guard)  # type: ignore[arg-type]
    return await tools()["http.request"].call(HttpArgs(url=url, **more), env)


def lan() -> str:
    """An address of this PC that is not loopback; skips where it has none."""
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            if one.family == socket.AF_INET and not one.address.startswith(("127.", "169.254.")):
                return one.address
    pytest.skip("this PC has no address but loopback")


def test_the_tables_are_as_large_as_they_should_be() -> None:
    assert len(set(REFUSED_AS_WRITTEN + REFUSED_UNLESS_ALLOWED)) >= 60
    assert len(set(GOOD_HERE + GOOD_HERE_V6 + GOOD_WRITTEN)) + len(set(GOOD_ALLOWED)) >= 25


def test_no_odd_way_of_writing_an_address_gets_anywhere_though_an_author_wrote_it() -> None:
    async def work(heard: Heard) -> None:
        for form in REFUSED_AS_WRITTEN:
            url = form.format(p=heard.port)
            try:
                await ask(url, Guard(written=written({"url": url}) | {(name, heard.port) for name in NAMES}))
            except StepError as error:
                assert error.cls in BARRED and error.retryable is False, (url, error)
            else:
                pytest.fail(f"{url!r} was asked")
        assert heard.connections == 0

    run(work)


def test_a_host_that_nobody_wrote_or_allowed_is_not_asked() -> None:
    async def work(heard: Heard) -> None:
        for form in REFUSED_UNLESS_ALLOWED:
            with pytest.raises(StepError) as caught:
                await ask(form.format(p=heard.port), Guard())
            assert caught.value.cls == "permission" and "network allow" in caught.value.message
        with pytest.raises(StepError, match="network allow"):
            url = f"http://good.example:{heard.port}/"
            await ask(url, Guard(written=written({"url": url}), listed_only=True))
        assert heard.connections == 0

    run(work)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_to_this_pc_to_keys_or_to_another_scheme(status: int) -> None:
    async def work(heard: Heard) -> None:
        async with everywhere() as other:
            for form in REDIRECTS_REFUSED:
                target = form.format(q=other.port)
                heard.answer = f"HTTP/1.1 {status} Go\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode()
                with pytest.raises(StepError) as caught:
                    await ask(f"http://127.0.0.1:{heard.port}/", Guard(written=frozenset({("127.0.0.1", other.port)})))
                assert caught.value.cls in (*BARRED, "connection"), (target, caught.value)
            assert other.connections == 0
            assert len(heard.paths) == len(REDIRECTS_REFUSED)

    run(work)


def test_a_redirect_on_the_same_server_is_followed() -> None:
    async def work(heard: Heard) -> Any:
        ok, heard.answer = heard.answer, b"HTTP/1.1 307 Go\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n"

        async def serve_then_ok() -> None:
            while not heard.paths:
                await asyncio.sleep(0.001)
            heard.answer = ok

        _, answer = await asyncio.gather(
            serve_then_ok(), ask(f"http://localhost:{heard.port}/", Guard(), ok_status=[200])
        )
        return heard.paths, answer["status"]

    paths, status = run(work)
    assert paths[0] == "/" and paths[-1] == "/there" and status == 200


def test_a_name_that_leads_elsewhere_the_second_time_is_connected_to_where_it_was_checked(
    names: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers = [("192.0.2.10",), ("127.0.0.1",), ("127.0.0.1",)]
    plain = socket.getaddrinfo

    def rebinding(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host) == "rebind.example":
            asked.append(str(host))
            names["rebind.example"] = answers[min(len(asked), len(answers)) - 1]
        return plain(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)

    async def work(heard: Heard) -> None:
        url = f"http://rebind.example:{heard.port}/"
        guard = Guard(written=written({"url": url}))
        with pytest.raises(StepError) as caught:  # 192.0.2.10 is nobody's: it is tried, and that is all
            await ask(url, guard, timeout_s=0.3)
        assert caught.value.cls in ("connection", "timeout")
        with pytest.raises(StepError, match="leads back to this PC"):
            await ask(url, guard)
        assert heard.connections == 0

    run(work)
    assert len(asked) == 2


def test_good_addresses_on_this_pc_are_asked() -> None:
    async def work(heard: Heard) -> None:
        forms = GOOD_HERE + (GOOD_HERE_V6 if socket.has_ipv6 else [])
        for form in forms:
            assert (await ask(form.format(p=heard.port), Guard()))["status"] == 200, form
        assert len(heard.paths) == len(forms)

    run(work)


def test_good_addresses_in_the_house_are_asked_when_written_or_allowed(names: dict[str, tuple[str, ...]]) -> None:
    here = lan()
    for name in ("plant.example", "a.site.example", "a-b.c.site.example", "my_plc.site.example"):
        names[name] = (here,)

    async def work(heard: Heard) -> None:
        for form in GOOD_WRITTEN:
            url = form.format(p=heard.port, lan=here)
            assert (await ask(url, Guard(written=written({"url": url}))))["status"] == 200, url
        for form, text in GOOD_ALLOWED:
            url = form.format(p=heard.port, lan=here)
            allow = (rule(text.format(p=heard.port, lan=here)),)
            assert (await ask(url, Guard(allow=allow, listed_only=True)))["status"] == 200, (url, text)
        site = Guard(edge=True, allow=(rule("plant.example"),), site=(rule(f"{here}/32"), rule("plant.example")))
        assert (await ask(f"http://plant.example:{heard.port}/", site))["status"] == 200

    run(work)


def test_an_address_that_does_not_answer_leaves_time_for_the_next(
    names: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.net.client.FIRST_S", 0.05)
    names["two.example"] = ("192.0.2.10", lan())  # the first one is nobody's

    async def work(heard: Heard) -> None:
        url = f"http://two.example:{heard.port}/"
        assert (await ask(url, Guard(written=written({"url": url})), timeout_s=20))["status"] == 200

    run(work)


def test_only_the_proxy_of_the_settings_is_used_and_never_for_this_pc(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(proxy: Heard) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with everywhere() as heard:
            here = f"http://127.0.0.1:{heard.port}/"
            assert (await ask(here, Guard()))["status"] == 200
            guard = NetworkRules(proxy=f"http://127.0.0.1:{proxy.port}", allow=("good.example",)).guard(offline=False)
            assert (await ask(here, guard))["status"] == 200
            assert proxy.paths == [] and len(heard.paths) == 2
            assert (await ask("http://good.example/a?b", guard))["status"] == 200
            assert proxy.paths == ["http://good.example/a?b"]
            for url in ("http://other.example/", "http://169.254.169.254/"):
                with pytest.raises(StepError):
                    await ask(url, guard)
            ranged = NetworkRules(proxy=f"http://127.0.0.1:{proxy.port}", allow=("192.0.2.0/24",)).guard(offline=False)
            with pytest.raises(StepError, match="behind a proxy"):
                await ask("http://good.example/", ranged)
        assert len(proxy.paths) == 1

    run(work)


def test_the_same_forms_are_refused_for_servers_of_tools_and_for_models(tmp_path: Path) -> None:
    """Settings take most of them not at all; what they take is refused where it connects."""
    from engine.models.remote import Remote
    from engine.tools.mcp import look

    async def work(heard: Heard) -> tuple[int, int]:
        late = [0, 0]
        remote = Remote(lambda: Guard())
        for form in REFUSED_AS_WRITTEN:
            url = form.format(p=heard.port)
            try:
                server = McpServer(url=url)
            except ValidationError:
                continue
            if late[1] % 2 == 0:  # each is a connection of its own, and they all end in the same place
                late[0] += 1
                with pytest.raises(StepError) as caught:
                    await look("far", server, tmp_path, lambda name, to: "", Guard())
                assert caught.value.cls in BARRED, (url, caught.value)
            late[1] += 1
            role = RoleSetting.model_validate({"model": "m", "url": url})
            with pytest.raises(StepError) as caught:
                await remote.ask(
                    "far", role, [{"role": "user", "content": "a"}],
                    schema=None, max_tokens=8, temperature=0, seed=0, timeout_s=5, on_text=None,
                )  # fmt: skip
            assert caught.value.cls in BARRED, (url, caught.value)
        await remote.close()
        assert heard.connections == 0
        return late[0], late[1]

    pytest.importorskip("pydantic_ai")
    late = run(work)
    assert late[0] >= 15 and late[1] >= 30, "some must get as far as the connection, or this shows nothing"


def test_a_rule_that_is_none_is_refused_with_a_sentence() -> None:
    for text in ("http://x.example", "*", "a b", "10.0.0.0/99", "x:0", "*.10.0.0.1", "127.1"):
        with pytest.raises(ValidationError, match="Write a host"):
            NetworkRules(allow=(text,))
    assert Settings().guard() == Guard()


def certificate(folder: Path, name: str) -> Path:
    """A certificate that signs itself, with its key, for one name and no address."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.mark.parametrize(("name", "good"), [("localhost", True), ("other.example", False)])
def test_a_certificate_is_for_the_name_that_was_asked_not_for_the_address_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, good: bool
) -> None:
    file = certificate(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(file)

    async def main() -> None:
        heard = Heard()
        server = await asyncio.start_server(heard.serve, "127.0.0.1", 0, ssl=ours)
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}/"
        try:
            if good:
                assert (await ask(url, Guard()))["status"] == 200
            else:
                with pytest.raises(StepError, match="certificate"):
                    await ask(url, Guard())
                assert heard.paths == []
        finally:
            await aclose_all()
            server.close()
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(main(), 30))
