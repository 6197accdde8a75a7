"""A dummy: a link with nothing behind it, for addresses that no NIC is to carry."""

from __future__ import annotations

KIND = "dummy"
