"""Clicks that are not drags: open, write over, add, ask for a menu; and things dropped from elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QContextMenuEvent, QDropEvent

from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.card_item import FAR
from designer.canvas.gestures import Drop, Menu, OpenNode
from designer.canvas.port import Port
from designer.canvas.stage import Stage
from designer.canvas.wire import Wire


def double(stage: Stage, place: QPointF) -> None:
    """Open a node, write over a title, or add a node where there is nothing."""
    under = stage.under(place, wires=False)
    if isinstance(under, Port):
        under = stage.drawing.cards[under.card.id]
    if isinstance(under, Card):
        on_title = under.title_rect().contains(place - under.pos()) and stage.view.zoom >= FAR
        if on_title and not stage.read_only:
            stage.rename(under.id)
        else:
            stage.report(OpenNode(under.id))
    elif stage.read_only:
        return
    elif isinstance(under, Box):
        stage.rename(under.id)
    else:
        stage.quick_add((place.x(), place.y()), None)


def menu(stage: Stage, event: QContextMenuEvent) -> None:
    """A menu is asked for with the mouse or the menu key; what it is about is selected first."""
    chosen = stage.selected()
    place = stage.view.mapToScene(event.pos())
    if event.reason() == QContextMenuEvent.Reason.Keyboard and chosen:
        place = stage.drawing.bounds(chosen[-1:]).center()
    under = stage.under(place)
    key = under.card.id if isinstance(under, Port) else under.id if isinstance(under, (Card, Box)) else None
    edge = under.edge if isinstance(under, Wire) else None
    if key is not None and key not in chosen:
        stage.select([key])
    elif isinstance(under, Wire):
        stage.select(())
        stage.pick(under)
    at = stage.view.viewport().mapToGlobal(stage.view.mapFromScene(place))
    stage.report(Menu(key, edge, (at.x(), at.y()), (place.x(), place.y())))


def drop(stage: Stage, event: QDropEvent) -> None:
    """Files or a text were dropped."""
    place, data = stage.view.mapToScene(event.position().toPoint()), event.mimeData()
    urls = tuple(url.toString() for url in data.urls())
    event.acceptProposedAction()
    stage.report(Drop(urls, "" if urls else data.text(), (place.x(), place.y())))
