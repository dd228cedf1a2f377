"""`exporter inspect`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from onnlu.cli.info import parity_line, quantization_line, readable_size
from onnlu.cli.options import PATH, json_option
from onnlu.cli.output import print_facts, print_json


@click.command("inspect")
@click.argument("onnx", type=PATH)
@json_option
def inspect_command(onnx: Path, as_json: bool) -> None:
    """Show what is in an exported model: interface, operators, parameters, golden texts."""
    from onnlu_export.inspection import inspect_export

    found = inspect_export(onnx)
    if as_json:
        print_json(found)
        return
    diagnostics = found.get("diagnostics", {})
    shown = {**found["graphs"], **{f"{name}, diagnostics": g for name, g in diagnostics.items()}}
    for name, graph in shown.items():
        click.echo(f"{name}\n")
        print_facts(_facts(graph))
        click.echo()
    print_facts(
        {
            "golden texts": str(len(found["golden_texts"])),
            **{f"  {number}": repr(text) for number, text in enumerate(found["golden_texts"], 1)},
            "parity": parity_line(found["parity"]),
        }
    )
    if found.get("quantization"):
        print_facts({"int8": quantization_line(found["quantization"])})


def _facts(graph: Mapping[str, Any]) -> dict[str, str]:
    facts = {}
    for kind in ("inputs", "outputs"):
        for value in graph[kind]:
            dims = ", ".join(map(str, value["dims"]))
            facts[f"{kind[:-1]} {value['name']}"] = f"{value['dtype']} [{dims}]"
    operators = ", ".join(f"{name} {count}" for name, count in graph["operators"].items())
    types = ", ".join(f"{name} {count:,}" for name, count in graph["types"].items())
    return facts | {
        "opset": str(graph["opset"]),
        "operators": f"{sum(graph['operators'].values())}: {operators}",
        "parameters": f"{graph['parameters']:,}: {types}",
        "size": readable_size(graph["size"]),
    }
