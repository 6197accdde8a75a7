"""How a link is made, changed, made anew and removed, as tasks. Pure.

The facts of a link's life, in their order: it is ``down``, its ports are gone (``emptied``), it is
``gone``; it ``exists``, is ``set``, ``attached``, has all its ``ports``, its ``mtu``, its ``settings``
(sysctls), and is ``up``.
"""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Tuple

from . import aggregate, bond, bridge, bridge_port, carried, link, macvlan, twins, veth, vrf
from .attributes import NO_DEFAULT, Impact, Stage
from .context import Context
from .diff import Change
from .fall import SETS_PORTS_DOWN, standing_on
from .graph import Fact, Task
from .making import described
from .model import LinkKey, attributes_of
from .row_tasks import given_to_internal
from .values import Value, Values


def link_tasks(around: Context) -> Iterator[Task]:
    for key, change in around.changes.items():
        if isinstance(key, LinkKey):
            yield from _Link(around, key, change).tasks()
    for name in sorted(around.fall.remade):
        key = LinkKey(name)
        if key not in around.changes:
            again = Change(key, {}, {}, (), transient=True)
            yield from _Link(around, key, again).tasks()
    for holder in sorted(around.fall.emptied):
        yield from _ports_again(around, holder)
    for holder in sorted(around.fall.remade):
        yield from _ports_of_remade(around, holder)
    yield from _keep_mtus(around)
    yield from _keep_macs(around)


#: What a link has from its driver.
_OF_A_DRIVER = frozenset({"kind", "link"})


#: What the other end of a pair has from the message that makes both, and what any new link has.
_OF_AN_END = frozenset({"kind", "link", "group", "index"})
_NEW: Values = {"mtu": carried.ETHERNET_MTU}


