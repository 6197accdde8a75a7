"""Links that are ports of what others made: they are ports of nothing else, and use no addresses. Pure."""

from __future__ import annotations

from typing import Container, Iterator, NamedTuple, Optional

from . import link, row, rows, vrf
from .model import AddressKey, Key, LinkKey, RowKey, State
from .problem import Path, Problem, Severity


class Holder(NamedTuple):
    """What a link is a port of. ``release`` is the command that takes it out."""

    name: str
    release: str

    def problem(self, port: str, origin: Path) -> Problem:
        message = f"{port} is a port of {self.name}, which is not ours"
        return Problem(origin, message, f"release it first: {self.release}")

    def warning(self, port: str, origin: Path) -> Problem:
        message = f"{port} is a port of {self.name}, which is not ours: its addresses are of no use there"
        return Problem(origin, message, f"release it: {self.release}", Severity.WARNING)


def in_the_switch(name: str, wanted: State, live: State, leaving: Container[Key]) -> Optional[Holder]:
    """The port or bridge of Open vSwitch that the NIC stays in, unasked."""
    key = RowKey(row.INTERFACE, name)
    have = live.get(key)
    if have is None or key in wanted.resources or key in leaving or live.is_internal(name):
        return None
    port = str(have.values.get("port"))
    of_port = live.get(RowKey(row.PORT, port))
    bridge = of_port.values.get("bridge") if of_port is not None else None
    return Holder(str(bridge) if port == name else port, rows.release(have))


def in_the_kernel(name: str, live: State, leaving: Container[Key]) -> Optional[Holder]:
    """The bond or bridge of the kernel that the link stays in, unasked: it leaves one of ours."""
    master = live.values(name).get("master")
    if not isinstance(master, str) or LinkKey(master) in leaving or live.link(master) is None:
        return None
    if live.values(master).get("group") == link.GROUP:
        return None
    return Holder(master, f"ip link set {name} nomaster")


def useless(wanted: State, live: State, leaving: Container[Key]) -> Iterator[Problem]:
    """Links with addresses that are ports of what others made."""
    for name in dict.fromkeys(one.key.link for one in wanted if isinstance(one.key, AddressKey)):
        said = wanted.link(name)
        holder = in_the_switch(name, wanted, live, leaving) or in_the_kernel(name, live, leaving)
        if live.kind(live.values(name).get("master")) == vrf.KIND:
            # There they are of use.
            continue
        if said is not None and holder is not None and "master" not in said.values:
            yield holder.warning(name, said.origin)
