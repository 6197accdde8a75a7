"""The name servers and search domains of this node, in whichever place its resolver has them."""

from __future__ import annotations

from typing import Collection, Dict, Optional, Sequence

from ...state import dns
from ...state.diff import Change
from ...state.model import RESOLVER, DnsKey, Key, ResolverKey, Resource
from ...state.values import Value
from ..dbus import CallError, NoBusError
from ..protocol import ExecuteError, ObserveError
from . import resolvconf, resolved
from .resolv_conf import Lists, ResolvConf


class ResolverBackend:
    """``file`` is resolv.conf."""

    def __init__(self, file: Optional[ResolvConf] = None) -> None:
        self._file = file or ResolvConf(dns.PATH)

    def observe(self, links: Collection[str]) -> Dict[Key, Resource]:
        """The node's resolver, all that is ours in its places, and what it has of these links.

        Raises ObserveError.
        """
        try:
            return {one.key: one for one in self._found(links)}
        except OSError as error:
            raise ObserveError(f"{error.filename or dns.PATH}: {error.strerror}") from error

    def _found(self, links: Collection[str]) -> Sequence[Resource]:
        program, here = resolvconf.program(), resolved.is_here()
        node: Dict[str, Value] = {dns.PLACE: dns.FILE}
        if here:
            node[dns.PLACE] = dns.RESOLVED
        elif program is not None and resolvconf.is_in_charge(self._file.target):
            node[dns.PLACE] = dns.RESOLVCONF
        theirs, ours = self._file.read()
        node.update({dns.found(name): value for name, value in theirs.values().items()})
        reason = self._file.refusal()
        if reason:
            node[dns.REFUSED] = reason
        found = [Resource(RESOLVER, node)]
        record = resolvconf.read() if program is not None else None
        for place, lists in ((dns.FILE, ours), (dns.RESOLVCONF, record)):
            if lists is not None:
                found.append(Resource(ResolverKey(place), lists.values()))
        if here:
            found += [Resource(DnsKey(name), one) for name in links if (one := resolved.of_link(name))]
        return found

    def execute(self, steps: Sequence[Change]) -> None:
        """Those of links in one connection. Raises ExecuteError."""
        of_links = [step for step in steps if isinstance(step.key, DnsKey)]
        with resolved.Manager() as manager:
            for number, step in enumerate(steps):
                try:
                    if step in of_links:
                        manager.set(step)
                    else:
                        self._set(step)
                except (CallError, NoBusError) as error:
                    reason = f"systemd-resolved: {error}"
                    raise ExecuteError.at(number, steps, reason) from error
                except OSError as error:
                    reason = f"{error.filename or step.key}: {error.strerror or error}"
                    raise ExecuteError.at(number, steps, reason) from error

    def _set(self, step: Change) -> None:
        """Raises OSError."""
        assert isinstance(step.key, ResolverKey), step
        now = self._file.read()[1] if step.key.place == dns.FILE else resolvconf.read()
        lists = None
        if step.after is not None:
            lists = Lists.of({**(now.values() if now is not None else {}), **step.after})
        if step.key.place == dns.FILE:
            self._file.write(lists)
        else:
            resolvconf.write(lists)

    def tidy(self) -> None:
        """Remove what a write that died has left. Raises OSError."""
        self._file.tidy()
