"""``python3 -m os_net_config``."""

from .cli.main import entry_point

entry_point()
