"""What of a trained model is exported."""

from __future__ import annotations

from onnlu.nlu import NLU
from onnlu_export.errors import ExportException
from onnlu_train.export_spec import Exportable, ExportSpec


def export_specs(trained: NLU) -> dict[str, ExportSpec]:
    """Return what to export by node.

    Raises:
        ExportException: a component needs TensorFlow and does not say how it is exported.
    """
    specs = {}
    for name, node in trained.schema.nodes.items():
        if issubclass(node.uses, Exportable):
            specs[name] = trained.component(name).export_spec()
        elif "tensorflow" in node.uses.required_packages():
            raise ExportException(
                f"Node '{name}' needs TensorFlow, but {node.uses.__name__} has no export_spec: "
                "it cannot be exported."
            )
    return specs
