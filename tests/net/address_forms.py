"""How addresses are written: those that must be refused, and those that must do what they say.

{p} stands for the port of a real server that listens on every address of this PC. What names lead to is in NAMES, which
stands in for a name server.
"""

from __future__ import annotations

NAMES: dict[str, tuple[str, ...]] = {
    "good.example": ("192.0.2.10",),
    "localhost.localdomain": ("127.0.0.1",),
    "app.localhost": ("127.0.0.1",),
    "127.0.0.1.nip.io": ("127.0.0.1",),
    "7f000001.nip.io": ("127.0.0.1",),
    "metadata.google.internal": ("169.254.169.254",),
    "mixed.example": ("192.0.2.10", "127.0.0.1"),
    "v6.example": ("::1",),
    "mapped.example": ("::ffff:127.0.0.1",),
    "translated.example": ("64:ff9b::7f00:1",),
    "tunnel.example": ("2002:7f00:1::1",),
    "zero.example": ("0.0.0.0",),
    "many.example": ("224.0.0.1",),
    "linklocal.example": ("fe80::1%1",),
    "aws6.example": ("fd00:ec2::254",),
}

# Written by an author into the node itself, so only the form or the place it leads to can refuse it.
REFUSED_AS_WRITTEN = [
    # numbers that some programs read as addresses
    "http://2130706433:{p}/", "http://0x7f000001:{p}/", "http://0x7f.0x0.0x0.0x1:{p}/", "http://0177.0.0.1:{p}/",
    "http://0177.0.0.01:{p}/", "http://017700000001:{p}/", "http://127.1:{p}/", "http://127.0.1:{p}/",
    "http://127.0.0.01:{p}/", "http://0:{p}/", "http://0.0.0.0:{p}/", "http://00.0.0.0:{p}/", "http://0.0.0.1:{p}/",
    "http://256.0.0.1:{p}/", "http://127.0.0.1.1:{p}/", "http://0x:{p}/",
    # IPv6 that means IPv4, or a network of its own
    "http://[::]:{p}/", "http://[::ffff:127.0.0.1]:{p}/", "http://[::ffff:7f00:1]:{p}/", "http://[::127.0.0.1]:{p}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/", "http://[::1%lo]:{p}/", "http://[::1%25lo]:{p}/",
    "http://[64:ff9b::7f00:1]:{p}/", "http://[2002:7f00:1::]:{p}/", "http://[fe80::1]:{p}/", "http://[fec0::1]:{p}/",
    "http://[::ffff:0:127.0.0.1]:{p}/", "http://[127.0.0.1]:{p}/", "http://[localhost]:{p}/", "http://[::1]x:{p}/",
    "http://::1:{p}/", "http://[::1:{p}/", "http://[::1]]:{p}/",
    # where machines keep keys, and addresses of nobody or of many
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://100.100.100.200/",
    "http://168.63.129.16/", "http://192.0.0.192/", "http://[::ffff:169.254.169.254]/", "http://0xa9fea9fe/",
    "http://2852039166/", "http://169.254.1.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/",
    "http://[ff02::1]/",
    # who is meant: user names, backslashes, fragments
    "http://user@127.0.0.1:{p}/", "http://user:pw@127.0.0.1:{p}/", "http://good.example@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}@good.example/", "http://good.example:80@127.0.0.1:{p}/", "http://@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}\\@good.example/", "http:\\\\127.0.0.1:{p}/", "http://good.example\\.127.0.0.1:{p}/",
    # what is hidden: spaces, tabs, line ends, NUL, encodings
    "http://127.0.0.1\t:{p}/", "ht\ntp://127.0.0.1:{p}/", " http://127.0.0.1:{p}/", "http://127.0.0.1 :{p}/",
    "http://127.0.0.1:{p}/ ", "http://127.0.0.1:{p}/\r\nX-Evil: 1", "http://127.0.0.1\x00.good.example:{p}/",
    "http://127%2e0%2e0%2e1:{p}/", "http://%6c%6fcalhost:{p}/", "http://127.0.0.1%00:{p}/",
    "http://localhost\u00ad:{p}/", "http://local\u200bhost:{p}/", "http://127\u30020\u30020\u30021:{p}/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460:{p}/", "http://\u24dbocalhost:{p}/",
    "http://\uff11\uff12\uff17.0.0.1:{p}/", "http://\u0661\u0662\u0667.0.0.1:{p}/",
    # names beside the plain one
    "http://localhost.:{p}/", "http://127.0.0.1.:{p}/", "http://localhost..:{p}/", "http://.localhost:{p}/",
    "http://-:{p}/", "http://a..b:{p}/",
    # other ways, other ports
    "http:/127.0.0.1:{p}/", "http:127.0.0.1:{p}/", "//127.0.0.1:{p}/", "127.0.0.1:{p}/", "http:///127.0.0.1:{p}/",
    "http//127.0.0.1:{p}/", "file:///etc/passwd", "ftp://127.0.0.1:{p}/", "gopher://127.0.0.1:{p}/_x",
    "dict://127.0.0.1:{p}/", "ldap://127.0.0.1:{p}/", "ws://127.0.0.1:{p}/", "jar:http://127.0.0.1:{p}/!/",
    "data:text/plain,x", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "view-source:http://127.0.0.1:{p}/", "javascript:fetch('http://127.0.0.1:{p}/')", "http://127.0.0.1:{p}:80/",
    "http://127.0.0.1:0{p}/", "http://127.0.0.1:+{p}/", "http://127.0.0.1:{p}%20/", "http://127.0.0.1:99999/",
    "http://127.0.0.1:0/", "http://127.0.0.1:/", "http://127.0.0.1:-1/", "http://127.0.0.1:http/",
    # names that lead where they do not say
    *(f"http://{name}:{{p}}/" for name in NAMES if name != "good.example"),
]  # fmt: skip

