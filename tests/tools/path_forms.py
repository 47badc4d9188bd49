"""How paths are written: those that must be refused on every system, and those that must do what they say.

{w}: the workspace; {o}: the folder around it, which holds `outside` and `link` in the workspace leads there; {d}: the
data folder.
"""

from __future__ import annotations

_DEVICES = [
    "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$", *(f"COM{n}" for n in "0123456789¹²³"),
    *(f"LPT{n}" for n in "0123456789¹²³"),
]  # fmt: skip

DEVICES = [
    form
    for name in _DEVICES
    for form in (name, f"{name.lower()}.txt", f"sub/{name.title()}", f"{name}/a", f"{name} .txt")
]
STREAMS = [
    "a.txt:stream", "a.txt::$DATA", "a.txt:Zone.Identifier", "sub:x/a", "sub/a:b", ":a", "a:", "C:a.txt", "C:", "c:/x",
    "sub/C:/a", "file:///etc/passwd",
]  # fmt: skip
SERVERS = [
    "//server/share/a", "\\\\server\\share\\a", "//?/C:/a", "\\\\?\\C:\\a", "\\\\.\\COM1", "//./COM1",
    "//127.0.0.1/c$/a",    "\\\\?\\UNC\\server\\share\\a", "///etc/passwd", "//etc/passwd", "\\??\\C:\\a",
]  # fmt: skip
SHORT = ["PROGRA~1", "progra~1/a", "a~1.txt", "SECRET~2.DOC", "sub/ABCD~12", "x~1", "A~9.B"]
ENDS = [
    "a.txt.", "a.txt ", "a./b", "a /b", "...", ".. /outside", ". ./a", "a...", "..  /outside", ". /a", "sub/a. ", " ",
    "sub/ /a", "a.txt . .", "..../a",
]  # fmt: skip
CLIMBING = [
    "../outside", "a/../../outside", "./../outside", "sub/x/../../../outside", "sub/../../outside", "..", "../",
    "../../../../../../../../etc/passwd", "link/outside", "link", "link/../outside", "sub/../link/outside",
    "linked.txt", "chain/outside", ".././outside", "sub//..//..//outside", "./sub/./../../outside", "../w2/a",
    "link/./outside", "sub/back/outside",
]  # fmt: skip
BACKSLASHES = [
    "..\\outside",
    "a\\..\\..\\outside",
    "sub\\a",
    "..\\..\\etc\\passwd",
    "\\etc\\passwd",
    "a\\",
    "sub/..\\..\\outside",
]
HIDDEN = ["a\nb", "a\tb", "a\rb", "a\x1b[2J", "a\x7f", "\x01", "a\x00.txt", "../outside\x00.txt", "a\x1f"]
HOMES = ["~", "~/a", "~root/a", "~/.ssh/id_rsa", "~user"]
WHOLE = [
    "/etc/passwd", "/etc/../etc/passwd", "/proc/self/environ", "/proc/self/root/etc/passwd", "/dev/stdin", "/",
    "{o}/outside", "{w}/../outside", "{w}/link/outside", "{w}2/a", "{o}/w/../outside", "{w}/linked.txt",
    "{d}/signalbox.sqlite", "{d}/settings.json", "{w}/../data/settings.json", "{w}/chain/outside",
]  # fmt: skip
REFUSED = [
    *DEVICES, *STREAMS, *SERVERS, *SHORT, *ENDS, *CLIMBING, *BACKSLASHES, *HIDDEN, *HOMES, *WHOLE,
]  # fmt: skip

GOOD = [
    "a.txt", "sub/a.txt", "sub/deep/er/a.txt", "a b.txt", "ä.txt", "日本.txt", ".hidden", ".sub/.a", "a..b", "a...b",
    "-rf",
    "@x", "#x", "a%2e%2e", "%2e%2e%2foutside", "console.txt", "com10", "com", "lpt", "auxiliary.csv", "nulls", "prn1",
    "a~b", "backup~", "longer-than-8~1.txt", "sub/./b", "sub//c", "sub/../d.txt", "./e", "inner/a.txt", "{w}/f.txt",
    "{w}/sub/../g", "{w}/inner/h", "．．／i", "..a", "a'b\"c", "a;b", "a&b", "$HOME", "sub/contents.con", "x.nul",
]  # fmt: skip
