"""The two ends of each ``veth`` name each other."""

from __future__ import annotations

from typing import Iterator, Mapping

from ..state import veth
from ..state.problem import Problem
from .objects import Object


def check(one: Object, declared: Mapping[str, Object]) -> Iterator[Problem]:
    if one.type != veth.KIND:
        return
    path, peer = (*one.path, "peer"), one.get("peer")
    other = declared.get(peer)
    if peer == one.name:
        yield Problem(path, f"{one} is its own peer", "name the other end")
    elif other is None or other.type != veth.KIND:
        message = f"{peer}, the other end of {one.name}, is no veth of this file"
        yield Problem(path, message, f"add it: {{type: veth, name: {peer}, peer: {one.name}}}")
    elif other.get("peer") != one.name:
        message = f"the other end of {one.name} is {peer}, and that of {peer} is {other.get('peer')}"
        yield Problem(path, message, "the two ends of a pair name each other")
