"""Packaging: the schemas directory is shipped inside the package (see os_net_config/schemas)."""

from setuptools import setup

setup()
