"""Commands of ovs-vsctl, by what becomes of them here and by what the real program makes of them.

All are for a database with a bridge br0 that has a port p0 and a bond b0 of e0 and e1.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

from os_net_config.config.vsctl import Says
from os_net_config.state.model import RowKey
from os_net_config.state.row import BRIDGE, CONTROLLER, INTERFACE, MANAGER, PORT, ROOT
from os_net_config.state.values import Value

BR0, P0, B0 = RowKey(BRIDGE, "br0"), RowKey(PORT, "p0"), RowKey(PORT, "b0")
I0, E0 = RowKey(INTERFACE, "p0"), RowKey(INTERFACE, "e0")
OPEN = RowKey(ROOT, ".")


def said(key: RowKey, **values: Value) -> List[Says]:
    """``__`` stands for the colon before a key, and what is not of the row stands for its presence."""
    return [Says(key, name.replace("__", ":"), value) for name, value in values.items()]


def port(name: str, bridge: str = "br0", **values: Value) -> List[Says]:
    return [Says(RowKey(PORT, name), "bridge", bridge), *said(RowKey(PORT, name), **values)]


def interface(name: str, of: str = "", **values: Value) -> List[Says]:
    return [Says(RowKey(INTERFACE, name), "port", of or name), *said(RowKey(INTERFACE, name), **values)]


def gone(table: str, name: str) -> List[Says]:
    return [Says(RowKey(table, name), "", 0)]


def bridge(name: str) -> List[Says]:
    made = [Says(RowKey(BRIDGE, name), "", 1)]
    return [*made, *port(name, name), *interface(name, type="internal")]


def controller(target: str, **values: Value) -> List[Says]:
    return said(RowKey(CONTROLLER, f"br0 {target}"), **values)


SETTING: Dict[str, List[Says]] = {
    "set bridge br0 stp_enable=true": said(BR0, stp_enable=1),
    "set Bridge br0 stp_enable=false": said(BR0, stp_enable=0),
    "set bridge br0 stp_enable=on rstp_enable=no": said(BR0, stp_enable=1, rstp_enable=0),
    "set bridge br0 stp_enable=[true]": said(BR0, stp_enable=1),
    "set b br0 stp=1": said(BR0, stp_enable=1),
    "set BRIDGE br0 MCAST-snooping-ENABLE=yes": said(BR0, mcast_snooping_enable=1),
    "set bridge br0 fail_mode=secure": said(BR0, fail_mode="secure"),
    "set bridge br0 fail-mode=standalone": said(BR0, fail_mode="standalone"),
    "set bridge br0 fail-mode=[]": said(BR0, fail_mode=None),
    "set bridge br0 datapath_type=netdev": said(BR0, datapath_type="netdev"),
    """set bridge br0 'datapath_type=""'""": said(BR0, datapath_type=""),
    "set bridge br0 protocols=OpenFlow10,OpenFlow13": said(BR0, protocols=("OpenFlow10", "OpenFlow13")),
    "set bridge br0 'protocols=[OpenFlow13, OpenFlow10]'": said(BR0, protocols=("OpenFlow10", "OpenFlow13")),
    "set bridge br0 protocols=[]": said(BR0, protocols=()),
    "set bridge br0 flood-vlans=5,10": said(BR0, flood_vlans=("5", "10")),
    'set bridge br0 other-config:hwaddr="02:aa:bb:cc:dd:ee"': said(
        BR0, other_config__hwaddr="02:aa:bb:cc:dd:ee"
    ),
    "set bridge br0 other_config:hwaddr=02:aa:bb:cc:dd:ee": said(
        BR0, other_config__hwaddr="02:aa:bb:cc:dd:ee"
    ),
    r"set bridge br0 other_config:hwaddr=\"02:aa:bb:cc:dd:ee\"": said(
        BR0, other_config__hwaddr="02:aa:bb:cc:dd:ee"
    ),
    "set bridge br0 other_config:disable-in-band=true": said(BR0, **{"other_config:disable-in-band": "true"}),
    'set bridge br0 other_config:x="a b, c={d}"': said(BR0, other_config__x="a b, c={d}"),
    "set bridge br0 other_config:x=a=b": said(BR0, other_config__x="a=b"),
    "set bridge br0 other_config:x={a}": said(BR0, other_config__x="{a}"),
    r"""set bridge br0 'other_config:x="tab\tquote\" \u00fc"'""": said(BR0, other_config__x='tab\tquote" ü'),
    r"set bridge br0 'other_config:x=a\nb'": said(BR0, other_config__x="a\\nb"),
    """set bridge br0 'other_config:x=""'""": said(BR0, other_config__x=""),
    """set bridge br0 'other_config:"a:b"=c'""": said(BR0, **{"other_config:a:b": "c"}),
    r"set bridge br0 'other_config:a\:b=c'": said(BR0, **{"other_config:a:b": "c"}),
    "set bridge br0 other_config:x=@y": said(BR0, other_config__x="@y"),
    "set bridge br0 other_config:x=1 other_config:x=2": said(BR0, other_config__x="2"),
    "set bridge br0 other_config={a=b}": said(BR0, other_config=("a=b",)),
    "set bridge br0 other_config=b=c,a=b": said(BR0, other_config=("a=b", "b=c")),
    "set bridge br0 'other_config={b = c a=b,}'": said(BR0, other_config=("a=b", "b=c")),
    """set bridge br0 'other_config={a="b, c", "d e"=f}'""": said(BR0, other_config=("a=b, c", "d e=f")),
    "set bridge br0 other_config={}": said(BR0, other_config=()),
    "set bridge br0 external-ids:bridge-id=br0": said(BR0, **{"external_ids:bridge-id": "br0"}),
    "set port p0 tag=20": said(P0, tag=20),
    "set port p0 tag=+020": said(P0, tag=20),
    "set port p0 tag=[]": said(P0, tag=None),
    "set port p0 tag=[20]": said(P0, tag=20),
    "set port p0 tag=20-20": said(P0, tag=20),
    "set port p0 tag=20 vlan_mode=access": said(P0, tag=20, vlan_mode="access"),
    """set port p0 'vlan_mode="native-untagged"'""": said(P0, vlan_mode="native-untagged"),
    "set port p0 trunks=20,10": said(P0, trunks=("10", "20")),
    "set port p0 trunks=[10,20,]": said(P0, trunks=("10", "20")),
    'set port p0 trunks="10 20"': said(P0, trunks=("10", "20")),
    "set port p0 trunks=[]": said(P0, trunks=()),
    "set port p0 trunks=9-11,30": said(P0, trunks=("9", "10", "11", "30")),
    "set port p0 cvlans=0,4095": said(P0, cvlans=("0", "4095")),
    """set port p0 'mac="02:aa:bb:cc:dd:ee"'""": said(P0, mac="02:aa:bb:cc:dd:ee"),
    "set port b0 bond_mode=balance-slb lacp=active bond_updelay=200": said(
        B0, bond_mode="balance-slb", lacp="active", bond_updelay=200
    ),
    "set port b0 other_config:lacp-time=fast": said(B0, **{"other_config:lacp-time": "fast"}),
    "set port p0 protected=true": said(P0, protected=1),
    "set interface p0 type=internal": said(I0, type="internal"),
    "set interface p0 type=vxlan options:remote_ip=192.0.2.1 options:key=flow": said(
        I0, type="vxlan", options__remote_ip="192.0.2.1", options__key="flow"
    ),
    "set interface p0 mtu_request=9000 ofport_request=7": said(I0, mtu_request=9000, ofport_request=7),
    "set interface p0 ofport-r=7": said(I0, ofport_request=7),
    "set interface e0 ingress_policing_rate=1000 ingress_policing_burst=100": said(
        E0, ingress_policing_rate=1000, ingress_policing_burst=100
    ),
    "set interface p0 bfd:enable=true lldp:enable=true cfm_mpid=1": said(
        I0, bfd__enable="true", lldp__enable="true", cfm_mpid=1
    ),
    "set open_vswitch . external_ids:system-id=node-1": said(OPEN, **{"external_ids:system-id": "node-1"}),
    "set open . other_config:dpdk-init=true": said(OPEN, **{"other_config:dpdk-init": "true"}),
    "set o . system-type=x system_version=1.2-3": said(OPEN, system_type="x", system_version="1.2-3"),
    "--if-exists set port p0 tag=1": said(P0, tag=1),
    "-- set port p0 tag=1 -- -- set port p0 vlan_mode=trunk --": said(P0, tag=1, vlan_mode="trunk"),
    "set port p0 tag=1 -- set port p0 tag=2": said(P0, tag=2),
    "set port p0 tag=1 \\\n  vlan_mode=access": said(P0, tag=1, vlan_mode="access"),
}

PARTS: Dict[str, List[Says]] = {
    "add port p0 trunks 10": said(P0, trunks__10=1),
    "add port p0 trunks 010 11-12": said(P0, trunks__10=1, trunks__11=1, trunks__12=1),
    "add port p0 trunks [10,11]": said(P0, trunks__10=1, trunks__11=1),
    "remove port p0 trunks 10": said(P0, trunks__10=0),
    "add port p0 trunks 10 -- remove port p0 trunks 10 11": said(P0, trunks__10=0, trunks__11=0),
    "set port p0 trunks=10 -- add port p0 trunks 20": said(P0, trunks=("10", "20")),
    "set port p0 trunks=10 -- add port p0 trunks 10": said(P0, trunks=("10",)),
    "set port p0 trunks=9,10 -- remove port p0 trunks 9 30": said(P0, trunks=("10",)),
    "add port p0 trunks 10 -- set port p0 trunks=20": said(P0, trunks=("20",)),
    "clear port p0 trunks -- add port p0 trunks 5": said(P0, trunks=("5",)),
    "add bridge br0 protocols OpenFlow13": said(BR0, protocols__OpenFlow13=1),
    "add bridge br0 other_config a=b": said(BR0, other_config__a="b"),
    "add bridge br0 other_config a=b,c=d e=f": said(
        BR0, other_config__a="b", other_config__c="d", other_config__e="f"
    ),
    "set bridge br0 other_config:a=1 -- add bridge br0 other_config a=2": said(BR0, other_config__a="2"),
    "remove bridge br0 other_config a -- add bridge br0 other_config a=2": said(BR0, other_config__a="2"),
    "set bridge br0 other_config={a=1} -- add bridge br0 other_config a=2 b=3": said(
        BR0, other_config=("a=2", "b=3")
    ),
    "remove bridge br0 other_config a": said(BR0, other_config__a=None),
    "remove bridge br0 other_config a,b c": said(
        BR0, other_config__a=None, other_config__b=None, other_config__c=None
    ),
    "remove bridge br0 external-ids a": said(BR0, external_ids__a=None),
    "set bridge br0 other_config={a=1,b=2} -- remove bridge br0 other_config a=1 b=3": said(
        BR0, other_config=("b=2",)
    ),
    "set bridge br0 other_config={a=1,b=2} -- remove bridge br0 other_config b c": said(
        BR0, other_config=("a=1",)
    ),
    "set bridge br0 other_config:a=1 -- remove bridge br0 other_config a=1": said(BR0, other_config__a=None),
    "set bridge br0 other_config:a=1 -- remove bridge br0 other_config a=2": said(BR0, other_config__a="1"),
    "clear bridge br0 other_config": said(BR0, other_config=()),
    "clear bridge br0 other-config external_ids fail_mode": said(
        BR0, other_config=(), external_ids=(), fail_mode=None
    ),
    "clear bridge br0 other_config -- set bridge br0 other_config:b=2": said(BR0, other_config=("b=2",)),
    "set bridge br0 other_config:a=1 -- clear bridge br0 other_config": said(BR0, other_config=()),
    "set bridge br0 other_config={a=1} -- set bridge br0 other_config:a=2": said(BR0, other_config=("a=2",)),
    "clear port p0 tag trunks": said(P0, tag=None, trunks=()),
    "clear interface p0 cfm_mpid mtu_request": said(I0, cfm_mpid=None, mtu_request=None),
    "add port p0 tag 10": said(P0, tag=10),
    "set port p0 tag=10 -- add port p0 tag 10": said(P0, tag=10),
    "set port p0 tag=10 -- remove port p0 tag 10": said(P0, tag=None),
    "set port p0 tag=10 -- remove port p0 tag 11": said(P0, tag=10),
    "br-set-external-id br0 bridge-id br0": said(BR0, **{"external_ids:bridge-id": "br0"}),
    "br-set-external-id br0 bridge-id": said(BR0, **{"external_ids:bridge-id": None}),
    "br-set-external-id br0 a:b '\"c\"'": said(BR0, **{"external_ids:a:b": '"c"'}),
    "br-set-external-id br0 a ''": said(BR0, external_ids__a=""),
    "clear bridge br0 external_ids -- br-set-external-id br0 a b": said(BR0, external_ids=("a=b",)),
    "set-fail-mode br0 secure": said(BR0, fail_mode="secure"),
    "set-fail-mode br0 secure -- del-fail-mode br0": said(BR0, fail_mode=None),
}

MAKING: Dict[str, List[Says]] = {
    "add-br br1": bridge("br1"),
    "--may-exist add-br br0": bridge("br0"),
    "add-br br1 -- set port br1 tag=3 -- set interface br1 mtu_request=1400": [
        *[Says(RowKey(BRIDGE, "br1"), "", 1), *port("br1", "br1", tag=3)],
        *interface("br1", type="internal", mtu_request=1400),
    ],
    "add-br br1 -- del-br br1": gone(BRIDGE, "br1"),
    "add-br br1 -- add-port br1 p1 -- set interface p1 type=internal -- del-br br1": gone(BRIDGE, "br1"),
    "del-br br0": gone(BRIDGE, "br0"),
    "--if-exists del-br br9": gone(BRIDGE, "br9"),
    "set port br0 tag=3 -- set interface p0 mtu_request=1400 -- del-port p0 -- del-br br0": [
        *gone(PORT, "p0"),
        *gone(BRIDGE, "br0"),
    ],
    "add-port br0 p1": [*port("p1"), *interface("p1")],
    "--may-exist add-port br0 p0": [*port("p0"), *interface("p0")],
    "add-port br0 p1 tag=5 other_config:a=b trunks=1,2": [
        *port("p1", tag=5, other_config__a="b", trunks=("1", "2")),
        *interface("p1"),
    ],
    "add-port br0 p1 tag=5 -- set interface p1 type=internal": [
        *port("p1", tag=5),
        *interface("p1", type="internal"),
    ],
    "del-port p0": gone(PORT, "p0"),
    "del-port br0 p0": gone(PORT, "p0"),
    "--if-exists del-port br0 p9": gone(PORT, "p9"),
    "del-port b0": gone(PORT, "b0"),
    "add-port br0 p1 tag=5 -- del-port p1": gone(PORT, "p1"),
    "--if-exists del-port p1 -- add-port br0 p1 tag=5": [*port("p1", tag=5), *interface("p1")],
    "add-bond br0 b1 e2 e3": [*port("b1"), *interface("e2", "b1"), *interface("e3", "b1")],
    "--fake-iface --may-exist add-bond br0 b1 e2 e3 bond_mode=balance-slb lacp=active": [
        *port("b1", bond_fake_iface=1, bond_mode="balance-slb", lacp="active"),
        *interface("e2", "b1"),
        *interface("e3", "b1"),
    ],
    "add-bond br0 b1 e2 e3 -- del-port b1": gone(PORT, "b1"),
    "add-bond-iface b0 e2": interface("e2", "b0"),
    "--may-exist add-bond-iface b0 e0": interface("e0", "b0"),
    "del-bond-iface b0 e1": gone(INTERFACE, "e1"),
    "--if-exists del-bond-iface e1": gone(INTERFACE, "e1"),
    "del-bond-iface e1 -- add-bond-iface b0 e1": interface("e1", "b0"),
}

_SLOW = "set-controller br0 tcp:192.0.2.1 -- set controller br0 max_backoff=1000"

TARGETS: Dict[str, List[Says]] = {
    "set-controller br0 tcp:192.0.2.1:6653": said(BR0, controller=("tcp:192.0.2.1:6653",)),
    "set-controller br0 tcp:192.0.2.2 ptcp:6634:127.0.0.1 unix:/run/x": said(
        BR0, controller=("ptcp:6634:127.0.0.1", "tcp:192.0.2.2", "unix:/run/x")
    ),
    "set-controller br0 tcp:[::1]:6653 ptcp: -- del-controller br0": said(BR0, controller=()),
    "del-controller br0": said(BR0, controller=()),
    "clear bridge br0 controller": said(BR0, controller=()),
    "set-controller br0 tcp:192.0.2.1 -- set controller br0 connection-mode=out-of-band": [
        *said(BR0, controller=("tcp:192.0.2.1",)),
        *controller("tcp:192.0.2.1", connection_mode="out-of-band"),
    ],
    "set-controller br0 tcp:192.0.2.1 -- set controller br0 enable_async_messages=false max_backoff=1000 "
    "other_config:a=b type=service": [
        *said(BR0, controller=("tcp:192.0.2.1",)),
        *controller("tcp:192.0.2.1", enable_async_messages=0, max_backoff=1000),
        *controller("tcp:192.0.2.1", other_config__a="b", type="service"),
    ],
    "--inactivity-probe=5000 set-controller br0 tcp:192.0.2.1 tcp:192.0.2.2": [
        *said(BR0, controller=("tcp:192.0.2.1", "tcp:192.0.2.2")),
        *controller("tcp:192.0.2.1", inactivity_probe=5000),
        *controller("tcp:192.0.2.2", inactivity_probe=5000),
    ],
    f"{_SLOW} -- set-controller br0 tcp:192.0.2.1": (said(BR0, controller=("tcp:192.0.2.1",))),
    f"{_SLOW} -- clear bridge br0 controller": (said(BR0, controller=())),
    f"{_SLOW} -- del-br br0": gone(BRIDGE, "br0"),
    "set-manager ptcp:6640": said(OPEN, manager=("ptcp:6640",)),
    "set-manager ptcp:6640 -- set manager ptcp:6640 inactivity_probe=1000": [
        *said(OPEN, manager=("ptcp:6640",)),
        *said(RowKey(MANAGER, "ptcp:6640"), inactivity_probe=1000),
    ],
    "--inactivity-probe=0 set-manager ssl:192.0.2.1:6640": [
        *said(OPEN, manager=("ssl:192.0.2.1:6640",)),
        *said(RowKey(MANAGER, "ssl:192.0.2.1:6640"), inactivity_probe=0),
    ],
    "del-manager": said(OPEN, manager=()),
    "set-manager ptcp:6640 -- set manager ptcp:6640 max_backoff=1000 -- clear open . manager_options": said(
        OPEN, manager=()
    ),
}

#: What ovs-vsctl does just so.
ACCEPTED: Dict[str, List[Says]] = {**SETTING, **PARTS, **MAKING, **TARGETS}

#: Of what is made again in the same breath, ovs-vsctl forgets the other values; here nobody has said them.
MADE_AGAIN: Dict[str, List[Says]] = {
    "del-br br0 -- add-br br0": bridge("br0"),
    "set port p0 tag=9 -- del-port p0 -- add-port br0 p0": [*port("p0"), *interface("p0")],
    "--if-exists del-port p0 -- add-port br0 p0 tag=9": [*port("p0", tag=9), *interface("p0")],
}

#: What is understood here, and not by ovs-vsctl, with what it says about it.
ONLY_HERE: Dict[str, Tuple[List[Says], str]] = {
    "set port p0 mac=02:aa:bb:cc:dd:ee": (said(P0, mac="02:aa:bb:cc:dd:ee"), 'unexpected ":"'),
    "set bridge br0 other_config={hwaddr=02:aa:bb:cc:dd:ee,a:b=c}": (
        said(BR0, other_config=("a:b=c", "hwaddr=02:aa:bb:cc:dd:ee")),
        'unexpected ":"',
    ),
    "set-controller br0 tcp:192.0.2.1 tcp:192.0.2.2 -- set controller br0 max_backoff=1000": (
        [
            *said(BR0, controller=("tcp:192.0.2.1", "tcp:192.0.2.2")),
            *controller("tcp:192.0.2.1", max_backoff=1000),
            *controller("tcp:192.0.2.2", max_backoff=1000),
        ],
        'no row "br0" in table Controller',
    ),
    "add-port br0 p0 tag=5": ([*port("p0", tag=5), *interface("p0")], "already exists"),
    "set port p9 tag=5": (said(RowKey(PORT, "p9"), tag=5), 'no row "p9"'),
    "del-port p9": (gone(PORT, "p9"), "no port named p9"),
    "set-manager ptcp:6640 ptcp:6640": (said(OPEN, manager=("ptcp:6640",)), "identical values"),
    "ovs-vsctl set port p0 tag=5": (said(P0, tag=5), "unknown command"),
    "/usr/bin/ovs-vsctl -t 10 --no-wait -- --if-exists set port p0 tag=5": (said(P0, tag=5), "unknown"),
}

#: What neither understands, with a part of what is said here.
REFUSED: Dict[str, str] = {
    "": "'': there is no command in it",
    "--": "there is no command in it",
    "--if-exists": "there is no command in it",
    "foo=bar": "foo=bar is no command: it is to be set TABLE RECORD foo=bar",
    "bar": "'bar' is no command of ovs-vsctl",
    "'' br0": "'' br0: '' is no command",
    "sett port p0 tag=1": "did you mean set?",
    "SET port p0 tag=1": "did you mean set?",
    "completely-invalid-command with bad syntax": "is no command of ovs-vsctl",
    "set": "it is to be set TABLE RECORD COLUMN[:KEY]=VALUE…",
    "set port p0": "it is to be set TABLE RECORD",
    "add port p0 trunks": "it is to be add TABLE RECORD COLUMN",
    "del-fail-mode br0 x": "it is to be del-fail-mode BRIDGE",
    "br-set-external-id br0 a b c": "it is to be br-set-external-id BRIDGE KEY [VALUE]",
    "set-manager": "it is to be set-manager TARGET…",
    "add-bond br0 b1 e2": "it is to be add-bond BRIDGE PORT",
    "add-bond br0 b1 e2 tag=1": "a bond has two interfaces or more",
    "add-bond br0 b1 e2 e2": "a bond has two interfaces or more",
    "add-bond br0 b1 e2 e3 tag=1 e4": "Port has no column 'e4'",
    "add-br br1 br0": "add-br",
    "--may-exist set port p0 tag=1": "set has no option --may-exist here",
    "set port p0 tag=1 -- --no-wait set port p0 tag=2": "set has no option --no-wait here",
    "--dry-run set port p0 tag=1": "set has no option --dry-run here",
    "set port p0 tag=2 --if-exists": "Port has no column '--if-exists'",
    "set port p0 vlan_mode=trunk -- --if-exists --if-exists set port p0 tag=1": "--if-exists stands twice",
    "--if-exists=yes set port p0 tag=1": "--if-exists has no value",
    "--inactivity-probe set-controller br0 tcp:192.0.2.1": "--inactivity-probe needs a value",
    "set port p0 tag=1 set port p0": "'set' (before another command, such as set, stands --)",
    "set bogus p0 tag=1": "there is no table 'bogus'",
    "set brigde br0 stp_enable=true": "did you mean bridge?",
    "set c br0 max_backoff=1000": "may be each of the tables CT_Timeout_Policy, CT_Zone, Controller",
    "set '' br0 a=b": "there is no table ''",
    "set open foo other_config:a=b": "the one row of Open_vSwitch is .",
    "set bridge br0 bogus=1": "Bridge has no column 'bogus'",
    "set bridge br0 stp_enabel=true": "did you mean stp_enable?",
    "set bridge br0 s=true": "may be each of the columns sflow, status, stp_enable",
    "set bridge br0 tag=1": "it is one of Port",
    "set interface p0 tag=1": "it is one of Port",
    "set interface p0 lacp=active": "Interface has no column 'lacp'; it is one of Port",
    "set bridge br0 hwaddr=02:aa:bb:cc:dd:ee": "did you mean other_config:hwaddr?",
    "set interface p0 remote_ip=192.0.2.1": "did you mean options:remote_ip?",
    "set port p0 bridge=br0": "Port has no column 'bridge'",
    "set bridge br0 manager=x": "Bridge has no column 'manager'",
    "set bridge br0 name=br1": "the name of a row is what it is known by",
    "set bridge br0 =x": "begins with no column",
    "set bridge br0 stp_enable": "after stp_enable comes =VALUE",
    "set bridge br0 stp_enable!=true": "after stp_enable comes =VALUE",
    "set bridge br0 stp_enable=": "stp_enable= has no value",
    'set bridge br0 other_config:a=""': "the empty text is written",
    "set bridge br0 stp_enable=True": "'True' is neither false nor true",
    "set bridge br0 stp_enable=2": "'2' is neither false nor true",
    "set bridge br0 stp_enable=[]": "stp_enable: it always has a value",
    "set bridge br0 stp_enable={true}": "stp_enable: {true}: { has to be in quotes",
    "set bridge br0 stp_enable=true,false": "stp_enable: it has one value, not 2",
    "set bridge br0 stp_enable:a=true": "stp_enable has no keys",
    "set bridge br0 fail_mode=on": "'on' is not one of standalone, secure",
    "set bridge br0 protocols=OpenFlow9": "'OpenFlow9' is not one of OpenFlow10",
    "set bridge br0 other_config=[]": "[ has to be in quotes",
    "set bridge br0 other_config=a": "a has no value: write a=VALUE",
    "set bridge br0 other_config={a=b": "} is missing",
    "set bridge br0 'other_config={a=b} c'": "c is after the end",
    "set bridge br0 other_config=a=b,,c=d": ", has to be in quotes",
    "set bridge br0 other_config={a=b,a=c}": "has the key a twice",
    "set bridge br0 other_config:a:b=c": "comes =VALUE",
    "set bridge br0 'other_config:a b=c'": "comes =VALUE",
    "set bridge br0 other_config:=x": "the empty text is written",
    """set bridge br0 'other_config:a="b'""": "the quote is not closed",
    """set bridge br0 'other_config:a="b"c"'""": "is no string as JSON has them",
    r"""set bridge br0 'other_config:a="\q"'""": "is no string as JSON has them",
    r"""set bridge br0 'other_config:a="\ud800"'""": "has a character that no string may have",
    r"""set bridge br0 'other_config:a="\u0000"'""": "has a character that no string may have",
    """set bridge br0 'other_config={a="b}'""": "a quote is open",
    r"set port p0 'vlan_mode=access\'": "what is after the backslash is missing",
    "set port p0 tag=x": "tag: 'x' is not a whole number",
    "set port p0 tag=0x10": "tag: '0x10' is not a whole number",
    "set port p0 tag=5000": "tag: 5000 is not in 0..4095",
    "set port p0 tag=-1": "tag: -1 is not in 0..4095",
    "set port p0 tag=1,2": "tag: it has one value, not 2",
    "set port p0 tag=99999999999999999999": "is not in 0..4095",
    "set port p0 trunks:10=1": "trunks has no keys: write trunks=VALUE",
    "set port p0 trunks=[10, 20]": "] is missing; a text with spaces needs quotes",
    "set port p0 trunks={}": "{ has to be in quotes",
    "set port p0 trunks=10,10": "has a value twice",
    "set port p0 trunks=10,9-10": "has a value twice",
    "set port p0 trunks=12-10": "12-10 ends before it begins",
    "set port p0 trunks=10-": "'10-' is not a whole number",
    "set port p0 'trunks=10;20'": "'10;20' is not a whole number",
    "set port p0 trunks=1-5000": "more than 4096 numbers",
    "set interface p0 ofport_request=0": "0 is not in 1..65279",
    "set interface p0 ingress_policing_rate=-1": "is not in 0..",
    "set port p0 qos=new": "qos cannot be set: it refers to rows of another table",
    "set port p0 qos=@new": "qos cannot be set: it refers to rows of another table",
    "set bridge br0 controller=tcp:192.0.2.1": "it is said by set-controller and del-controller",
    "set open . manager_options=ptcp:6640": "it is said by set-manager and del-manager",
    "set port p0 interfaces=p0": "it is said by add-port",
    "set-controller br0 tcp:192.0.2.1 -- del-controller br0 -- set controller br0 max_backoff=1000": (
        "which controllers br0 has is to be said before: set-controller br0 TARGET"
    ),
    "set manager ptcp:6640 max_backoff=1000": "set-manager ptcp:6640",
    "set port @p tag=1": "@p stands for a row of create",
    "add port p0 trunks []": "[] is no value",
    "add port p0 tag []": "[] is no value",
    "add port p0 tag 1,2": "tag: it has one value, not 2",
    "set port p0 tag=1 -- add port p0 tag 2": "tag has one value, and a command before has said another",
    "add bridge br0 stp_enable true": "stp_enable always has a value: say it with set",
    "add bridge br0 other_config a": "a has no value: write a=VALUE",
    "add bridge br0 other_config:a b=c": "Bridge has no column 'other_config:a'",
    "remove port p0 trunks x": "'x' is not a whole number",
    "clear bridge br0 stp_enable": "stp_enable always has a value: say it with set",
    "clear bridge br0 other_config:a": "Bridge has no column 'other_config:a'",
    "clear bridge br0 datapath_type": "datapath_type always has a value",
    "set-fail-mode br0 open": "'open' is not one of standalone, secure",
    "del-port p0 -- set port p0 tag=1": "port p0 is deleted by a command before",
    "del-port p0 -- set interface p0 mtu_request=1400": "interface p0 is deleted by a command before",
    "del-br br0 -- set interface br0 mtu_request=1400": "interface br0 is deleted by a command before",
    "del-br br0 -- add-port br0 p1": "bridge br0 is deleted by a command before",
    "del-br br0 -- set-controller br0 tcp:192.0.2.1": "bridge br0 is deleted by a command before",
    "add-br br1 -- add-port br0 p1 -- add-port br1 p1": "port p1 has another bridge by a command before: br0",
    "add-br br1 -- add-port br0 p1 -- del-port br1 p1": "port p1 belongs to br0 by a command before",
    "add-bond br0 b1 e2 e3 -- del-bond-iface b0 e2": "interface e2 belongs to b1 by a command before",
    "del-port br0 br0": "br0 is the bridge's own port, which goes with it: del-br br0",
    "add-br ''": "'' is no name",
}

_ASKS = "it only asks"
#: What ovs-vsctl does, and a config cannot have, with a part of the reason.
NOT_STATE: Dict[str, str] = {
    **{
        f"{text}": _ASKS for text in ("show", "list bridge", "get bridge br0 fail_mode", "list-br", "get-ssl")
    },
    **{f"{text}": _ASKS for text in ("find port tag=1", "br-exists br0", "port-to-br p0", "get-manager")},
    "--id=@x create qos type=linux-htb -- set port p0 qos=@x": "rows of QoS, Mirror",
    "--all destroy qos": "rows of QoS, Mirror",
    "set port p0 tag=1 -- wait-until bridge br0": "a run waits by itself",
    "emer-reset": "it changes rows that nobody has named",
    "comment hello": "write a comment of YAML",
    "init": "the database is there when Open vSwitch runs",
    "set-ssl /k /c /ca": "keys and certificates",
    "del-ssl": "keys and certificates",
    "add-aa-mapping br0 1 2": "Auto-Attach",
    "add-br fake br0 10": "say add-port br0 fake tag=VLAN -- set interface fake type=internal",
    "--if-exists --with-iface del-port e0": "del-port has no option --with-iface here",
    "set interface p0 ofport=3": "it is only told by Open vSwitch; what is wanted is said by ofport_request",
    "set interface p0 mtu=1400": "it is only told by Open vSwitch; what is wanted is said by mtu_request",
    "set interface p0 link_state=up": "link_state cannot be set: it is only told by Open vSwitch",
    "set interface p0 statistics={}": "it is only told by Open vSwitch",
    "set open . cur_cfg=1": "it is only told by Open vSwitch",
    "set bridge br0 mirrors=[]": "it refers to rows of another table",
    "clear bridge br0 mirrors": "it refers to rows of another table",
    "clear port p0 qos": "it refers to rows of another table",
    "set bridge br0 controller=[]": "it is said by set-controller and del-controller",
    "set-controller br0": "it is to be set-controller BRIDGE TARGET…",
    "set-controller br0 192.0.2.1": "'192.0.2.1' leads nowhere",
    "set-controller br0 unix:/x -- set controller br0 target=x": "target cannot be set: it is said by set-c",
    "set controller br0 max_backoff=1000": "which controllers br0 has is to be said before",
    "set manager punix:/run/m max_backoff=1000": "'punix:/run/m' is to be made a manager before",
    "remove bridge br0 other_config a=b": "whether other_config:a is b differs from node to node",
    "set bridge br0 external_ids:os-net-config=1": "is the label of what this program made",
    "br-set-external-id br0 os-net-config": "is the label of what this program made",
    """set bridge br0 'other_config:""=x'""": "'' as the key of other_config",
    "br-set-external-id br0 a=b c": "'a=b' as the key of external_ids",
    "add-port br0 'a b'": "'a b' is no name",
    "add-br a/b": "'a/b' is no name",
    "set interface p0 mtu_request=60": "60 is not in 68..65535",
    "set port b0 bond_updelay=-1": "-1 is not in 0..",
}

#: What a shell refuses or does something else with.
SHELL: Dict[str, str] = {
    "set bridge 'br0 stp_enable=true": "a quote ' is open",
    'set bridge br0 other_config:x="a': 'a quote " is open',
    "set bridge br0 stp_enable=true\\": "it ends in a backslash",
    "set bridge $DEVICE stp_enable=true": "$ is for a shell, and there is none: put it in single quotes",
    'set bridge "$DEVICE" stp_enable=true': "$ is for a shell",
    "set bridge br0 other_config:x=`hostname`": "` is for a shell",
    "set bridge br0 stp_enable=true; reboot": "; is for a shell",
    "set bridge br0 stp_enable=true && add-br x": "& is for a shell",
    "set bridge br0 stp_enable=true > /dev/null": "> is for a shell",
}
