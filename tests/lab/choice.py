"""Where to run: on the running kernel if that is able to, in User-mode Linux otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab import namespace, uml
from tests.lab.outcome import LabError

NAMESPACE = "namespace"
UML = "uml"

ADVICE = """\
  Debian, Ubuntu: apt-get install {packages}
  RHEL and alike: dnf install kernel-modules iproute && modprobe -a bonding 8021q bridge dummy veth"""


@dataclass(frozen=True)
class Choice:
    """The way that is used, and why."""

    way: str
    reason: str


def choose() -> Choice:
    """The way that works here; an error that says what to install where none does."""
    shortcomings = namespace.shortcomings()
    if shortcomings is None:
        return Choice(NAMESPACE, "the running kernel makes every kind of link that is needed, in namespaces")
    packages = uml.lacking()
    if packages:
        advice = ADVICE.format(packages=" ".join(packages))
        raise LabError(f"nowhere to run: {shortcomings}\n{advice}")
    return Choice(UML, f"{shortcomings}; User-mode Linux is installed")
