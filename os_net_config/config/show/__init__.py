"""The live node as a config, each module the inverse of one in ``kinds/`` or of a reader of words."""

from .document import describe
from .seen import Seen
from .tree import Entry, without
from .write import text

__all__ = ["Entry", "Seen", "describe", "text", "without"]
