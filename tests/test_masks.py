"""Secrets are found in whatever form they come back, and ordinary text stays what it is."""

from __future__ import annotations

import base64
import html
import json
import random
import re
import string
import threading
from urllib.parse import quote, quote_plus

import pytest

from engine import masks

PLAIN = "s3cr3t-t0ken-value"
ODD = 'pä$$ "w\\ord"/<&>+1?'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n"
FORMS = {
    "as it is": lambda s: s,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 in a pair": lambda s: base64.b64encode(f"user:{s}".encode()).decode(),
    "base64 in the middle": lambda s: base64.b64encode(f"ab{s}cd".encode()).decode(),
    "base64url": lambda s: base64.urlsafe_b64encode(f"x{s}".encode()).decode().rstrip("="),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "hex with colons": lambda s: s.encode().hex(":"),
    "url": lambda s: quote(s, safe=""),
    "url path": quote,
    "url form": quote_plus,
    "url, small letters": lambda s: re.sub("%..", lambda found: found[0].lower(), quote(s, safe="")),
    "url, every letter": lambda s: "".join(f"%{b:02x}" for b in s.encode()),
    "json": lambda s: json.dumps({"a": s}),
    "json, wide": lambda s: json.dumps({"a": s}, ensure_ascii=False),
    "json in json": lambda s: json.dumps(json.dumps({"a": s}, ensure_ascii=False), ensure_ascii=False),
    "html": html.escape,
    "python": lambda s: repr([s]),
    "one line": lambda s: " ".join(s.split()),
}


@pytest.mark.parametrize("secret", [PLAIN, ODD, KEY], ids=["plain", "odd", "key"])
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_in_every_form(secret: str, form: str) -> None:
    masks.hide(secret, "token")
    text = FORMS[form](secret)
    cleaned = masks.clean({"a": [f"before {text} after"]})["a"][0]
    assert "token" in cleaned and cleaned.startswith("before ") and cleaned.endswith(" after")
    left = cleaned.replace("secret://token", "")
    core = text.strip("[]{}'\" ")[3:-3]
    assert core not in left and secret not in left


def test_a_line_of_a_long_key_is_masked_alone() -> None:
    masks.hide(KEY, "key")
    assert masks.clean("it says AQEFAASCBKcwggSjAgEAAoIB here") == "it says secret://key here"
    assert masks.clean("-----BEGIN KEY-----") == "-----BEGIN KEY-----"


def test_keys_of_objects_are_masked_and_other_values_stay_the_same_objects() -> None:
    masks.hide(PLAIN, "token")
    assert masks.clean({PLAIN: 1, "b": (PLAIN, 2.5, None, True)}) == {
        "secret://token": 1,
        "b": ("secret://token", 2.5, None, True),
    }


def test_without_secrets_nothing_is_copied() -> None:
    value = {"a": ["x"]}
    assert masks.clean(value) is value and masks.clean_bytes(b"abc") == b"abc"


def test_short_values_are_not_looked_for_and_a_secret_inside_another_does_not_spoil_it() -> None:
    masks.hide("abc", "no")
    masks.hide("t0ken", "inner")
    masks.hide(PLAIN, "outer")
    assert masks.clean(f"abc {PLAIN} t0ken") == "abc secret://outer secret://inner"


def test_ordinary_text_is_left_alone() -> None:
    chance = random.Random(4)
    for _ in range(50):
        masks.hide("".join(chance.choices(string.ascii_letters + string.digits, k=chance.randrange(8, 40))), "x")
    text = "".join(chance.choices(string.ascii_letters + string.digits + "+/= \n", k=200_000))
    assert masks.clean(text) == text


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("form", ["as it is", "base64", "hex", "url"])
def test_a_secret_that_comes_in_pieces_is_not_shown_by_any_of_them(size: int, form: str) -> None:
    masks.hide(PLAIN, "token")
    text = f"The key is {FORMS[form](PLAIN)}, said the server; it is s3cr"
    stream = masks.Stream()
    shown = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join(shown) == "The key is secret://token, said the server; it is "
    assert stream.end() == "s3cr"


def test_text_that_begins_like_no_secret_is_shown_at_once() -> None:
    masks.hide(PLAIN, "token")
    assert masks.Stream().feed("All is well.") == "All is well."


def test_half_a_secret_at_a_cut_is_masked() -> None:
    masks.hide(PLAIN, "token")
    assert masks.clean_cut(f"{PLAIN[6:]} and then {PLAIN[:9]}") == "*** and then ***"


@pytest.mark.parametrize("code", ["utf-8", "utf-16-le", "utf-16-be"])
def test_bytes_keep_their_length(code: str) -> None:
    masks.hide(PLAIN, "token")
    data = b"\x00\x01" + PLAIN.encode(code) + b"\xff"
    cleaned = masks.clean_bytes(data)
    assert len(cleaned) == len(data) and PLAIN.encode(code) not in cleaned and cleaned[:2] == b"\x00\x01"


def test_a_secret_that_comes_while_others_are_looked_for_is_not_forgotten() -> None:
    names = [f"value-{number:04d}-{random.Random(number).random()}" for number in range(40)]
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            masks.clean("nothing to be seen")

    looking = [threading.Thread(target=look) for _ in range(1)]
    for thread in looking:
        thread.start()
    try:
        for number, name in enumerate(names):
            masks.hide(name, str(number))
            assert masks.clean(name) == f"secret://{number}"
    finally:
        stop.set()
        for thread in looking:
            thread.join()
