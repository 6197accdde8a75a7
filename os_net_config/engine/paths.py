"""Files that the program knows by name."""

import os

CONFIG_FILE = "/etc/os-net-config/config.yaml"
MAPPING_FILE = "/etc/os-net-config/mapping.yaml"
#: What is gone after a boot: the lock, and the record of what is ours.
RUN_DIR = "/run/os-net-config"
#: What outlives a boot: the numbers of the NICs.
STATE_DIR = "/var/lib/os-net-config"


def below(root: str, path: str) -> str:
    """``path`` below the directory that stands for /, where there is one (--root-dir)."""
    return os.path.join(root, path.lstrip("/")) if root else path


def dpdk_mapping(state_dir: str) -> str:
    """The file of the NICs that DPDK drives."""
    return os.path.join(state_dir, "dpdk_mapping.yaml")
