"""The command line: every option of today's program is accepted, and says where its work comes later."""

from __future__ import annotations

import io
import re
import sys
from typing import Any, Dict, List, Sequence

import pytest

from os_net_config import __version__
from os_net_config.cli import arguments, main
from os_net_config.cli.arguments import check_parser, confirm_parser, guard_parser, parse, parser
from os_net_config.config.probes import parse as parse_probe

from ..runs import NODE, Runs

GOOD = "network_config: [{type: interface, name: eth0, mtu: 9000}]\n"

#: Every option of today's program in each of its spellings, with a value, and what it sets.
TODAY = [
    ("-c a.yaml", {"config_file": "a.yaml"}),
    ("--config-file a.yaml", {"config_file": "a.yaml"}),
    ("-m m.yaml", {"mapping_file": "m.yaml"}),
    ("--mapping-file m.yaml", {"mapping_file": "m.yaml"}),
    ("-i", {"interfaces": []}),
    ("-i nic1 nic2", {"interfaces": ["nic1", "nic2"]}),
    ("--interfaces", {"interfaces": []}),
    ("--interfaces nic1", {"interfaces": ["nic1"]}),
    ("-r /x", {"root_dir": "/x"}),
    ("--root-dir /x", {"root_dir": "/x"}),
    *((f"-p {name}", {"provider": name}) for name in ("ifcfg", "eni", "nmstate", "iproute")),
    *((f"--provider {name}", {"provider": name}) for name in ("ifcfg", "eni", "nmstate", "iproute")),
    *(
        (f"--purge-provider {name}", {"purge_provider": name})
        for name in ("ifcfg", "eni", "nmstate", "iproute")
    ),
    ("--detailed-exit-codes", {"detailed_exit_codes": True}),
    ("--exit-on-validation-errors", {"exit_on_validation_errors": True}),
    ("-d", {"debug": True}),
    ("--debug", {"debug": True}),
    ("-v", {"verbose": True}),
    ("--verbose", {"verbose": True}),
    ("--noop", {"noop": True}),
    ("--no-activate", {"no_activate": True}),
    ("--minimum-config", {"minimum_config": True}),
    ("--no-network-config", {"no_network_config": True}),
    ("--no-fallback-config", {"no_fallback_config": True}),
    ("--cleanup", {"cleanup": True}),
    ("--persist-mapping", {"persist_mapping": True}),
    ("--remove-config", {"remove_config": True}),
]
OURS = [
    ("--inventory n.yaml", {"inventory": "n.yaml"}),
    ("--format json", {"format": "json"}),
    ("--color never", {"color": "never"}),
    ("--run-dir d", {"run_dir": "d"}),
    ("--state-dir d", {"state_dir": "d"}),
    ("--renumber", {"renumber": True}),
    ("--arp-wait 0.5", {"arp_wait": 0.5}),
    ("--arp-wait 0", {"arp_wait": 0}),
    ("--noop --probe-addresses", {"noop": True, "probe_addresses": True}),
    ("--confirm 1", {"confirm": 1}),
    ("--confirm 86400", {"confirm": 86400}),
    ("--probe gateway", {"probe": [parse_probe("gateway")]}),
    ("--probe-required dns:a", {"probe_required": [parse_probe("dns:a")]}),
    (
        "--probe gateway --probe ping:192.0.2.1,deadline=9",
        {"probe": [parse_probe("gateway"), parse_probe("ping:192.0.2.1,deadline=9")]},
    ),
]


@pytest.mark.parametrize("words, sets", [*TODAY, *OURS], ids=[words for words, _ in (*TODAY, *OURS)])
def test_an_option_is_accepted(words: str, sets: Dict[str, Any]) -> None:
    assert vars(parse(words.split())) == {**vars(parse([])), **sets}


def test_without_options() -> None:
    options = parse([])
    assert options.config_file == "/etc/os-net-config/config.yaml"
    assert (options.mapping_file, options.interfaces, options.provider, options.root_dir) == (
        None,
        None,
        None,
        "",
    )
    flags = {name for name, value in vars(options).items() if value is True}
    assert flags == set()


def test_as_downstream_calls_it() -> None:
    words = "--config-file c.yaml --cleanup --debug --detailed-exit-codes --noop --provider nmstate"
    options = parse([*words.split(), "--remove-config", "--purge-provider", "ifcfg"])
    assert (options.config_file, options.provider, options.purge_provider) == ("c.yaml", "nmstate", "ifcfg")


