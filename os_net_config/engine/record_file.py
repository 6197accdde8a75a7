"""The record of what is ours, on disk: one file for each network namespace, void after a reboot.

Rows of Open vSwitch, drivers of devices and lines of resolv.conf outlive a boot, and are in no namespace:
they have a file that lasts.

Its format is described in docs/record-format.md.
"""

from __future__ import annotations

import json
import logging
import os
import time
from typing import Any, Dict, List, Optional

from ..backends import files
from ..state.codec import CodecError, key_from_json, key_to_json, values_from_json, values_to_json
from ..state.model import Key
from ..state.record import LASTING, Entry, Record, without_past
from .boot import boot_id, namespace
from .paths import RUN_DIR, STATE_DIR

log = logging.getLogger(__name__)

FORMAT, VERSION = "os-net-config record", 1


class RecordFile:
    """The record of the network namespace that we are in; below ``lasting``, that of what outlives a boot."""

    def __init__(self, directory: str = RUN_DIR, lasting: str = STATE_DIR) -> None:
        self.path = os.path.join(directory, f"record-{namespace()}.json")
        self.rows = os.path.join(lasting, "ovs-record.json")

    def load(self) -> Record:
        """An empty one where there is none, or where it cannot be read: then labels are all we have."""
        record = Record({**_read(self.path, boot_id()).entries, **_read(self.rows, None).entries})
        return without_past(record, time.monotonic())

    def save(self, record: Record) -> None:
        """Raises OSError. A reader of a file sees the old one or the new one, whatever happens meanwhile."""
        entries = record.entries.items()
        rows: Dict[Key, Entry] = {key: one for key, one in entries if isinstance(key, LASTING)}
        rest = {key: one for key, one in entries if key not in rows}
        if rows != _read(self.rows, None).entries:
            files.replace(self.rows, _content(Record(rows)))
        files.replace(self.path, _content(Record(rest), boot=boot_id()))


def _read(path: str, boot: Optional[str]) -> Record:
    """Of this boot, where one is said."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        if content["version"] != VERSION or (boot is not None and content["boot"] != boot):
            return Record()
        return record_from_json(content["entries"])
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s cannot be used, and what it told is not known: %s", path, error)
        return Record()


def _content(record: Record, **more: str) -> bytes:
    content = {"format": FORMAT, "version": VERSION, "entries": record_to_json(record), **more}
    return json.dumps(content).encode()


def record_to_json(record: Record) -> List[Dict[str, Any]]:
    return [_entry_to_json(one) for one in record]


def record_from_json(entries: Any) -> Record:
    """Raises CodecError, KeyError, TypeError, AttributeError."""
    return Record({entry.key: entry for entry in map(_entry, entries)})


def _entry(one: Any) -> Entry:
    """Raises CodecError, KeyError, TypeError, AttributeError."""
    claims = {path: frozenset(names) for path, names in one["claims"].items()}
    if not isinstance(one["made"], bool):
        raise CodecError(f"made is {one['made']!r}")
    given = tuple(map(values_from_json, one.get("given", ())))
    return Entry(key_from_json(one["key"]), one["made"], claims, values_from_json(one["before"]), given)


def _entry_to_json(entry: Entry) -> Dict[str, Any]:
    given = [values_to_json(one) for one in entry.given]
    return {
        "key": key_to_json(entry.key),
        "made": entry.made,
        "claims": {path: sorted(names) for path, names in entry.claims.items()},
        "before": values_to_json(entry.before),
        **({"given": given} if given else {}),
    }
