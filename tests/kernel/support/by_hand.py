"""Random nodes as somebody sets them up with ip and ovs-vsctl: what a config can say, and what it cannot."""

from __future__ import annotations

import itertools
from random import Random
from typing import Iterator, List, NamedTuple

from .node import NICS

_MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
_BOND_OPTIONS = (
    "miimon 50",
    "miimon 100 updelay 200",
    "miimon 100 downdelay 300 use_carrier 0",
    "miimon 0",
    "miimon 100 xmit_hash_policy layer3+4",
    "miimon 100 min_links 1 resend_igmp 3",
    "miimon 100 num_grat_arp 4 all_slaves_active 1",
    "",
)
_BRIDGE_OPTIONS = (
    "",
    "forward_delay 400",
    "stp_state 1 forward_delay 1500",
    "stp_state 1 priority 4096 hello_time 100",
    "ageing_time 6000",
    "vlan_filtering 1 vlan_default_pvid 7",
    "vlan_filtering 1 vlan_protocol 802.1ad",
    "mcast_snooping 0",
    "mcast_querier 1 mcast_igmp_version 3",
    "group_fwd_mask 8",
)
_PORT_OPTIONS = (
    "hairpin on",
    "isolated on",
    "learning off",
    "cost 77",
    "priority 8",
    "guard on",
    "flood off",
)
_ROUTE_OPTIONS = (
    "",
    "mtu 1300",
    "mtu lock 1350 advmss 1200",
    "initcwnd 20 initrwnd 30",
    "window 4096 rtt 200ms",
    "hoplimit 9 quickack 1",
    "rto_min 300ms",
    "congctl reno",
    "onlink",
    "realm 3",
    "tos 0x10",
    "features ecn",
)
_PROTOCOLS = ("boot", "boot", "static", "static", "dhcp", "bird", "ra", "99")
_RULES = (
    "rule add from 10.1.0.0/24 lookup 100 priority 1000",
    "rule add to 172.16.1.0/24 lookup main priority 1010 protocol bird",
    "rule add fwmark 7 table 100 priority 1030 protocol 111",
    "rule add blackhole from 10.9.0.0/24 ipproto udp dport 53 priority 1050 protocol 111",
    "rule add goto 1100 uidrange 5-6 priority 1060 protocol 111",
    "rule add table 200 suppress_prefixlength 0 tos 0x10 priority 1070 protocol 111",
)
_RULES6 = (
    "rule add from 2001:db8:1::/64 table 101 priority 1020",
    "rule add not to 2001:db8:2::/64 iif eno1 prohibit priority 1040 protocol 111",
    "rule add fwmark 3/0xff table 7 priority 1041 protocol 111",
)
#: None of which the kernel brings a link along to every namespace, as gre0 comes with GRE.
_OTHERS = (
    "link add dummy7 type dummy",
    "link add mv7 link eno4 type macvlan mode bridge",
    "link add vx7 type vxlan id 7 dstport 4789 local 127.0.0.1",
    "link add veth7 type veth peer name veth8",
    "link add vrf7 type vrf table 1007",
    "link add docker0 type bridge",
    "link add gnv7 type geneve id 7 remote 192.0.2.99",
    "tuntap add mode tap tap7",
    "tuntap add mode tun tun7",
)
_TAGS = ("", "", "", "", "protocol 802.1ad")
_STATIC_IPV6 = {"accept_ra": "0", "autoconf": "0", "keep_addr_on_down": "1"}


class Hand(NamedTuple):
    """``ip`` and ``ip6`` are commands of ip, ``switch`` of ovs-vsctl, ``late`` of ip after those.

    ``sysctls`` are values by their paths below /proc/sys/net.
    """

    ip: List[str]
    ip6: List[str]
    sysctls: List[tuple[str, str]]
    switch: List[str]
    late: List[str]


def drawn(seed: int, with_switch: bool) -> Hand:
    return _Hand(Random(seed), with_switch).drawn()


