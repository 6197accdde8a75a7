"""Plans carried out on the kernel in miniature, from any node to any config and back."""

from __future__ import annotations

from typing import List, Sequence, Tuple

from hypothesis import assume, given

from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change, diff
from os_net_config.state.model import State
from os_net_config.state.plan import Plan, plan

from ..properties import quick
from .model_kernel import ModelKernel
from .networks import runs

Run = Tuple[State, List[State]]


def planned(wanted: State, live: State) -> Plan:
    difference = diff(wanted, live)
    assume(not difference.problems)
    return plan(difference.changes, wanted, live)


def after(live: State, earlier: Sequence[State]) -> State:
    """The node after these configs, one after the other."""
    kernel = ModelKernel(live)
    for wanted in earlier:
        kernel.execute(planned(wanted, kernel.observe()).steps)
    return kernel.observe()


def told(steps: Sequence[Change]) -> str:
    return "\n".join(f"{step.key}: {step.before} -> {step.after}" for step in steps)


@quick(150)
@given(runs())
def test_the_kernel_takes_every_step_and_nothing_is_left_to_do(run: Run) -> None:
    live, configs = run
    kernel = ModelKernel(live)
    for wanted in configs:
        made = planned(wanted, kernel.observe())
        try:
            kernel.execute(made.steps)
        except ExecuteError as error:
            raise AssertionError(f"{error.step}: {error}\n{told(made.steps)}") from error
        left = diff(wanted, kernel.observe()).changes
        assert not left, f"left: {told(left)}\nafter: {told(made.steps)}"


@quick(60)
@given(runs())
def test_a_state_does_not_differ_from_itself(run: Run) -> None:
    live, configs = run
    assert not diff(live, live).changes
    for wanted in configs:
        assert not diff(wanted, wanted).changes
