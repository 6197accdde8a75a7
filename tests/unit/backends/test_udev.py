"""udevd's database of links, and its events."""

from __future__ import annotations

from pathlib import Path

from os_net_config.backends import udev

#: As systemd 252 writes it.
FINISHED = "I:16837108\nE:ID_NET_DRIVER=veth\nE:ID_NET_NAME=eno77\nG:systemd\nQ:systemd\nV:1\n"


def test_what_it_has_finished_with(tmp_path: Path) -> None:
    (tmp_path / "n2").write_text(FINISHED)
    (tmp_path / "n3").write_text("E:ID_RENAMING=1\n" + FINISHED)
    # Of a device without properties the file is empty.
    (tmp_path / "n4").touch()
    # A block device, and one of PCI.
    (tmp_path / "b8:0").write_text(FINISHED)
    (tmp_path / "+pci:0000:00:01.0").write_text(FINISHED)
    # Of a file that goes while the directory is read.
    (tmp_path / "n5").symlink_to("nowhere")
    assert udev.finished(str(tmp_path)) == {2, 4}


def test_before_it_has_finished_with_anything(tmp_path: Path) -> None:
    assert udev.finished(str(tmp_path / "data")) == frozenset()


def test_whether_an_event_is_of_a_link() -> None:
    """The header (struct monitor_netlink_header of systemd) and the properties."""
    header = b"libudev\0\xfe\xed\xca\xfe" + bytes(28)
    assert udev.is_of_a_link(header + b"ACTION=add\0SUBSYSTEM=net\0INTERFACE=eno77\0")
    assert not udev.is_of_a_link(header + b"ACTION=add\0SUBSYSTEM=tty\0DEVNAME=/dev/net\0")
