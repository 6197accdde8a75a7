"""Real boots: each twice, and the second leaves the node as the first did.

The unit is enabled, and the NICs come by units of their own, some of them late or never.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Dict, NamedTuple, Sequence

import pytest

from .disk import CHECKOUT, on_a_disk

DEADLINE = 400.0
NETWORK = """\
network_config:
- type: linux_bond
  name: bond0
  bonding_options: mode=active-backup miimon=100
  members:
  - {type: interface, name: eno1, primary: true}
  - {type: interface, name: eno2}
- {type: vlan, device: bond0, vlan_id: 20, addresses: [{ip_netmask: 10.20.0.10/24}]}
- {type: interface, name: eno3, addresses: [{ip_netmask: 192.0.2.10/24}]}
"""
NEWER = NETWORK.replace("10.20.0.10", "10.20.0.11")
WHOLE = (
    "bond0 UP bond",
    "eno1 bond0 UP",
    "eno2 bond0 UP",
    "eno3 192.0.2.10/24 UP",
    "vlan20 10.20.0.10/24 UP vlan",
)
#: udevd gives it its name.
LINK_FILE = "[Match]\nMACAddress=52:54:00:00:00:02\n\n[Link]\nName=eno2\n"

PREPARED = r"""
set -e
files=/etc/os-net-config
program=/usr/local/bin/os-net-config
unit() { printf '[Unit]\nDefaultDependencies=no\n%s\n[Service]\nType=%s\nExecStart=/bin/sh -c "%s"\n' \
    "$3" "$2" "$4" >/etc/systemd/system/$1.service; }
cable() {
    echo "ip link add $1 address 52:54:00:00:00:0$2 type veth peer name cable$2 && ip link set cable$2 up"
}
wanted() { systemctl add-wants $2.target $1; }
install() {
    mkdir -p $files /etc/systemd/network
    cp systemd/os-net-config.service /etc/systemd/system/
    printf '#!/bin/sh\ncd %s && exec %s -m os_net_config "$@"\n' "$CHECKOUT" "$PYTHON" >$program
    chmod +x $program
    unit cables oneshot 'Before=sysinit.target' "$(cable eno1 1) && $(cable eno3 3)"
    systemctl enable os-net-config.service
    wanted cables.service sysinit
    # What the lab waits for is no part of what the unit comes after.
    wanted network-online.target lab
}
eno2() { unit eno2 simple 'Before=sysinit.target' "sleep $2; $(cable $1 2)"
    wanted eno2.service sysinit; }
deadline() {
    mkdir -p /etc/systemd/system/os-net-config.service.d
    command="os-net-config boot --verbose --detailed-exit-codes --wait-nics $1"
    printf '[Service]\nExecStart=\nExecStart=%s\n' "$command" \
        >/etc/systemd/system/os-net-config.service.d/deadline.conf
}
at() { systemctl show $1 --property=ActiveEnterTimestampMonotonic --value; }
told() {
    systemctl start network-online.target
    state=$(systemctl is-active os-net-config.service || true)
    echo "$state $(systemctl show os-net-config.service --property=ExecMainStatus --value)"
    ended=$(systemctl show os-net-config.service --property=ExecMainExitTimestampMonotonic --value)
    test $ended -le $(at network-online.target) && echo "before network-online.target"
    journalctl --boot --quiet --grep "ordering cycle" --no-pager || true
    ip -json -details address show | "$PYTHON" -c '
import json, sys
for one in sorted(json.load(sys.stdin), key=lambda one: one["ifname"]):
    if one["ifname"][:3] in ("bon", "eno", "vla"):
        ours = [a["local"] + "/" + str(a["prefixlen"]) for a in one["addr_info"] if a["family"] == "inet"]
        words = [one["ifname"], *ours, one.get("master", ""), "UP" * ("UP" in one["flags"])]
        words.append(one.get("linkinfo", {}).get("info_kind", "").replace("veth", ""))
        print(*filter(None, words))
'
    journalctl --boot --unit os-net-config.service --output=cat --no-pager >/var/log/boot.$1
    grep -ohE "$SAID" /var/log/boot.$1 | uniq || true
    echo ---
}
boots=$(cat /boots 2>/dev/null || echo 0)
echo $((boots + 1)) >/boots
case $boots in
0)
    install
    $BEFORE
    sync
    echo b >/proc/sysrq-trigger
    sleep 60 ;;
1)
    told 1
    sync
    echo b >/proc/sysrq-trigger
    sleep 60 ;;
2)
    told 2 ;;
