"""Every config of the corpus is planned, refused for what comes later, or wrong in itself."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Tuple

import pytest
import yaml

from os_net_config.backends.protocol import ExecuteError
from os_net_config.cli import plan_json, plan_text
from os_net_config.cli.main import main
from os_net_config.config.document import read
from os_net_config.config.nics import read_mapping
from os_net_config.engine.verify import verify
from os_net_config.state.fitting import settings_among
from os_net_config.state.problem import Severity

from . import corpus
from .state.model_kernel import ModelKernel
from .texts import with_places

CORPUS = corpus.files("corpus")
INVALID = corpus.files("corpus_invalid")
MAPPINGS = corpus.files("corpus_mapping")

#: Totals as they are; a change of the program that changes them has to say so here.
TOTALS = {"planned": 231, "later": 66, "wrong": 50, "mapping": 3}
#: Files of which something is planned when what comes later is taken out of them.
PLANNED_IN_PART = 261

UNREACHED = "the kernel refuses a next hop that is in no subnet of the link"
LARGER = "the kernel refuses a VLAN that is larger than the NIC below it"
FAMILY = "a destination of IPv4 with a next hop of IPv6, as ip route refuses it too"
MISSPELT = "remove-name is no attribute: what is to be removed is not said"
NO_COMMAND = "what stands in ovs_extra or ovs_options is nothing that ovs-vsctl knows"
NO_BRIDGE = "a port of Open vSwitch that is in no bridge"
ITSELF = "a next hop that is the node itself, which the kernel refuses"
TWICE = "one NIC cannot be a port of a bond of the kernel and of DPDK"

#: Files that are wrong in themselves: why, and where.
WRONG: Dict[str, Tuple[str, ...]] = {
    "003-osnetconfig-examples-ex1.yaml": (UNREACHED, "9:5", "11:5"),
    "007-osnetconfig-examples-ex5.yaml": (UNREACHED, "15:5"),
    "018-osnetconfig-bridge_vlan.json": (NO_COMMAND, "16:25", "23:24"),
    "019-osnetconfig-bridge_vlan.yaml": (NO_COMMAND, "15:13", "21:9"),
    "054-osnetconfig-etc-os-net-config-samples-routes.yaml": (UNREACHED, "47:9"),
    "055-osnetconfig-sample_remove_config.yaml": (MISSPELT, "38:5", "40:5"),
    "074-osnetconfig-old-bridge_vlan-0.2.4.json": (ITSELF, "19:24"),
    "075-osnetconfig-old-bridge_vlan-0.2.4.yaml": (ITSELF, "18:9"),
    "093-edpm-edpm_network_config-converge-18.0-fr1.yaml": (UNREACHED, "10:9"),
    "114-edpm-single_nic_vlans_bgp-dev-preview.yaml": (LARGER, "22:8"),
    "118-openstackop-samples-bgp.yaml": (LARGER, "21:8"),
    "119-openstackop-samples-bgp_ovn_cluster.yaml": (LARGER, "21:8"),
    "201-tht-net-config-linux-bridge-train.yaml": (UNREACHED, "17:5"),
    "246-tht-controller-v6-stein.yaml": (FAMILY, "40:5"),
    "249-tht-controller-v6-stein.yaml": (FAMILY, "40:5"),
    "259-tht-controller-v6-rocky.json": (FAMILY, "1:675"),
    "267-tht-tests-nic_config_convert_samples-heat_templates-complex-wallaby.json": (
        UNREACHED,
        "1:184",
        "1:294",
    ),
    "322-apex-ns_tenant_vlan-controller-ovs-odl.yaml": (UNREACHED, "11:5"),
    "323-apex-ns_tenant_vlan-compute-ovs-odl.json": (UNREACHED, "1:186", "1:252"),
    "333-contrail-contrail-nic-config-compute-bond-dpdk-newton.yaml": (UNREACHED, "23:5"),
    "334-contrail-contrail-nic-config-compute-bond-vlan-dpdk-dpdk4.yaml": (UNREACHED, "31:5"),
    "335-contrail-contrail-nic-config-compute-bond-vlan-dpdk-newton.json": (UNREACHED, "1:524"),
    "337-contrail-contrail-nic-config-compute-bond-vlan-newton.yaml": (UNREACHED, "31:5"),
    "338-contrail-contrail-nic-config-compute-dpdk-bond-vlan-dpdk4.yaml": (
        UNREACHED,
        *("13:5", "15:5", "17:5", "29:5"),
    ),
    "339-contrail-contrail-nic-config-compute-dpdk-dpdk4.json": (UNREACHED, "1:399"),
    "341-contrail-contrail-nic-config-ovs-bond-dpdk4.yaml": (UNREACHED, "13:5", "15:5", "17:5", "25:5"),
    "342-contrail-contrail-nic-config-storage-mgmt-newton.yaml": (UNREACHED, "19:5"),
    "343-contrail-contrail-nic-config-vlan-dpdk4.json": (UNREACHED, "1:250", "1:312", "1:374", "1:685"),
    "349-contrail-contrail-nic-config-compute.yaml": (UNREACHED, "22:5"),
    "379-jetpack-4_port-controller.json": (UNREACHED, "1:225"),
    "385-jetpack-5_port-controller-js-10.2.yaml": (UNREACHED, "10:5"),
    "389-jetpack-compute-ovs-dpdk-mode2-js-10.2.yaml": (TWICE, "50:9"),
    "393-jetpack-dellcompute_dpdk-js-13.3.yaml": (TWICE, "58:9"),
    "395-jetpack-dellcompute_dpdk-js-13.0.json": (TWICE, "1:1197"),
    "397-jetpack-dellcompute_dpdk-js-13.3.yaml": (TWICE, "58:9", "84:5"),
    "398-jetpack-dellcompute_dpdk_sriov.yaml": (TWICE, "60:9"),
    "399-jetpack-dellcompute_dpdk_sriov-js-13.3.json": (TWICE, "1:1192"),
    "401-jetpack-dellcompute_dpdk_sriov-js-13.0.yaml": (TWICE, "59:9"),
    "402-jetpack-dellcompute_dpdk_sriov-js-13.3.yaml": (TWICE, "61:9"),
    "405-jetpack-sriov_6_port_offload-controller-js-13.3.yaml": (UNREACHED, "11:5"),
    "410-jetpack-sriov_7_port_offload-controller-js-13.3.yaml": (UNREACHED, "11:5"),
    "587-osnc-unittest-test_unhandled_command_tracking_edge_case.yaml": (NO_COMMAND, "6:9"),
    "595-osnc-unittest-test_from_json_dhcp.json": (NO_BRIDGE, "1:21"),
    "597-osnc-unittest-test_from_json_dhcp.json": (NO_BRIDGE, "1:21"),
    "610-osnc-unittest-test_from_json_ovs_extra.json": (NO_COMMAND, "4:15"),
    "611-osnc-unittest-test_from_json_ovs_extra_string.json": (NO_COMMAND, "4:14"),
    "617-osnc-unittest-test_from_json_with_extra.json": (NO_COMMAND, "7:9"),
    "638-osnc-unittest-test_interface.json": (ITSELF, "23:9"),
    "643-osnc-unittest-test_ovs_bond.json": (NO_BRIDGE, "3:5"),
    "646-osnc-unittest-test_ovs_tunnel.json": (NO_BRIDGE, "3:5"),
}

#: A VLAN on a bond that another program makes, a partition of what no file declares: good on a node that has
#: it, not without a node.
NOT_WITHOUT_A_NODE = {
    "365-nuage-computeavrsdual.yaml": "35:11",
    "366-nuage-computeavrsdual-ospd16.yaml": "35:11",
    "367-nuage-computeavrssingle.json": "1:753",
    "618-osnc-unittest-test_ib_child_interface_nm_controlled_true.json": "1:62",
    "619-osnc-unittest-test_ib_child_interface_pkey_id_hexa.json": "1:62",
}


#: Files that somebody has found to be invalid: the place that is named, and a word of what is said.
REFUSED = {
    "001-openstackop-sample-ovs-dpdk.yaml": ("23:5", "indent a value deeper than its name"),
    "002-openstackop-multiple-nics-vlans-dvr.yaml": ("31:3", "indentation"),
    "003-openstackop-docs-preprovisioned.yaml": ("11:7", "indented deeper"),
    "004-openstackop-docs-tabs.yaml": ("3:7", "template was not rendered"),
    "005-tripleoansible-bonds-vlans-victoria.yaml": ("32:17", "middle of a line"),
    "006-tripleoansible-bonds-vlans-dpdk-victoria.yaml": ("30:13", "middle of a line"),
    "007-tripleoansible-bonds-vlans-storage-victoria.yaml": ("32:17", "middle of a line"),
    "009-tht-converted-incomplete.yaml": ("8:54", "second colon"),
    "011-contrail-storage-mgmt-nested-map.yaml": ("15:24", "second colon"),
    "012-contrail-sriov-name-colon.yaml": ("40:17", "second colon"),
    "013-contrail-merge-conflict.yaml": ("20:1", "merge conflict"),
    "014-tripleoansible-single-nic-linux-bridge-storage.j2": ("2:1", "template was not rendered"),
    "015-tripleoansible-2-linux-bonds-victoria.j2": ("2:1", "template was not rendered"),
    "016-tripleoansible-2-linux-bonds-dpdk.j2": ("3:1", "template was not rendered"),
    "019-osnetconfig-old-nfvswitch.json": ("3:5", "options is missing"),
    "020-osnetconfig-old-nfvswitch.yaml": ("3:5", "options is missing"),
    "021-osnc-unittest-test_get_iface_config_strict_validation_failure.json": ("3:5", "name is missing"),
    "022-osnc-unittest-test_from_json_invalid.json": ("1:21", "name is missing"),
    "023-osnc-unittest-test_from_json_invalid.json": ("1:21", "table_id is missing"),
    "024-osnc-unittest-test_bond_interface_from_json.json": ("4:13", "linux_bond cannot stand here"),
    "025-osnc-unittest-test_bond_interface_from_json.json": ("5:17", "linux_bond cannot stand here"),
    "026-osnc-unittest-test_linux_bond_vlan_invalid_base_iface_raises.json": ("6:23", "vlan cannot stand"),
    "027-osnc-unittest-test_from_json_link_mode_invalid.json": ("1:119", "none_switchdev"),
    "028-osnc-unittest-test_from_json_vdpa_link_mode_invalid.json": ("1:119", "none_switchdev"),
    "029-osnc-unittest-test_from_json_vdpa_no_numvfs.json": ("1:68", "vdpa needs a virtual function"),
    "030-osnc-unittest-test_from_json_steering_mode_invalid.json": ("1:149", "dmfss"),
    "032-osnc-unittest-test_from_json_no_vfid.json": ("1:21", "vfid is missing"),
    "033-osnc-unittest-test_from_json_vfid_invalid_state.json": ("1:137", "disabled"),
    "034-osnc-unittest-test_from_json_vfid_invalid_qos.json": ("1:110", "10 is not in 0..7"),
    "035-osnc-unittest-test_invalid_vpp_interface_from_json.json": ("10:17", "interface cannot stand here"),
    "036-osnc-unittest-test_ovs_bond_with_vlan_member.json": ("12:19", "vlan cannot stand here"),
    "037-osnc-unittest-test_usrbridge_with_ovsbond_member.json": ("18:19", "ovs_bond cannot stand here"),
    "038-osnc-unittest-test_linux_bond_with_vlan_member.json": ("13:19", "vlan cannot stand here"),
    "039-tht-controller-no-external-bond-with-vlans-stein.yaml": ("18:5", "template was not rendered"),
    "040-tht-controller-no-external-bond-with-vlans-train.yaml": ("18:5", "template was not rendered"),
    "041-tht-controller-no-external-bond-with-vlans-ussuri.yaml": ("18:5", "template was not rendered"),
    "042-tht-controller-no-external-single-nic-vlans-victoria.yaml": ("14:5", "a list stands where"),
    "046-edpm-safe-defaults-no-link.yaml": ("1:1", "nothing to configure"),
}

#: Files that others find invalid and we do not, and why.
ACCEPTED = {
    "031-osnc-unittest-test_from_json_invalid_vfid.json": "a number in quotes is a number",
}


#: A file whose default route of IPv6 a router has to announce the network for first.
ANNOUNCED = {"193-tht-compute-dvr-train.yaml"}


def holds(found: corpus.Outcome) -> None:
    """The plan works on a node with the kernel's main rules, is verified, and has no successor."""
    prepared = found.prepared
    assert prepared is not None and found.document is not None
    node = ModelKernel(prepared.live)
    node.execute(prepared.plan.steps)
    settings = settings_among(prepared.wanted.resources)
    verify(prepared.plan, prepared.wanted, node.observe(settings=settings))
    _, nics, names = corpus.node_of(found.document)
    again = corpus.prepared(found.document, node, nics, names)
    assert again.plan.changes == ()
    assert again.plan.steps == ()
    assert plan_text.render(prepared)
    assert plan_json.as_json(prepared, "f.yaml", applied=False)["changed"] is bool(prepared.plan)


