#!/bin/busybox sh
# PID 1 of an emulated guest until its root is there: the host's own file system, read-only.
set -u

busybox=/bin/busybox
# Large pieces, since each is a trip to the host; what is read once is kept, since nobody else writes.
options=trans=virtio,version=9p2000.L,msize=1048576,ro,cache=loose

to_the_root() {
    for module in /modules/*; do
        $busybox insmod "$module" || return
    done
    $busybox mount -t 9p -o "$options" root /root &&
        $busybox mount -t devtmpfs devtmpfs /root/dev &&
        read -r job </job
}

$busybox mount -t devtmpfs devtmpfs /dev
if ! to_the_root; then
    echo "failed mounting the host's file system" >/dev/ttyS3
    exec $busybox sleep infinity # the host ends the guest
fi
exec $busybox switch_root /root /bin/sh "$job/init.sh" "$job"