class _Link:
    """The tasks of one link's change."""

    def __init__(self, around: Context, key: LinkKey, change: Change) -> None:
        self.around = around
        self.key = key
        self.name = key.name
        self.change = change
        self.kind = around.kind(key.name)
        #: What it is now, if that is still so when its steps are made.
        self.have: Values = {} if key.name in around.fall.remade else around.have(key.name)

    def tasks(self) -> Iterator[Task]:
        comes_or_goes = None in (self.change.before, self.change.after)
        if self.around.is_internal(self.name) and (comes_or_goes or self.name in self.around.fall.remade):
            yield from self._of_the_switch()
        elif self.name in self.around.with_devices and None in (self.change.before, self.change.after):
            yield from self._probed()
        elif self.change.after is None:
            yield self._removed(self.change)
        elif self.name in self.around.fall.remade:
            yield from self._remade(self.change.after)
        elif self.change.before is None:
            yield from self._made(self.change, self.change.after)
        else:
            yield from self._changed(self.change.before, self.change.after)

    def _of_the_switch(self) -> Iterator[Task]:
        """It comes and goes with its row; what it is before or after that, as any link of the kernel."""
        was, becomes = self.around.live.is_internal(self.name), self.around.becomes_internal(self.name)
        if not was and self.around.have(self.name):
            again = described(self.around.live.resources[self.key])
            yield self._removed(self.change._replace(before=again, after=None, transient=becomes))
        if becomes:
            yield from given_to_internal(self.around, self.key, self.change)
        elif self.change.before is None or self._begins_afresh:
            said = self.around.wanted.resources[self.key]
            values = {**said.initial, **said.values, **(self.change.after or {})}
            yield from self._made(self.change._replace(before=None, after=values), values)

    def _probed(self) -> Iterator[Task]:
        """What a link gets that its driver made; it goes with the driver as well."""
        table = attributes_of(self.key, {})
        known = (self.change.after or {}).items()
        after = {n: v for n, v in known if n in table and n not in _OF_A_DRIVER and v is not None}
        self.have = {}
        self.change = self.change._replace(before={n: 0 if n == "up" else None for n in after}, after=after)
        yield from self._changed(self.change.before or {}, after)

    def _removed(self, step: Change) -> Task:
        """What stands on it goes first; its ports are released with it, those of a bond set down."""
        pair = {self.name, veth.peer_of(self.around.have(self.name))}
        needs = [Fact("gone", one) for one in standing_on([self.name], self.around.above) if one not in pair]
        ports, ups = self.around.live.ports(self.name), []
        if self.around.live.kind(self.name) in SETS_PORTS_DOWN:
            needs += self.around.before_down(ports)
        if self.around.live.kind(self.name) == vrf.KIND:
            ups = [Fact("up", port) for port in ports if self.around.have(port).get("up")]
        holder = self.around.have(self.name).get("master")
        needs += [*self._before_it_leaves(holder), Fact("freed port", self.name)]
        needs.append(Fact("stopped", self.name))
        return Task(step, tuple(needs), (Fact("gone", self.name), Fact("emptied", holder), *ups))

    def _before_it_leaves(self, holder: Value) -> Iterator[Fact]:
        """With its last port a bridge loses its MAC address, without which it takes not all options."""
        if self.around.live.kind(holder) == bridge.KIND and holder not in self.around.fall.emptied:
            yield Fact("set", holder)

    def _remade(self, after: Values) -> Iterator[Task]:
        old = self.around.live.resources[self.key]
        again = described(old)
        yield self._removed(self.change._replace(before=again, after=None, transient=True))
        values = {**self._kept(old.values, again), **self.around.said(self.name), **after}
        resource = self.around.wanted.get(self.key)
        if resource is not None and self._begins_afresh:
            values = {**resource.initial, **values}
        if "index" in old.values:
            values["index"] = old.values["index"]
        made = self.change._replace(before=None, after=values, transient=self.change.transient)
        yield from self._made(made, values)

    @property
    def _begins_afresh(self) -> bool:
        """One of another kind, or one that is to be removed first, has nothing of the old link."""
        return "kind" in (self.change.after or {})

    def _kept(self, old: Values, again: Values) -> Dict[str, Value]:
        """What it had that does not come from the link below."""
        if self._begins_afresh:
            return {}
        below = self.around.have(old.get("link")) if veth.peer_of(old) is None else {}
        table = attributes_of(self.key, {"kind": self.kind})
        inherited = {n for n in ("mtu", "address") if below and old.get(n) == below.get(n)}
        if self.around.then(self.name, "master") != old.get("master"):
            inherited |= bridge_port.ATTRIBUTES.keys()
        return {n: v for n, v in again.items() if n in table and n not in inherited}

    def _made(self, step: Change, values: Values) -> Iterator[Task]:
        alone = not veth.comes_along(self.name, values)
        late = {n: v for n, v in values.items() if self._is_late(n)}
        gives = [Fact(what, self.name) for what in ("exists", "mtu", "set")]
        if alone and late.keys() == {"up"} and not self._waits_to_go_up():
            late = {}
            gives.append(Fact("up", self.name))
        rest = {n: v for n, v in values.items() if n not in late}
        first = rest if alone else {n: v for n, v in rest.items() if n in _OF_AN_END}
        yield Task(step._replace(before=None, after=first), self._made_needs(values), tuple(gives))
        own = {n: v for n, v in rest.items() if n not in first}
        if own:
            # An end that comes along is there with what any new link has, before a step of its own.
            told = step._replace(before={n: _NEW.get(n) for n in own}, after=own)
            yield Task(told, tuple(gives[:1]), tuple(gives[1:]))
        yield from self._late({}, late)

    def _made_needs(self, values: Values) -> Tuple[Fact, ...]:
        below = values.get("link") if self.kind != veth.KIND else None
        # A VLAN that is there when its device goes up is set up with it, and on one that is down it
        # does not go up (net/8021q/vlan.c, vlan_dev.c).
        needs = [Fact(what, below) for what in ("exists", "mtu")]
        needs += self.around.all_up(below)
        needs += [Fact("gone", name) for name in (self.name, *self._excluding(values))]
        if self.kind == macvlan.KIND:
            # The driver of its device hands packets to one: to a bond, a bridge or to macvlans.
            needs += [Fact("attached", below), Fact("gone", self.around.have(below).get("master"))]
        if self.around.kind(below) == bridge.KIND:
            # It takes the MTU of its ports, and a VLAN on it takes that.
            needs += [Fact("ports", below), *(Fact("mtu", one) for one in self.around.wanted.ports(below))]
        if veth.comes_along(self.name, values):
            needs.append(Fact("exists", values["link"]))
        elif self.kind == veth.KIND:
            # What has the name of the other end goes before that is made.
            needs.append(Fact("gone", values.get("link")))
        return tuple(needs)

    def _excluding(self, values: Values) -> List[str]:
        """Links that the kernel takes this one not beside: they have to go first."""
        identity = twins.identity(values)
        same = [self.around.named.get(identity)] if identity is not None else []
        beside = self.around.above.get(str(values.get("link")), ()) if self.kind == macvlan.KIND else ()
        found = [one for one in beside if macvlan.excludes(values, self.around.have(one))]
        return [one for one in (*same, *found) if one is not None]

    def _waits_to_go_up(self) -> bool:
        """A port may come, or a setting that has to be there before the first packet."""
        return self.name in self.around.masters or self.name in self.around.set_first

    def _changed(self, before: Values, after: Values) -> Iterator[Task]:
        if bridge_port.is_attached_anew(after):
            yield from self._attached_anew(after)
            after = {n: v for n, v in after.items() if n != bridge_port.PATH_COST}
        early = {n: v for n, v in after.items() if self._goes_first(n, after)}
        late = {n: v for n, v in after.items() if n not in early and self._is_late(n)}
        now = {n: v for n, v in after.items() if n not in late and n not in early and n != "mtu"}
        hard = self._impact(now)
        when = tuple(Fact(one, self.name) for one in ("exists", "down"))
        if self.name in self.around.fall.emptied:
            when = (*when, Fact("emptied", self.name))
        if early:
            step = self.change._replace(before={n: before[n] for n in early}, after=early)
            yield Task(step, when, (Fact("gone first", self.name),))
        last = Fact("gone first", self.name)
        for number, part in enumerate(self._in_messages(now)):
            again = {n: v for n, v in self._again(part, hard).items() if n not in early}
            was = {**again, **{n: before[n] for n in part}}
            step = self.change._replace(before=was, after={**again, **part})
            done = Fact(f"part {number}", self.name)
            yield Task(step, (*when, last), (done, Fact("set", self.name)))
            last = done
        if hard is not Impact.LIVE and self.have.get("up"):
            yield from self._down_and_up("up" in after)
        if "mtu" in after and "mtu" not in late:
            yield self._mtu(before["mtu"], after["mtu"])
        yield from self._late(before, late)

    def _in_messages(self, values: Values) -> Iterator[Values]:
        """What is written while a flag is off comes after the flag goes off, and before it goes on."""
        table = attributes_of(self.key, {"kind": self.kind})
        flags = {table[n].while_off for n in values} & values.keys()
        off, on = ({n: values[n] for n in flags if bool(values[n]) is state} for state in (False, True))
        rest = {n: v for n, v in values.items() if n not in flags}
        return (part for part in (off, rest, on) if part)

    def _goes_first(self, name: str, after: Values) -> bool:
        """The driver takes some options in their modes only, or with miimon: those go back before it goes."""
        if self.kind != bond.KIND:
            return False
        if name in bond.MULTIPLES_OF_MIIMON and after.get("miimon") == 0:
            return True
        return "mode" in after and not bond.takes(name, after["mode"])

    def _impact(self, values: Values) -> Impact:
        table = attributes_of(self.key, {"kind": self.kind})
        return max((table[n].impact for n in values), key=list(Impact).index, default=Impact.LIVE)

    def _again(self, now: Values, hard: Impact) -> Values:
        """What is written again as it is: the kernel counts it in one that changes, or forgets it."""
        table = attributes_of(self.key, {"kind": self.kind})
        said = self.around.said(self.name)
        known = {**self.have, **said}
        again = {}
        for name, attribute in table.items():
            units = [now[one] for one in attribute.after if one in now]
            counted = bool(units) and all(units)
            forgotten = hard is Impact.PORTS_RELEASED and self._survives(name, now)
            stopped = name in bond.MONITORS and any(now.get(one) for one in bond.MONITORS)
            if (
                name not in now
                and not stopped
                and (counted or forgotten)
                and (known.get(name) or name in said)
            ):
                again[name] = known[name]
        return again

    def _survives(self, name: str, now: Values) -> bool:
        """Whether an attribute holds in the new mode too."""
        if name == "address":
            return self._has_own_address()
        attribute = bond.ATTRIBUTES.get(name)
        if attribute is None or attribute.stage is not Stage.CREATION:
            return False
        return bond.takes(name, now.get("mode", self.have.get("mode")))

    def _has_own_address(self) -> bool:
        """One that is no port's: the bond gets a random one when its last port leaves."""
        around = self.around
        if bond.has_its_active_ports_mac({**self.have, **around.said(self.name)}):
            return False
        ports: Iterable[str] = around.live.ports(self.name)
        if not around.wanted.ports(self.name):
            # It may have that of a port which has left already.
            ports = (name for name, one in around.live.links() if one.values.get("kind") == link.PLAIN)
        macs = {around.live.mac(port) for port in ports}
        return "address" in around.said(self.name) or self.have.get("address") not in macs

    def _down(self) -> Task:
        down = self.change._replace(before={"up": 1}, after={"up": 0}, transient=True)
        return Task(down, self._before_down(), (Fact("down", self.name),))

    def _down_and_up(self, ends_down: bool) -> Iterator[Task]:
        yield self._down()
        if not ends_down:
            up = self.change._replace(before={"up": 0}, after={"up": 1}, transient=True)
            needs = [Fact(what, self.name) for what in ("set", "ports")]
            needs += self.around.all_up(self.around.below(self.name))
            yield Task(up, tuple(needs), (Fact("up", self.name),))

    def _before_down(self) -> Tuple[Fact, ...]:
        return self.around.before_down([self.name])

    def _late(self, before: Values, late: Values) -> Iterator[Task]:
        """What is written when the ports are there, in one step: the last of it sets the link up."""
        if "master" in late:
            yield from self._attach(before.get("master"), late["master"])
        rest = {n: v for n, v in late.items() if n != "master"}
        if not rest:
            return
        was = {n: before.get(n, 0 if n == "up" else None) for n in rest}
        needs = [Fact(what, self.name) for what in ("exists", "set", "ports", "attached")]
        gives = [Fact(what, self.name) for what in ("mtu", "up") if what in rest]
        if "mtu" in rest:
            # Told the MTU that it has, a bridge goes on to follow its ports (net/core/dev.c, dev_set_mtu).
            needs += [Fact("mtu", port) for port in self.around.wanted.ports(self.name)]
            needs += [Fact("emptied", self.name), Fact("asked for", self.name)]
        if rest.get("up"):
            needs += [Fact("settings", self.name), *self.around.all_up(self.around.below(self.name))]
        elif "up" in rest:
            needs += self._before_down()
        yield Task(self.change._replace(before=was, after=rest), tuple(needs), tuple(gives))

    def _attach(self, before: Value, master: Value) -> Iterator[Task]:
        """The bonding driver refuses a port that is up, and sets it up itself.

        One that leaves it sets down, and gives it back the MTU that it came with.
        """
        fall, is_aggregated = self.around.fall, self.around.kind(master) in aggregate.KINDS
        was_aggregated = self.around.was_aggregate(before)
        if self.have.get("up") and is_aggregated and not was_aggregated:
            yield self._down()
        needs = self._attach_needs(before, master)
        if before in fall.emptied and master is not None:
            free = self.change._replace(before={"master": before}, after={"master": None}, transient=True)
            gives = (Fact("emptied", before), Fact("freed port", self.name))
            yield Task(free, (Fact("down", before), *self._before_down()), gives)
        if before in fall.gone or (before in fall.emptied and master is not None):
            before = None
        done = [Fact("attached", self.name), Fact("ports", master), Fact("emptied", before)]
        if self._is_first_port_of(master):
            done.append(Fact("first port", master))
        if is_aggregated or (self.have.get("up") and self.around.cycles(before, master)):
            done.append(Fact("up", self.name))
        if before is not None or master is not None:
            step = self.change._replace(before={"master": before}, after={"master": master})
            yield Task(step, needs, tuple(done))
        if was_aggregated and not is_aggregated:
            yield from _as_before(self.around, self.key, (*needs, Fact("attached", self.name)))

    def _attached_anew(self, after: Values) -> Iterator[Task]:
        """It leaves its bridge and comes back."""
        holder = self.have.get("master")
        left = Fact("left", self.name)
        leave = self.change._replace(before={"master": holder}, after={"master": None}, transient=True)
        yield Task(leave, (Fact("exists", self.name), *self._before_it_leaves(holder)), (left,))
        attached = Fact("attached", self.name)
        yield Task(leave.inverse, (left,), (attached, Fact("ports", holder)))
        options = {n: v for n, v in _options_as_port(self.have).items() if n not in after}
        if options:
            again = self.change._replace(before=options, after=options, transient=True)
            yield Task(again, (attached,), (Fact("ports", holder),))

    def _attach_needs(self, before: Value, master: Value) -> Tuple[Fact, ...]:
        needs = [Fact(what, self.name) for what in ("exists", "down", "freed port", "settings")]
        needs += [Fact(what, master) for what in ("exists", "set")]
        uppers = self.around.above.get(self.name, ())
        needs += [Fact("gone", one) for one in uppers if self.around.live.kind(one) == macvlan.KIND]
        needs += self._before_it_leaves(before)
        if self.around.was_aggregate(before) or self.around.cycles(before, master):
            needs += self._before_down()
        # A VRF asks for no MTU, and a bridge in one gets its own when it is there.
        by_vrf_alone = self.around.cycles(before, master) and self.around.kind(master) in {None, vrf.KIND}
        if not self.around.was_aggregate(before) and not by_vrf_alone:
            needs.append(Fact("mtu", self.name))
        if not self._is_first_port_of(master):
            needs.append(Fact("first port", master))
        if before in self.around.fall.gone:
            needs.append(Fact("gone", before))
        return tuple(needs)

    def _is_first_port_of(self, master: Value) -> bool:
        return self.around.first_ports.get(master) == self.name

    def _mtu(self, old: Value, new: Value) -> Task:
        """From below: a link may not be larger than the one below it, which shrinks those above."""
        step = self.change._replace(before={"mtu": old}, after={"mtu": new})
        below = self.around.below(self.name)
        needs = [Fact("exists", self.name), Fact("asked for", self.name), Fact("mtu", below)]
        giver = self.around.then(below, "master")
        if self.around.kind(giver) in aggregate.KINDS:
            needs += [Fact("attached", below), Fact("mtu", giver)]
        holder = self.have.get("master")
        if self.around.was_aggregate(holder):
            needs += [Fact("attached", self.name), Fact("gone", holder)]
        return Task(step, tuple(needs), (Fact("mtu", self.name),))

    def _is_late(self, name: str) -> bool:
        if name == "mtu":
            # A bridge follows its ports' MTU until it is told its own.
            return self.kind == bridge.KIND
        if name == bridge.NEEDS_MAC and self.have.get("address") == bridge.NO_MAC:
            return True
        table = attributes_of(self.key, {"kind": self.kind})
        return name == "master" or (name in table and table[name].stage is not Stage.CREATION)


