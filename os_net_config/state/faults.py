"""Interfaces of a config that Open vSwitch has rows for, and has not made. Pure.

A row is there whether ovs-vswitchd can make its interface or not: a NIC may be in another bridge, and another
tunnel may have the same ends.
"""

from __future__ import annotations

from typing import Iterator, List

from . import row
from .diff import Change
from .model import ROOT_KEY, Key, Resource, RowKey, State
from .problem import Problem, Severity
from .values import Value


def without(settled: State, wanted: State, live: State) -> State:
    """``settled``, where those that ``wanted`` has are to be made: an error of theirs is a difference."""
    faulty = {one.key for one in _faulty(wanted, live)}
    return State({key: _made(one) if key in faulty else one for key, one in settled.resources.items()})


def _made(one: Resource) -> Resource:
    return one._replace(values={**one.values, row.ERROR: None})


def _faulty(wanted: State, live: State) -> Iterator[Resource]:
    """Only those that the config gives a place: of others' it may say some setting."""
    for one in wanted:
        is_interface = isinstance(one.key, RowKey) and one.key.table == row.INTERFACE
        if is_interface and "port" in one.values and _fault(one.key, live) is not None:
            yield one


def _fault(key: Key, live: State) -> Value:
    """None also where ovs-vswitchd has not looked at it yet."""
    have, root = live.get(key), live.get(ROOT_KEY)
    if have is None or root is None or (row.BEHIND in root.values and row.ERROR not in have.values):
        return None
    return row.fault(have.values)


def nudges(wanted: State, live: State) -> List[Change]:
    """Steps that ask ovs-vswitchd for them once more, and change nothing."""
    return [Change(one.key, {}, {}, one.origin, transient=True) for one in _faulty(wanted, live)]


def told(wanted: State, live: State) -> Iterator[Problem]:
    for one in _faulty(wanted, live):
        message = f"{one.key} is not made: {_fault(one.key, live)!s}"
        yield Problem(one.origin, message, severity=Severity.WARNING)
