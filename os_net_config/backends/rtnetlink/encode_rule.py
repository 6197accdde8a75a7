"""Policy rules to messages (struct fib_rule_hdr, FRA_*). A rule is made and removed, never changed."""

from __future__ import annotations

from typing import Any, List, Tuple

from pyroute2.netlink import nlmsg
from pyroute2.netlink.rtnl.fibmsg import fibmsg

from ...state.diff import Change
from ...state.model import RuleKey
from . import wire
from .decode_rule import NUMBERS, PREFIXES, RANGES, TEXTS
from .encode import Encoded, as_it_was, body_of

_NAMES = {
    **{number: name for number, (name, _) in {**NUMBERS, **RANGES}.items()},
    **TEXTS,
    **PREFIXES,
    wire.FRA_PROTOCOL: "protocol",
}
_ACTIONS = {name: number for number, name in wire.FR_ACT_NAMES.items()}
#: What a key has where it does not say it; the kernel takes a priority of its own where none is given.
_UNSAID = {**RuleKey._field_defaults, "priority": None}


class _RuleMessage(nlmsg):  # type: ignore[misc]
    fields = fibmsg.fields
    nla_map = tuple(
        (number, name, "asciiz" if number in TEXTS else "cdata") for number, name in _NAMES.items()
    )


def rule_messages(step: Change, key: RuleKey) -> List[Encoded]:
    """The kernel's own message where others' is put back."""
    messages: List[Encoded] = []
    if step.after is not None:
        flags = wire.NLM_F_CREATE | wire.NLM_F_EXCL
        messages.append(Encoded(wire.RTM_NEWRULE, flags, as_it_was(step.after) or _body(key)))
    if step.before is not None:
        messages.append(Encoded(wire.RTM_DELRULE, 0, _body(key)))
    return messages


def _body(key: RuleKey) -> bytes:
    message = _RuleMessage()
    message["family"] = wire.AF_INET if key.family == 4 else wire.AF_INET6
    message["tos"] = key.tos
    message["action"] = _ACTIONS[key.action]
    message["flags"] = wire.FIB_RULE_INVERT if key.inverted else 0
    message["src_len"] = key.source.length if key.source else 0
    message["dst_len"] = key.destination.length if key.destination else 0
    message["attrs"] = [*_attrs(key), ("protocol", wire.U8.pack(key.protocol))]
    return body_of(message)


def _attrs(key: RuleKey) -> List[Tuple[str, Any]]:
    found: List[Tuple[str, Any]] = []
    for name, packing in {**NUMBERS, **RANGES}.values():
        value = getattr(key, name)
        # A mark without a mask would get one of all bits.
        if value != _UNSAID[name] or (name == "fwmask" and key.fwmark):
            found.append((name, packing.pack(*value) if isinstance(value, tuple) else packing.pack(value)))
    found += [(name, value) for name in TEXTS.values() if (value := getattr(key, name))]
    return found + [
        (name, prefix.address)
        for name in PREFIXES.values()
        if (prefix := getattr(key, name)) and prefix.length
    ]
