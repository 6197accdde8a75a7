"""The first root of an emulated guest: its modules in order, and its archive."""

from __future__ import annotations

from tests.lab.initramfs import entry, with_needed

DEPENDENCIES = """\
kernel/fs/9p/9p.ko: kernel/net/9p/9pnet.ko kernel/fs/netfs/netfs.ko
kernel/net/9p/9pnet.ko:
kernel/fs/netfs/netfs.ko:
kernel/net/9p/9pnet_virtio.ko: kernel/drivers/virtio_ring.ko kernel/drivers/virtio.ko kernel/net/9p/9pnet.ko
kernel/drivers/virtio_ring.ko: kernel/drivers/virtio.ko
kernel/drivers/virtio.ko:
kernel/drivers/virtio-mmio.ko:
""".splitlines()


def test_a_module_comes_behind_those_that_it_needs_and_once() -> None:
    found = with_needed(["9pnet_virtio", "9p", "virtio_mmio"], DEPENDENCIES)
    names = [file.rpartition("/")[2].removesuffix(".ko") for file in found]
    assert names == ["9pnet", "virtio", "virtio_ring", "9pnet_virtio", "netfs", "9p", "virtio-mmio"]


def test_what_is_part_of_the_kernel_needs_no_file() -> None:
    assert with_needed(["ext4"], DEPENDENCIES) == []


def test_an_entry_is_in_whole_words() -> None:
    made = entry("init", 0o100755, b"#!/bin/sh")
    assert made[:6] == b"070701"
    assert made[54:62] == b"%08x" % len(b"#!/bin/sh")
    assert made[110:] == b"init\0\0" + b"#!/bin/sh\0\0\0"
