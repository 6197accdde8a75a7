"""A kernel in miniature: it carries steps out one by one, and refuses what Linux 6.1 refuses.

It also does what Linux does unasked: a bond opens its ports and closes those it lets go, a link that
goes down takes its VLANs, routes and IPv6 addresses along, an MTU that shrinks shrinks the VLANs
above, the first address of a subnet takes the others along when it goes, a port that leaves a bridge
leaves its options there, a spanning tree raises a forward delay that is too short, and next hops of
several makers to one IPv6 destination are told as one route of the first.
"""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Collection, Dict, FrozenSet, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from os_net_config.backends.protocol import Answers, ExecuteError
from os_net_config.state import (
    aggregate,
    bond,
    bridge,
    dns,
    ethtool,
    ipoib,
    process,
    route,
    row,
    tap,
    team,
    vlan,
)
from os_net_config.state.clients import Asking
from os_net_config.state.diff import Change
from os_net_config.state.loss import Attached
from os_net_config.state.model import (
    RESOLVER,
    AddressKey,
    Asked,
    DeviceKey,
    DnsKey,
    EthtoolKey,
    FileKey,
    Key,
    LinkKey,
    NameKey,
    ProcessKey,
    ResolverKey,
    Resource,
    RouteKey,
    RowKey,
    RuleKey,
    State,
    SysctlKey,
)
from os_net_config.state.values import NextHop, Prefix, Value, Values

from . import model_switch
from .model_switch import random_mac

Table = Dict[str, Value]

LEAST_IPV6_MTU = 1280
LARGEST_MTU = 9216
_RTPROT_KERNEL, _SCOPE_LINK = 2, 253
_LINK_LOCAL = Prefix(b"\xfe\x80" + bytes(14), 10)
#: What a new bond has, as far as anything here asks for it.
_NEW_BOND: Table = {
    "mode": 0, "miimon": 0, "updelay": 0, "downdelay": 0, "peer_notif_delay": 0, "arp_interval": 0,
    "arp_ip_target": (), "primary": None, "active_slave": None, "lacp_rate": 0, "xmit_hash_policy": 0,
    "fail_over_mac": 0, "min_links": 0,
}  # fmt: skip

#: The same of a new bridge, and of a new port of one.
_NEW_BRIDGE: Table = {"stp_state": 0, "forward_delay": 1500}
_NEW: Mapping[str, Table] = {bridge.KIND: _NEW_BRIDGE, tap.KIND: {"mode": tap.TAP}, team.KIND: {}}
_NEW_PORT: Table = {"isolated": 0, "learning": 1, "port_priority": 32}

#: What ethtool tells of a NIC at first.
_NEW_NIC: Mapping[str, Table] = {
    ethtool.FEATURES: {
        **dict.fromkeys(("tx-checksum-ipv4", "tx-checksum-ipv6", "tx-gre-csum-segmentation", "rx-gro"), 1),
        "rx-lro": 0,
        ethtool.FIXED: ("rx-lro",),
    },
    ethtool.RINGS: {"rx": 256, "tx": 256, ethtool.largest("rx"): 4096, ethtool.largest("tx"): 4096},
    ethtool.PAUSE: {"autoneg": 1, "rx": 1, "tx": 0},
    ethtool.MODES: {
        "autoneg": 1,
        "speed": None,
        "duplex": None,
        "advertise": ("100baseT/Full", "1000baseT/Full"),
        ethtool.SUPPORTED: ("10baseT/Half", "100baseT/Full", "1000baseT/Full"),
    },
}

#: Attributes of which None says something: no such link.
_LINK_NAMES = frozenset({"master", "primary", "active_slave"})


class Refused(Exception):  # noqa: N818
    """The kernel's answer to a step that it does not carry out."""


def refuse_if(condition: object, reason: str) -> None:
    if condition:
        raise Refused(reason)


#: Drivers that make links; DPDK can work beside the second one.
_OF_THE_KERNEL = frozenset({"i40e", "mlx5_core"})


