"""CEL's tokens, and where the expression of a `{{ … }}` ends: strings and braces inside it do not end it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.expressions.errors import ExpressionError

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+|//[^\n]*)
  | (?P<string>(?:[rR][bB]?|[bB][rR]?)?(?:\"{3}|'{3}|"|'))
  | (?P<float>\d+\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.\d+(?:[eE][-+]?\d+)?)
  | (?P<int>0[xX][0-9a-fA-F]+[uU]?|\d+[uU]?)
  | (?P<ident>[A-Za-z_][A-Za-z0-9_]*|`[^`\n]*`)
  | (?P<sign>&&|\|\||==|!=|<=|>=|\.\?|\[\?|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_NEEDS_CARE = re.compile(r"""["'`{]|//""")  # texts, maps and comments may hold a `}}`
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is string, bytes, float, int, ident, sign or end; `text` the source, for a string its value."""

    kind: str
    text: str
    position: int


def tokenize(source: str) -> list[Token]:
    """All tokens and a final "end"; ExpressionError for what is no token."""
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        token, position = next_token(source, position)
        if token is not None:
            tokens.append(token)
    tokens.append(Token("end", "", len(source)))
    return tokens


def next_token(source: str, position: int) -> tuple[Token | None, int]:
    """The token at `position` (None for white space and comments) and where it ends."""
    match = _TOKEN.match(source, position)
    if match is None:
        raise ExpressionError(f"{source[position]!r} cannot stand in an expression.", position)
    kind = str(match.lastgroup)
    if kind == "space":
        return None, match.end()
    if kind != "string":
        return Token(kind, match[0].strip("`") if kind == "ident" else match[0], position), match.end()
    quote = match[0].lstrip("rRbB")
    prefix = match[0][: -len(quote)].lower()
    end = _closing(source, match.end(), quote, raw="r" in prefix)
    body = source[match.end() : end]
    value = body if "r" in prefix else _ESCAPE.sub(_unescape, body)
    return Token("bytes" if "b" in prefix else "string", value, position), end + len(quote)


def end_of_braces(text: str, start: int) -> int:
    """The offset of the `}}` that closes an expression that begins at `start`; ExpressionError when there is none."""
    end = text.find("}}", start)
    if end >= 0 and not _NEEDS_CARE.search(text, start, end):
        return end
    depth, position = 0, start
    while position < len(text):
        if depth == 0 and text.startswith("}}", position):
            return position
        token, position = next_token(text, position)
        if token is not None and token.kind == "sign":
            depth += (token.text == "{") - (token.text == "}")
            if depth < 0:
                raise ExpressionError("a `}` has no `{`.", token.position)
    raise ExpressionError("a `{{` is never closed by `}}`.", max(0, start - 2))


def _closing(source: str, position: int, quote: str, *, raw: bool) -> int:
    opened = position
    while position < len(source):
        if source[position] == "\\" and not raw:
            position += 2
        elif source.startswith(quote, position):
            return position
        elif source[position] == "\n" and len(quote) == 1:
            break
        else:
            position += 1
    raise ExpressionError("a text is never closed by its quote.", opened - len(quote))


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    if match[4]:
        return chr(int(match[4], 8))
    return _NAMED.get(match[5], match[5])
