"""A node with the memory of what was applied to it, on the kernel in miniature."""

from __future__ import annotations

from typing import Collection, FrozenSet, Optional, Sequence

from hypothesis import assume

from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change, diff
from os_net_config.state.loss import losses
from os_net_config.state.model import Asked, State
from os_net_config.state.mtu_request import with_mtus
from os_net_config.state.peers import noted, with_peers
from os_net_config.state.plan import Plan, plan
from os_net_config.state.record import Record, carried_out, of_this_database, updated, without_removed
from os_net_config.state.release import Settled, settle
from os_net_config.state.rows import lost_with
from os_net_config.state.shared import apart, ours
from os_net_config.state.switch import with_rows

from .model_kernel import ModelKernel

PATH = "/etc/os-net-config/config.yaml"


class WholeKernel(ModelKernel):
    """It tells the settings of all NICs, asked for or not."""

    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        return super().observe(protocols, self.groups())


class Site:
    """A node with the memory of what was applied to it."""

    def __init__(self, live: State) -> None:
        self.kernel = WholeKernel(live)
        self.record = Record()
        self.path = PATH
        self.settled = Settled(State(), {})

    @property
    def wanted(self) -> State:
        return self.settled.wanted

    def observe(self, wanted: State) -> State:
        return apart(self.kernel.observe(), ours(self.record, wanted))

    def planned(self, wanted: State) -> Plan:
        live = self.observe(wanted)
        self.record = of_this_database(self.record, live)
        wanted = with_mtus(with_peers(wanted), live)
        settled = settle(wanted, live, self.record, self.path)
        settled, _ = with_rows(settled, wanted, live, self.record, self.path)
        self.settled = settled
        difference = diff(self.wanted, live, settled.removals)
        assume(not difference.problems)
        made = plan(difference.changes, self.wanted, live)
        assume(not list(losses(made, self.wanted, live)))
        assume(not list(lost_with(settled.removals, self.wanted, live)))
        return made

    def remember(self, wanted: State, before: State) -> None:
        found = updated(self.record, with_mtus(with_peers(wanted), before), before, self.path)
        kept = without_removed(found, self.settled.removals, self.wanted)
        self.record = carried_out(noted(kept, self.record, before))

    def apply(self, wanted: State) -> Plan:
        before = self.observe(wanted)
        made = self.planned(wanted)
        try:
            self.kernel.execute(made.steps)
        except ExecuteError as error:
            raise AssertionError(f"{error.step}: {error}\n{told(made.steps)}") from error
        self.remember(wanted, before)
        return made


def told(steps: Sequence[Change]) -> str:
    return "\n".join(f"{step.key}: {step.before} -> {step.after}" for step in steps)