def _ports_again(around: Context, holder: str) -> Iterator[Task]:
    """The ports that a bond has to let go of for a moment: first the one whose address it has."""
    mac = around.have(holder).get("address")
    ports = [one for one in around.live.ports(holder) if around.then(one, "master") == holder]
    ports.sort(key=lambda one: around.live.mac(one) != mac)
    for number, name in enumerate(ports):
        key = LinkKey(name)
        if name in around.fall.gone:
            continue
        free = Change(key, {"master": holder}, {"master": None}, transient=True)
        needs = [Fact("down", holder), *around.before_down([name])]
        yield Task(free, tuple(needs), (Fact("emptied", holder), Fact("freed port", name)))
        back = Change(key, {"master": None}, {"master": holder}, transient=True)
        needs = [Fact("freed port", name), Fact("set", holder)]
        gives = [Fact("attached", name), Fact("ports", holder), Fact("up", name)]
        if number == 0:
            gives.append(Fact("first port", holder))
        else:
            needs.append(Fact("first port", holder))
        yield Task(back, tuple(needs), tuple(gives))
        options = _options_as_port(around.have(name))
        if options:
            again = Change(key, options, options, transient=True)
            yield Task(again, (Fact("attached", name),), (Fact("ports", holder),))


def _options_as_port(have: Values) -> Values:
    """What it leaves behind in its bridge, apart from what every new port has."""
    table = bridge_port.ATTRIBUTES
    return {n: v for n, v in have.items() if n in table and table[n].default not in {v, NO_DEFAULT}}


