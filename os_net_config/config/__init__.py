"""From the text of a config file to the wanted state."""
