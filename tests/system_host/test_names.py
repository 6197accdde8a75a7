"""Names of NICs over real boots, with a real udevd: by its own file, and by our boot where it has none."""

from __future__ import annotations

import sys
from pathlib import Path

from .disk import CHECKOUT, on_a_disk

DEADLINE = 400.0

#: User-mode Linux' own NIC has a device, as real ones have. The unit is not enabled.
SCRIPT = r"""
set -e
cd "$CHECKOUT"
program() { "$PYTHON" -m os_net_config "$@"; }
run() { program "$@" --arp-wait 0 --detailed-exit-codes | grep -E 'rename|at boot' || true; }
unchanged() { program "$@" --detailed-exit-codes; }
names() { udevadm settle; ip -json link | grep -o '"ifname":"[a-z]*[0-9]"' | grep -v lo | cut -d'"' -f4; }
again() { echo ---; sync; echo b >/proc/sysrq-trigger; sleep 60; }
boots=$(cat /boots 2>/dev/null || echo 0)
echo $((boots + 1)) >/boots
case $boots in
0)
    mkdir -p /etc/os-net-config
    echo 'interface_mapping: {nic1: eth0}' >/etc/os-net-config/mapping.yaml
    cat >/etc/os-net-config/config.yaml <<'END'
network_config: [{type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}]
END
    names
    run --persist-mapping
    unchanged --persist-mapping
    names
    again ;;
1)
    # By udevd alone.
    names
    run boot
    unchanged --persist-mapping
    # As where a file that comes before it, or the initramfs, gives another name.
    mv /etc/systemd/network/70-os-net-config-nic1.link /etc/systemd/network/70-os-net-config-nic1.away
    again ;;
2)
    names
    mv /etc/systemd/network/70-os-net-config-nic1.away /etc/systemd/network/70-os-net-config-nic1.link
    run boot
    unchanged --persist-mapping
    names
    run
    unchanged
    again ;;
3)
    names
    ls /etc/systemd/network ;;
esac
"""
NO_CHANGE = "No change: the node is as the config says."
TOLD = f"""\
eth0
  ~ rename   eth0 → nic1
  + at boot  02:00:00:00:00:01, eth0
{NO_CHANGE}
nic1
---
nic1
{NO_CHANGE}
---
eth0
  ~ rename   eth0 → nic1
{NO_CHANGE}
nic1
  ~ rename   nic1 → eth0
  - at boot  02:00:00:00:00:01, eth0
{NO_CHANGE}
---
eth0
"""


def test_names_over_boots(tmp_path: Path) -> None:
    script = f"PYTHON={sys.executable}\nCHECKOUT={CHECKOUT}\n{SCRIPT}"
    done = on_a_disk(tmp_path, script, "--nic", "1", deadline=DEADLINE)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert done.stdout == TOLD, done.stderr
