"""Files of other programs on a node, which a run takes away: laid, and read by the test itself."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence

from tests.independence.node import mounted

#: The directories that are a node's own.
PLACES = (
    Path("/etc/network"),
    Path("/etc/NetworkManager"),
    Path("/etc/sysconfig"),
    Path("/etc/os-net-config"),
)
#: To which of those the node's resolv.conf leads, where there is one.
RESOLV_CONF = "/etc/sysconfig/resolv.conf"
_LINK = Path("/etc/resolv.conf")


class File(NamedTuple):
    """``owner`` are the numbers of a user and a group."""

    path: str
    content: bytes
    mode: int = 0o644
    owner: Sequence[int] = (0, 0)


@contextlib.contextmanager
def laid(files: Sequence[File]) -> Iterator[None]:
    """Have these files and no other ones in the places."""
    with contextlib.ExitStack() as stack:
        for place in PLACES:
            place.mkdir(parents=True, exist_ok=True)
            stack.enter_context(mounted("tmpfs", str(place)))
        for path, content, mode, owner in files:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(content)
            os.chown(path, *owner)
            os.chmod(path, mode)
        if Path(RESOLV_CONF).exists():
            stack.enter_context(_led_there())
        yield


@contextlib.contextmanager
def _led_there() -> Iterator[None]:
    before = _LINK.read_bytes() if _LINK.exists() else None
    _LINK.unlink(missing_ok=True)
    _LINK.symlink_to(RESOLV_CONF)
    try:
        yield
    finally:
        _LINK.unlink()
        if before is not None:
            _LINK.write_bytes(before)


def read() -> Dict[str, Any]:
    """All that is in the places, by its path."""
    return {str(path): _told(path) for place in PLACES for path in place.rglob("*")}


def lost(before: Mapping[str, Any], then: Mapping[str, Any], copies: Path) -> List[str]:
    """What is not as it was, and of which no copy is as it was: they are by their paths in directories."""
    return [
        f"{path}: there is no copy of it"
        for path, told in before.items()
        # resolv.conf keeps itself what of it is replaced.
        if then.get(path) != told
        and path != RESOLV_CONF
        and not any(_told(copy) == told for copy in copies.glob(f"*{glob.escape(path)}"))
    ]


def _told(path: Path) -> Dict[str, Any]:
    about = path.lstat()
    content = path.read_bytes() if stat.S_ISREG(about.st_mode) else None
    return {"content": content, "mode": oct(about.st_mode), "owner": (about.st_uid, about.st_gid)}
