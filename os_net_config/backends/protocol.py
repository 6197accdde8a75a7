"""What every backend offers to the engine."""

from __future__ import annotations

from typing import (
    Collection,
    Dict,
    FrozenSet,
    Iterable,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Union,
)

from ..state.clients import Asking
from ..state.diff import Change
from ..state.loss import Attached
from ..state.model import AddressKey, Asked, Key, ProcessKey, Resource, State


class ExecuteError(Exception):
    """The node refused a step. ``step`` is the first one that failed, ``reason`` in its own words.

    ``done`` are the steps that took effect (some may come after the refused one, since steps go
    out in batches), ``remaining`` those that were never tried, both in order.
    """

    def __init__(
        self, step: Change, reason: str, done: Sequence[Change] = (), remaining: Sequence[Change] = ()
    ) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason
        self.done = tuple(done)
        self.remaining = tuple(remaining)

    @classmethod
    def at(cls, number: int, steps: Sequence[Change], reason: str) -> ExecuteError:
        """Of steps that are made one by one, where the one of this number failed."""
        return cls(steps[number], reason, steps[:number], steps[number + 1 :])


class SettleError(Exception):
    """An address did not become usable, or a client got none. ``reason`` says why; the text names what."""

    def __init__(self, key: Union[AddressKey, ProcessKey], reason: str) -> None:
        what = f"address {key} on {key.link}" if isinstance(key, AddressKey) else f"{key}"
        super().__init__(f"{what}: {reason}")
        self.key = key
        self.reason = reason


class Answers(NamedTuple):
    """What other nodes say to IPv4 addresses: who has one, by MAC address; why nobody could be asked."""

    taken: Mapping[AddressKey, bytes]
    unasked: Mapping[AddressKey, str]


class ObserveError(Exception):
    """The node's state could not be read; the text says what and why."""


class Backend(Protocol):
    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        """The live state, with these settings. Never writes; raises ObserveError.

        Of routes only those of these protocols, where they are said: a router has very many others.
        """

    def settings(self, keys: Collection[Asked]) -> Dict[Key, Resource]:
        """These settings, as far as they can be read. Never writes; raises ObserveError."""

    def execute(self, steps: Sequence[Change]) -> None:
        """Make the steps in order; raises ExecuteError.

        Before a step that awaits addresses, they are past duplicate address detection; before one that
        probes addresses, other nodes are asked for them, and one that is in use is refused.
        """

    def tidy(self, keys: Iterable[Key]) -> None:
        """Remove what a run that died, and was about these, has left beside the state that is observed.

        Raises OSError.
        """

    def settle(self, addresses: Sequence[AddressKey], clients: Sequence[Asking] = ()) -> None:
        """Wait until these addresses are usable, and these clients have one.

        Raises SettleError, ObserveError.
        """

    def attached(self, links: Mapping[int, str]) -> Attached:
        """What hangs on these links, which are names by index. Never writes; raises ObserveError.

        What stands on them in other network namespaces belongs to it; one that cannot be asked is logged.
        """

    def in_use(self, addresses: Sequence[AddressKey]) -> Answers:
        """Ask the other nodes on the links for these addresses. Changes nothing; raises ObserveError."""

    def announce(self, addresses: Sequence[AddressKey]) -> None:
        """Tell the neighbours where these addresses are now. What cannot be told is logged."""
