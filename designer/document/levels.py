"""What is laid out as one: cards with their tools, loops with their bodies, frames with what they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from designer.document.change import Place, Rect, Sizes, rect_of
from designer.document.layers import COLUMN_GAP, ROW_GAP, Block, Wire, placed
from designer.document.notes import PADDING, TITLE_BAR
from engine.nodes.catalog import shape_of
from engine.workflow.model import Edge, Workflow
from engine.workflow.order import analyse

_TOOLS_A_ROW = 3
_TOOL_GAP = 24.0
_FIRST_PORT, _PORT = 72.0, 24.0  # where the first port of a card is, from its top, and how far the next ones
_WIDEST = 1400.0
Held = Mapping[str, tuple[frozenset[str], frozenset[str]]]
"""The nodes and the notes in every frame."""


@dataclass
class Piece:
    """Something that is placed as one, with where its things are in it."""

    block: Block
    places: dict[str, Place] = field(default_factory=dict)
    frames: dict[str, Rect] = field(default_factory=dict)

    def put(self, piece: Piece, x: float, y: float) -> None:
        """Take in another piece's things, at a place."""
        self.places.update({key: (px + x, py + y) for key, (px, py) in piece.places.items()})
        self.frames.update({key: (fx + x, fy + y, w, h) for key, (fx, fy, w, h) in piece.frames.items()})