def _ports_of_remade(around: Context, holder: str) -> Iterator[Task]:
    """The ports of a link that is made anew: released with the old one, and given to the new one."""
    aggregates = around.kind(holder) in aggregate.KINDS
    for name in around.live.ports(holder):
        key = LinkKey(name)
        change = around.changes.get(key)
        moves = change is not None and (change.after is None or "master" in change.after)
        if moves or name in around.fall.gone or around.then(name, "master") != holder:
            continue
        if around.becomes_internal(holder):
            # Rows say which ports it has.
            continue
        step = Change(key, {"master": None}, {"master": holder}, transient=True)
        needs: List[Fact] = [Fact("exists", holder), Fact("set", holder)]
        if aggregates and not around.was_aggregate(holder) and around.have(name).get("up"):
            down = Change(key, {"up": 1}, {"up": 0}, transient=True)
            yield Task(down, (Fact("gone", holder), *around.before_down([name])), (Fact("down", name),))
            needs.append(Fact("down", name))
        comes_up = aggregates or (around.cycles(holder, holder) and around.have(name).get("up"))
        gives = [Fact("attached", name), Fact("ports", holder), *([Fact("up", name)] if comes_up else [])]
        yield Task(step, tuple(needs), tuple(gives))
        if around.was_aggregate(holder) and not aggregates:
            yield from _as_before(around, key, (Fact("attached", name),))


