"""Runs that die: killed at every write and every look, and what the next start makes of it."""