class Levels:
    """One drawing taken apart: a level holds pieces, and a piece may hold a level."""

    def __init__(self, workflow: Workflow, sizes: Sizes | None, wanted: set[str], held: Held) -> None:
        self.workflow, self.wanted, self.held = workflow, wanted, held
        self.size = {key: rect_of(workflow, key, sizes)[2:] for key in [*wanted, *workflow.notes]}
        self.rank = {key: index for index, key in enumerate([*workflow.by_key, *workflow.notes])}
        self.shape = {node.key: shape_of(node) for node in workflow.nodes}
        self.order = analyse(workflow, lambda node: self.shape[node.key])
        edges = [edge for edge in workflow.edges if edge.source in wanted and edge.target in wanted]
        self.edges = [edge for edge in edges if not self._for_tools(edge)]
        self.tools = self._tools([edge for edge in edges if self._for_tools(edge)])
        self.below = {tool for tools in self.tools.values() for tool in tools}
        self.body = self._bodies()

    def everything(self) -> Piece:
        """All that is wanted, as one piece."""
        inside = {key for keys in self.body.values() for key in keys}
        return self._level([key for key in self.wanted if key not in self.below | inside], [*self.held])

    def _for_tools(self, edge: Edge) -> bool:
        return any(port.name == edge.into and port.type == "capability" for port in self.shape[edge.target].inputs)

    def _tools(self, edges: Sequence[Edge]) -> dict[str, list[str]]:
        """Nodes that are tools and nothing else, by the first agent that they are wired to."""
        busy = {key for edge in self.edges for key in (edge.source, edge.target)}
        users: dict[str, str] = {}
        for edge in edges:
            users.setdefault(edge.source, edge.target)
        found: dict[str, list[str]] = {}
        for tool, user in users.items():
            if tool not in busy and user not in users:
                found.setdefault(user, []).append(tool)
        return found

    def _bodies(self) -> dict[str, list[str]]:
        """What stands directly in every loop that is wanted; the nodes of another one are one level further up."""
        found: dict[str, list[str]] = {}
        for key in sorted(self.wanted, key=self.rank.__getitem__):
            loops = [loop for loop in self.order.scope.get(key, ()) if loop in self.wanted]
            if loops and key not in self.below:
                found.setdefault(loops[-1], []).append(key)
        return found

    def _all(self, key: str) -> set[str]:
        """A node with its tools and its body."""
        found, stack = set(), [key]
        while stack:
            other = stack.pop()
            found.add(other)
            stack += [*self.tools.get(other, ()), *self.body.get(other, ())]
        return found

    # ---- pieces
    def _level(self, keys: Iterable[str], frames: Collection[str], notes: Iterable[str] = ()) -> Piece:
        """Things side by side; `frames` are those that may be drawn around some of them."""
        items = sorted(keys, key=self.rank.__getitem__)
        within = {key: self._all(key) for key in items}
        inner: dict[str, list[str]] = {key: [] for key in items}
        here: list[str] = []
        for name in frames:
            home = next(
                (key for key in items if key not in self._nodes(name) and self._nodes(name) < within[key]), None
            )
            (here if home is None else inner[home]).append(name)
        pieces: dict[str, Piece] = {}
        clusters: dict[str, list[str]] = {}
        for name in sorted(here, key=lambda name: (-len(self._nodes(name)), self.rank[name])):
            inside = [key for key in items if within[key] <= self._nodes(name)]
            whole = set[str]().union(*(within[key] for key in inside)) == self._nodes(name)
            if inside and whole and not self._circle(within, inside):
                clusters[name] = inside
                items = [key for key in items if key not in inside]
        for key in items:
            pieces[key] = self._card(key, inner[key])
        for name, inside in clusters.items():
            rest = [other for other in here if other not in clusters and self._nodes(other) <= self._nodes(name)]
            pieces[name] = self._framed(name, inside, [*rest, *(other for key in inside for other in inner[key])])
        for key in notes:
            pieces[key] = Piece(Block(*self.size[key], 0.0, self.size[key][1] / 2), {key: (0.0, 0.0)})
        return self._columns(pieces)

    def _nodes(self, frame: str) -> set[str]:
        """A frame's nodes; a tool goes where its agent is."""
        nodes = self.held[frame][0]
        return {key for key in nodes if key not in self.below} | {
            tool for key in nodes for tool in self.tools.get(key, ())
        }

    def _circle(self, within: Mapping[str, set[str]], inside: Sequence[str]) -> bool:
        """Whether a way leads out of these and back in: they cannot be one piece then."""
        mine = {key for item in inside for key in within[item]}
        owner = {key: item for item, keys in within.items() for key in keys if key not in mine}
        after: dict[str, set[str]] = {}
        back: set[str] = set()
        stack: list[str] = []
        for edge in self.edges:
            if edge.source in owner and edge.target in owner:
                after.setdefault(owner[edge.source], set()).add(owner[edge.target])
            elif edge.source in owner and edge.target in mine:
                back.add(owner[edge.source])
            elif edge.source in mine and edge.target in owner:
                stack.append(owner[edge.target])
        seen: set[str] = set()
        while stack:
            item = stack.pop()
            if item in back:
                return True
            if item not in seen:
                seen.add(item)
                stack += after.get(item, ())
        return False

    def _card(self, key: str, frames: Sequence[str]) -> Piece:
        """A card with its tools in rows below it, and a loop's body to the right."""
        width, height = self.size[key]
        tools = self.tools.get(key, [])
        rows = [tools[start : start + _TOOLS_A_ROW] for start in range(0, len(tools), _TOOLS_A_ROW)]
        wide = [sum(self.size[tool][0] for tool in row) + _TOOL_GAP * (len(row) - 1) for row in rows]
        lead = max([0.0, *((w - width) / 2 for w in wide)])
        piece = Piece(Block(0, 0, lead, 0), {key: (lead, 0.0)})
        y = height
        for row, w in zip(rows, wide, strict=True):
            y += 2 * _TOOL_GAP
            x = lead + (width - w) / 2
            for tool in row:
                piece.places[tool] = (x, y)
                x += self.size[tool][0] + _TOOL_GAP
            y += max(self.size[tool][1] for tool in row)
        piece.block = Block(max([width, *wide]), y, lead, min(_FIRST_PORT, height / 2))
        return self._with_body(key, piece, frames) if self.body.get(key) else piece

    def _with_body(self, loop: str, card: Piece, frames: Sequence[str]) -> Piece:
        body = self._level(self.body[loop], frames)
        # A little lower than the card: the wire from its `done` port runs above all of the body.
        x, y = card.block.width + COLUMN_GAP, card.block.line + ROW_GAP
        height = max(card.block.height, y + body.block.height)
        piece = Piece(Block(x + body.block.width, height, card.block.lead, card.block.line))
        piece.put(card, 0.0, 0.0)
        piece.put(body, x, y)
        return piece

    def _framed(self, name: str, inside: Sequence[str], frames: Sequence[str]) -> Piece:
        deeper = {note for other in frames for note in self.held[other][1]}
        notes = [key for key in self.held[name][1] if key not in deeper]
        level = self._level(inside, frames, sorted(notes, key=self.rank.__getitem__))
        width, height = level.block.width + 2 * PADDING, level.block.height + 2 * PADDING + TITLE_BAR
        piece = Piece(Block(width, height, 0.0, level.block.line + PADDING + TITLE_BAR))
        piece.frames[name] = (0.0, 0.0, width, height)
        piece.put(level, PADDING, PADDING + TITLE_BAR)
        return piece

    # ---- side by side
    def _columns(self, pieces: Mapping[str, Piece]) -> Piece:
        """Pieces with edges in columns, the others in rows below."""
        owner = {key: name for name, piece in pieces.items() for key in piece.places}
        edges = [edge for edge in self.edges if edge.source in owner and edge.target in owner]
        edges = [edge for edge in edges if owner[edge.source] != owner[edge.target]]
        wired = {owner[key] for edge in edges for key in (edge.source, edge.target)}
        row = [name for name in pieces if name in wired]
        index = {name: place for place, name in enumerate(row)}
        wires = [
            Wire(
                index[owner[edge.source]],
                index[owner[edge.target]],
                self._offset(pieces[owner[edge.source]], edge.source, edge.out, out=True),
                self._offset(pieces[owner[edge.target]], edge.target, edge.into, out=False),
            )
            for edge in edges
        ]
        found = placed([pieces[name].block for name in row], wires)
        top, left = min((y for _, y in found), default=0.0), min((x for x, _ in found), default=0.0)
        whole = Piece(Block(0, 0, 0, 0))
        right = bottom = 0.0
        for name, (x, y) in zip(row, found, strict=True):
            block = pieces[name].block
            whole.put(pieces[name], x - left, y - top)
            right, bottom = max(right, x - left + block.width), max(bottom, y - top + block.height)
        line = bottom / 2
        x, y, high = 0.0, bottom + 2 * ROW_GAP if row else 0.0, 0.0
        for name, piece in pieces.items():
            if name in wired:
                continue
            if x and x + piece.block.width > max(right, _WIDEST):
                x, y, high = 0.0, y + high + ROW_GAP, 0.0
            whole.put(piece, x, y)
            high = max(high, piece.block.height)
            right, bottom = max(right, x + piece.block.width), y + high
            x += piece.block.width + COLUMN_GAP
        whole.block = Block(right, bottom, 0.0, line or bottom / 2)
        return whole

    def _offset(self, piece: Piece, key: str, port: str, *, out: bool) -> float:
        """How far below the line of its piece an edge begins or ends."""
        shape = self.shape[key]
        names = [known.name for known in (shape.outputs if out else shape.inputs) if known.type != "capability"]
        place = names.index(port) if port in names else len(names)
        first = min(_FIRST_PORT, self.size[key][1] / 2)
        return piece.places[key][1] + first - piece.block.line + place * _PORT