esac
"""


class Node(NamedTuple):
    """``before`` are commands before the first boot; ``said`` is what the journal has of it."""

    before: str
    ends: str = "active 2"
    links: Sequence[str] = WHOLE
    said: str = "^$"
    first: Sequence[str] = ()
    second: Sequence[str] = ()


def write(name: str, text: str) -> str:
    return f"cat >$files/{name} <<'END'\n{text}END\n"


#: What a user did before the node went down.
USED = (
    write("config.yaml", NETWORK)
    + 'for one in 1 2 3; do eval "$(cable eno$one $one)"; done\n'
    + "$program --arp-wait 0 >/dev/null\n"
    + "eno2 eno2 0\n"
)
NODES: Dict[str, Node] = {
    "a NIC ten seconds late that udevd renames": Node(
        write("config.yaml", NETWORK)
        + f"cat >/etc/systemd/network/10-eno2.link <<'END'\n{LINK_FILE}END\n"
        + "eno2 late0 10\n",
        said="waiting up to|not here after",
        first=("waiting up to",),
        second=("waiting up to",),
    ),
    "a NIC that never comes": Node(
        write("config.yaml", NETWORK) + "deadline 5\n",
        ends="failed 6",
        links=tuple(one for one in WHOLE if not one.startswith("eno2")),
        said="not here after|eno2 is not on this node: it is left out",
        first=("not here after", "eno2 is not on this node: it is left out"),
        second=("not here after", "eno2 is not on this node: it is left out"),
    ),
    "a broken file": Node(
        USED + write("config.yaml", NETWORK.replace("/24", "/33")),
        ends="failed 1",
        said="prefix length 33 is not in 0..32",
        first=("prefix length 33 is not in 0..32",),
        second=("prefix length 33 is not in 0..32",),
    ),
    "a change that awaits confirmation": Node(
        USED + write("config.yaml", NEWER) + "$program --arp-wait 0 --confirm 600 >/dev/null\n",
        said="a change was not confirmed|is not applied again until it changes",
        first=("a change was not confirmed", "is not applied again until it changes"),
        second=("is not applied again until it changes",),
    ),
    "a journal left by a crash": Node(
        USED
        + write("new.yaml", NEWER)
        + "echo 'ip address show dev vlan20 | grep -q 10.20.0.11 && kill -KILL $PPID; true' >/kill.sh\n"
        + "$program --arp-wait 0 -c $files/new.yaml --probe-required 'command:sh /kill.sh' || true\n"
        + "test -e /var/lib/os-net-config/journal.json\n",
        said="a run was not finished|what it had begun has been taken back, verified",
        first=("a run was not finished", "what it had begun has been taken back, verified"),
    ),
}


#: User-mode Linux' own NICs have a device, as real ones have, and no driver that tells their carrier: what
#: stands in for it follows the notifications. The first of them has no cable.
COUNTED = r"""
mkdir -p /etc/os-net-config
cat >/etc/os-net-config/config.yaml <<'END'
network_config: [{type: interface, name: nic2, addresses: [{ip_netmask: 192.0.2.10/24}]}]
END
ip -oneline monitor link | while read -r index name flags more; do
    case "$name $flags $more" in eth[12]:*,UP*state\ UNKNOWN*) ip link set "${name%:}" state up ;; esac
done >/dev/null 2>&1 &
boot() {
    "$PYTHON" -m os_net_config boot --verbose --detailed-exit-codes --wait-nics 3 2>&1
    echo "status $?"
}
boot
ip -brief address show up | awk '$1 ~ /^eth/ {print $1, $3}'
grep -o '"nic.*"' /var/lib/os-net-config/nics.json
boot
"""


def test_a_first_count_is_of_nics_that_have_carrier_when_they_are_up() -> None:
    words = [sys.executable, "-m", "tests.lab", "run", "--nic", "1", "--nic", "1", "--nic", "1", "--"]
    done = subprocess.run(
        [*words, "sh", "-c", f"PYTHON={sys.executable}\n{COUNTED}"],
        cwd=CHECKOUT,
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    first, _, second = done.stdout.partition('"nic1": "02:00:00:00:00:02"\n"nic2": "02:00:00:00:00:03"\n')
    assert "the NICs are counted for the first time: all are set up" in first, (done.stdout, done.stderr)
    assert "the carrier of eth0" in first and "status 2\neth2 192.0.2.10/24\n" in first, done.stdout
    assert second.endswith("No change: the node is as the config says.\nstatus 0\n"), done.stdout
    assert "counted" not in second


@pytest.mark.rotating
@pytest.mark.parametrize("name", list(NODES))
def test_a_boot_and_another_one(tmp_path: Path, name: str) -> None:
    node = NODES[name]
    variables = f"PYTHON={sys.executable}\nCHECKOUT={CHECKOUT}\nSAID='{node.said}'\n"
    script = variables + PREPARED.replace("    $BEFORE\n", node.before)
    done = on_a_disk(tmp_path, script, deadline=DEADLINE)
    assert done.returncode == 0, (done.stdout, done.stderr)
    first, second = (
        [node.ends, "before network-online.target", *node.links, *said, "---"]
        for said in (node.first, node.second)
    )
    assert done.stdout.splitlines() == [*first, *second], done.stderr
