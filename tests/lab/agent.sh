#!/bin/sh
# Runs the job in the guest: as PID 1, or as a service where systemd is PID 1.
# Standard output and standard error leave on a serial line each; what happens, on a third.
set -u

job=/run/lab
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
exec 3>/dev/ttyS3

prepare() {
    stty -F /dev/ttyS1 raw -echo &&
        stty -F /dev/ttyS2 raw -echo &&
        mkfifo -m 600 /run/lab.stdout /run/lab.stderr &&
        ip link set lo up &&
        read -r mark <"$job/mark"
}

on_the_terminal() {
    . "$job/terminal.sh"
    stty -F /dev/tty1 sane rows "$LAB_ROWS" cols "$LAB_COLUMNS"
    setsid --ctty --wait sh "$job/job.sh" </dev/tty1 >/dev/tty1 2>&1 3>&-
}

# A process that outlives the job may keep its output open, so a mark tells the host where the output
# ends. A FIFO that is open for both directions always has a writer.
on_the_lines() {
    exec 4<>/run/lab.stdout 5<>/run/lab.stderr
    cat <&4 >/dev/ttyS1 3>&- 4>&- 5>&- &
    cat <&5 >/dev/ttyS2 3>&- 4>&- 5>&- &
    # What the shell itself has to say about it, as "Terminated", is not for the command's output.
    (exec sh "$job/job.sh" </dev/null >/run/lab.stdout 2>/run/lab.stderr 3>&- 4>&- 5>&-)
    status=$?
    printf %s "$mark" >&4
    printf %s "$mark" >&5
    return $status
}

if ! prepare; then
    echo "failed preparing the command" >&3
    exec sleep infinity
fi
echo ready >&3
if [ -e "$job/terminal.sh" ]; then
    on_the_terminal
else
    on_the_lines
fi
status=$?

# What was written to the results directory is still in the guest's memory.
sync
echo "exit $status" >&3
exec sleep infinity # the host ends the guest
