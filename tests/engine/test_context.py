"""What every component is told of a run."""

from __future__ import annotations

import pytest

from onnlu_engine import ExecutionContext, GraphSchema


@pytest.mark.behaviour("1.7/1")
def test_the_schema_has_to_be_given_and_is_not_shown() -> None:
    schema = GraphSchema({})
    assert ExecutionContext(schema).graph_schema is schema
    assert "graph_schema" not in repr(ExecutionContext(schema))
    with pytest.raises(TypeError, match="graph_schema"):
        ExecutionContext()  # type: ignore[call-arg]


def test_all_else_has_a_default() -> None:
    context = ExecutionContext(GraphSchema({}))
    assert (context.model_id, context.node_name) == (None, None)
    assert (context.should_add_diagnostic_data, context.is_finetuning) == (False, False)
    assert context.settings == {}
