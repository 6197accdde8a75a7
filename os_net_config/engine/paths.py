"""Files that the program knows by name."""

CONFIG_FILE = "/etc/os-net-config/config.yaml"
MAPPING_FILE = "/etc/os-net-config/mapping.yaml"
#: What is gone after a boot: the lock, and the record of what is ours.
RUN_DIR = "/run/os-net-config"
