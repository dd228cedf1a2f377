"""The component-graph engine that training, export and serving share."""

from onnlu_engine.component import GraphComponent
from onnlu_engine.configuration import GraphModelConfiguration, TrainingType
from onnlu_engine.context import ExecutionContext
from onnlu_engine.hooks import GraphNodeHook
from onnlu_engine.manifest import FORMAT, canonical_json
from onnlu_engine.model_directory import Model, check_target, open_model, write_model
from onnlu_engine.node import GraphNode, merged_config
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.resource import Resource
from onnlu_engine.runner import GraphRunner, SequentialGraphRunner
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_engine.storage import LocalModelStorage, ModelStorage

__all__ = [
    "FORMAT",
    "ComponentRegistry",
    "ExecutionContext",
    "GraphComponent",
    "GraphModelConfiguration",
    "GraphNode",
    "GraphNodeHook",
    "GraphRunner",
    "GraphSchema",
    "LocalModelStorage",
    "Model",
    "ModelStorage",
    "Resource",
    "SchemaNode",
    "SequentialGraphRunner",
    "TrainingType",
    "canonical_json",
    "check_target",
    "merged_config",
    "open_model",
    "write_model",
]
