"""What the exit status says. The bits are those that callers of os-net-config know."""

from __future__ import annotations

from enum import IntFlag


class ExitCode(IntFlag):
    SUCCESS = 0
    #: Wrong arguments, a config that cannot be used, a busy lock: nothing was touched.
    ERROR = 1
    #: The node was changed, or would be (--noop). Said with --detailed-exit-codes only.
    FILES_CHANGED = 2
    #: A change was refused by the node, or did not hold.
    NETWORK_CONFIG_FAILED = 4
    FALLBACK_FAILED = 8
    MINIMUM_CONFIG_FAILED = 16
    REMOVE_CONFIG_FAILED = 32
    PURGE_FAILED = 64
    DCB_CONFIG_FAILED = 128
    #: Does not fit the eight bits of a process' status: see ``status``.
    SCHEMA_VALIDATION_FAILED = 256


def status(code: ExitCode, detailed: bool) -> int:
    """The process' exit status, 0 to 255.

    Without ``detailed`` only success and failure are told apart. What is over 255 would be cut
    off by the kernel and look like success: it sets bit 0 as well.
    """
    if not detailed:
        return 0 if code in {ExitCode.SUCCESS, ExitCode.FILES_CHANGED} else 1
    number = int(code)
    return (number & 0xFF) | (1 if number > 0xFF else 0)
