"""Every command of the designer, in the order of menus and shortcut sheet."""

from __future__ import annotations

from designer.actions.command import Command, Group
from designer.resources import tr


def commands() -> tuple[Command, ...]:
    """All commands, their titles in the language of the moment."""
    return (
        Command("file.new", tr("New workflow"), "File", ("Ctrl+N",), "file-plus"),
        Command("file.open", tr("Open…"), "File", ("Ctrl+O",), "folder-open", words="library workflow"),
        Command("file.import", tr("Import file…"), "File", ("Ctrl+Shift+O",), "download", words="yaml"),
        Command("file.save", tr("Save version"), "File", ("Ctrl+S",), "save"),
        Command("file.save_named", tr("Save version with a name…"), "File", ("Ctrl+Shift+S",), "tag"),
        Command("file.versions", tr("Versions…"), "File", ("Ctrl+H",), "history", words="compare restore"),
        Command("file.export", tr("Export file…"), "File", ("Ctrl+E",), "upload", words="yaml"),
        Command("file.welcome", tr("Start page"), "File", (), "layout-grid", words="welcome templates"),
        Command("file.quit", tr("Quit"), "File", ("Ctrl+Q",), "x"),
        Command("edit.undo", tr("Undo"), "Edit", ("Ctrl+Z",), "undo-2"),
        Command("edit.redo", tr("Redo"), "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo-2"),
        Command("edit.cut", tr("Cut"), "Edit", ("Ctrl+X",), "scissors"),
        Command("edit.copy", tr("Copy"), "Edit", ("Ctrl+C",), "copy"),
        Command("edit.paste", tr("Paste"), "Edit", ("Ctrl+V",), "clipboard"),
        Command("edit.duplicate", tr("Duplicate"), "Edit", ("Ctrl+D",), "copy"),
        Command("edit.delete", tr("Delete"), "Edit", ("Del", "Backspace"), "trash-2", "canvas"),
        Command("edit.heal", tr("Delete and heal"), "Edit", ("Ctrl+Del",), "trash-2", "canvas", words="reconnect"),
        Command("edit.disable", tr("Disable or enable"), "Edit", ("M",), "eye-off", "canvas", words="mute"),
        Command("edit.bypass", tr("Bypass or take back"), "Edit", ("B",), "redo-2", "canvas"),
        Command("edit.rename", tr("Rename"), "Edit", ("F2",), "pencil", "canvas"),
        Command("edit.open", tr("Edit node"), "Edit", ("Return",), "pencil", "canvas", words="params inspector"),
        Command("edit.all", tr("Select all"), "Edit", ("Ctrl+A",), "", "canvas"),
        Command("edit.add", tr("Add node…"), "Edit", ("Tab",), "plus", "canvas", words="quick search"),
        Command(
            "edit.workflow", tr("Workflow settings"), "Edit", ("Ctrl+,",), "settings", words="inputs outputs title"
        ),
        Command("arrange.tidy", tr("Tidy up"), "Arrange", ("Shift+L",), "layout-grid", words="layout auto"),
        Command("arrange.frame", tr("Frame the selection"), "Arrange", ("Ctrl+G",), "frame", words="group"),
        Command("arrange.note", tr("Add note"), "Arrange", ("Ctrl+Shift+N",), "sticky-note"),
        Command("arrange.left", tr("Align left"), "Arrange", ("Alt+A, L",)),
        Command("arrange.right", tr("Align right"), "Arrange", ("Alt+A, R",)),
        Command("arrange.top", tr("Align top"), "Arrange", ("Alt+A, T",)),
        Command("arrange.bottom", tr("Align bottom"), "Arrange", ("Alt+A, B",)),
        Command("arrange.centre", tr("Align centres"), "Arrange", ("Alt+A, C",)),
        Command("arrange.middle", tr("Align middles"), "Arrange", ("Alt+A, M",)),
        Command("arrange.across", tr("Distribute across"), "Arrange", ("Alt+A, H",)),
        Command("arrange.down", tr("Distribute down"), "Arrange", ("Alt+A, V",)),
        Command("view.fit", tr("Fit everything"), "View", ("F",), "maximize", "canvas", words="zoom"),
        Command("view.selection", tr("Zoom to selection"), "View", (".",), "zoom-in", "canvas"),
        Command("view.reset", tr("Zoom to 100 %"), "View", ("0",), "", "canvas"),
        Command("view.minimap", tr("Minimap"), "View", ("Ctrl+M",), "map", checkable=True),
        Command("view.left", tr("Nodes and outline"), "View", ("Ctrl+1",), "panel-left", checkable=True),
        Command("view.right", tr("Inspector"), "View", ("Ctrl+2",), "panel-right", checkable=True),
        Command("view.bottom", tr("Run panel"), "View", ("Ctrl+3",), "panel-bottom", checkable=True),
        Command("view.outline", tr("Outline"), "View", ("Ctrl+Shift+U",), "list-tree", words="tree keyboard"),
        Command("view.theme", tr("Light or dark"), "View", ("Ctrl+Shift+L",), "moon", words="theme"),
        Command("view.system_theme", tr("Follow the system's theme"), "View", (), "monitor", words="theme"),
        Command("view.language", tr("Deutsch / English"), "View", (), "globe", words="language sprache"),
        Command("run.run", tr("Run"), "Run", ("Ctrl+Return", "F5"), "play", words="start execute"),
        Command("run.inputs", tr("Run with inputs…"), "Run", ("Ctrl+Shift+Return",), "play"),
        Command("run.stop", tr("Stop the run"), "Run", ("Ctrl+.",), "square", words="cancel"),
        Command("run.to_here", tr("Run to here"), "Run", ("Ctrl+Shift+T",), "play", words="until"),
        Command("run.from_here", tr("Continue from here"), "Run", ("Ctrl+Shift+F",), "rotate-ccw", words="again"),
        Command("run.retry", tr("Retry this step"), "Run", ("Ctrl+R",), "rotate-ccw", words="again"),
        Command("run.fork", tr("Fork with changed input…"), "Run", (), "git-branch", words="continue edit"),
        Command("run.history", tr("Past runs"), "Run", ("Ctrl+Shift+H",), "history"),
        Command("run.live", tr("Back to the drawing"), "Run", ("Ctrl+Shift+D",), "pencil", words="edit live"),
        Command("run.engine_stop", tr("Stop the engine"), "Run", (), "square"),
        Command("run.engine_start", tr("Start the engine"), "Run", (), "play"),
        Command("people.inbox", tr("Inbox"), "People", ("Ctrl+I",), "inbox", words="questions approvals answer"),
        Command("site.open", tr("This PC"), "PC", ("Ctrl+Shift+P",), "server-cog", words="settings computer"),
        Command("site.models", tr("Models"), "PC", ("Alt+1",), "brain", words="roles gguf onnx memory download"),
        Command("site.tools", tr("Tools"), "PC", ("Alt+2",), "wrench", words="mcp servers devices health approve"),
        Command("site.network", tr("Network"), "PC", ("Alt+3",), "network", words="offline hosts allow"),
        Command("site.keys", tr("Keys"), "PC", ("Alt+4",), "key-round", words="secrets passphrase keyring token"),
        Command("help.palette", tr("Find anything…"), "Help", ("Ctrl+K",), "search", words="command palette"),
        Command("help.keys", tr("Keyboard shortcuts"), "Help", ("F1",), "keyboard"),
        Command("help.next_problem", tr("Next problem"), "Help", ("F8",), "triangle-alert"),
        Command("help.previous_problem", tr("Previous problem"), "Help", ("Shift+F8",), "triangle-alert"),
        Command("help.about", tr("About Signalbox"), "Help", (), "info"),
    )


