"""The lab: run a command on a real kernel that has bonding, VLANs, bridges and Open vSwitch.

``python3 -m tests.lab --help`` shows what it does; CONTRIBUTING.md says when to use it.
"""