def _as_before(around: Context, key: LinkKey, needs: Tuple[Fact, ...]) -> Iterator[Task]:
    """What a port of a bond or a team has to get again when it is one no more."""
    change, have = around.changes.get(key), around.have(key.name)
    after = (change.after if change is not None else None) or {}
    mtu = around.said(key.name).get("mtu")
    for name, now, again in (
        ("up", 0, have.get("up")),
        ("mtu", mtu, mtu if mtu == have.get("mtu") else None),
    ):
        if again and name not in after:
            step = Change(key, {name: now}, {name: again}, transient=True)
            yield Task(step, needs, (Fact(name, key.name),))


def _keep_macs(around: Context) -> Iterator[Task]:
    """Steps that give a bridge the MAC address that it has: else it changes as ports come, go and change."""
    touched = {key.name for key in around.changes if isinstance(key, LinkKey)} | around.fall.gone
    for name, resource in around.wanted.links():
        mac = resource.values.get("address")
        if mac is None or around.live.kind(name) != bridge.KIND or name in around.fall.gone:
            continue
        if mac == around.have(name).get("address") and not touched.isdisjoint(_ports_of(name, around)):
            again = Change(LinkKey(name), {"address": mac}, {"address": mac}, resource.origin, transient=True)
            yield Task(again, (), (Fact("set", name),))