# Not written by anybody: what a model or a value of the run has come up with.
REFUSED_UNLESS_ALLOWED = [
    "http://good.example:{p}/", "https://good.example/", "http://10.0.0.7:{p}/", "http://192.168.1.1/",
    "http://172.16.0.1/", "http://[fd12::1]/", "http://intranet/", "http://printer.local/", "http://192.0.2.10:{p}/",
    "http://good.example#@127.0.0.1:{p}/", "http://good.example?@127.0.0.1:{p}/", "http://good.example/@127.0.0.1:{p}/",
]  # fmt: skip

REDIRECTS_REFUSED = [
    "http://127.0.0.1:{q}/", "http://localhost:{q}/", "http://[::1]:{q}/", "//127.0.0.1:{q}/",
    "http://2130706433:{q}/", "http://user@127.0.0.1:{q}/", "http://127.0.0.1.nip.io:{q}/",
    "http://169.254.169.254/latest/", "http://10.0.0.7/", "http://good.example/", "file:///etc/passwd",
    "gopher://127.0.0.1:{q}/",
]  # fmt: skip

# All of these reach the server.
GOOD_HERE = [
    "http://127.0.0.1:{p}", "http://127.0.0.1:{p}/", "http://localhost:{p}/", "http://LOCALHOST:{p}/",
    "HTTP://127.0.0.1:{p}/", "Http://LocalHost:{p}/", "http://127.0.0.1:{p}/a/b", "http://127.0.0.1:{p}/?q=1&r=2",
    "http://127.0.0.1:{p}?q", "http://127.0.0.1:{p}/#top", "http://127.0.0.1:{p}/a%20b", "http://127.0.0.1:{p}/a%2Fb",
    "http://127.0.0.1:{p}/grüße", "http://127.0.0.1:{p}/@user", "http://127.0.0.1:{p}/a:b", "http://127.0.0.1:{p}/..",
    "http://127.0.0.1:{p}/?next=http://good.example/", "http://127.0.0.1:{p}/a;b=c", "http://127.0.0.1:{p}/%C3%BC",
    "http://127.0.0.1:{p}/?mail=a@b.example",
]  # fmt: skip
GOOD_HERE_V6 = ["http://[::1]:{p}/", "http://[0:0:0:0:0:0:0:1]:{p}/", "http://[0::1]:{p}/x"]
# {lan}: this PC's address in its own network; plant.example and *.site.example lead there.
GOOD_WRITTEN = ["http://{lan}:{p}/", "http://plant.example:{p}/", "http://PLANT.example:{p}/x"]
GOOD_ALLOWED = [
    ("http://{lan}:{p}/", "{lan}"), ("http://{lan}:{p}/", "{lan}/32"), ("http://{lan}:{p}/", "{lan}:{p}"),
    ("http://plant.example:{p}/", "plant.example"), ("http://plant.example:{p}/", "plant.example:{p}"),
    ("http://a.site.example:{p}/", "*.site.example"), ("http://a-b.c.site.example:{p}/", "*.site.example:{p}"),
    ("http://plant.example:{p}/", "{lan}/24"), ("http://my_plc.site.example:{p}/", "{lan}/16"),
]  # fmt: skip
