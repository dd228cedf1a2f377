"""Exported graphs in int8, behind a gate of their own; docs/decisions/0015."""
