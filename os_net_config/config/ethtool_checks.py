"""What is wrong with ``ethtool_opts`` of an object, beside its words; and what they want of its link."""

from __future__ import annotations

from typing import Iterator

from ..state.model import EthtoolKey, Resource
from ..state.problem import Problem, Severity
from .kinds import dpdk
from .objects import Object

NAME = "ethtool_opts"


def check(one: Object) -> Iterator[Problem]:
    """For another NIC than its own, or for one that the kernel does not drive."""
    text = one.get(NAME)
    if not text:
        return
    from .ethtool_options import ITSELF, parse

    for word in parse(text).devices:
        if word.text not in {*ITSELF, one.name, one.get("name")}:
            message = f"{word.text} is not {one.name}, whose options these are"
            yield Problem((*one.path, NAME), message, "write ${DEVICE}", word=word)
    if one.parent is not None and one.parent.type == dpdk.PORT:
        message = f"{one.name} is driven by DPDK: what ethtool sets is not applied by this version"
        yield Problem((*one.path, NAME), message, severity=Severity.UNSUPPORTED)


def resources(one: Object) -> Iterator[Resource]:
    """One for each group that is spoken of."""
    text = one.get(NAME)
    if not text:
        return
    from .ethtool_options import parse

    for group, values in parse(text).groups().items():
        yield Resource(EthtoolKey(one.name, group), values, (*one.path, NAME))
