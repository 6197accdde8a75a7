"""The places where a node keeps network state: each can be observed and changed."""
