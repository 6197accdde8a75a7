"""This PC as a node to which one config after the other is applied, from the text to the record.

Its devices and links are real. Open vSwitch is the one in miniature: a real one takes ports of DPDK only
with DPDK and its huge pages.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Callable, Collection, FrozenSet, List, Mapping, Optional, Sequence

from os_net_config.backends import sysfs
from os_net_config.backends.node import NodeBackend
from os_net_config.backends.protocol import ExecuteError
from os_net_config.config.document import parse
from os_net_config.config.nics import name_nics
from os_net_config.engine.converge import apply
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Memory, Prepared, Scope, Situation
from os_net_config.state.diff import Change
from os_net_config.state.model import (
    AddressKey,
    Asked,
    DeviceKey,
    Key,
    LinkKey,
    RowKey,
    State,
    SysctlKey,
)
from os_net_config.state.record import Record
from os_net_config.state.values import Value
from tests.unit.node import Node as Switch
from tests.unit.node import database

BRIDGE = "br-link"
PORT = """\
network_config:
- type: ovs_user_bridge
  name: br-link
  members:
  - type: ovs_dpdk_port
    name: dpdk0
    members: [{type: interface, name: eno7}]
"""
#: The one beside it.
ANOTHER = "network_config: [{type: interface, name: eth1}]\n"


class Backend(NodeBackend):
    """The real node with the ``switch`` that is not. ``done`` are the steps that were carried out.

    Once, the step of the key ``refused`` is not.
    """

    def __init__(self, mapping: Path) -> None:
        super().__init__(mapping=str(mapping))
        self.switch = Switch(State({database().key: database()}))
        self.done: List[Change] = []
        self.refused: Optional[Key] = None

    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        real = super().observe(protocols, settings)
        return State({**real.resources, **self.switch.observe().resources})

    def execute(self, steps: Sequence[Change]) -> None:
        """Rows in a row are one transaction of the switch."""
        begin = 0
        for of_the_switch, several in itertools.groupby(steps, _is_of_the_switch):
            some = list(several)
            end = begin + len(some)
            try:
                self._execute(some, self.switch.execute if of_the_switch else super().execute)
            except ExecuteError as error:
                done, rest = [*steps[:begin], *error.done], [*error.remaining, *steps[end:]]
                raise ExecuteError(error.step, error.reason, done, rest) from error
            begin = end

    def _execute(self, some: List[Change], place: Callable[[Sequence[Change]], None]) -> None:
        keys = [step.key for step in some]
        if self.refused not in keys:
            place(some)
            self.done += some
            return
        number = keys.index(self.refused)
        self.refused = None
        place(some[:number])
        self.done += some[:number]
        raise ExecuteError(some[number], "told to", some[:number], some[number + 1 :])


def _is_of_the_switch(step: Change) -> bool:
    key = step.key
    name = key.name if isinstance(key, LinkKey) else None
    on = key.link if isinstance(key, (AddressKey, SysctlKey)) else None
    return isinstance(key, RowKey) or BRIDGE in {name, on}


class Site:
    """A context manager. ``mapping`` is the list of NICs that DPDK drives."""

    def __init__(self, mapping: Path) -> None:
        self.mapping = mapping
        self.backend = Backend(mapping)
        self.record = Record()

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *details: object) -> None:
        self.backend.__exit__(*details)

    def prepared(self, text: str, allow_loss: bool = False) -> Prepared:
        live = self.backend.observe()
        nics = sysfs.nics(live)
        memory = Memory(self.record, "config.yaml")
        situation = Situation(live, nics, name_nics(nics, {}), memory=memory)
        scope = Scope(allow_loss=allow_loss)
        return prepare_document(parse("config.yaml", text.encode()), situation, scope)

    def apply(self, text: str, allow_loss: bool = False) -> Prepared:
        prepared = self.prepared(text, allow_loss)
        apply(prepared, self.backend)
        self.record = prepared.record_then
        return prepared

    def applied(self, text: str) -> Prepared:
        """After it nothing differs any more."""
        prepared = self.apply(text)
        assert prepared.plan
        assert not self.prepared(text).plan
        return prepared

    def after_a_boot(self) -> None:
        """What is remembered then: devices and rows."""
        lasting = (one for one in self.record if isinstance(one.key, (DeviceKey, RowKey)))
        self.record = Record({one.key: one for one in lasting})

    def device(self, address: str) -> Mapping[str, Value]:
        return self.backend.observe().resources[DeviceKey(address)].values
