#!/bin/sh
# PID 1 of the guest, as long as its root is the host's own file system, read-only.
# It lays an overlay over that, so that every write stays in the guest, and hands over to agent.sh.
# Argument: the job's directory on the host, as tests/lab/layout.py writes it.
# A new process costs 30 ms in here, so what the shell itself can do it does.
set -u

job=$1
hold=/mnt # any directory that exists: only PID 1 sees what is mounted on it
root=$hold/root
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# The host reads this line: "failed STEP" from here, "ready" and "exit N" from agent.sh.
exec 3>/dev/ttyS3

must() {
    step=$1
    shift
    "$@" && return
    echo "failed $step" >&3
    exec sleep infinity # the host ends the guest
}

insert_overlay() {
    while read -r _ name; do
        [ "$name" != overlay ] || return 0
    done </proc/filesystems
    read -r release </proc/sys/kernel/osrelease
    read -r modules <"$job/modules"
    insmod "$modules/$release/kernel/fs/overlayfs/overlay.ko"
}

# A disk keeps what is written over a reboot, memory does not.
storage() {
    if [ -e "$job/disk" ]; then
        mount -t ext4 /dev/ubda "$hold"
    else
        mount -t tmpfs -o size=90% tmpfs "$hold"
    fi
}

overlay() {
    mkdir -p "$hold/upper" "$hold/work" "$root" &&
        mount -t overlay -o "lowerdir=/,upperdir=$hold/upper,workdir=$hold/work" overlay "$root"
}

file_systems() {
    mount -a -n -T "$job/fstab" --target-prefix "$root"
}

# The guest's own /tmp and /run hide directories that the command needs.
kept_directories() {
    [ -e "$job/kept" ] || return 0
    count=0
    while read -r directory; do
        own=$hold/kept/$count
        options=lowerdir=$directory,upperdir=$own/upper,workdir=$own/work
        mkdir -p "$own/upper" "$own/work" "$root$directory" &&
            mount -n -t overlay -o "$options" overlay "$root$directory" || return
        count=$((count + 1))
    done <"$job/kept"
}

results_directory() {
    [ -e "$job/results" ] || return 0
    mount -a -n -T "$job/results" --target-prefix "$root"
}

host_name() {
    echo lab >/proc/sys/kernel/hostname &&
        echo lab >"$root/etc/hostname" &&
        echo "127.0.1.1 lab" >>"$root/etc/hosts"
}

# Wherever the host itself runs, the guest is no container to systemd.
units() {
    [ -e "$job/units" ] || return 0
    rm -f "$root/.dockerenv" &&
        cp -P "$job"/units/* "$root/etc/systemd/system/"
}

must "mounting proc" mount -t proc proc /proc
must "loading the overlay module" insert_overlay
must "mounting the overlay's storage" storage
must "mounting the overlay" overlay
must "mounting the file systems" file_systems
must "keeping the directories that the command needs" kept_directories
must "mounting the results directory" results_directory
must "setting the host name" host_name
must "adding the units" units
must "loading the ipv6 module" chroot "$root" modprobe ipv6

# Not pivot_root, which a kernel's first root does not allow; not chroot alone, inside which no user
# namespace can be made.
must "changing to the new root" cd "$root"
must "moving the new root" mount -n --move . /
if [ -e "$job/units" ]; then
    exec 3>&-
    exec chroot . /lib/systemd/systemd --unit=lab.target
fi
exec chroot . /bin/sh /run/lab/agent.sh