def group_titles() -> dict[Group, str]:
    """The groups' names on menus."""
    return {
        "File": tr("File"),
        "Edit": tr("Edit"),
        "Arrange": tr("Arrange"),
        "View": tr("View"),
        "Run": tr("Run"),
        "People": tr("People"),
        "PC": tr("This PC"),
        "Help": tr("Help"),
        "Canvas": tr("Canvas"),
    }


def canvas_gestures() -> tuple[tuple[str, str], ...]:
    """What is done with the mouse or plain keys on the canvas, for the shortcut sheet: (keys, what it does)."""
    return (
        ("Tab", tr("Add a node where the pointer is")),
        (tr("Double-click"), tr("Add a node there; on a node, edit it; on a title, rename")),
        (tr("Drag a wire into empty space"), tr("Add a node that fits, already wired")),
        (tr("Drop a node on a wire"), tr("Insert it there")),
        (tr("Ctrl + right drag"), tr("Cut the wires that are crossed")),
        (tr("Arrow keys"), tr("Go to the nearest node; with Shift, extend the selection")),
        (tr("Ctrl + arrow keys"), tr("Nudge the selection")),
        (tr("Space + drag, middle drag"), tr("Move the view")),
        (tr("Wheel"), tr("Zoom at the pointer; with Shift, move sideways")),
        (tr("Alt while dragging"), tr("Do not snap to the grid")),
        (tr("Esc"), tr("Cancel what the mouse holds")),
    )