class _Hand:
    def __init__(self, random: Random, with_switch: bool) -> None:
        self.random = random
        self.with_switch = with_switch
        self.free = list(NICS)
        self.random.shuffle(self.free)
        #: Links that may carry addresses or VLANs.
        self.links: List[str] = []
        self.made = Hand([], [], [], [], [])
        self.networks = itertools.count(1)

    def one_in(self, number: int) -> bool:
        return self.random.randrange(number) == 0

    def say(self, *commands: str) -> None:
        self.made.ip.extend(commands)

    def drawn(self) -> Hand:
        steps = [self.bond, self.bridge, self.switch if self.with_switch else self.bond, self.nic, self.nic]
        for step in steps:
            if self.free and not self.one_in(4):
                step()
        for _ in range(self.random.randint(0, 3)):
            self.vlan()
        for name in list(self.links):
            self.furnish(name, self.made.ip)
        for one in self.random.sample(_OTHERS, self.random.randint(0, 3)):
            self.others(one)
        self.say(*self.random.sample(_RULES, self.random.randint(0, 3)))
        self.made.ip6.extend(self.random.sample(_RULES6, self.random.randint(0, 2)))
        if self.one_in(3):
            self.say("address add 192.0.2.200/32 dev lo", "route add unreachable 10.99.0.0/16")
        return self.made

    # Links

    def ports(self, most: int) -> List[str]:
        number = min(len(self.free), self.random.randint(1, most))
        taken, self.free = self.free[:number], self.free[number:]
        return taken

    def bond(self) -> None:
        name = self.random.choice(("bond0", "bond1", "team-a"))
        if name in self.links:
            return
        mode = self.random.choice(_MODES)
        options = self.random.choice(_BOND_OPTIONS)
        if mode in {"balance-rr", "active-backup", "balance-xor"} and self.one_in(4):
            # So seldom that nobody is missed yet when the test is over: what has no carrier is not compared.
            options = "arp_interval 30000 arp_ip_target 10.1.1.1,10.1.1.2"
        if mode == "active-backup" and self.one_in(3):
            options += " fail_over_mac active"
        if mode == "802.3ad" and self.one_in(2):
            options += " lacp_rate fast ad_select bandwidth"
        ports = self.ports(3)
        self.say(f"link add {name} type bond mode {mode} {options}")
        for port in ports:
            self.say(f"link set {port} down", f"link set {port} master {name}")
        if mode in {"active-backup", "balance-tlb", "balance-alb"} and self.one_in(2):
            self.say(f"link set {name} type bond primary {self.random.choice(ports)}")
        if self.one_in(4):
            self.say(f"link set {name} mtu {self.random.choice((1400, 9000))}")
        if self.one_in(8) and "active" not in options:
            self.say(f"link set {name} address 02:00:00:00:00:77")
        self.up(name)

    def up(self, name: str) -> None:
        if not self.one_in(8):
            self.say(f"link set {name} up")
        self.links.append(name)

    def bridge(self) -> None:
        name = self.random.choice(("br-ex", "br-lan"))
        self.say(f"link add {name} type bridge {self.random.choice(_BRIDGE_OPTIONS)}")
        ports = self.ports(2)
        if "bond1" in self.links and self.one_in(2):
            ports.append("bond1")
        for port in ports:
            if self.one_in(3):
                self.say(f"link set {port} mtu 1400")
            self.say(f"link set {port} master {name}", f"link set {port} up")
            if self.one_in(2):
                self.say(f"link set {port} type bridge_slave {self.random.choice(_PORT_OPTIONS)}")
        if self.one_in(4):
            self.say(f"link set {name} address {NICS.get(ports[-1], '02:00:00:00:00:78')}")
        self.up(name)

    def nic(self) -> None:
        (name,) = self.ports(1)
        if self.one_in(3):
            self.say(f"link set {name} mtu {self.random.choice((1400, 9000))}")
        if self.one_in(6):
            self.say(f"link set {name} address 02:00:00:00:00:79")
        self.up(name)

    def vlan(self) -> None:
        if not self.links:
            return
        below, number = self.random.choice(self.links), self.random.randint(2, 4000)
        name = self.random.choice((f"vlan{number}", f"vlan{number}", f"{below}.{number}", f"net{number}"))
        below_is_vlan = below.startswith(("vlan", "net")) or "." in below
        if len(name) > 15 or below_is_vlan:
            return
        self.say(f"link add link {below} name {name} type vlan {self.random.choice(_TAGS)} id {number}")
        if self.one_in(3):
            self.say(f"link set {name} mtu 1300")
        if below in self.links and f"link set {below} up" in self.made.ip:
            self.up(name)

    def others(self, command: str) -> None:
        self.say("link set eno4 up" if "eno4" in command else "", command)
        name = command.split()[2] if command.startswith("link") else command.rsplit(maxsplit=1)[-1]
        self.say(f"link set {name} up", f"address add 10.77.{next(self.networks)}.1/24 dev {name}")
        if "up" not in command and self.one_in(2):
            self.say(f"link add link {name} name {name}.5 type vlan id 5" if "tun" not in command else "")

    # What links have

    def furnish(self, name: str, into: List[str]) -> None:
        if self.one_in(5):
            return
        for _ in range(self.random.randint(0, 2)):
            self.addresses(name, into)
        if self.one_in(3):
            self.addresses6(name, into)

    def addresses(self, name: str, into: List[str]) -> None:
        network = next(self.networks)
        for host in self.random.sample(range(2, 200), self.random.choice((1, 1, 2, 3))):
            more = self.random.choice(("brd +", "", "", "valid_lft 900 preferred_lft 600", "scope link"))
            into.append(f"address add 10.{network}.0.{host}/24 {more} dev {name}")
        if self.one_in(6):
            into.append(f"address add 10.200.{network}.1 peer 10.200.{network}.2/32 dev {name}")
        if name in self.links and f"link set {name} up" not in [*self.made.ip, *self.made.late]:
            return
        for far in self.random.sample(range(1, 250), self.random.randint(0, 3)):
            self.route(name, network, far, into)

    def route(self, name: str, network: int, far: int, into: List[str]) -> None:
        proto, options = self.random.choice(_PROTOCOLS), self.random.choice(_ROUTE_OPTIONS)
        metric = self.random.choice(("", f"metric {far}"))
        table = self.random.choice(("", "", "table 100"))
        via = f"via 10.{network}.0.1 dev {name}"
        where = self.random.choice(
            (f"172.{16 + far % 16}.{far}.0/24", f"default metric {1000 + far + network}")
        )
        metric = "" if "metric" in where else metric
        if self.one_in(5):
            via, options = f"dev {name}", ""
        elif self.one_in(6) and "onlink" not in options:
            via = (
                f"nexthop via 10.{network}.0.1 dev {name} weight 2 nexthop via 10.{network}.0.250 dev {name}"
            )
        words = (where, "proto", proto, metric, table, options, via)
        if "onlink" in options:
            words = (where, "proto", proto, metric, table, via, options)
        into.append(f"route add {' '.join(word for word in words if word)}")

    def addresses6(self, name: str, into: List[str]) -> None:
        network = next(self.networks)
        if self.one_in(2):
            path = f"ipv6/conf/{name}"
            self.made.sysctls.extend((f"{path}/{setting}", value) for setting, value in _STATIC_IPV6.items())
        into.append(f"address add 2001:db8:{network}::{self.random.randint(2, 99)}/64 nodad dev {name}")
        if self.one_in(2):
            into.append(
                f"address add 2001:db8:{network}::{self.random.randint(100, 199)}/64 nodad dev {name}"
            )
        if f"link set {name} up" in [*self.made.ip, *self.made.late] or name in NICS:
            into.append(f"route add 2001:db8:f{network}::/48 via 2001:db8:{network}::1 dev {name}")

    # Open vSwitch

    def switch(self) -> None:
        self.made.switch.extend(self._bridge("br0"))
        if not self.one_in(5):
            self.made.late.append("link set br0 up")
            self.addresses("br0", self.made.late)
        if self.one_in(2):
            self.made.switch.extend(self._second())

    def _bridge(self, name: str) -> Iterator[str]:
        yield f"add-br {name}"
        yield from self.random.sample(
            (
                f"set bridge {name} other_config:mac-table-size=50000",
                f"set bridge {name} other_config:hwaddr={NICS[self.free[0]]}",
                f"set bridge {name} stp_enable=true protocols=OpenFlow13,OpenFlow10",
                f"set-fail-mode {name} secure",
                f"set-controller {name} tcp:127.0.0.1:6633 -- set controller {name} inactivity_probe=7000",
                f"br-set-external-id {name} whose theirs",
                f"set interface {name} mtu_request=1400",
                f"set bridge {name} flood_vlans=5,6 mcast_snooping_enable=true",
            ),
            self.random.randint(0, 4),
        )
        ports = self.ports(3)
        if len(ports) > 1 and self.one_in(2):
            yield f"add-bond {name} ovsbond {' '.join(ports)} bond_mode=balance-slb bond_updelay=100"
            if self.one_in(2):
                yield f"set port ovsbond other_config:bond-primary={ports[0]} lacp=off tag=9"
        else:
            for port in ports:
                yield f"add-port {name} {port}" + self.random.choice((" tag=30", "", " trunks=10,20"))
        for port in ports:
            if not self.one_in(6):
                self.say(f"link set {port} up")
            if self.one_in(4):
                yield f"set interface {port} mtu_request=1400 ingress_policing_rate=1000"
        for number in self.random.sample(range(2, 4000), self.random.randint(0, 2)):
            yield f"add-port {name} vlan{number} tag={number} -- set interface vlan{number} type=internal"
            if not self.one_in(4):
                self.made.late.append(f"link set vlan{number} up")
                self.addresses(f"vlan{number}", self.made.late)

    def _second(self) -> Iterator[str]:
        yield "add-br br1"
        yield "add-port br1 p1 -- set interface p1 type=patch options:peer=p0"
        yield "add-port br0 p0 -- set interface p0 type=patch options:peer=p1"
        yield "add-port br1 tun0 -- set interface tun0 type=vxlan options:remote_ip=127.0.0.9 options:key=7"
        yield "add-port br1 int0 -- set interface int0 type=internal external_ids:iface-id=9"
        yield "add-port br1 int1 -- set interface int1 type=internal"
        yield "set open_vswitch . external_ids:ovn-remote=tcp:127.0.0.1:6642"
        yield (
            "br-set-external-id br1 odd 'a b'"
            if self.one_in(2)
            else "set bridge br1 other_config:x='\"1,2\"'"
        )
