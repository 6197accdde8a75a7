"""The options of ``os-net-config``."""

from __future__ import annotations

import argparse
from typing import Any, Callable, NoReturn, Optional, Protocol, Sequence, TextIO

from .. import __version__
from ..engine.paths import CONFIG_FILE, MAPPING_FILE, RUN_DIR, STATE_DIR
from .exit_codes import ExitCode

_DESCRIPTION = """\
Make this node's network what a config file says, and change nothing else.

The file is checked, compared with the live state of the kernel, and exactly the
difference is applied, read back and verified."""

_EPILOG = """\
commands:
  os-net-config check FILE...   check files; needs neither root nor NICs
                                (os-net-config check --help)
  os-net-config recover         take back what a run that died had begun, or with
                                --forward bring it to its end; each run does so first
  os-net-config history         what was applied to this node, and what was taken back
  os-net-config rollback [N]    apply generation N again, or the one before this
  os-net-config boot            what the boot unit runs: apply the target, and wait for NICs
  os-net-config confirm         keep what a run with --confirm has changed
  os-net-config show            this node's network as a config file, so that it can be
                                taken over as it is (os-net-config show --help)

examples:
  os-net-config --noop                     show what a run would change
  os-net-config -c config.yaml             apply a file
  os-net-config -c config.yaml --noop --format json
  os-net-config --probe gateway            back, if the gateway answers no more
  os-net-config --confirm 120              back, unless it is confirmed in two minutes
  os-net-config -i                         which NIC is nic1, nic2...

exit status:
  0  success; with --detailed-exit-codes: success, and nothing had to change
  1  an error: nothing was touched; without --detailed-exit-codes also: the node
     refused a change, or a probe failed after it, and what was done was taken back
  with --detailed-exit-codes a sum of bits: 2 changed, 4 the node refused a change,
  8 fallback_config failed, 16 minimum_config, 32 remove_config, 64 purge, 128 DCB;
  a file refused by --exit-on-validation-errors gives 1
"""


