"""How addresses come and go, as tasks. Pure.

New ones come before old ones go, so that a link is never without. Those that are new to the node come
after other nodes were asked for them.
"""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Optional, Tuple

from .arp import after_probes, probes
from .context import Context
from .diff import Change
from .graph import Fact, Task
from .model import AddressKey, Key, SysctlKey
from .places import by_subnet
from .values import Values

PROMOTE = "promote_secondaries"


def address_tasks(around: Context) -> Iterator[Task]:
    coming, links = _coming(around), chains(around)
    asked = probes(around)
    for key, change in around.changes.items():
        if not isinstance(key, AddressKey) or (change.after is None and key.link in around.fall.gone):
            continue
        if change.after is None:
            yield _removal(around, change, key, coming)
        elif "place" in change.after and key.link in around.fall.gone:
            yield _addition(around, change._replace(after=_as_before(around, key)), key, links[key])
        elif "place" in change.after:
            yield from _given_again(around, change, key, links[key])
        elif change.before is not None:
            yield _addition(around, _told_whole(around, change), key, links.get(key, ()))
        else:
            yield after_probes(_addition(around, change, key, links.get(key, ())), asked, around)
    yield from _promotions(around)


#: What an address comes after, and what comes after it.
Links = Tuple[Fact, ...]


def chains(around: Context) -> Mapping[AddressKey, Links]:
    """Facts for the order of the IPv4 addresses that come to one subnet: (after this, gives that)."""
    found: Dict[AddressKey, Links] = {}
    for (on, subnet), order in by_subnet(around.wanted).items():
        coming = order if on in around.fall.gone else [key for key in order if key in around.changes]
        for number, key in enumerate(coming):
            found[key] = (Fact(f"{subnet} {number}", on), Fact(f"{subnet} {number + 1}", on))
    return found


def ipv4(key: Key) -> Optional[AddressKey]:
    return key if isinstance(key, AddressKey) and key.prefix.bits == 32 else None


def _coming(around: Context) -> Mapping[str, Tuple[AddressKey, ...]]:
    """The IPv6 addresses that links get."""
    found: Dict[str, Tuple[AddressKey, ...]] = {}
    for key, change in around.changes.items():
        if isinstance(key, AddressKey) and key.prefix.bits == 128 and change.before is None:
            found[key.link] = (*found.get(key.link, ()), key)
    return found


def _addition(around: Context, change: Change, key: AddressKey, chain: Links) -> Task:
    on = key.link
    needs = (*(Fact(what, on) for what in ("exists", "settings", "freed", "stopped")), *around.all_up(on))
    return Task(change, (*needs, *chain[:1]), (Fact("addresses", on), *chain[1:]))


def _told_whole(around: Context, change: Change) -> Change:
    """With all that the address has: what the message does not say, the kernel takes away."""
    have = around.live.resources[change.key].values
    return change._replace(before=have, after={**have, **(change.after or {})})


def _removal(
    around: Context, change: Change, key: AddressKey, coming: Mapping[str, Tuple[AddressKey, ...]]
) -> Task:
    on = key.link
    fresh = coming.get(on, ())
    if any(one.prefix.address == key.prefix.address for one in fresh):
        # The kernel has an IPv6 address once per link, whatever its prefix length.
        return Task(change, (Fact("routes freed", on),), (Fact("freed", on),))
    needs: Tuple[Fact, ...] = (Fact("addresses", on), Fact("routes freed", on), Fact("promoting", on))
    if key.prefix.bits == 128 and on not in around.fall.downed:
        change = change._replace(awaits=fresh)
    if on in around.fall.downed:
        needs = needs[1:]
    return Task(change, needs, (Fact("removed", on),))


def _given_again(around: Context, change: Change, key: AddressKey, chain: Links) -> Iterator[Task]:
    """Removed and added: the kernel puts it at the end of its subnet."""
    have = around.live.resources[key]
    on, gone = key.link, Fact(f"{key.prefix} gone", key.link)
    free = change._replace(before=have.values, after=None, transient=True)
    yield Task(free, (Fact("promoting", on), *chain[:1]), (gone, Fact("removed first", on)))
    back = change._replace(before=None, after=_as_before(around, key))
    yield Task(back, (gone,), (Fact("addresses", on), Fact("restored", on), *chain[1:]))


def _as_before(around: Context, key: AddressKey) -> Values:
    """Adopted, it stays who made it."""
    have, wanted = around.live.resources[key], around.wanted.resources[key]
    return {**wanted.initial, **have.values, **wanted.values}


def _promotions(around: Context) -> Iterator[Task]:
    """The first address of a subnet takes the others along, unless this sysctl is set for the while.

    (net/ipv4/devinet.c, __inet_del_ifa)
    """
    links = dict.fromkeys(key.link for key in _leaving(around) if _is_first_of_several(key, around))
    for on in links:
        key = SysctlKey(on, 4, PROMOTE)
        have = around.live.get(key)
        if key in around.changes or (have is not None and have.values.get("value")):
            continue
        on_now = Change(key, {"value": 0}, {"value": 1}, transient=True)
        yield Task(on_now, (Fact("exists", on),), (Fact("promoting", on),))
        needs = tuple(Fact(what, on) for what in ("promoting", "removed", "removed first"))
        yield Task(on_now.inverse, needs)


def _leaving(around: Context) -> Iterator[AddressKey]:
    """IPv4 addresses that are removed, for good or to be given again."""
    for key, change in around.changes.items():
        address = ipv4(key)
        gone = change.after is None or "place" in change.after
        if address is not None and gone and address.link not in around.fall.gone:
            yield address


def _is_first_of_several(key: AddressKey, around: Context) -> bool:
    have = around.live.get(key)
    if have is None or have.values.get("secondary"):
        return False
    return len(around.subnets[key.link, key.prefix.network]) > 1
