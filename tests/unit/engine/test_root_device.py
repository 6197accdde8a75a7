"""Where the root file system comes from, by the words of mountinfo and sysfs."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from os_net_config.engine.root_device import mounts, root_servers, servers
from os_net_config.state.root_file_system import RootServers

DISK = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro"
OVERLAY = "22 1 0:20 / / rw - overlay LiveOS_rootfs rw,lowerdir=/run/rootfsbase"
DATA = "40 22 0:33 / /srv/my\\040data rw shared:9 master:2 - nfs4 10.0.0.9:/srv rw,vers=4.2,addr=10.0.0.9"


def root(rest: str) -> str:
    return f"22 1 0:20 / / rw,relatime shared:1 - {rest}"


def from_(*addresses: str) -> RootServers:
    return RootServers(frozenset(ip_address(one).packed for one in addresses))


UNKNOWN = RootServers(unknown=True)

CASES = {
    "a disk": ((DISK,), from_()),
    "a mount without a source": ((DISK, "41 22 0:40 / /x rw - tmpfs  rw,relatime"), from_()),
    "NFS for data only": ((DISK, DATA), from_()),
    "NFS": ((root("nfs 10.0.0.1:/root rw,vers=3,addr=10.0.0.1"), DATA), from_("10.0.0.1")),
    "NFS by a name": ((root("nfs4 filer:/root rw,clientaddr=10.0.0.5,addr=10.0.0.1"),), from_("10.0.0.1")),
    "NFS over IPv6": ((root("nfs4 [2001:db8::1]:/root rw,addr=2001:db8::1"),), from_("2001:db8::1")),
    "link-local": ((root("nfs4 [fe80::1%eth0]:/root rw,addr=fe80::1%eth0"),), from_("fe80::1")),
    "NFS without an address": ((root("nfs filer:/root rw"),), UNKNOWN),
    "CIFS": ((root("cifs //filer/root rw,vers=3.0,addr=10.0.0.2"),), from_("10.0.0.2")),
    "Ceph": ((root("ceph 10.0.0.1:6789,10.0.0.2:6789:/ rw,name=a"),), from_("10.0.0.1", "10.0.0.2")),
    "9P over TCP": ((root("9p 10.0.0.3 rw,trans=tcp,port=564"),), from_("10.0.0.3")),
    "9P of the host": ((root("9p hostshare rw,trans=virtio"),), from_()),
    "mounted over": ((root("rootfs rootfs rw"), DISK), from_()),
    "a live system over NFS": ((OVERLAY, DATA), from_("10.0.0.9")),
    "a live system": ((OVERLAY,), from_()),
}


@pytest.mark.parametrize(("lines", "found"), CASES.values(), ids=CASES)
def test_the_server(lines: str, found: RootServers, tmp_path: Path) -> None:
    assert servers(mounts(iter(lines)), str(tmp_path)) == found


def test_a_place_with_a_blank_is_read() -> None:
    (one,) = mounts(iter([DATA]))
    assert (one.point, one.type, one.source) == ("/srv/my\\040data", "nfs4", "10.0.0.9:/srv")


def content(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"{text}\n")


def of_disk(sys: Path) -> RootServers:
    return servers(mounts(iter([DISK])), str(sys))


@pytest.mark.parametrize("name", ["nbd0/pid", "rbd0/size", "drbd1/size"])
def test_a_network_block_device_may_be_below_any_disk(tmp_path: Path, name: str) -> None:
    content(tmp_path / "block" / name, "7")
    assert of_disk(tmp_path) == UNKNOWN


def test_devices_that_are_not_of_the_network(tmp_path: Path) -> None:
    for name in ("nbd0/size", "sda/size", "dm-0/size", "nvme0n1/size"):
        content(tmp_path / "block" / name, "7")
    content(tmp_path / "class/nvme/nvme0/transport", "pcie")
    assert of_disk(tmp_path) == RootServers()


def test_nvme_over_fabrics(tmp_path: Path) -> None:
    content(tmp_path / "class/nvme/nvme0/transport", "tcp")
    assert of_disk(tmp_path) == UNKNOWN


def test_iscsi_tells_its_addresses(tmp_path: Path) -> None:
    content(tmp_path / "class/iscsi_connection/connection1:0/address", "10.0.0.4")
    assert of_disk(tmp_path) == from_("10.0.0.4")
    content(tmp_path / "class/iscsi_connection/connection2:0/address", "<NULL>")
    assert of_disk(tmp_path) == from_("10.0.0.4")._replace(unknown=True)


def test_of_the_machine_that_we_are_on() -> None:
    assert isinstance(root_servers(), RootServers)
