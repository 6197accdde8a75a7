"""Options of bonds that do not go together, and the MTU that a bond and its ports have."""

from __future__ import annotations

from typing import Iterator, Optional, Set, Tuple

from ..state import bond
from ..state.problem import Problem, Severity
from . import formats
from .objects import AGGREGATES, Object, is_port


def bonding(one: Object) -> Iterator[Problem]:
    if one.type != "linux_bond":
        return
    text = str(one.get("bonding_options") or "")
    options = formats.bonding_options(text)
    mode = bond.MODES[int(str(options.get("mode", bond.MODES.index("active-backup"))))]
    path = (*one.path, "bonding_options")
    for word in dict.fromkeys(text.split()):
        if "=" not in word or word.startswith("bond_mode="):
            yield Problem(path, f"{word} is taken as mode={mode}", f"write mode={mode}", Severity.WARNING)
    for name in options:
        modes = bond.MODES_OF.get(name)
        if modes is not None and mode not in modes:
            yield Problem(
                path, f"{name} has no meaning in mode {mode}", f"it belongs to {', '.join(sorted(modes))}"
            )
    for message, hint in (*_monitors(options), *_delays(options)):
        yield Problem(path, message, hint)
    for name in ("primary", "active_slave"):
        members = {name for member in one.members for name in (member.name, member.get("name"))}
        if name in options and options[name] not in members:
            yield Problem(path, f"{name}={options[name]!s} is no member of {one.name}")


def _monitors(options: formats.Options) -> Iterator[Tuple[str, str]]:
    if options.get("miimon") and options.get("arp_interval"):
        yield "miimon and arp_interval exclude each other", "keep one monitor"
    if options.get("arp_interval") and not (options.get("arp_ip_target") or options.get("ns_ip6_target")):
        yield "arp_interval needs arp_ip_target", "add the addresses to ask for"
    if options.get("arp_validate") and not options.get("arp_interval"):
        miimon = options.get("miimon", bond.DEFAULT_MIIMON)
        if miimon:
            # drivers/net/bonding/bond_netlink.c, bond_changelink
            message = f"arp_validate needs arp_interval: the driver refuses it beside miimon={miimon!s}"
            yield message, "set arp_interval"


def _delays(options: formats.Options) -> Iterator[Tuple[str, str]]:
    miimon = options.get("miimon", bond.DEFAULT_MIIMON)
    for name in bond.MULTIPLES_OF_MIIMON:
        delay = options.get(name)
        if not isinstance(delay, int) or not isinstance(miimon, int):
            continue
        if miimon == 0 and delay:
            yield f"{name}={delay} needs miimon, which is 0", "set miimon"
        elif miimon and delay % miimon:
            message = f"{name}={delay} is no multiple of miimon={miimon}: the driver would round it down"
            yield message, f"choose {delay // miimon * miimon} or {(delay // miimon + 1) * miimon}"


def bond_mtu(one: Object) -> Optional[int]:
    """A bond or a team and its ports have one MTU: what the members say is said of it."""
    if one.type not in AGGREGATES:
        return None
    ports = filter(is_port, one.members)
    said: Set[int] = {member.get("mtu") for member in ports if member.get("mtu") is not None}
    return said.pop() if len(said) == 1 else None