class Parser(argparse.ArgumentParser):
    """Usage errors exit 1: 2 means that something changed."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(_stderr())
        self.exit(int(ExitCode.ERROR), f"{self.prog}: {message}\n")


def _stderr() -> TextIO:
    import sys

    return sys.stderr


def parser() -> Parser:
    made = Parser(
        prog="os-net-config",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=__version__)
    made.add_argument(
        "-c", "--config-file", metavar="FILE", default=CONFIG_FILE, help="the config (default: %(default)s)"
    )
    made.add_argument(
        "-m",
        "--mapping-file",
        metavar="FILE",
        help=f"aliases for NICs (default: {MAPPING_FILE} where there is one)",
    )
    made.add_argument(
        "-i",
        "--interfaces",
        nargs="*",
        metavar="NAME",
        help="print which NIC each alias stands for, as JSON, and exit; with names: of these only",
    )
    _add_what_to_do(made)
    _add_probes(made)
    _add_how_to_say_it(made)
    _add_of_old(made)
    return made


def _seconds_up_to(longest: int) -> Callable[[str], float]:
    def seconds(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text} is no number of seconds") from None
        if not 0 <= number <= longest:
            raise argparse.ArgumentTypeError(f"{text} is not in 0..{longest}")
        return number

    return seconds


_LONGEST_ARP_WAIT, _LONGEST_BOOT = 60, 3600


def _seconds_to_confirm(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no whole number of seconds") from None
    if not 1 <= number <= _LONGEST_TO_CONFIRM:
        raise argparse.ArgumentTypeError(f"{text} is not in 1..{_LONGEST_TO_CONFIRM}")
    return number


_LONGEST_TO_CONFIRM = 86400


def _add_what_to_do(made: Parser) -> None:
    group = made.add_argument_group("what to do")
    group.add_argument("--noop", action="store_true", help="show what would change, and change nothing")
    group.add_argument(
        "--no-activate",
        action="store_true",
        help="make the config the target of the next boot, and change nothing in the kernel",
    )
    group.add_argument(
        "--exit-on-validation-errors", action="store_true", help="treat warnings about the file as errors"
    )
    group.add_argument(
        "--inventory",
        metavar="FILE",
        help="take the NICs from FILE instead of /sys: a YAML list of {name, mac, real, vf, active}",
    )
    _add_what_else(group)
    group.add_argument(
        "--confirm",
        metavar="SECONDS",
        type=_seconds_to_confirm,
        help="take the change back after so many seconds (1..86400), unless os-net-config confirm is said",
    )
    _add_waits(group)
    _add_recovery(group)


class _Options(Protocol):
    def add_argument(self, *names: str, **details: Any) -> argparse.Action: ...


def _add_what_else(group: _Options) -> None:
    """What becomes of what earlier runs and others have made."""
    group.add_argument(
        "--no-prune", action="store_true", help="leave alone what an earlier version of this file brought"
    )
    group.add_argument(
        "--prune-all", action="store_true", help="remove all that we ever made and this file does not name"
    )
    group.add_argument(
        "--cleanup",
        action="store_true",
        help="also remove links of others that this file does not name (bonds, bridges, VLANs, tunnels…), but"
        " no NIC, lo or tap, and nothing of containers, machines, Open vSwitch or the root file system",
    )
    group.add_argument(
        "--renumber",
        action="store_true",
        help="count the NICs anew: nic1, nic2… are counted by the first run and kept by MAC address",
    )
    group.add_argument(
        "--allow-loss",
        action="store_true",
        help="also do what takes something of others along that cannot be brought back",
    )


def _add_waits(group: _Options) -> None:
    """How long a run waits for other nodes, and what their answers count."""
    group.add_argument(
        "--arp-wait",
        metavar="SECONDS",
        type=_seconds_up_to(_LONGEST_ARP_WAIT),
        default=1.0,
        help="how long other nodes have to answer whether one of them has a new IPv4 address, all asked"
        " at once, and a new link to get carrier; 0: do not ask (default: %(default)g)",
    )
    group.add_argument(
        "--wait-dhcp",
        metavar="SECONDS",
        type=_seconds_up_to(_LONGEST_BOOT),
        default=30.0,
        help="how long DHCP clients that were started have to get an address; 0: do not wait"
        " (default: %(default)g)",
    )
    group.add_argument(
        "--require-dhcp",
        action="store_true",
        help="a client that gets no address in that time is an error, and the change is taken back",
    )
    group.add_argument(
        "--probe-addresses",
        action="store_true",
        help="with --noop: ask other nodes for new IPv4 addresses, on links that are there and up; one that"
        " is in use is an error",
    )


def parse_boot(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """The options of a run that the boot unit starts."""
    made = parser()
    made.prog = "os-net-config boot"
    made.usage = "%(prog)s [options of a run]"
    made.description = (
        "Apply the target of this node: what was applied last, and held. A config file that was\n"
        "changed since is applied instead; if that fails the target, and then fallback_config.\n"
        "The NICs are waited for, and one that does not come is done without; so is Open vSwitch, where\n"
        "the file has something for it, which cannot be done without."
    )
    made.set_defaults(generation=None, config_file=None)
    made.add_argument(
        "--wait-nics",
        metavar="SECONDS",
        type=_seconds_up_to(_LONGEST_BOOT),
        default=60.0,
        help="how long the NICs that the file names have to be there, and Open vSwitch where it has something"
        " for it (default: %(default)g)",
    )
    made.add_argument(
        "--arrived",
        metavar="NIC",
        help="only if the file has this NIC with hotplug: true, which was plugged in now",
    )
    options = made.parse_args(argv)
    for name in _NOT_AT_BOOT:
        if getattr(options, name):
            made.error(f"argument --{name.replace('_', '-')}: not with boot")
    return _checked(made, options)


#: There is nobody to confirm, and a boot is about the whole of what the node is to have.
_NOT_AT_BOOT = ("confirm", "no_activate", "root_dir", "minimum_config", "no_network_config", "purge_provider")


def _add_probes(made: Parser) -> None:
    group = made.add_argument_group(
        "probes",
        "What has to work after a change if it worked before it; otherwise the change is taken back. PROBE is"
        " gateway (all default gateways), ping:ADDRESS, tcp:HOST:PORT, dns:NAME, http://HOST/PATH,"
        " https://HOST/PATH or command:PROGRAM ARGUMENTS, and may end in ,deadline=SECONDS (else 5). Both"
        " options may be repeated; the file's own section probes counts as well.",
    )
    group.add_argument("--probe", action="append", default=[], metavar="PROBE", type=_probe, help="ask this")
    group.add_argument(
        "--probe-required",
        action="append",
        default=[],
        metavar="PROBE",
        type=_probe,
        help="ask this; it has to work after the change even if it did not before",
    )


def _probe(text: str) -> object:
    from ..config.probes import parse

    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _add_how_to_say_it(made: Parser) -> None:
    group = made.add_argument_group("how to say it")
    group.add_argument(
        "--format", choices=("text", "json"), default="text", help="the plan for a person or a program"
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour the plan (auto: on a terminal)",
    )
    group.add_argument(
        "--detailed-exit-codes", action="store_true", help="tell more by the exit status (see below)"
    )
    group.add_argument("-d", "--debug", action="store_true", help="log everything, to stderr or the journal")
    group.add_argument("-v", "--verbose", action="store_true", help="log what is done")


def _add_of_old(made: Parser) -> None:
    group = made.add_argument_group("options of older versions")
    group.add_argument(
        "-r", "--root-dir", metavar="DIR", default="", help="prefix of every file; no kernel write"
    )
    group.add_argument(
        "-p",
        "--provider",
        choices=("ifcfg", "eni", "nmstate", "iproute"),
        help="accepted; the kernel is driven directly all the same",
    )
    for name, text in (
        ("--purge-provider", "remove the files that it left for the links of the config"),
        ("--minimum-config", "apply minimum_config first, unless network_config was applied since the boot"),
        ("--no-network-config", "do not apply network_config"),
        ("--no-fallback-config", "do not apply fallback_config if network_config fails"),
        ("--persist-mapping", "give the NICs of the config their aliases as names, now and at each boot"),
        ("--remove-config", "remove what remove_config names, in the same run"),
    ):
        if name == "--purge-provider":
            group.add_argument(name, choices=("ifcfg", "eni", "nmstate", "iproute"), help=text)
        else:
            group.add_argument(name, action="store_true", help=text)


def _add_recovery(made: _Options) -> None:
    made.add_argument(
        "--forward",
        action="store_true",
        help="bring what a run that died had begun to its end first, instead of taking it back",
    )
    _add_places(made)


def _add_places(made: _Options) -> None:
    made.add_argument("--run-dir", metavar="DIR", default=RUN_DIR, help=argparse.SUPPRESS)
    made.add_argument("--state-dir", metavar="DIR", default=STATE_DIR, help=argparse.SUPPRESS)


def confirm_parser() -> Parser:
    made = Parser(
        prog="os-net-config confirm",
        description="Keep what a run with --confirm has changed, which is taken back otherwise.",
        epilog="exit status: 0 it stays; 1 nothing awaits confirmation, or it is too late",
    )
    _add_places(made)
    return made


def guard_parser() -> Parser:
    """Of what a run with --confirm starts, and no person."""
    made = Parser(prog="os-net-config guard", description="Take a change back that is not confirmed in time.")
    made.add_argument("--run-dir", metavar="DIR", required=True, help="that of the run")
    made.add_argument("--state-dir", metavar="DIR", required=True, help="that of the run")
    made.add_argument("--pid", type=int, required=True, help="that of the run")
    made.add_argument("--started", type=float, required=True, help="its begin, in seconds since 1970")
    made.add_argument(
        "--ready", choices=("systemd", "stderr"), required=True, help="who is told that all is ready"
    )
    return made


def recover_parser() -> Parser:
    made = Parser(
        prog="os-net-config recover",
        description="Take back what a run that died had begun, as every run does first, and read it back;\n"
        "so too, at once, what a run with --confirm has changed and nobody has confirmed yet.\n"
        "What others have changed since stays as it is, and is named.",
        epilog="exit status: 0 all is as it was (or with --forward as wanted), or nothing was to be done;\n"
        "1 otherwise; with --detailed-exit-codes: 2 it was taken back, 4 not all of it, 1 another error",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_recovery(made)
    made.add_argument("--detailed-exit-codes", action="store_true", help="tell more by the exit status")
    made.add_argument("-d", "--debug", action="store_true", help="log everything")
    made.add_argument("-v", "--verbose", action="store_true", help="log what is done")
    return made


def check_parser() -> Parser:
    made = Parser(
        prog="os-net-config check",
        description="Check config files: syntax, schema, and everything that can be known without the node.",
        epilog="exit status: 0 all files are good (warnings allowed), 1 otherwise",
    )
    made.add_argument("files", nargs="+", metavar="FILE")
    made.add_argument("--exit-on-validation-errors", action="store_true", help="treat warnings as errors")
    made.add_argument("--format", choices=("text", "json"), default="text", help="for a person or a program")
    return made


_SHOW = """\
Print the network of this node as a config file that changes nothing on it.

