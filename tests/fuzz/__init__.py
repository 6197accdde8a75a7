"""Random documents against the reader: no traceback, no hang, no more than a gigabyte."""
