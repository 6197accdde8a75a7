"""Names of tables and columns as ovs-vsctl takes them: in any case, with - or _, and cut short.

The columns are those of Open vSwitch 3.1 (vswitch.ovsschema 8.3.1). All readers raise ValueError.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Iterable, Mapping, NamedTuple, Optional, Sequence, Tuple

from ...state.attributes import Attribute
from ...state.row import BRIDGE, CONTROLLER, INTERFACE, MANAGER, PORT, ROOT, TABLES, Map, Set
from ..words import did_you_mean

#: Tables of which rows are not described here.
_OTHER_TABLES = (
    *("AutoAttach", "CT_Timeout_Policy", "CT_Zone", "Datapath", "Flow_Sample_Collector_Set"),
    *("Flow_Table", "IPFIX", "Mirror", "NetFlow", "QoS", "Queue", "SSL", "sFlow"),
)
#: Attributes that are no columns: what a row belongs to, and rows that are known by where they lead.
_NO_COLUMNS: Mapping[str, Tuple[str, ...]] = {
    ROOT: ("manager",),
    BRIDGE: ("controller",),
    PORT: ("bridge",),
    INTERFACE: ("port",),
    CONTROLLER: ("bridge", "target"),
    MANAGER: ("target",),
}
_NAME = "the name of a row is what it is known by, and stays"
_TOLD = "it is only told by Open vSwitch"
_ROWS = "it refers to rows of another table, which cannot be described here"
_CONTROLLERS = "it is said by set-controller and del-controller"
_MANAGERS = "it is said by set-manager and del-manager"


def _told(*names: str) -> Mapping[str, str]:
    return dict.fromkeys(names, _TOLD)


def _told_of(name: str, instead: str) -> Mapping[str, str]:
    return {name: f"{_TOLD}; what is wanted is said by {instead}"}


def _rows(*names: str) -> Mapping[str, str]:
    return dict.fromkeys(names, _ROWS)


#: Columns that nobody sets here, by table, with the reason.
_REFUSED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        ROOT: {
            **_told("cur_cfg", "datapath_types", "db_version", "dpdk_initialized", "dpdk_version"),
            **_told("iface_types", "next_cfg", "ovs_version", "statistics"),
            **_rows("datapaths", "ssl"),
            "bridges": "it is said by add-br and del-br",
            "manager_options": _MANAGERS,
        },
        BRIDGE: {
            "name": _NAME,
            **_told("datapath_version", "rstp_status", "status"),
            **_told_of("datapath_id", "other_config:datapath-id"),
            **_rows("auto_attach", "flow_tables", "ipfix", "mirrors", "netflow", "sflow"),
            "ports": "it is said by add-port, add-bond and del-port",
            "controller": _CONTROLLERS,
        },
        PORT: {
            "name": _NAME,
            **_told("rstp_statistics", "rstp_status", "statistics", "status"),
            **_told_of("bond_active_slave", "other_config:bond-primary"),
            **_rows("qos"),
            "interfaces": "it is said by add-port, add-bond, add-bond-iface and del-bond-iface",
        },
        INTERFACE: {
            "name": _NAME,
            **_told("admin_state", "bfd_status", "cfm_fault", "cfm_fault_status", "cfm_flap_count"),
            **_told("cfm_health", "cfm_remote_mpids", "cfm_remote_opstate", "duplex", "error", "ifindex"),
            **_told("lacp_current", "link_resets", "link_speed", "link_state", "statistics", "status"),
            **_told_of("mac_in_use", "mac, or by other_config:hwaddr of a bridge"),
            **_told_of("mtu", "mtu_request"),
            **_told_of("ofport", "ofport_request"),
        },
        CONTROLLER: {**_told("is_connected", "role", "status"), "target": _CONTROLLERS},
        MANAGER: {**_told("is_connected", "status"), "target": _MANAGERS},
    }
)
#: What is often taken for a column, and is a key of one.
_KEYS: Mapping[str, str] = {
    **{word: f"options:{word}" for word in ("dst_port", "key", "local_ip", "peer", "remote_ip")},
    **{word: f"options:{word}" for word in ("n_rxq", "n_rxq_desc", "n_txq_desc")},
    "dpdk_devargs": "options:dpdk-devargs",
    "hwaddr": "other_config:hwaddr",
    "lacp_time": "other_config:lacp-time",
    "mac_table_size": "other_config:mac-table-size",
}


class Column(NamedTuple):
    """A column of a table that somebody may set."""

    table: str
    attribute: Attribute

    @property
    def name(self) -> str:
        return self.attribute.name

    @property
    def is_map(self) -> bool:
        return isinstance(self.attribute.type, Map)

    @property
    def set_type(self) -> Optional[Set]:
        """None for what has one value, and for a map."""
        return self.attribute.type if isinstance(self.attribute.type, Set) else None

    @property
    def is_optional(self) -> bool:
        return self.is_map or self.set_type is not None or self.attribute.default is None


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


def _find(word: str, names: Iterable[str], what: str) -> Optional[str]:
    """The name that is meant; None where there is none."""
    found = [name for name in names if word and name.lower().startswith(_plain(word))]
    whole = [name for name in found if name.lower() == _plain(word)]
    if len(whole or found) > 1:
        raise ValueError(f"{word} may be each of the {what} {', '.join(sorted(found))}")
    return next(iter(whole or found), None)


def table(word: str) -> str:
    name = _find(word, (*TABLES, *_OTHER_TABLES), "tables")
    if name is None:
        raise ValueError(f"there is no table {word!r}{did_you_mean(word, map(str.lower, TABLES))}")
    if name not in TABLES:
        raise ValueError(f"rows of the table {name} cannot be described here")
    return name


def settable(name: str) -> Mapping[str, Attribute]:
    """The columns of a table that somebody may set."""
    return {one: TABLES[name][one] for one in TABLES[name] if one not in _NO_COLUMNS[name]}


def column(table_name: str, word: str) -> Column:
    known = settable(table_name)
    name = _find(word, (*known, *_REFUSED[table_name]), "columns")
    if name is None or (name not in known and _plain(word) != name and _elsewhere(_plain(word))):
        raise ValueError(f"{table_name} has no column {word!r}{_guess(table_name, _plain(word))}")
    if name not in known:
        raise ValueError(f"{name} cannot be set: {_REFUSED[table_name][name]}")
    return Column(table_name, known[name])


def _guess(table_name: str, word: str) -> str:
    """The end of the message about a column that there is not."""
    key = _KEYS.get(word)
    if key is not None and key.partition(":")[0] in TABLES[table_name]:
        return f"; did you mean {key}?"
    if _elsewhere(word):
        return f"; it is one of {' and '.join(_elsewhere(word))}"
    return did_you_mean(word, settable(table_name))


def _elsewhere(word: str) -> Sequence[str]:
    """The tables that have a column of just this name."""
    return [other for other in TABLES if word in settable(other)]


#: Columns that commands of their own say, and clear may empty.
_CLEARED: Mapping[Tuple[str, str], str] = {
    (ROOT, "manager_options"): "manager",
    (BRIDGE, "controller"): "controller",
}


def cleared(table_name: str, word: str) -> Column:
    """The column for ``clear``."""
    name = _find(word, (*settable(table_name), *_REFUSED[table_name]), "columns")
    attribute = _CLEARED.get((table_name, name or ""))
    return Column(table_name, TABLES[table_name][attribute]) if attribute else column(table_name, word)
