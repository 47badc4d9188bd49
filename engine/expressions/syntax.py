"""A small reader of CEL: the library shows neither what an expression refers to nor what it would cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.expressions.errors import ExpressionError
from engine.expressions.tokens import Token, tokenize

MACROS = frozenset({"map", "filter", "all", "exists", "exists_one", "optMap", "optFlatMap"})
_BINARY = ({"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">=", "in"}, {"+", "-"}, {"*", "/", "%"})
_MAX_DEPTH = 40
_MAX_LEVELS = 120


@dataclass(frozen=True, slots=True)
class Tree:
    """One part of an expression.

    `kind`: `value` (a literal, in `value`), `name` (in `text`), `select` (of parts[0], field in `text`), `index`
    (parts[0][parts[1]]), `call` (function `text` on the parts; `member` says that parts[0] is its target), `macro`
    (`text` over parts[0], variable in `variable`, bodies in parts[1:]), `list`, `map` (parts), `op` (`text`).
    `optional` marks `.?` and `[?`.
    """

    kind: str
    text: str = ""
    parts: tuple[Tree, ...] = ()
    value: object = None
    variable: str = ""
    member: bool = False
    optional: bool = False
    position: int = field(default=0, compare=False)


def read(source: str) -> Tree:
    """The tree of an expression; ExpressionError for what this reader does not know."""
    reader = _Reader(tokenize(source))
    tree = reader.expression()
    reader.expect_end()
    _refuse_deep(tree)
    return tree


def _refuse_deep(tree: Tree) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > _MAX_LEVELS:
            raise ExpressionError("the expression has too many parts inside each other; split it over several nodes.")
        level = [part for above in level for part in above.parts]


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def expect_end(self) -> None:
        if self.now.kind != "end":
            raise ExpressionError(f"{self.now.text!r} is not expected here.", self.now.position)

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def take(self, *signs: str) -> Token | None:
        token = self.now
        if token.text in signs and (token.kind == "sign" or (token.kind == "ident" and token.text == "in")):
            self.at += 1
            return token
        return None

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            shown = repr(self.now.text) if self.now.kind != "end" else "the end"
            raise ExpressionError(f"`{sign}` is expected before {shown}.", self.now.position)

    def expression(self) -> Tree:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply; split it.", self.now.position)
        tree = self.binary(0)
        if mark := self.take("?"):
            yes = self.expression()
            self.need(":")
            tree = Tree("op", "?:", (tree, yes, self.expression()), position=mark.position)
        self.depth -= 1
        return tree

    def binary(self, level: int) -> Tree:
        if level == len(_BINARY):
            return self.unary()
        tree = self.binary(level + 1)
        while mark := self.take(*_BINARY[level]):
            right = self.binary(level + 1)
            # A chain of one operator is one flat part: hundreds of `&&` are fine, and nothing recurses over them.
            left = tree.parts if tree.kind == "op" and tree.text == mark.text else (tree,)
            tree = Tree("op", mark.text, (*left, right), position=mark.position)
        return tree

    def unary(self) -> Tree:
        first = self.take("!", "-")
        while self.take("!", "-"):
            pass
        tree = self.member()
        return Tree("op", first.text, (tree,), position=first.position) if first else tree

    def member(self) -> Tree:
        tree = self.primary()
        while mark := self.take(".", ".?", "[", "[?"):
            optional = mark.text.endswith("?")
            if mark.text[0] == "[":
                tree = Tree("index", "", (tree, self.expression()), optional=optional, position=mark.position)
                self.need("]")
                continue
            name = self.name()
            if self.take("("):
                tree = _call(name, (tree, *self.arguments(")")), member=True)
            else:
                tree = Tree("select", name.text, (tree,), optional=optional, position=name.position)
        return tree

    def name(self) -> Token:
        token = self.now
        if token.kind != "ident":
            raise ExpressionError("a name is expected after the dot.", token.position)
        self.at += 1
        return token

    def primary(self) -> Tree:
        token = self.now
        if self.take("("):
            tree = self.expression()
            self.need(")")
            return tree
        if self.take("[", "[?"):
            return Tree("list", "", self.arguments("]", skip_mark=True), position=token.position)
        if self.take("{"):
            return Tree("map", "", self.arguments("}", skip_mark=True, pairs=True), position=token.position)
        self.take(".")
        token = self.now
        self.at += 1
        if token.kind == "ident":
            if self.take("("):
                return _call(token, self.arguments(")"), member=False)
            if token.text in _WORDS:
                return Tree("value", value=_WORDS[token.text], position=token.position)
            return Tree("name", token.text, position=token.position)
        if token.kind in ("string", "bytes", "float", "int"):
            return Tree("value", value=_literal(token), position=token.position)
        shown = repr(token.text) if token.kind != "end" else "the end"
        raise ExpressionError(f"a value is expected before {shown}.", token.position)

    def arguments(self, close: str, *, skip_mark: bool = False, pairs: bool = False) -> tuple[Tree, ...]:
        found: list[Tree] = []
        while not self.take(close):
            if skip_mark:
                self.take("?")
            found.append(self.expression())
            if pairs:
                self.need(":")
                found.append(self.expression())
            if not self.take(","):
                self.need(close)
                break
        return tuple(found)


_WORDS = {"true": True, "false": False, "null": None}


def _literal(token: Token) -> object:
    if token.kind == "int":
        text = token.text.rstrip("uU")
        return int(text, 16 if text[:2].lower() == "0x" else 10)
    if token.kind == "float":
        return float(token.text)
    return token.text if token.kind == "string" else token.text.encode()


def _call(name: Token, parts: tuple[Tree, ...], *, member: bool) -> Tree:
    if member and name.text in MACROS and len(parts) in (3, 4) and parts[1].kind == "name":
        return Tree("macro", name.text, (parts[0], *parts[2:]), variable=parts[1].text, position=name.position)
    return Tree("call", name.text, parts, member=member, position=name.position)
