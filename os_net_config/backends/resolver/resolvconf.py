"""resolvconf(8), Debian's or openresolv: it makes resolv.conf of the records that programs hand it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from typing import Optional

from .. import files
from .resolv_conf import Lists, parsed

#: The name of our record.
NAME = "os-net-config"
_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
#: The one that is systemd's, under another name.
_OF_SYSTEMD = "resolvectl"
#: Where records are: of Debian's, of openresolv, of openresolv since 3.13.
_RECORDS = ("/run/resolvconf/interface", "/run/resolvconf/interfaces", "/run/resolvconf/keys")
#: A part of Debian's: it counts where resolv.conf leads to its file.
_DEBIAN_S = "/lib/resolvconf/normalize-resolvconf"
_DEBIAN_S_FILE = "/run/resolvconf/resolv.conf"
#: Seconds: it may restart a name server of the node.
_PATIENCE = 60


def program() -> Optional[str]:
    found = shutil.which("resolvconf", path=_PATH)
    return None if found is None or os.path.basename(os.path.realpath(found)) == _OF_SYSTEMD else found


def is_in_charge(resolv_conf: str) -> bool:
    """Whether it makes the file to which /etc/resolv.conf leads."""
    return not os.path.exists(_DEBIAN_S) or resolv_conf == _DEBIAN_S_FILE


def read() -> Optional[Lists]:
    """Our record. Raises OSError."""
    contents = (files.content(os.path.join(one, NAME)) for one in _RECORDS)
    return next((parsed(one) for one in contents if one is not None), None)


def write(lists: Optional[Lists]) -> None:
    """Our record, or None of it. Raises OSError."""
    command = program()
    if command is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "resolvconf")
    arguments = ["-a", NAME] if lists is not None else ["-d", NAME]
    try:
        done = subprocess.run(
            [command, *arguments],
            input=lists.lines() if lists is not None else b"",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(errno.ETIMEDOUT, f"not done within {_PATIENCE} s", command) from error
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().replace("\n", "; ")
        raise OSError(errno.EIO, told or f"it ends with status {done.returncode}", command)
