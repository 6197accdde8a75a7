"""What other programs have on disk for links that are ours to configure now (``--purge-provider``). Pure.

Paths are those of a node, whatever directory stands for its /.
"""

from __future__ import annotations

import re
from typing import AbstractSet, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Pattern, Tuple

from .eni import without_links
from .link import LOOPBACK
from .model import FileKey, Key, Resource, State
from .release import Settled

#: The content of files by path.
Files = Mapping[str, bytes]
#: A path and what becomes of its content; None: the file goes.
Purged = Tuple[str, Optional[bytes]]


class Place(NamedTuple):
    """Files of one directory whose whole name matches."""

    directory: str
    name: Pattern[str]


_SCRIPTS = Place("/etc/sysconfig/network-scripts", re.compile(r"(ifcfg|route6?|rule)-(.+)"))
_PROFILES = Place("/etc/NetworkManager/system-connections", re.compile(r"[^.].*\.nmconnection"))
_INTERFACES = Place("/etc/network", re.compile(r"interfaces"))
#: What ifup reads of the directory (interfaces(5), INCLUDING OTHER FILES).
_INTERFACES_D = Place("/etc/network/interfaces.d", re.compile(r"[a-zA-Z0-9_.-]+"))

#: By provider; iproute leaves nothing on disk.
PLACES: Mapping[str, Tuple[Place, ...]] = {
    "eni": (_INTERFACES, _INTERFACES_D),
    "ifcfg": (_SCRIPTS,),
    "iproute": (),
    "nmstate": (_PROFILES, _SCRIPTS),
}
EVERY_PLACE = tuple(dict.fromkeys(place for places in PLACES.values() for place in places))


def with_purged(settled: Settled, provider: str, wanted: State, live: State) -> Settled:
    """The files of this provider for the links that the config names go, or lose what is of them."""
    names = {name for name, _ in wanted.links()} - {LOOPBACK}
    files: Dict[str, bytes] = {}
    for one in live:
        content = one.values.get("content")
        if isinstance(one.key, FileKey) and isinstance(content, bytes):
            files[one.key.path] = content
    removals = dict(settled.removals)
    resources = dict(settled.wanted.resources)
    for path, left in _PROVIDERS[provider](files, names):
        key: Key = FileKey(path)
        if left is None:
            removals[key] = ()
        elif left != files[path]:
            resources[key] = Resource(key, {"content": left})
    return settled._replace(wanted=State(resources), removals=removals)


def _scripts(files: Files, names: AbstractSet[str]) -> Iterator[Purged]:
    for path in files:
        found = _SCRIPTS.name.fullmatch(path.rpartition("/")[2])
        if found is not None and found[2] in names:
            yield path, None


#: What NetworkManager writes into each ifcfg file of its own, and nobody else.
_UUID = re.compile(rb"^[ \t]*UUID=", re.MULTILINE)


def _nmstate(files: Files, names: AbstractSet[str]) -> Iterator[Purged]:
    for path, content in files.items():
        if path.startswith(_PROFILES.directory) and _interface_of(content) in names:
            yield path, None
    profiles = {name: files.get(f"{_SCRIPTS.directory}/ifcfg-{name}", b"") for name in names}
    managed = {name for name, content in profiles.items() if _UUID.search(content) is not None}
    yield from _scripts(files, managed)


def _interface_of(content: bytes) -> str:
    """``interface-name`` of the section ``connection`` of a key file (nm-settings-keyfile(5))."""
    section = ""
    for line in content.decode(errors="replace").splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text
        key, _, value = text.partition("=")
        if section == "[connection]" and key.strip() == "interface-name":
            return value.strip()
    return ""


def _eni(files: Files, names: AbstractSet[str]) -> Iterator[Purged]:
    for path, content in files.items():
        left = without_links(content, names)
        of_a_link = path.startswith(f"{_INTERFACES_D.directory}/") and left != content
        yield path, None if of_a_link and _says_nothing(left) else left


def _says_nothing(content: bytes) -> bool:
    lines: List[bytes] = [line.strip() for line in content.splitlines()]
    return all(not line or line.startswith(b"#") for line in lines)


_PROVIDERS: Mapping[str, Callable[[Files, AbstractSet[str]], Iterator[Purged]]] = {
    "eni": _eni,
    "ifcfg": _scripts,
    "iproute": lambda files, names: iter(()),
    "nmstate": _nmstate,
}