So a node that was set up by hand, by ifcfg files or by another program is taken over:

  os-net-config show > config.yaml
  os-net-config -c config.yaml --noop      # No change: the node is as the config says.

and from then on the file is what is edited. What the language of the file cannot say, what
belongs to others (addresses of DHCP, routes of a routing daemon, links of containers) and what a
run would change stands in it as a comment, at its place and with the reason: read those, and
write what should be otherwise. Values that a new link has anyway are left out.

Nothing on the node is changed or written. Reading the kernel needs no root; Open vSwitch's
database does where its socket does, and so may the record of what earlier runs have made."""


def show_parser() -> Parser:
    made = Parser(
        prog="os-net-config show",
        description=_SHOW,
        epilog="exit status: 0; 1 if the node cannot be read",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--aliases",
        action="store_true",
        help="name NICs as nic1, nic2… or by the mapping file, for a file that is to fit other nodes too",
    )
    made.add_argument(
        "-m",
        "--mapping-file",
        metavar="FILE",
        help=f"aliases for NICs (default: {MAPPING_FILE} where there is one)",
    )
    made.add_argument("--inventory", metavar="FILE", help="take the NICs from FILE instead of /sys")
    made.add_argument("-d", "--debug", action="store_true", help="log everything")
    _add_places(made)
    return made


def history_parser() -> Parser:
    made = Parser(
        prog="os-net-config history",
        description="What was applied to this node, the newest last, and what was taken back, and why."
        " A star stands at what the node is to have.",
        epilog="exit status: 0; 1 if it cannot be told",
    )
    made.add_argument("--format", choices=("text", "json"), default="text", help="for a person or a program")
    made.add_argument("--state-dir", metavar="DIR", default=STATE_DIR, help=argparse.SUPPRESS)
    return made


def parse_rollback(argv: Sequence[str]) -> argparse.Namespace:
    """The options of a run that goes back to a generation."""
    made = parser()
    made.prog = "os-net-config rollback"
    made.usage = "%(prog)s [N] [options of a run]"
    made.description = (
        "Apply the config of generation N again, with the numbers that the NICs had then; without N the\n"
        "one before the present. os-net-config history shows them. --noop shows what would change."
    )
    made.add_argument("generation", nargs="?", type=int, default=0, metavar="N", help="its number")
    return _checked(made, made.parse_args(argv))


def parse(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    made = parser()
    made.set_defaults(generation=None)
    return _checked(made, made.parse_args(argv))


def _checked(made: Parser, options: argparse.Namespace) -> argparse.Namespace:
    if options.probe_addresses and not options.arp_wait:
        made.error("argument --probe-addresses: not with --arp-wait 0")
    if options.require_dhcp and not options.wait_dhcp:
        made.error("argument --require-dhcp: not with --wait-dhcp 0")
    if options.confirm and (options.no_activate or options.root_dir):
        made.error("argument --confirm: not with --no-activate or --root-dir: they change no kernel")
    return options
