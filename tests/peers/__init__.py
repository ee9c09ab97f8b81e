"""Defects seen in peers, as regression tests; docs/peers.md has the whole table."""
