"""Nodes and what is wanted of them, drawn by hypothesis."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from hypothesis import strategies as st

from os_net_config.state import bond, bridge, ethtool, link, peers, route, row, rows, vlan
from os_net_config.state.model import AddressKey, EthtoolKey, Key, LinkKey, Resource, RouteKey, RowKey, State
from os_net_config.state.values import Prefix, Value

from .model_switch import fresh, random_mac

T = TypeVar("T")
Draw = st.DrawFn

NICS = ("em1", "em2", "em3", "em4")
BONDS = {"bond1": bond.MODES.index("active-backup"), "bond2": bond.MODES.index("802.3ad")}
BRIDGES = ("br1", "br2")
SWITCHES = ("ovs1", "ovs2")
ACCESS = (40, 50)
VLANS = (10, 20, 30)
_LINK_SCOPE = 253
_LACP = bond.MODES.index("802.3ad")


#: Settings of NICs, as they are fitted to those of the kernel in miniature.
SETTINGS: Dict[str, Sequence[Dict[str, Value]]] = {
    ethtool.FEATURES: (
        {"tx-checksum-ipv4": 0},
        {"rx-gro": 0, "tx-checksum-ipv4": 1, "rx-lro": 0},
        {"tx-checksum-ipv4": 0, "tx-checksum-ipv6": 0},
    ),
    ethtool.RINGS: ({"rx": 512}, {"tx": 1024}, {"rx": 1024, "tx": 512}),
    ethtool.MODES: (
        {"autoneg": 1, "speed": None, "duplex": None, "advertise": ("1000baseT/Full",)},
        {"autoneg": 0, "speed": 100, "duplex": 1},
    ),
}


class World(NamedTuple):
    """What all configs of one example share: mostly a VLAN stays on its link."""

    lowers: Dict[int, str]
    live: State


def ipv4(network: int, host: int, length: int = 24) -> Prefix:
    return Prefix(bytes([10, network, 0, host]), length)


def ipv6(network: int, host: int, length: int = 64) -> Prefix:
    return Prefix(bytes.fromhex("20010db8") + bytes([0, network]) + bytes(9) + bytes([host]), length)


@st.composite
def worlds(draw: Draw) -> World:
    return World({number: pick(draw, lowers_of(number)) for number in VLANS}, bare(draw))


def lowers_of(number: int) -> Sequence[str]:
    """The links that a VLAN may stand on."""
    return (*NICS, *BONDS, *BRIDGES, *(f"vlan{one}" for one in VLANS if one < number))


def pick(draw: Draw, some: Sequence[T]) -> T:
    return draw(st.sampled_from(some))


def often(draw: Draw, out_of: int = 2) -> bool:
    return bool(draw(st.integers(0, out_of - 1)))


def bare(draw: Draw) -> State:
    """A node as somebody else left it."""
    resources: Dict[Key, Resource] = {}
    for number, name in enumerate(("lo", *NICS)):
        values: Dict[str, Value] = {
            "kind": "",
            "master": None,
            "group": 0,
            "address": bytes([2, 0, 0, 0, 0, number]),
        }
        values["mtu"] = 65536 if name == "lo" else pick(draw, (1500, 9000))
        values["up"] = 1 if name == "lo" else pick(draw, (0, 1))
        resources[LinkKey(name)] = Resource(LinkKey(name), values)
    for name in NICS:
        for one in _foreign(draw, name, bool(resources[LinkKey(name)].values["up"])):
            resources.setdefault(one.key, one)
    for one in _rows_of_others(draw):
        resources[one.key] = one
    return State(resources)


def _rows_of_others(draw: Draw) -> Iterator[Resource]:
    """The database, and a bridge that may be there before us."""
    yield Resource(RowKey(row.ROOT, row.ROOT_NAME), {"external_ids:system-id": "x"})
    if not often(draw, 4):
        return
    there: Dict[str, Dict[str, Value]] = {
        row.BRIDGE: {"fail_mode": "secure", "datapath_type": "", "other_config:theirs": "1"},
        row.PORT: {"bridge": "ovs1"},
        row.INTERFACE: {"port": "ovs1", "type": row.INTERNAL},
    }
    for table, values in there.items():
        key = RowKey(table, "ovs1")
        yield Resource(key, {**fresh(key, {}), **values})
    own: Dict[str, Value] = {"kind": "openvswitch", "mtu": 1500, "address": random_mac("ovs1"), "up": 0}
    yield Resource(LinkKey("ovs1"), {**own, "master": None, "group": 0})


def _foreign(draw: Draw, on: str, up: bool) -> Iterator[Resource]:
    if not often(draw, 4):
        return
    prefix = ipv4(pick(draw, (1, 2, 3)), pick(draw, (9, 10, 11)))
    yield Resource(AddressKey(on, prefix), {"protocol": 0, "scope": 0, "broadcast": prefix.broadcast})
    if up and often(draw):
        destination = Prefix(bytes([192, 168, pick(draw, (1, 2, 3)), 0]), 24)
        values: Dict[str, Value] = {"link": on, "gateway": ipv4(prefix.address[1], 1).address}
        values.update(type="unicast", protocol=4, scope=0)
        yield Resource(RouteKey(destination, 0), values)


class Builder:
    """One wanted state, link by link."""

    def __init__(self, draw: Draw, world: World) -> None:
        self.draw = draw
        self.world = world
        self.values: Dict[str, Dict[str, Value]] = {}
        self.more: Dict[Key, Resource] = {}
        #: Ports of Open vSwitch that are links of the kernel.
        self.ports = set[str]()

    def build(self) -> State:
        self._masters()
        self._nics()
        self._switches()
        self._vlans()
        self._mtus()
        for name, values in self.values.items():
            if values.get("master") is None and name not in self.ports:
                self._addresses(name)
            if name in NICS or name in BONDS:
                self._ethtool(name)
        links = [self._link(name, values) for name, values in self.values.items()]
        resources = {one.key: one for one in (*links, *self.more.values())}
        return peers.with_peers(State(resources))

    def _link(self, name: str, values: Dict[str, Value]) -> Resource:
        initial: Dict[str, Value] = {"group": link.GROUP} if values.get("kind") else {}
        if values.get("kind") == bond.KIND and "miimon" not in values:
            initial["miimon"] = bond.DEFAULT_MIIMON
        if values.get("kind") == bridge.KIND and "forward_delay" not in values:
            initial["forward_delay"] = 0
        return Resource(LinkKey(name), {**values, "up": 1}, (name,), initial)

    def _masters(self) -> None:
        for name in BRIDGES:
            if often(self.draw):
                self.values[name] = {"kind": bridge.KIND, **self._bridge_options()}
        for name, usual in BONDS.items():
            if often(self.draw):
                mode = usual if often(self.draw) else pick(self.draw, (1, 2, 4))
                self.values[name] = {"kind": bond.KIND, "mode": mode, **self._options(mode)}
                self._maybe_in_a_bridge(name)

    def _options(self, mode: int) -> Dict[str, Value]:
        options: Dict[str, Value] = {}
        if often(self.draw):
            options["miimon"] = pick(self.draw, (50, 100))
            options["updelay"] = pick(self.draw, (0, 200))
        elif mode == 1 and often(self.draw):
            options.update(miimon=0, arp_interval=100, arp_ip_target=(bytes([10, 1, 0, 1]),))
        if mode == _LACP and often(self.draw):
            options["lacp_rate"] = 1
        options["xmit_hash_policy"] = pick(self.draw, (0, 1))
        return options

    def _maybe_in_a_bridge(self, name: str) -> None:
        bridges = [one for one in BRIDGES if one in self.values and not self._stands_on_later(name, one)]
        if bridges and often(self.draw, 3) and often(self.draw):
            self.values[name]["master"] = pick(self.draw, bridges)
            self.values[name].update(self._port_options())

    def _stands_on_later(self, name: str, first: str) -> bool:
        """In one order only: a link of an earlier config stays where it is, and would make a ring."""
        return any(self._stands_on(name, one) for one in BRIDGES[BRIDGES.index(first) :])

    def _bridge_options(self) -> Dict[str, Value]:
        """Never a forward_delay that STP does not allow."""
        options: Dict[str, Value] = {}
        if often(self.draw):
            options["stp_state"] = stp = pick(self.draw, (0, 1))
            if often(self.draw):
                options["forward_delay"] = pick(self.draw, (200, 1500) if stp else (0, 100, 1500))
            elif stp:
                options["forward_delay"] = bridge.STP_FORWARD_DELAY
        return options

    def _port_options(self) -> Dict[str, Value]:
        options: Sequence[Dict[str, Value]] = (
            {"isolated": 1},
            {"isolated": 0, "port_priority": 3},
            {"learning": 0},
            {},
        )
        return pick(self.draw, options)

    def _stands_on(self, name: str, below: str) -> bool:
        lower = self.values.get(name, {}).get("link")
        ports = (port for port, values in self.values.items() if values.get("master") == name)
        return any(one == below or self._stands_on(str(one), below) for one in (lower, *ports) if one)

    def _nics(self) -> None:
        masters = [name for name in self.values if name in BONDS or name in BRIDGES]
        for name in NICS:
            if not often(self.draw, 4):
                continue
            self.values[name] = {}
            if masters and often(self.draw):
                self.values[name]["master"] = master = pick(self.draw, masters)
                if self.values[master].get("mode") == 1 and often(self.draw):
                    self.values[master]["primary"] = name
                if master in BRIDGES:
                    self.values[name].update(self._port_options())

    def _switches(self) -> None:
        """Bridges of Open vSwitch, with some of what is there already as ports, and VLANs of their own."""
        for name in SWITCHES:
            if not often(self.draw, 4):
                self._bridge_of_open_vswitch(name)
        bridges = [name for name in SWITCHES if name in self.values]
        if not bridges:
            return
        for name, values in list(self.values.items()):
            is_free = name in (*NICS, *BONDS) and values.get("master") is None
            if is_free and often(self.draw, 3) and often(self.draw):
                self._port(name, pick(self.draw, bridges), "")
                self.ports.add(name)
        for number in ACCESS:
            if often(self.draw):
                name = f"tag{number}"
                self.values[name] = {}
                self._port(name, pick(self.draw, bridges), row.INTERNAL, tag=number)

    def _bridge_of_open_vswitch(self, name: str) -> None:
        self.values[name] = {}
        said: Sequence[Dict[str, Value]] = (
            {},
            {"fail_mode": "secure"},
            {"datapath_type": "netdev"},
            {"other_config:hwaddr": "02:00:00:00:00:aa", "controller": ("tcp:192.0.2.1:6653",)},
            {"protocols": ("OpenFlow10", "OpenFlow13"), "external_ids:ours": "1", "other_config:x": None},
        )
        initial: Dict[str, Value] = {"fail_mode": "standalone", "other_config:mac-table-size": "50000"}
        self._row(row.BRIDGE, name, pick(self.draw, said), **initial)
        self._port(name, name, row.INTERNAL)

    def _port(self, name: str, bridge_name: str, kind: str, **more: Value) -> None:
        self._row(row.PORT, name, {"bridge": bridge_name, **more})
        self._row(row.INTERFACE, name, {"port": name, "type": kind})

    def _row(self, table: str, name: str, values: Dict[str, Value], **initial: Value) -> None:
        key = RowKey(table, name)
        self.more[key] = Resource(key, values, (name,), {**initial, row.LABEL: rows.MADE})

    def _vlans(self) -> None:
        for number, usual in self.world.lowers.items():
            below = usual if often(self.draw) else pick(self.draw, lowers_of(number))
            # Nobody wants a VLAN on a port of a bond.
            is_port = self.values.get(below, {}).get("master") in BONDS
            if below in self.values and not is_port and often(self.draw):
                self.values[f"vlan{number}"] = {"kind": vlan.KIND, "link": below, "id": number}
                self._maybe_in_a_bridge(f"vlan{number}")

    def _mtus(self) -> None:
        """No link is larger than the one below it, and the ports of a bond are as it is."""
        mtus: Dict[str, int] = {}
        for name, values in self.values.items():
            below = values.get("link")
            if (name in NICS and values.get("master") in BONDS) or not often(self.draw):
                continue
            if below is None or below in mtus:
                largest = mtus.get(str(below), 9000)
                mtus[name] = pick(self.draw, [one for one in (1280, 1500, 9000) if one <= largest])
                values["mtu"] = mtus[name]
                self._ask_open_vswitch(name, mtus[name])
                if name in BONDS and often(self.draw):
                    self._give_ports(name, mtus[name])

    def _ask_open_vswitch(self, name: str, mtu: int) -> None:
        interface = self.more.get(RowKey(row.INTERFACE, name))
        if interface is not None and (interface.values["type"] == row.INTERNAL or often(self.draw)):
            values = {**interface.values, "mtu_request": mtu}
            self.more[interface.key] = interface._replace(values=values)

    def _give_ports(self, name: str, mtu: Value) -> None:
        for values in self.values.values():
            if values.get("master") == name and not values.get("kind"):
                values["mtu"] = mtu

    def _ethtool(self, on: str) -> None:
        """A bond has features, a NIC more."""
        for group, several in SETTINGS.items():
            if (on in NICS or group == ethtool.FEATURES) and not often(self.draw, 4):
                key = EthtoolKey(on, group)
                self.more[key] = Resource(key, pick(self.draw, several), (on,))

    def _addresses(self, on: str) -> None:
        networks: List[Prefix] = []
        for _ in range(self.draw(st.integers(0, 3))):
            network, host = pick(self.draw, (1, 2, 3)), pick(self.draw, (10, 11, 12))
            prefix = pick(self.draw, (ipv4(network, host), ipv6(network, host, 64), ipv6(network, host, 80)))
            if any(key.prefix.address == prefix.address for key in self.more if isinstance(key, AddressKey)):
                continue
            networks.append(prefix)
            initial: Dict[str, Value] = {"protocol": route.PROTOCOL, "scope": 0}
            key = AddressKey(on, prefix)
            self.more[key] = Resource(key, {}, (on,), initial)
        for prefix in networks:
            if often(self.draw):
                self._route(on, prefix)

    def _route(self, on: str, reached: Prefix) -> None:
        size = len(reached.address)
        far = (
            bytes([172, 16, pick(self.draw, (1, 2)), 0])
            if size == 4
            else bytes.fromhex("20010db800ff") + bytes(10)
        )
        key = pick(self.draw, (Prefix(bytes(size), 0), Prefix(far, 24 if size == 4 else 48)))
        gateway: Optional[bytes] = reached.address[:-1] + b"\1"
        if often(self.draw, 3) and often(self.draw):
            # The next hop is outside of all networks, and has a route of its own.
            host = 1 + list(self.values).index(on)
            gateway = (
                bytes([198, 51, 100, host])
                if size == 4
                else bytes.fromhex("20010db80e") + bytes([*bytes(10), host])
            )
            self._put_route(on, Prefix(gateway, 8 * size), 0 if size == 4 else 1024, None)
        metric = pick(self.draw, (0, 100)) if size == 4 else pick(self.draw, (1024, 100))
        self._put_route(on, key, metric, gateway)

    def _put_route(self, on: str, destination: Prefix, metric: int, gateway: Optional[bytes]) -> None:
        direct = gateway is None and len(destination.address) == 4
        values: Dict[str, Value] = {"gateway": gateway, "link": on, "type": "unicast"}
        initial: Dict[str, Value] = {"protocol": route.PROTOCOL, "scope": _LINK_SCOPE if direct else 0}
        key = RouteKey(destination, metric)
        self.more.setdefault(key, Resource(key, values, (on,), initial))


def shuffled(draw: Draw, state: State) -> State:
    """The same resources in another order."""
    keys: List[Key] = draw(st.permutations(list(state.resources)))
    return State({key: state.resources[key] for key in keys})


@st.composite
def runs(draw: Draw, most: int = 3) -> Tuple[State, List[State]]:
    """A node, and what one config after the other wants of it."""
    world = draw(worlds())
    count = draw(st.integers(1, most))
    return world.live, [shuffled(draw, Builder(draw, world).build()) for _ in range(count)]