class ModelKernel:
    """A backend over tables of its own."""

    #: What resolv.conf says, and is not ours.
    found_dns: Mapping[str, Value] = {"servers": (), "domains": ()}

    def __init__(self, state: State) -> None:
        self.links: Dict[str, Table] = {}
        self.addresses: Dict[AddressKey, Table] = {}
        self.routes: Dict[RouteKey, Table] = {}
        #: Next hops of others in IPv6 routes, with their protocol; in front of ours for some.
        self.others_hops: Dict[RouteKey, Dict[NextHop, int]] = {}
        self.theirs_first = set[RouteKey]()
        #: Settings of NICs that somebody has changed, or that were there from the start.
        self.ethtool: Dict[EthtoolKey, Table] = {}
        #: Where the node's resolver has its servers; those of links, or ours of the node.
        self.resolver = dns.FILE
        self.dns: Dict[Key, Table] = {}
        #: Rules, names, files, processes, and settings other than promote_secondaries.
        self.others: Dict[Key, Table] = {}
        #: Open vSwitch's database.
        self.rows: Dict[RowKey, Table] = {}
        #: PCI devices; the links that their drivers made.
        self.devices: Dict[DeviceKey, Table] = {}
        self._of_devices: Dict[str, Table] = {}
        #: Links with promote_secondaries set.
        self.promoting = set[str]()
        #: The step of the next batch that is refused for no reason.
        self.fails_at: Optional[int] = None
        self.taken: Dict[AddressKey, bytes] = {}
        self._own_mtu: Dict[str, Value] = {}
        self._primaries: Dict[str, Value] = {}
        self._multiples: Dict[Tuple[str, str], int] = {}
        self._has_own_bridge_mtu = set[str]()
        self._has_own_bridge_mac = set[str]()
        for resource in state:
            self._take(resource.key, dict(resource.values))

    def _take(self, key: Key, values: Table) -> None:
        if isinstance(key, LinkKey):
            self.links[key.name] = values
        elif isinstance(key, AddressKey):
            self.addresses[key] = values
        elif isinstance(key, RouteKey) and values.get("protocol") != _RTPROT_KERNEL:
            self.routes[key] = values
        elif isinstance(key, SysctlKey) and key.name == "promote_secondaries":
            (self.promoting.add if values["value"] else self.promoting.discard)(key.link)
        elif isinstance(key, EthtoolKey):
            self.ethtool[key] = values
        elif isinstance(key, (DnsKey, ResolverKey)):
            self.dns[key] = values
        elif isinstance(key, RowKey):
            self.rows[key] = values
        elif isinstance(key, DeviceKey):
            self.devices[key] = values
        elif isinstance(key, (FileKey, RuleKey, NameKey, ProcessKey, SysctlKey)):
            self.others[key] = values

    # The backend

    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        resources = self.settings(settings)
        for name, values in self.links.items():
            resources[LinkKey(name)] = Resource(LinkKey(name), dict(values))
        for key, values in self.addresses.items():
            resources[key] = Resource(key, {**values, "secondary": int(self._is_secondary(key))})
        for one, values in (*self._connected(), *self._told_routes()):
            if protocols is None or values["protocol"] in protocols:
                resources.setdefault(one, Resource(one, dict(values)))
        for name in self.links:
            setting = SysctlKey(name, 4, "promote_secondaries")
            resources[setting] = Resource(setting, {"value": int(name in self.promoting)})
        resources.update({key: Resource(key, dict(values)) for key, values in self.others.items()})
        resources.update({key: Resource(key, dict(values)) for key, values in self.devices.items()})
        for row_key, values in self.rows.items():
            resources[row_key] = Resource(row_key, model_switch.told(row_key, values, self.rows))
        return State(resources)

    def settings(self, keys: Collection[Asked]) -> Dict[Key, Resource]:
        groups = [key for key in keys if isinstance(key, EthtoolKey)]
        found: Dict[Key, Resource] = {
            key: Resource(key, self._told_group(key)) for key in groups if key.link in self.links
        }
        if len(groups) < len(keys):
            found.update(self._told_dns({key for key in keys if isinstance(key, DnsKey)}))
        return found

    def _told_dns(self, keys: Collection[DnsKey]) -> Iterator[Tuple[Key, Resource]]:
        theirs = {dns.found(name): value for name, value in self.found_dns.items()}
        yield RESOLVER, Resource(RESOLVER, {dns.PLACE: self.resolver, **theirs})
        for key, values in self.dns.items():
            if isinstance(key, ResolverKey):
                yield key, Resource(key, dict(values))
        if self.resolver == dns.RESOLVED:
            for one in keys:
                if one.link in self.links:
                    nothing: Table = {"servers": (), "domains": ()}
                    yield one, Resource(one, {**nothing, **self.dns.get(one, {})})

    def execute(self, steps: Sequence[Change]) -> None:
        begin, saved = 0, self._copied()
        for number, step in enumerate(steps):
            is_row = isinstance(step.key, RowKey)
            if not (is_row and number and isinstance(steps[number - 1].key, RowKey)):
                begin, saved = number, self._copied() if is_row else {}
            try:
                if number == self.fails_at:
                    self._carry_out_half_of(step)
                    raise Refused("told to")
                self.carry_out(step)
                if is_row and not (number + 1 < len(steps) and isinstance(steps[number + 1].key, RowKey)):
                    self._commit()
            except Refused as error:
                self.fails_at = None
                # Rows in a row are one transaction.
                vars(self).update(saved)
                rest = [*steps[begin:number], *steps[number + 1 :]]
                raise ExecuteError(step, str(error), steps[:begin], rest) from error

    def _copied(self) -> Dict[str, object]:
        return copy.deepcopy({name: one for name, one in vars(self).items() if name != "fails_at"})

    def tidy(self, keys: Iterable[Key]) -> None:
        """Nothing is left."""

    def settle(self, addresses: Sequence[AddressKey], clients: Sequence[Asking] = ()) -> None:
        """Duplicates are not modelled."""

    def in_use(self, addresses: Sequence[AddressKey]) -> Answers:
        """Other nodes have what is in ``taken``."""
        return Answers({key: self.taken[key] for key in addresses if key in self.taken}, {})

    def attached(self, links: Mapping[int, str]) -> Attached:
        """There is one namespace."""
        return Attached()

    def announce(self, addresses: Sequence[AddressKey]) -> None:
        """Neighbours are not modelled."""

    def _carry_out_half_of(self, step: Change) -> None:
        """Of a link's change the kernel has made the first half when it comes to what it refuses."""
        if isinstance(step.key, LinkKey) and step.before is not None and step.after is not None:
            names = list(step.after)[: len(step.after) // 2]
            with suppress(Refused):
                self.carry_out(step._replace(after={name: step.after[name] for name in names}))

    def carry_out(self, step: Change) -> None:
        key = step.key
        if isinstance(key, LinkKey):
            self._link(step, key.name)
        elif isinstance(key, AddressKey):
            self._address(step, key)
        elif isinstance(key, RouteKey):
            self._route(step, key)
        elif isinstance(key, EthtoolKey):
            self._set_group(step, key)
        elif isinstance(key, (DnsKey, ResolverKey)):
            self._set_dns(step)
        elif isinstance(key, RowKey):
            self._row(step, key)
        elif isinstance(key, DeviceKey):
            self._device(step, key)
        elif not isinstance(key, SysctlKey):
            self._other(step)
        elif key.family == 6:
            refuse_if(key.link not in self.links, f"No such file: {key}")
            self._other(step)
        else:
            refuse_if(key.link not in self.links, f"No such file: {key}")
            (self.promoting.add if (step.after or {}).get("value") else self.promoting.discard)(key.link)

    def _give_mode(self, name: str, runner: Value) -> None:
        """The driver takes another one only without ports (team_change_mode)."""
        refuse_if(name not in self.links, f"No such device: {name}")
        mine = self.links[name]
        ports = any(one["master"] == name for one in self.links.values())
        refuse_if(ports and mine.get("mode") != runner, f"Device or resource busy: {name}")
        mine["mode"] = runner

    def _other(self, step: Change) -> None:
        if isinstance(step.key, ProcessKey) and step.key.service == process.TEAM and step.after is not None:
            self._give_mode(step.key.link, step.after["runner"])
        if step.after is None:
            refuse_if(step.key not in self.others, f"No such file or directory: {step.key}")
            del self.others[step.key]
        else:
            refuse_if(step.before is None and step.key in self.others, f"File exists: {step.key}")
            self.others[step.key] = {**self.others.get(step.key, {}), **step.after}

    def _set_dns(self, step: Change) -> None:
        if isinstance(step.key, DnsKey):
            refuse_if(self.resolver != dns.RESOLVED, "no resolved")
            refuse_if(step.key.link not in self.links, f"No such device: {step.key}")
        if step.after is None:
            del self.dns[step.key]
        else:
            self.dns[step.key] = {**self.dns.get(step.key, {}), **step.after}

    # Settings of NICs

    def groups(self) -> List[EthtoolKey]:
        """All that there are."""
        every = (EthtoolKey(name, group) for name in self.links for group in _NEW_NIC)
        return [key for key in every if ethtool.REFUSED not in self._group(key)]

    def _group(self, key: EthtoolKey) -> Table:
        """A link has features, and a NIC has rings too."""
        kind = self.links[key.link]["kind"]
        usual = _NEW_NIC if kind in {"", ipoib.KIND} else {ethtool.FEATURES: _NEW_NIC[ethtool.FEATURES]}
        return self.ethtool.get(key, usual.get(key.group, {ethtool.REFUSED: "Operation not supported"}))

    def _told_group(self, key: EthtoolKey) -> Table:
        """Features also by the names of several."""
        have = self._group(key)
        fixed = have.get(ethtool.FIXED)
        if not isinstance(fixed, tuple):
            return dict(have)
        plain = {name: value for name, value in have.items() if isinstance(value, int)}
        return {**ethtool.with_patterns(plain, map(str, fixed)), ethtool.FIXED: fixed}

    def _set_group(self, step: Change, key: EthtoolKey) -> None:
        """What is fixed is acknowledged, and stays."""
        refuse_if(key.link not in self.links or step.after is None, f"No such device: {key}")
        have = self._group(key)
        refuse_if(ethtool.REFUSED in have, f"Operation not supported: {key}")
        is_down = not self.links[key.link]["up"]
        refuse_if(is_down and key.group in ethtool.NEEDS_UP, f"Network is down: {key}")
        after = dict(step.after or {})
        if key.group == ethtool.FEATURES:
            free = ethtool.changeable(have)
            names = ((one, name) for name in after for one in ethtool.matching(name, free) if one in free)
            after = {one: int(ethtool.is_requested(after[name])) for one, name in names}
        self.ethtool[key] = {**have, **after}

    # PCI devices

    def _device(self, step: Change, key: DeviceKey) -> None:
        """The link of a NIC goes with its driver, and is as it was at first when it comes again."""
        refuse_if(step.before is None or step.after is None, f"No such device: {key}")
        mine, name = self.devices[key], self.devices[key]["name"]
        then = (step.after or {}).get("driver", mine["driver"])
        is_used = any(one.get("options:dpdk-devargs") == key.address for one in self.rows.values())
        refuse_if(then != mine["driver"] and is_used and not mine["links"], f"in use by DPDK: {key}")
        mine.update(step.after or {})
        links = mine["links"]
        assert isinstance(links, tuple)
        if then in _OF_THE_KERNEL and not links and name is not None:
            mine["links"] = (str(name),)
            self.links[str(name)] = self._of_devices.pop(str(name), {"kind": "", "mtu": 1500, "up": 0})
        elif then not in _OF_THE_KERNEL and links:
            mine["links"] = ()
            for one in map(str, links):
                own = self.links[one]
                self._of_devices[one] = {**own, "mtu": 1500, "up": 0, "master": None, "group": 0}
                self._of_devices[one]["address"] = own.get("permanent", own["address"])
                # It goes by no request, which the kernel would refuse.
                own["kind"] = "of a device"
                self._delete_link(one)

    # Open vSwitch

    def _row(self, step: Change, key: RowKey) -> None:
        """As if ovs-vswitchd made each change at once. What belongs to a row goes with it."""
        if step.after is None:
            # It may have gone along with its bridge.
            self._delete_row(key)
        elif step.before is None:
            refuse_if(key in self.rows, f"constraint violation: {key}")
            self.rows[key] = model_switch.fresh(key, step.after)
            self._realise(key)
        else:
            refuse_if(key not in self.rows, f"no row {key}")
            moves = key.table == row.PORT and step.after.get("bridge", self.rows[key]["bridge"])
            if moves and moves != self.rows[key]["bridge"]:
                self._make_anew(key)
            if key.table == row.BRIDGE and "datapath_type" in step.after:
                for port in model_switch.children(key, self.rows):
                    self._make_anew(port)
            model_switch.change(self.rows[key], step.after, key)
            self._realise(key)

    def _commit(self) -> None:
        """What only the whole of a transaction can be refused for."""
        for key in model_switch.without_interface(self.rows):
            raise Refused(f"{key}: 0 values when type requires between 1 and 18446744073709551615")

    def _realise(self, key: RowKey) -> None:
        name, mine = key.name, self.rows[key]
        mine.pop(row.UNMADE, None)
        if key.table != row.INTERFACE:
            return
        if mine.get("type") == row.INTERNAL:
            link: Table = {"kind": "openvswitch", "mtu": 1500, "address": random_mac(name), "up": 0}
            there = self.links.setdefault(name, {**link, "master": None, "group": 0})
            refuse_if(there["kind"] != link["kind"], f"could not add network device {name} (File exists)")
            self._set_mtu(name, mine.get("mtu_request", 1500))
        elif mine.get("type") == "dpdk":
            address = str(mine.get("options:dpdk-devargs"))
            own = self.devices.get(DeviceKey(address))
            is_bound = own is None or own["driver"] != "i40e"
            refuse_if(not is_bound, f"could not open {address}")
        elif not mine.get("type"):
            refuse_if(name not in self.links, f"could not open network device {name}")
            refuse_if(self.links[name]["master"] is not None, f"Device or resource busy: {name}")
            self._give_mtu(name)
        for fault in (row.ERROR, row.UNMADE):
            mine.pop(fault, None)

    def _give_mtu(self, name: str) -> None:
        """To a link of the kernel what its row asks for, whenever either changes."""
        mtu = self.rows.get(RowKey(row.INTERFACE, name), {}).get("mtu_request")
        if mtu is not None and self._is_in_a_switch(name):
            self._set_mtu(name, mtu)

    def _delete_row(self, key: RowKey) -> None:
        mine = self.rows.get(key)
        if mine is None:
            return
        for child in list(model_switch.children(key, self.rows)):
            self._delete_row(child)
        del self.rows[key]
        if key.table == row.INTERFACE and mine.get("type") == row.INTERNAL and key.name in self.links:
            self._delete_link(key.name)

    def _make_anew(self, port: RowKey) -> None:
        """Elsewhere, or on another datapath, a port is another one to ovs-vswitchd (bridge_reconfigure)."""
        for child in model_switch.children(port, self.rows):
            if self.rows[child].get("type") == row.INTERNAL:
                if child.name in self.links:
                    self._delete_link(child.name)
                self._realise(child)

    def _is_in_a_switch(self, name: str) -> bool:
        mine = self.rows.get(RowKey(row.INTERFACE, name))
        return mine is not None and not mine.get("type")

    # Links

    def _link(self, step: Change, name: str) -> None:
        if step.after is None:
            self._delete_link(name)
        elif step.before is None:
            refuse_if(name in self.links, f"File exists: {name}")
            self._new_link(name, step.after)
        else:
            refuse_if(name not in self.links, f"No such device: {name}")
            self._change_link(name, step.after)

    def _new_link(self, name: str, values: Values) -> None:
        kind = values.get("kind")
        made: Table = {"kind": kind, "mtu": 1500, "address": random_mac(name), "up": 0}
        made.update(master=None, group=0)
        if kind == vlan.KIND:
            made.update(self._vlan(values))
        elif kind == bond.KIND:
            made.update(_NEW_BOND)
        elif kind == ipoib.KIND:
            made.update({name: values[name] for name in ("link", *ipoib.ATTRIBUTES)})
        else:
            refuse_if(kind not in _NEW, f"Unknown device type: {kind!r}")
            made.update({name: values.get(name, usual) for name, usual in _NEW[str(kind)].items()})
        self.links[name] = made
        try:
            self._change_link(name, {n: v for n, v in values.items() if n not in {"kind", "link", "id"}})
        except Refused:
            del self.links[name]
            raise

    def _vlan(self, values: Values) -> Table:
        below, number = values.get("link"), values.get("id")
        refuse_if(below not in self.links or number is None, f"No such device: {below!s}")
        twin = any((one.get("link"), one.get("id")) == (below, number) for one in self.links.values())
        refuse_if(twin, "File exists: VLAN")
        lower = self.links[str(below)]
        return {"link": below, "id": number, "mtu": lower["mtu"], "address": lower["address"]}

    def _change_link(self, name: str, values: Values) -> None:
        """In the order of rtnl_newlink and do_setlink: options, address, MTU, group, master, flags."""
        mine = self.links[name]
        values = {n: v for n, v in values.items() if v is not None or n in _LINK_NAMES}
        refuse_if("kind" in values and values["kind"] != mine["kind"], "Operation not supported: kind")
        for attribute in ("link", "id"):
            refuse_if(attribute in values, f"acknowledged and ignored: {attribute}")
        if mine["kind"] == bond.KIND:
            self._bond_options(name, {n: v for n, v in values.items() if n in _NEW_BOND})
        if mine["kind"] == bridge.KIND:
            self._bridge_options(mine, values)
        self._port_options(mine, {n: v for n, v in values.items() if n in _NEW_PORT})
        if "group" in values:
            mine["group"] = values["group"]
        if "address" in values:
            if mine["kind"] == bridge.KIND:
                self._has_own_bridge_mac.add(name)
            self._set_address(name, values["address"])
        if "mtu" in values:
            self._set_mtu(name, values["mtu"])
            self._give_mtu(name)
        if "master" in values:
            self._set_master(name, values["master"])
        if "up" in values:
            (self._open if values["up"] else self._close)(name)

    def _bond_options(self, name: str, values: Values) -> None:
        mine = self.links[name]
        ports = [port for port, one in self.links.items() if one["master"] == name]
        refuse_if("mode" in values and values["mode"] != mine["mode"] and ports, "Directory not empty: mode")
        both = values.get("miimon") and values.get("arp_interval")
        refuse_if(both, "Invalid argument: ARP monitoring cannot be used with MII monitoring")
        for monitor, other in (("miimon", "arp_interval"), ("arp_interval", "miimon")):
            if values.get(monitor):
                mine[other] = 0
        for attribute in ("primary", "active_slave"):
            port = values.get(attribute)
            refuse_if(port and port not in ports, f"Invalid argument: {attribute} {port!s} is no port")
        refuse_if("lacp_rate" in values and mine["up"], "Operation not permitted: lacp_rate while up")
        mine.update({n: v for n, v in values.items() if n not in bond.MULTIPLES_OF_MIIMON})
        if "primary" in values:
            self._primaries[name] = values["primary"]
        self._delays(name, values)

    def _bridge_options(self, mine: Table, values: Values) -> None:
        """In the order of br_changelink: the delay before the spanning tree."""
        allowed = bridge.STP_FORWARD_DELAYS
        if "forward_delay" in values:
            delay = values["forward_delay"]
            wrong = mine["stp_state"] and delay not in allowed
            refuse_if(wrong, f"Numerical result out of range: forward_delay {delay!s}")
            mine["forward_delay"] = delay
        mine["stp_state"] = values.get("stp_state", mine["stp_state"])
        if mine["stp_state"] and mine["forward_delay"] < allowed[0]:  # type: ignore[operator]
            mine["forward_delay"] = allowed[0]

    def _port_options(self, mine: Table, values: Values) -> None:
        holder = self.links.get(str(mine["master"]))
        refuse_if(values and (holder is None or holder["kind"] != bridge.KIND), "Operation not supported")
        mine.update(values)

    def _delays(self, name: str, values: Values) -> None:
        """The driver keeps them as multiples of miimon."""
        miimon = self.links[name]["miimon"]
        assert isinstance(miimon, int)
        for attribute in bond.MULTIPLES_OF_MIIMON:
            delay = values.get(attribute)
            if isinstance(delay, int):
                refuse_if(delay and not miimon, f"Operation not permitted: {attribute} without miimon")
                self._multiples[name, attribute] = delay // miimon if miimon else 0
            self.links[name][attribute] = self._multiples.get((name, attribute), 0) * miimon

    def _set_address(self, name: str, address: Value) -> None:
        """A VLAN that has its device's goes along (net/8021q/vlan.c, vlan_sync_address)."""
        old, self.links[name]["address"] = self.links[name]["address"], address
        for upper, one in self.links.items():
            if one.get("link") == name and one["address"] == old:
                self._set_address(upper, address)
        self._adjust_bridge_mac(self.links[name]["master"])

    def _adjust_bridge_mac(self, name: Value) -> None:
        """Until it is told its own it has the least of its ports', and without them none."""
        mine = self.links.get(str(name))
        if mine and mine["kind"] == bridge.KIND and name not in self._has_own_bridge_mac:
            macs = [one["address"] for one in self.links.values() if one["master"] == name]
            least = min(macs, default=bridge.NO_MAC)  # type: ignore[type-var]
            if least != mine["address"]:
                self._set_address(str(name), least)

    def _set_mtu(self, name: str, mtu: Value) -> None:
        mine = self.links[name]
        assert isinstance(mtu, int)
        lower = self.links.get(str(mine.get("link")))
        largest = lower["mtu"] if lower else LARGEST_MTU
        assert isinstance(largest, int)
        refuse_if(not 68 <= mtu <= largest, f"Numerical result out of range: mtu {mtu} of {name}")
        if mine["kind"] == bridge.KIND:
            self._has_own_bridge_mtu.add(name)
        self._put_mtu(name, mtu)
        if mine["kind"] in aggregate.KINDS:
            for port, one in self.links.items():
                if one["master"] == name:
                    self._put_mtu(port, mtu)

    def _put_mtu(self, name: str, mtu: int) -> None:
        """What follows of itself: VLANs shrink, a bridge goes along, IPv6 needs its 1280 bytes."""
        mine = self.links[name]
        mine["mtu"] = mtu
        for upper, one in self.links.items():
            if one.get("link") == name and one["mtu"] > mtu:  # type: ignore[operator]
                self._put_mtu(upper, mtu)
        if mtu < LEAST_IPV6_MTU:
            self._drop_ipv6(name)
        self._adjust_bridge(mine["master"])

    def _adjust_bridge(self, name: Value) -> None:
        mine = self.links.get(str(name))
        ports = [one["mtu"] for one in self.links.values() if one["master"] == name]
        if mine and mine["kind"] == bridge.KIND and name not in self._has_own_bridge_mtu:
            least = min(ports, default=1500)  # type: ignore[type-var]
            if least != mine["mtu"]:
                self._put_mtu(str(name), least)  # type: ignore[arg-type]

    def _set_master(self, name: str, master: Value) -> None:
        if self.links[name]["master"] is not None:
            self._release(name)
        if master is None:
            return
        holder = self.links.get(str(master))
        refuse_if(holder is None, f"No such device: {master!s}")
        assert holder is not None
        refuse_if(self._stands_on(name, str(master)), f"Device or resource busy: {name} is on {master!s}")
        refuse_if(holder["kind"] not in aggregate.KINDS | {bridge.KIND}, "Operation not supported: master")
        refuse_if(self._is_in_a_switch(name), f"Device or resource busy: {name}")
        if holder["kind"] in aggregate.KINDS:
            self._enslave(name, str(master))
        else:
            refuse_if(self.links[name]["kind"] == bridge.KIND, "Too many levels of symbolic links")
            self.links[name].update({"master": master, **_NEW_PORT})
            self._adjust_bridge(master)
            self._adjust_bridge_mac(master)

    def _enslave(self, name: str, master: str) -> None:
        mine, holder = self.links[name], self.links[master]
        refuse_if(mine["up"], f"Operation not permitted: {name} cannot be enslaved while up")
        self._own_mtu[name] = mine["mtu"]
        first = not any(one["master"] == master for one in self.links.values())
        mine["master"] = master
        self._put_mtu(name, holder["mtu"])  # type: ignore[arg-type]
        if self._primaries.get(master) == name:
            # The driver remembers it by its name.
            holder["primary"] = name
        if first and holder["address"] == random_mac(master):
            self._set_address(master, mine["address"])
        self._open(name)

    def _release(self, name: str) -> None:
        mine = self.links[name]
        holder = self.links[str(mine["master"])]
        left, mine["master"] = mine["master"], None
        for option in _NEW_PORT:
            mine.pop(option, None)
        if holder["kind"] in aggregate.KINDS:
            for attribute in ("primary", "active_slave"):
                if holder.get(attribute) == name:
                    holder[attribute] = None
            if holder["kind"] == bond.KIND and not any(one["master"] == left for one in self.links.values()):
                self._set_address(str(left), random_mac(str(left)))
            self._close(name)
            self._put_mtu(name, self._own_mtu.pop(name, mine["mtu"]))  # type: ignore[arg-type]
        self._adjust_bridge(left)
        self._adjust_bridge_mac(left)

    def _stands_on(self, name: str, below: str) -> bool:
        """Whether ``name`` is ``below`` or stands on it, by way of others or not."""
        waiting, seen = [name], set[str]()
        while waiting:
            one = waiting.pop()
            if one == below:
                return True
            if one not in seen:
                seen.add(one)
                waiting += self._below(one)
        return False

    def _below(self, name: str) -> Iterator[str]:
        lower = self.links[name].get("link")
        if isinstance(lower, str):
            yield lower
        yield from (port for port, one in self.links.items() if one["master"] == name)

    def _open(self, name: str) -> None:
        mine = self.links[name]
        if mine["up"]:
            return
        lower = self.links.get(str(mine.get("link")))
        refuse_if(lower is not None and not lower["up"], f"Network is down: {name} on {mine.get('link')!s}")
        mine["up"] = 1
        for upper, one in self.links.items():
            if one.get("link") == name:
                self._open(upper)

    def _close(self, name: str) -> None:
        mine = self.links[name]
        if not mine["up"]:
            return
        for upper, one in self.links.items():
            if one.get("link") == name:
                self._close(upper)
        mine["up"] = 0
        self._drop_routes(name)
        self._drop_ipv6(name)

    def _drop_routes(self, name: str, bits: Optional[int] = None) -> None:
        for key, values in list(self.routes.items()):
            if values["link"] == name and bits in {None, key.destination.bits}:
                del self.routes[key]
        for hops in self.others_hops.values() if bits != _IPV4_BITS else ():
            for hop in [hop for hop in hops if hop.link == name]:
                del hops[hop]

    def _drop_ipv6(self, name: str) -> None:
        for key in [key for key in self.addresses if key.link == name and key.prefix.bits == 128]:
            del self.addresses[key]
        self._drop_routes(name, 128)

    def _delete_link(self, name: str) -> None:
        refuse_if(name not in self.links, f"No such device: {name}")
        refuse_if(not self.links[name]["kind"], f"Operation not supported: {name} cannot be deleted")
        for upper in [upper for upper, one in self.links.items() if one.get("link") == name]:
            self._delete_link(upper)
        for port in [port for port, one in self.links.items() if one["master"] == name]:
            self._release(port)
        self._close(name)
        if self.links[name]["master"] is not None:
            self._release(name)
        for key in [key for key in self.addresses if key.link == name]:
            del self.addresses[key]
        self._drop_routes(name)
        del self.links[name]
        self.promoting.discard(name)
        self.dns.pop(DnsKey(name), None)
        for setting in [one for one in self.others if isinstance(one, SysctlKey) and one.link == name]:
            del self.others[setting]
        for group in [one for one in self.ethtool if one.link == name]:
            del self.ethtool[group]
        self._has_own_bridge_mtu.discard(name)
        self._primaries.pop(name, None)
        self._multiples = {key: one for key, one in self._multiples.items() if key[0] != name}

    # Addresses

    def _address(self, step: Change, key: AddressKey) -> None:
        refuse_if(key.link not in self.links, f"No such device: {key.link}")
        if step.after is None:
            self._delete_address(key)
            return
        there = key in self.addresses
        refuse_if(step.before is None and there, f"File exists: {key}")
        if key.prefix.bits == 128:
            refuse_if(self._has_it_with_another_length(key), f"File exists: {key} with another length")
            least = self.links[key.link]["mtu"]
            refuse_if(isinstance(least, int) and least < LEAST_IPV6_MTU, "Invalid argument: IPv6 is off")
        self.addresses[key] = {**self.addresses.get(key, {}), **step.after}

    def _has_it_with_another_length(self, key: AddressKey) -> bool:
        same = (
            one for one in self.addresses if (one.link, one.prefix.address) == (key.link, key.prefix.address)
        )
        return any(one != key for one in same)

    def _is_secondary(self, key: AddressKey) -> bool:
        """Not the first IPv4 address of its subnet on the link."""
        first = next(one for one in self.addresses if self._shares_subnet(one, key))
        return key.prefix.bits == 32 and first != key

    def _delete_address(self, key: AddressKey) -> None:
        refuse_if(key not in self.addresses, f"Cannot assign requested address: {key}")
        gone = [key]
        promotes = key.link in self.promoting
        if key.prefix.bits == 32 and not promotes and not self._is_secondary(key):
            gone = [one for one in self.addresses if self._shares_subnet(one, key)]
        for one in gone:
            del self.addresses[one]
            self._drop_routes_from(one.prefix.address)
        if not any(one.link == key.link and one.prefix.bits == 32 for one in self.addresses):
            self._drop_routes(key.link, 32)

    def _drop_routes_from(self, source: bytes) -> None:
        if not any(key.prefix.address == source for key in self.addresses):
            for key in [key for key, values in self.routes.items() if values.get("source") == source]:
                del self.routes[key]

    def _shares_subnet(self, one: AddressKey, other: AddressKey) -> bool:
        return (one.link, one.prefix.network) == (other.link, other.prefix.network)

    # Routes

    def _connected(self) -> Iterator[Tuple[RouteKey, Table]]:
        """The routes that the kernel makes for the addresses of links that are up."""
        for key in self.addresses:
            if self.links[key.link]["up"] and key.prefix.length < key.prefix.bits:
                scope, metric = (_SCOPE_LINK, 0) if key.prefix.bits == 32 else (0, 256)
                values: Table = {"link": key.link, "gateway": None, "type": "unicast", "scope": scope}
                yield RouteKey(key.prefix.network, metric), {**values, "protocol": _RTPROT_KERNEL}

    def _told_routes(self) -> Iterator[Tuple[RouteKey, Table]]:
        """As in a dump: of what is merged only the first one's protocol and options."""
        for key in dict.fromkeys((*self.routes, *self.others_hops)):
            ours, theirs = self.routes.get(key), self.others_hops.get(key)
            if theirs:
                yield key, _merged(ours, theirs, key in self.theirs_first)
            elif ours is not None:
                yield key, ours

    def _route(self, step: Change, key: RouteKey) -> None:
        beside = route.BESIDE in ((step.before if step.after is None else step.after) or {})
        if key.others:
            self._others_route(step, key._replace(others=False))
            return
        if step.after is None:
            refuse_if(key not in self.routes and not beside, f"No such process: {key}")
            self.routes.pop(key, None)
            return
        theirs = self.others_hops.get(key)
        taken = key in self.routes or bool(theirs) or any(key == one for one, _ in self._connected())
        refuse_if(step.before is None and taken and not beside, f"File exists: {key}")
        if theirs and not beside:
            # Replacing takes all of them.
            theirs.clear()
        # What a message does not say is zero, and its protocol ours.
        values = {"protocol": route.PROTOCOL, "scope": 0, **(step.before or {}), **step.after}
        on = self.links.get(str(values.get("link")))
        refuse_if(on is None, f"No such device: {values.get('link')!s}")
        refuse_if(on is not None and not on["up"], f"Network is down: {values.get('link')!s}")
        gateway = values.get("gateway")
        unreachable = isinstance(gateway, bytes) and not self._reaches(str(values["link"]), gateway)
        refuse_if(unreachable, f"Network is unreachable: {key}")
        self.routes[key] = {name: value for name, value in values.items() if name != route.BESIDE}

    def _others_route(self, step: Change, key: RouteKey) -> None:
        """Nobody but they themselves takes their next hops away."""
        refuse_if(step.after is None, f"No such process: {key}")
        values = step.after or {}
        protocol = values["protocol"]
        assert isinstance(protocol, int) and route.BESIDE in values
        for hop in route.hops(values):
            on = self.links.get(str(hop.link))
            refuse_if(on is None or not on["up"], f"Network is down: {hop.link!s}")
            self.others_hops.setdefault(key, {}).setdefault(hop, protocol)

    def _reaches(self, name: str, gateway: bytes) -> bool:
        direct = (*self._connected(), *self.routes.items())
        return _LINK_LOCAL.contains(gateway) or any(
            values["link"] == name and _is_direct(values, key.family) and key.destination.contains(gateway)
            for key, values in direct
        )


_IPV4_BITS = 32


def _merged(ours: Optional[Table], theirs: Mapping[NextHop, int], theirs_first: bool) -> Table:
    protocol = next(iter(theirs.values()))
    values: Table = {"type": "unicast", "scope": 0, "protocol": protocol}
    if ours is not None and not theirs_first:
        values = {name: value for name, value in ours.items() if name not in route.HOPS}
    hops: List[NextHop] = [*theirs, *(route.hops(ours) if ours is not None else ())]
    if len(hops) > 1:
        return {**values, "nexthops": route.in_order(hops)}
    return {**values, "gateway": hops[0].gateway, "link": hops[0].link}


def _is_direct(values: Values, family: int) -> bool:
    """Whether it can lead to a next hop: fib_check_nh looks for a route of a narrower scope."""
    return values["gateway"] is None and (family == 6 or values.get("scope") == _SCOPE_LINK)