def holds_or_waits(path: Path, found: corpus.Outcome) -> None:
    if path.name in ANNOUNCED:
        with pytest.raises(ExecuteError, match="Network is unreachable: ::/0"):
            holds(found)
    elif found.prepared is not None:
        holds(found)


@corpus.by_name(CORPUS)
def test_a_file_is_planned_or_refused_where_it_is_known_to_be_wrong(path: Path) -> None:
    found = corpus.outcome(path)
    why, *places = WRONG.get(path.name, ("",))
    assert found.places(Severity.ERROR) == places, why or found.what()
    holds_or_waits(path, found)


@corpus.by_name(CORPUS)
def test_what_can_be_planned_of_a_file_holds_too(path: Path) -> None:
    holds_or_waits(path, corpus.without_what_comes_later(path))


@corpus.by_name(CORPUS)
def test_a_check_says_the_same(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = [*WRONG.get(path.name, ("",))[1:], *filter(None, [NOT_WITHOUT_A_NODE.get(path.name)])]
    assert main(["check", str(path)]) == (1 if places else 0)
    lines = [line.replace(f"{path}:", "") for line in capsys.readouterr().err.splitlines()]
    errors = [line for line in lines if " warning: " not in line and "not supported" not in line]
    assert [":".join(line.split(":")[:2]) for line in errors] == places


@corpus.by_name(INVALID)
def test_an_invalid_file_is_refused_with_one_error(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", str(path)])
    lines = capsys.readouterr().err.splitlines()
    errors = [line for line in lines if " warning: " not in line and "not supported" not in line]
    if path.name in ACCEPTED:
        assert (status, errors) == (0, []), ACCEPTED[path.name]
        return
    place, word = REFUSED[path.name]
    (error,) = errors
    assert status == 1
    assert error.startswith(f"{path}:{place}: ")
    assert word in error


@corpus.by_name(CORPUS[::8])
def test_both_parsers_read_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for has_libyaml in (True, False):
        monkeypatch.setattr(yaml, "__with_libyaml__", has_libyaml)
        document = read(str(path))
        found.append((list(with_places(document.root, document)), document.problems))
    assert found[0] == found[1]


@corpus.by_name(MAPPINGS)
def test_a_mapping_is_read(path: Path) -> None:
    _, mapping = read_mapping(str(path))
    assert mapping


@pytest.mark.parametrize("directory", ["corpus", "corpus_invalid", "corpus_mapping"])
def test_the_corpus_is_there(directory: str) -> None:
    corpus.need(directory)


def test_the_table_of_all() -> None:
    corpus.need("corpus")
    rows = [corpus.row(path) for path in CORPUS]
    rows += [(path.name, "mapping", ", ".join(read_mapping(str(path))[1])) for path in MAPPINGS]
    totals = corpus.write_table(rows)
    counted = ", ".join(f"{count} {word}" for word, count in totals.items())
    corpus.summary.append(f"corpus: {counted} ({corpus.RESULTS / 'corpus.tsv'})")
    assert totals == TOTALS
    rest = [path for path in CORPUS if corpus.without_what_comes_later(path).prepared]
    assert len(rest) == PLANNED_IN_PART