@pytest.mark.parametrize("provider", ["ifcfg", "eni", "nmstate", "iproute"])
def test_a_provider_is_one_warning(run: Runs, provider: str) -> None:
    run.write("config.yaml", GOOD)
    assert run("-c", "config.yaml", *NODE, "--noop", "--provider", provider).errors == [
        f"WARNING: --provider {provider}: the kernel is driven directly, whatever the provider"
    ]


# Usage errors


@pytest.mark.parametrize(
    "words, says",
    [
        ("--nonsense", "unrecognized arguments: --nonsense"),
        ("extra", "unrecognized arguments: extra"),
        ("-c", "argument -c/--config-file: expected one argument"),
        ("--provider networkd", "argument -p/--provider: invalid choice: 'networkd'"),
        ("--format yaml", "argument --format: invalid choice: 'yaml'"),
        ("--arp-wait -1", "argument --arp-wait: -1 is not in 0..60"),
        ("--arp-wait nan", "argument --arp-wait: nan is not in 0..60"),
        ("--arp-wait soon", "argument --arp-wait: soon is no number of seconds"),
        ("--noop --probe-addresses --arp-wait 0", "--probe-addresses: not with --arp-wait 0"),
        ("--confirm 0", "argument --confirm: 0 is not in 1..86400"),
        ("--confirm 86401", "argument --confirm: 86401 is not in 1..86400"),
        ("--confirm 1.5", "argument --confirm: 1.5 is no whole number of seconds"),
        ("--confirm 9 --no-activate", "argument --confirm: not with --no-activate or --root-dir"),
        ("--confirm 9 --root-dir x", "argument --confirm: not with --no-activate or --root-dir"),
        ("rollback --confirm 9 --no-activate", "argument --confirm: not with --no-activate or --root-dir"),
        ("confirm --noop", "unrecognized arguments: --noop"),
        ("guard", "the following arguments are required: --run-dir"),
        ("--probe pign:a", "argument --probe: 'pign' is no kind of probe; did you mean ping?"),
        ("--probe-required tcp:a", "argument --probe-required: 'a' is not HOST:PORT: write tcp:a:22"),
        ("check", "the following arguments are required: FILE"),
        ("check --noop f.yaml", "unrecognized arguments: --noop"),
    ],
)
def test_a_usage_error_exits_1(words: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main.main(words.split())
    output = capsys.readouterr()
    assert error.value.code == 1
    assert output.out == ""
    assert output.err.startswith("usage: os-net-config")
    assert says in output.err


@pytest.mark.parametrize(
    "words", ["--detailed-exit-codes --nonsense", "--noop --detailed-exit-codes --nonsense"]
)
def test_a_usage_error_is_never_taken_for_a_change(words: str) -> None:
    with pytest.raises(SystemExit) as error:
        main.main(words.split())
    assert error.value.code == 1


# Help and version


def exits_0(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as error:
        main.main(words)
    assert not error.value.code
    return capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert exits_0(["--version"], capsys) == f"{__version__}\n"


HIDDEN = {"--run-dir", "--state-dir"}


@pytest.mark.parametrize(
    "command, made",
    [
        ([], parser()),
        (["check"], check_parser()),
        (["confirm"], confirm_parser()),
        (["guard"], guard_parser()),
    ],
    ids=["run", "check", "confirm", "guard"],
)
def test_the_help_mentions_every_option(
    command: List[str], made: arguments.Parser, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = exits_0([*command, "--help"], capsys)
    options = {spelling for action in made._actions for spelling in action.option_strings}
    missing = [spelling for spelling in options - HIDDEN if not re.search(rf"(?<![\w-]){spelling}\b", shown)]
    assert missing == []


def test_the_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    shown = exits_0(["--help"], capsys)
    for words in (
        "0  success",
        "1  an error",
        "2 changed",
        "4 the node refused",
        "8 fallback_config",
        "128 DCB",
    ):
        assert words in shown


# The process


def test_an_interrupt_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(argv: Sequence[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "main", interrupted)
    with pytest.raises(SystemExit) as error:
        main.entry_point()
    assert error.value.code == 130


def test_a_locale_without_arrows_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))

    def shows(argv: Sequence[str]) -> int:
        sys.stdout.write("~ mtu 1500 → 9000\n")
        sys.stdout.flush()
        return 0

    monkeypatch.setattr(main, "main", shows)
    with pytest.raises(SystemExit) as error:
        main.entry_point()
    assert error.value.code == 0
    assert raw.getvalue() == b"~ mtu 1500 \\u2192 9000\n"
