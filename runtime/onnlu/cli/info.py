"""`onnlu info`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from onnlu.cli.options import device_option, json_option, model_argument
from onnlu.cli.output import print_facts, print_json

_UNITS = ("bytes", "KiB", "MiB", "GiB")


@click.command("info")
@model_argument
@device_option("cuda")
@json_option
def info_command(model: Path, device: str, as_json: bool) -> None:
    """Show what a model is, exported or trained, and where it runs."""
    from onnlu.loading import load
    from onnlu.nlu import describe
    from onnlu_engine.model_directory import open_model

    opened = open_model(model)
    exported = opened.manifest.get("kind") == "onnx"
    info = load(model, device=device).info() if exported else describe(opened)
    if as_json:
        print_json(info)
    else:
        print_facts(_facts(info))


def _facts(info: Mapping[str, Any]) -> dict[str, str]:
    labels = info.get("labels", {})
    facts = {
        "model": info["path"],
        "kind": f"{info['kind']}, format {info['format']}",
        "created": info["created"],
        "digest": f"sha256:{info['model_id']}",
        "size": readable_size(info["size"]),
        "language": info.get("language") or "any",
        "intents": _named(labels.get("intents", [])),
        "entities": _named(labels.get("entities", [])),
        "components": ", ".join(info["components"].values()),
    }
    if "finetuned_from" in info:
        facts["finetuned from"] = f"sha256:{info['finetuned_from']}"
    if "parity" in info:
        facts |= parity_facts(info["parity"])
    if "diagnostics" in info:
        facts["diagnosed"] = ", ".join(info["diagnostics"]) or "none"
    if info.get("quantization"):
        facts["int8"] = quantization_line(info["quantization"])
    facts["versions"] = ", ".join(f"{name} {version}" for name, version in info["versions"].items())
    if "settings" in info:
        settings = info["settings"]
        fallback = f" ({settings['fallback']})" if settings["fallback"] else ""
        facts["device"] = f"{settings['device']}{fallback}, threads: {settings['threads']}"
    return facts


def parity_line(parity: Mapping[str, Any]) -> str:
    """Return what a parity report says, in one line."""
    worst = max((worst["difference"] for worst in parity["worst"].values()), default=0.0)
    grid = f", {len(parity['grid'])} shapes of random features" if parity["grid"] else ""
    return (
        f"{parity['texts']} texts{grid}, worst difference {worst:.2g}, "
        f"near ties: {parity['near_ties']}"
    )


def parity_facts(parity: Mapping[str, Any]) -> dict[str, str]:
    """Return what a parity report says, by name: of what, where it differs most, where it holds."""
    worst = [
        f"{output} {found['difference']:.2g} ({found['where']})"
        for output, found in sorted(parity["worst"].items())
    ]
    versions = [f"{name} {version}" for name, version in sorted(parity["versions"].items())]
    allowed = parity["tolerance"]
    return {
        "parity": parity_line(parity),
        "worst": "; ".join(worst) or "nothing was compared",
        "allowed": f"{allowed['atol']:g} + {allowed['rtol']:g} relative",
        "proven on": ", ".join([parity["cpu"], *versions]),
    }


def agreement_line(agreement: Mapping[str, Any]) -> str:
    """Return in how many decisions two models agree, in one line."""
    shares = (f"{name} {agreement[name]:.2%}" for name in ("intents", "tags", "entities"))
    return f"{', '.join(shares)} on {agreement['texts']} texts"


def quantization_line(quantization: Mapping[str, Any]) -> str:
    """Return what a model in int8 was held to, in one line."""
    size = quantization["size"]
    parts = [
        f"graphs of {readable_size(size['int8'])} instead of {readable_size(size['float32'])}",
        f"decides as TensorFlow: {agreement_line(quantization['agreement'])}",
    ]
    measured = quantization.get("accuracy")
    if measured:
        figures = ", ".join(
            f"{name.replace('_', ' ')} {measured['int8'].get(name, 0.0):.4f} (float32: {value:.4f})"
            for name, value in measured["float32"].items()
        )
        parts.append(f"on {measured['messages']} labelled messages: {figures}")
    return "; ".join(parts)


def readable_size(size: float) -> str:
    """Return a number of bytes in the unit that reads best.

    >>> readable_size(1536)
    '1.5 KiB'
    """
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size} bytes"


def _named(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "none"
