"""What the demo shows: parses with their entities highlighted, and the table at its end."""

from __future__ import annotations

from typing import Any

from commands import Environment
from rich.table import Table
from rich.text import Text
from scores import Record, Scores, spans

SHOWN = 8
COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red", "bright_cyan", "bright_green")
AIM_INTENT, AIM_ENTITY = 0.90, 0.85
MEGABYTE = 1_000_000


def parses(gold: list[Record], parsed: list[Record]) -> Table:
    """Return some parses, with those that are wrong marked as such."""
    types = sorted({e["entity"] for record in gold for e in record["entities"]})
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(types)}
    table = Table("text", "intent", "sure", "right", box=None, padding=(0, 2, 0, 0))
    # Evenly spread, among those with entities: these are the texts that show something.
    chosen = [pair for pair in zip(gold, parsed, strict=True) if pair[0]["entities"]]
    for wanted, found in chosen[:: max(1, len(chosen) // SHOWN)][:SHOWN]:
        intent = found["intent"]
        right = wanted["intent"] == intent["name"] and spans(wanted) == spans(found)
        table.add_row(
            highlighted(found, colours),
            intent["name"],
            f"{intent['confidence']:.2f}",
            "yes" if right else "no",
        )
    return table


def highlighted(record: Record, colours: dict[str, str]) -> Text:
    """Return the text with its entities in colour, each followed by its type."""
    shown, position = Text(), 0
    for entity in sorted(record["entities"], key=lambda entity: entity["start"]):
        colour = colours.get(entity["entity"], "white")
        shown.append(record["text"][position : entity["start"]])
        shown.append(f"[{record['text'][entity['start'] : entity['end']]}]", f"bold {colour}")
        shown.append(f"({entity['entity']})", colour)
        position = entity["end"]
    return shown.append(record["text"][position:])


def summary(
    scores: Scores,
    manifest: dict[str, Any],
    measured: dict[str, float],
    serving: Environment,
    training: Environment,
) -> Table:
    """Return the table of what the demo found."""
    parity = manifest["parity"]
    worst = max(output["difference"] for output in parity["worst"].values())
    model_size = sum(file["size"] for file in manifest["files"].values())
    table = Table(show_header=False, title="\nThe concierge, served", title_justify="left")
    table.add_row("intents, held-out", f"accuracy {scores.intent_accuracy:.2f} (aim {AIM_INTENT})")
    table.add_row("entities, held-out", f"F1 {scores.entity_f1:.2f} (aim {AIM_ENTITY})")
    table.add_row(
        "parity with TensorFlow",
        f"{parity['texts']} texts and {len(parity['grid'])} shapes of batches, "
        f"{parity['near_ties']} near ties, largest difference {worst:.0e}",
    )
    table.add_row("model", megabytes(model_size))
    table.add_row(
        "latency of a text",
        f"{measured['latency_p50_ms']:.1f} ms (median), "
        f"{measured['latency_p95_ms']:.1f} ms (95th percentile)",
    )
    table.add_row("memory", megabytes(measured["memory_bytes"]))
    table.add_row("command to first answer", f"{measured['cold_start_seconds']:.1f} s")
    table.add_row(
        "installed to serve",
        f"{len(serving.packages())} packages, {megabytes(serving.size())} "
        f"(to train and export: {len(training.packages())}, {megabytes(training.size())})",
    )
    return table


def megabytes(size: float) -> str:
    """Return a number of bytes as text."""
    return f"{size / MEGABYTE:,.0f} MB" if size >= 10 * MEGABYTE else f"{size / MEGABYTE:.1f} MB"
