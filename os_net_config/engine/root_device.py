"""Where the root file system is, as far as it comes over the network.

NFS, CIFS, Ceph and others name their server. A network block device says no more than that it is
there: of iSCSI the addresses of all its connections count, of NBD, Ceph's RBD, DRBD and NVMe over
Fabrics nobody is asked, and the server is one that is not known. What is behind device mapper is
not followed: where there is such a device at all, the root file system may be on it. Fibre Channel
over Ethernet is not seen.
"""

from __future__ import annotations

import ipaddress
import os
import re
from typing import FrozenSet, Iterator, List, NamedTuple, Sequence

from ..state.root_file_system import RootServers

#: Types of file systems (/proc/filesystems) that come from a server.
_NETWORK = re.compile(r"nfs4?|cifs|smb3|9p|ceph|afs|lustre|fuse\.(glusterfs|ceph|sshfs)")
#: A root file system of these types may be made of others.
_MADE_OF_OTHERS = frozenset({"overlay", "aufs", "tmpfs", "ramfs", "squashfs", "erofs"})
_BLOCK = re.compile(r"nbd\d+|rbd\d+|drbd\d+")


class Mount(NamedTuple):
    """A line of /proc/self/mountinfo (proc(5)). ``options`` are those of the file system."""

    point: str
    type: str
    source: str
    options: Sequence[str]


def root_servers(proc: str = "/proc/self/mountinfo", sys: str = "/sys") -> RootServers:
    """Of this mount namespace. Raises OSError where the mounts cannot be read."""
    with open(proc, encoding="utf-8", errors="surrogateescape") as file:
        return servers(mounts(file), sys)


def mounts(lines: Iterator[str]) -> List[Mount]:
    found = []
    for line in lines:
        words, _, rest = line.partition(" - ")
        point, (kind, source, options) = words.split()[4], rest.rstrip("\n").split(" ", 2)
        found.append(Mount(point, kind, source, options.split(",")))
    return found


def servers(mounted: Sequence[Mount], sys: str) -> RootServers:
    roots = [one for one in mounted if one.point == "/"][-1:]
    candidates = mounted if any(one.type in _MADE_OF_OTHERS for one in roots) else roots
    found = [
        RootServers(addresses := frozenset(_addresses(one)), not addresses)
        for one in candidates
        if _NETWORK.fullmatch(one.type) and not _is_of_the_machine(one)
    ]
    if candidates is mounted or not found:
        found.append(_of_blocks(sys))
    return RootServers(
        frozenset().union(*(one.addresses for one in found)), any(one.unknown for one in found)
    )


def _is_of_the_machine(mount: Mount) -> bool:
    """9P to the host of a virtual machine takes no network."""
    return mount.type == "9p" and not {"trans=tcp", "trans=rdma"} & set(mount.options)


def _addresses(mount: Mount) -> Iterator[bytes]:
    """In the option addr=, which NFS and CIFS have, or in the source: 10.0.0.1:/x, [2001:db8::1]:/x."""
    told = [one.split("=", 1)[1] for one in mount.options if one.startswith("addr=")]
    words = told or re.findall(r"\[[0-9a-f:]+\]|\d+(?:\.\d+){3}", mount.source)
    for word in words:
        try:
            yield ipaddress.ip_address(word.strip("[]").partition("%")[0]).packed
        except ValueError:
            continue


def _of_blocks(sys: str) -> RootServers:
    """Network block devices that are there, whatever is on them."""
    addresses: FrozenSet[bytes] = frozenset()
    unknown = any(_BLOCK.fullmatch(name) and _is_used(sys, name) for name in _listed(f"{sys}/block"))
    for name in _listed(f"{sys}/class/nvme"):
        unknown |= _content(f"{sys}/class/nvme/{name}/transport") in {"tcp", "rdma"}
    for name in _listed(f"{sys}/class/iscsi_connection"):
        try:
            text = _content(f"{sys}/class/iscsi_connection/{name}/address")
            addresses |= {ipaddress.ip_address(text).packed}
        except ValueError:
            unknown = True
    return RootServers(addresses, unknown)


def _is_used(sys: str, name: str) -> bool:
    """The driver of NBD makes 16 devices that nobody uses: those in use name their process."""
    return not name.startswith("nbd") or os.path.exists(f"{sys}/block/{name}/pid")


def _listed(directory: str) -> List[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _content(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
