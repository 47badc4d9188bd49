"""The keys of the canvas. What belongs to the window (undo, copy, run) is left to it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent

from designer.canvas.gestures import Delete, Disconnect, Nudge, OpenNode, SetMode
from designer.canvas.stage import SNAP, Stage
from designer.canvas.walk import along_wires, closest, nearest
from engine.workflow.model import Mode

KEY, MODS = Qt.Key, Qt.KeyboardModifier
ARROWS = {KEY.Key_Left: (-1, 0), KEY.Key_Right: (1, 0), KEY.Key_Up: (0, -1), KEY.Key_Down: (0, 1)}
FAR_NUDGE = 5


class Keys:
    """Turns a key into a look, a selection or a reported gesture."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def press(self, event: QKeyEvent) -> bool:
        """Whether the key was one of ours."""
        key, mods = Qt.Key(event.key()), event.modifiers() & ~MODS.KeypadModifier
        if key in ARROWS:
            return self._arrow(ARROWS[key], mods)
        if mods == MODS.ControlModifier:
            return self._with_control(key)
        if mods & (MODS.ControlModifier | MODS.AltModifier | MODS.MetaModifier):
            return False
        return self._look(key) or (not self.stage.read_only and self._edit(key)) or self._open(key)

    def _with_control(self, key: Qt.Key) -> bool:
        if key == KEY.Key_A:
            self.stage.select(item.id for item in self.stage.drawing.items())
        elif key in (KEY.Key_Delete, KEY.Key_Backspace) and not self.stage.read_only:
            self._delete(heal=True)
        elif key in (KEY.Key_Plus, KEY.Key_Equal):
            self.stage.view.zoom_at(self.stage.view.zoom * 1.25)
        elif key == KEY.Key_Minus:
            self.stage.view.zoom_at(self.stage.view.zoom / 1.25)
        else:
            return False
        return True

    def _look(self, key: Qt.Key) -> bool:
        view, drawing = self.stage.view, self.stage.drawing
        if key in (KEY.Key_F, KEY.Key_1):
            view.look_at(drawing.bounds() if drawing.cards or drawing.boxes else QRectF(-400, -300, 800, 600))
        elif key == KEY.Key_0:
            view.zoom_at(1.0)
        elif key == KEY.Key_Period:
            view.look_at(drawing.bounds(self.stage.selected() or None), most=1.25, margin=96)
        elif key in (KEY.Key_Plus, KEY.Key_Equal):
            view.zoom_at(view.zoom * 1.25)
        elif key == KEY.Key_Minus:
            view.zoom_at(view.zoom / 1.25)
        else:
            return False
        return True

    def _edit(self, key: Qt.Key) -> bool:
        stage, chosen = self.stage, self.stage.selected()
        if key == KEY.Key_Tab:
            place = stage.view.mapToScene(stage.view.viewport().mapFromGlobal(stage.view.cursor().pos()))
            inside = stage.view.seen().contains(place)
            middle = place if inside else stage.view.seen().center()
            stage.quick_add((middle.x(), middle.y()), None)
        elif key in (KEY.Key_Delete, KEY.Key_Backspace):
            self._delete(heal=False)
        elif key == KEY.Key_F2 and len(chosen) == 1:
            stage.rename(chosen[0])
        elif key == KEY.Key_M:
            self._mode("disabled")
        elif key == KEY.Key_B:
            self._mode("bypassed")
        else:
            return False
        return True

    def _open(self, key: Qt.Key) -> bool:
        chosen = self.stage.selected()
        if key not in (KEY.Key_Return, KEY.Key_Enter) or len(chosen) != 1:
            return False
        if chosen[0] in self.stage.drawing.cards:
            self.stage.report(OpenNode(chosen[0]))
        elif not self.stage.read_only:
            self.stage.rename(chosen[0])
        return True

    def _delete(self, heal: bool) -> None:
        keys, edge = self.stage.selected(), self.stage.picked_edge()
        if keys:
            self.stage.report(Delete(keys, heal))
        elif edge is not None:
            self.stage.report(Disconnect((edge,)))

    def _mode(self, mode: Mode) -> None:
        """Switch the selected nodes to this mode; back on, when all of them are in it."""
        cards = [key for key in self.stage.selected() if key in self.stage.drawing.cards]
        if cards:
            already = all(self.stage.drawing.workflow.by_key[key].mode == mode for key in cards)
            self.stage.report(SetMode(tuple(cards), "on" if already else mode))

    # ---- arrows
    def _arrow(self, way: tuple[int, int], mods: Qt.KeyboardModifier) -> bool:
        chosen = self.stage.selected()
        if mods & MODS.ControlModifier:
            if chosen and not self.stage.read_only:
                far = FAR_NUDGE if mods & MODS.ShiftModifier else 1
                self.stage.report(Nudge(chosen, way[0] * SNAP * far, way[1] * SNAP * far))
                self.stage.settle()
            return True
        if mods & (MODS.AltModifier | MODS.MetaModifier):
            return False
        if mods & MODS.ShiftModifier:
            self._extend(chosen, way)
        else:
            self._walk(chosen, way)
        return True

    def _areas(self) -> dict[str, QRectF]:
        return {key: card.area() for key, card in self.stage.drawing.cards.items()}

    def _walk(self, chosen: tuple[str, ...], way: tuple[int, int]) -> None:
        areas = self._areas()
        known = [key for key in chosen if key in areas]
        if known:
            found = nearest(areas, areas[known[-1]].center(), *way, but=known)
        else:
            found = closest(areas, self.stage.view.seen().center())
        if found is not None:
            self.stage.select([found])
            self.reveal(areas[found])

    def _extend(self, chosen: tuple[str, ...], way: tuple[int, int]) -> None:
        workflow, areas = self.stage.drawing.workflow, self._areas()
        known = {key for key in chosen if key in areas}
        if not known:
            return
        if way[0]:
            found = along_wires(workflow, known, downstream=way[0] > 0)
        else:
            next_one = nearest(areas, _middle(areas[key] for key in known), *way, but=known)
            found = known | ({next_one} if next_one else set())
        self.stage.select(found)

    def reveal(self, area: QRectF) -> None:
        """Pan just so far that this is seen."""
        view = self.stage.view
        seen = view.seen().adjusted(40, 40, -40, -40)
        if not seen.contains(area):
            dx = min(0.0, area.left() - seen.left()) or max(0.0, area.right() - seen.right())
            dy = min(0.0, area.top() - seen.top()) or max(0.0, area.bottom() - seen.bottom())
            view.pan_by(dx * view.zoom, dy * view.zoom)


def _middle(areas: object) -> QPointF:
    whole = QRectF()
    for area in areas:  # type: ignore[attr-defined]
        whole = whole.united(area)
    return whole.center()
