"""The component-graph engine that training, export and serving share."""

from onnlu_engine.component import GraphComponent
from onnlu_engine.context import ExecutionContext
from onnlu_engine.resource import Resource
from onnlu_engine.storage import LocalModelStorage, ModelStorage

__all__ = [
    "ExecutionContext",
    "GraphComponent",
    "LocalModelStorage",
    "ModelStorage",
    "Resource",
]
