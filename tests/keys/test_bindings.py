"""Where a secret may go: what is written, and which uses that covers."""

from __future__ import annotations

import pytest

from engine.errors import Refused
from engine.keys.bindings import binding, covers, program

STORED = [
    ("https://MES.Plant", "https://mes.plant"),
    ("https://mes.plant:443/", "https://mes.plant"),
    ("https://mes.plant:8443/api/", "https://mes.plant:8443/api"),
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("https://[2001:DB8::0:1]/x", "https://[2001:db8::1]/x"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
    ("postgres://db/orders", "postgresql://db/orders"),
    ("opc.tcp://plc:4840", "opcua://plc"),
    ("mqtts://broker", "mqtts://broker"),
    (" mcp:files ", "mcp:files"),
    ("mcp:files@https://tools.plant/mcp", "mcp:files@https://tools.plant/mcp"),
    ("role:big@https://api.openai.com/v1", "role:big@https://api.openai.com/v1"),
    ("program:curl", "program:curl"),
    ("program:/usr/bin/curl", "program:/usr/bin/curl"),
]


@pytest.mark.parametrize(("given", "stored"), STORED)
def test_a_binding_is_stored_in_one_form(given: str, stored: str) -> None:
    assert binding(given) == stored == binding(stored)


NOT_STORED = [
    "",
    "anything",
    "*",
    "https://",
    "https://*",
    "https://*.plant",
    "ftp://plant",
    "file:///etc",
    "https://u:p@plant",
    "https://plant?x=1",
    "https://plant#x",
    "https://plant/a/../b",
    "https://plant/%2e%2e/b",
    "https://plant/a%2fb",
    "https://plant\\@evil",
    "https://pla nt",
    "https://plant:99999",
    "role:big",
    "role:",
    "mcp:",
    "mcp:a b",
    "program:",
    "program:a\nb",
    "javascript:alert(1)",
    "mcp:x@file:///",
]


@pytest.mark.parametrize("given", NOT_STORED)
def test_what_is_no_binding_is_refused_in_one_sentence(given: str) -> None:
    with pytest.raises(Refused) as refused:
        binding(given)
    assert "Say where it may go" in str(refused.value) and "\n" not in refused.value.what.replace("\\n", "")


CURL = program("curl", "/usr/bin/curl")
COVERED = [
    ("https://mes.plant", "https://mes.plant/any/thing"),
    ("https://mes.plant", "https://MES.plant:443"),
    ("https://mes.plant", "https://mes.plant./x"),
    ("https://mes.plant/api", "https://mes.plant/api"),
    ("https://mes.plant/api", "https://mes.plant/api/orders/7"),
    ("https://mes.plant", "role:big@https://mes.plant/v1"),
    ("https://mes.plant", "mcp:files@https://mes.plant/mcp"),
    ("role:big@https://mes.plant", "role:big@https://mes.plant/v1"),
    ("mcp:files@https://mes.plant", "mcp:files@https://mes.plant/mcp"),
    ("mcp:files", "mcp:files"),
    ("program:curl", CURL),
    ("program:/usr/bin/curl", CURL),
    ("program:/usr/bin/curl", program("/usr/bin/curl", "/usr/bin/curl")),
    ("postgresql://db/orders", "postgres://user:pw@db:5432/orders?sslmode=require"),
    ("postgresql://localhost", "postgresql:///orders"),
    ("mqtt://broker", "mqtt://broker:1883"),
    ("opcua://plc", "opc.tcp://plc:4840/server"),
]
NOT_COVERED = [
    ("https://mes.plant", "http://mes.plant"),
    ("https://mes.plant", "https://mes.plant:8443"),
    ("https://mes.plant", "https://mes.plant.evil.example"),
    ("https://mes.plant", "https://evil.example/mes.plant"),
    ("https://mes.plant", "https://mes.plant@evil.example"),
    ("https://mes.plant", "https://evil.example\\@mes.plant"),
    ("https://mes.plant", "https://evil.example#@mes.plant"),
    ("https://mes.plant", "https://sub.mes.plant"),
    ("https://mes.plant/api", "https://mes.plant/apix"),
    ("https://mes.plant/api", "https://mes.plant/"),
    ("https://mes.plant/api", "https://mes.plant/api/../admin"),
    ("https://mes.plant/api", "https://mes.plant/api/%2e%2e/admin"),
    ("https://mes.plant/api", "https://mes.plant/api/%252e%252e/admin"),
    ("https://mes.plant/api", "https://mes.plant/api%2f..%2fadmin"),
    ("https://mes.plant/api", "https://mes.plant/api/..%5cadmin"),
    ("https://mes.plant", ""),
    ("https://mes.plant", "mcp:mes.plant"),
    ("https://mes.plant", CURL),
    ("https://mes.plant", "its own address"),
    ("https://127.0.0.1", "https://127.0.0.2"),
    ("role:big@https://mes.plant", "role:small@https://mes.plant"),
    ("role:big@https://mes.plant", "role:big@https://evil.example"),
    ("role:big@https://mes.plant", "https://mes.plant"),
    ("mcp:files", "mcp:files@https://evil.example"),
    ("mcp:files", "mcp:other"),
    ("mcp:files@https://mes.plant", "mcp:files"),
    ("program:curl", program("/tmp/curl", "/tmp/curl")),
    ("program:curl", program("", "")),
    ("program:/usr/bin/curl", program("curl", "/tmp/curl")),
    ("program:/usr/bin/curl", program("/tmp/a@/usr/bin/curl", "/tmp/a@/usr/bin/curl")),
    ("program:curl", "mcp:curl"),
    ("program:curl", "https://curl"),
    ("postgresql://db/orders", "postgresql://db/other"),
    ("postgresql://db/orders", "postgresql://other/orders"),
    ("mqtt://broker", "mqtts://broker"),
    ("opcua://plc", "opcua://plc.evil"),
]


@pytest.mark.parametrize(("bound", "used"), COVERED)
def test_a_use_that_a_binding_names_is_covered(bound: str, used: str) -> None:
    assert covers(binding(bound), used)


@pytest.mark.parametrize(("bound", "used"), NOT_COVERED)
def test_every_other_use_is_not(bound: str, used: str) -> None:
    assert not covers(binding(bound), used)
