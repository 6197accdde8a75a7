"""A plan to be killed: what is there before, and the config whose run dies."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

from tests.independence.language import Config

from .files import File


class Case(NamedTuple):
    """``by_hand`` are commands of ip, before ``first`` is applied; ``others`` come after it.

    ``files`` are those of other programs. On a node with ``switch`` Open vSwitch runs: then there are
    commands of ovs-vsctl ``set_by_hand`` before the config, and those that ``others_set``.
    """

    name: str
    second: Config
    first: Optional[Config] = None
    by_hand: Tuple[str, ...] = ()
    others: Tuple[str, ...] = ()
    options: Tuple[str, ...] = ()
    files: Tuple[File, ...] = ()
    switch: bool = False
    set_by_hand: Tuple[str, ...] = ()
    others_set: Tuple[str, ...] = ()
    #: Whether programs run for its links, which a trial ends.
    processes: bool = False
