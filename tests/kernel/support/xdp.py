"""The smallest XDP program on a link: it lets everything pass (linux/bpf.h, linux/if_link.h)."""

from __future__ import annotations

import ctypes
import os
import socket
import struct

from .messages import HEADER
from .raw import asked_link, attributes

_LIBC = ctypes.CDLL(None, use_errno=True)
#: __NR_bpf is 321 on x86-64, 280 where system calls have the generic numbers.
_NR_BPF = {"x86_64": 321}.get(os.uname().machine, 280)
_BPF_PROG_LOAD, _BPF_PROG_TYPE_XDP = 5, 6
#: r0 = XDP_PASS; exit
_PROGRAM = struct.pack("=QQ", 0x00000002_000000B7, 0x95)
#: union bpf_attr: type, count of instructions, instructions, licence.
_ATTRIBUTES = struct.Struct("=IIQQ")
_SIZE_OF_ATTRIBUTES = 48

_RTM_SETLINK, _NLM_F_REQUEST, _NLM_F_ACK = 19, 0x1, 0x4
_IFLA_XDP, _IFLA_XDP_FD, _IFLA_XDP_ATTACHED, _IFLA_XDP_FLAGS = 43, 1, 2, 3
_XDP_FLAGS_SKB_MODE = 2
_NLA_F_NESTED = 0x8000
_IFINFOMSG, _ATTRIBUTE = struct.Struct("=BxHiII"), struct.Struct("=HH")


def attach(link: str) -> None:
    """Put the program on a link, which keeps it."""
    program = _load()
    try:
        values = _attribute(_IFLA_XDP_FD, struct.pack("=i", program))
        values += _attribute(_IFLA_XDP_FLAGS, struct.pack("=I", _XDP_FLAGS_SKB_MODE))
        index = socket.if_nametoindex(link)
        body = _IFINFOMSG.pack(0, 0, index, 0, 0) + _attribute(_IFLA_XDP | _NLA_F_NESTED, values)
        header = HEADER.pack(HEADER.size + len(body), _RTM_SETLINK, _NLM_F_REQUEST | _NLM_F_ACK, 1, 0)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
            route.send(header + body)
            (error,) = struct.unpack_from("=i", route.recv(65536), HEADER.size)
        if error:
            raise OSError(-error, os.strerror(-error))
    finally:
        os.close(program)


def is_attached(link: str) -> bool:
    found = attributes(asked_link(link)).get(_IFLA_XDP, b"")
    return attributes(found).get(_IFLA_XDP_ATTACHED, b"\0")[0] != 0


def _load() -> int:
    instructions, licence = ctypes.create_string_buffer(_PROGRAM), ctypes.create_string_buffer(b"GPL")
    count = len(_PROGRAM) // 8
    packed = _ATTRIBUTES.pack(
        _BPF_PROG_TYPE_XDP, count, ctypes.addressof(instructions), ctypes.addressof(licence)
    )
    given = ctypes.create_string_buffer(packed, _SIZE_OF_ATTRIBUTES)
    descriptor = _LIBC.syscall(_NR_BPF, _BPF_PROG_LOAD, given, _SIZE_OF_ATTRIBUTES)
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(descriptor)


def _attribute(number: int, value: bytes) -> bytes:
    """All of ours are whole words, so that nothing has to be padded."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), number) + value