def _ports_of(name: str, around: Context) -> Iterator[str]:
    """Now and then, with the ports of these."""
    for state in (around.live, around.wanted):
        for port in state.ports(name):
            yield port
            yield from state.ports(port)


def _keep_mtus(around: Context) -> Iterator[Task]:
    """Steps that return the MTU of a bridge which follows its ports, and of the VLANs on it.

    It follows them until it is told an MTU other than the one that it has.
    """
    ports: Dict[Value, List[Fact]] = {}
    for key, change in around.changes.items():
        after = change.after or {}
        moves = {"master", "mtu"} & after.keys() or bridge_port.is_attached_anew(after)
        if isinstance(key, LinkKey) and moves:
            now = {} if key.name in around.fall.gone else around.have(key.name)
            for values in (now, after):
                ports.setdefault(values.get("master"), []).append(Fact("mtu", key.name))
    for gone in sorted(around.fall.gone):
        ports.setdefault(around.have(gone).get("master"), []).append(Fact("gone", gone))
    for name, needs in ports.items():
        if isinstance(name, str) and around.kind(name) == bridge.KIND:
            yield from _keep_mtu(around, name, (Fact("ports", name), Fact("emptied", name), *needs))


def _keep_mtu(around: Context, name: str, needs: Tuple[Fact, ...]) -> Iterator[Task]:
    """Of this link, if it has the MTU that it is to have, and of those above it."""
    wanted, mtu = around.wanted.link(name), around.said(name).get("mtu")
    if wanted is None or name in around.fall.gone or not around.have(name):
        return
    if mtu is not None and around.have(name).get("mtu") == mtu:
        again = Change(LinkKey(name), {"mtu": mtu}, {"mtu": mtu}, wanted.origin, transient=True)
        yield Task(again, needs, (Fact("mtu", name),))
    for upper in around.above_then.get(name, ()):
        yield from _keep_mtu(around, upper, (Fact("mtu", name), *needs))
