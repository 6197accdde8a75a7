"""Where config and node meet: prepare a plan, carry it out, see that it holds."""
