"""What a run gives to the graphs of a model."""

from typing import Final

IMPORTER: Final = "__importer__"
"""The training data, for a train graph."""

MESSAGE: Final = "__message__"
"""The messages to parse, for a predict graph."""
