"""Files that the program knows by name."""

CONFIG_FILE = "/etc/os-net-config/config.yaml"
MAPPING_FILE = "/etc/os-net-config/mapping.yaml"
LOCK_FILE = "/run/os-net-config/lock"
