"""A machine that is switched off while a change awaits confirmation boots what was confirmed last."""

from __future__ import annotations

import sys
from pathlib import Path

from .disk import CHECKOUT, on_a_disk

DEADLINE = 300.0
#: A file takes nothing back that another one brought.
BOTH = ['"local":"192.0.2.10"', '"local":"192.0.2.20"']

#: What the disk has is what the program has synced by itself, and what was there before it was started.
ON_TWO_BOOTS = f"""
set -e
run="{sys.executable} -m os_net_config --arp-wait 0"
program=/usr/local/bin/os-net-config
files=/etc/os-net-config
config() {{
    echo "network_config:"
    echo "- {{type: interface, name: nic1, addresses: [{{ip_netmask: 192.0.2.$1/24}}]}}"
}}
address() {{ ip -json address show dev conf0 | grep -o '"local":"192[^"]*"'; }}
history() {{ {sys.executable} -m os_net_config history | sed 's/.*) //'; }}
ip link add conf0 type veth peer name conf1
ip link set conf1 up
if [ ! -e $files ]; then
    mkdir $files
    echo 'interface_mapping: {{nic1: conf0}}' >$files/mapping.yaml
    config 10 >$files/config.yaml
    config 20 >$files/new.yaml
    $run >/dev/null
    cp systemd/os-net-config.service /etc/systemd/system/
    printf '#!/bin/sh\\ncd {CHECKOUT} && exec {sys.executable} -m os_net_config "$@"\\n' >$program
    chmod +x $program
    sync
    $run -c $files/new.yaml --confirm 600 | tail -n 1
    address
    history
    # The machine is off at once, with what its serial line has not sent yet.
    sleep 2
    echo b >/proc/sysrq-trigger
    sleep 60
fi
echo booted
systemctl start os-net-config.service || journalctl --unit os-net-config.service >&2
address
history
test ! -e /var/lib/os-net-config/journal.json
journalctl --unit os-net-config.service --output cat --priority 4 --no-pager | sed 's/: process.*//'
$run -c $files/new.yaml >/dev/null
address
"""


def test_a_power_failure_in_the_window(tmp_path: Path) -> None:
    done = on_a_disk(tmp_path, ON_TWO_BOOTS, deadline=DEADLINE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Taken back in 600 s unless you say: os-net-config confirm",
        *BOTH,
        " applied",
        "booted",
        '"local":"192.0.2.10"',
        " applied",
        " taken back: not confirmed before the next boot",
        "a change was not confirmed",
        "what it had begun has been taken back, verified",
        *BOTH,
    ]
