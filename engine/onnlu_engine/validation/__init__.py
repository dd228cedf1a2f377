"""Whether the graphs of a model can run, found out before anything does.

Every rule is a generator of problems; its docstring says what it demands.
"""

from onnlu_engine.validation.interface import GraphInterface
from onnlu_engine.validation.validating import validate

__all__ = ["GraphInterface", "validate"]
