"""Options that take any number of paths."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from onnlu_train.cli import trainer
from onnlu_train.cli.paths_option import named_each

OUT = {"fit", "evaluate", "cross-validate"}
MORE = [("fit", "validation_data"), ("validate", "against")]


def parsed(command: str, *arguments: str) -> dict[str, object]:
    """Return the parameters of a command, which is not run."""
    given = [] if command == "evaluate" else ["--config", "config.yml"]
    given += ["--out", "out"] if command in OUT else []
    return trainer.commands[command].make_context(command, [*given, *arguments]).params


@pytest.mark.parametrize(("command", "name"), MORE)
def test_paths_belong_to_the_option_before_them(command: str, name: str) -> None:
    option = f"--{name.replace('_', '-')}"
    for arguments in (
        ("--data", "a", "b", option, "c", "d"),
        (option, "c", "d", "--data", "a", "b"),
        ("--data", "a", option, "c", option, "d", "--data", "b"),
        (f"{option}=c", "d", "--data=a", "b", "--json"),
    ):
        params = parsed(command, *arguments)
        assert params["data"] == (Path("a"), Path("b"))
        assert params[name] == (Path("c"), Path("d"))


@pytest.mark.parametrize("arguments", [("m", "--data", "a", "b"), ("--data", "a", "b", "--", "m")])
def test_a_model_stands_before_the_data_or_behind_a_double_dash(arguments: tuple[str, ...]) -> None:
    params = parsed("evaluate", *arguments)
    assert (params["model"], params["data"]) == (Path("m"), (Path("a"), Path("b")))


@pytest.mark.parametrize("command", ["fit", "validate", "cross-validate"])
@pytest.mark.parametrize("arguments", [("a", "--data", "b"), ("--data", "b", "--json", "a")])
def test_a_path_without_an_option_is_wrong_usage(command: str, arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError, match=r"unexpected extra argument \(a\)"):
        parsed(command, *arguments)


@pytest.mark.parametrize("arguments", [("--data",), ("--data", "--json"), ("--data", "--", "a")])
def test_an_option_without_a_path_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.BadOptionUsage, match="'--data' requires at least one path") as caught:
        parsed("fit", *arguments)
    assert caught.value.ctx is not None  # so that the usage is shown


def test_half_a_line_can_be_completed() -> None:
    for args in (["--data"], ["--data", "a", "b", "--validation-data"]):
        context = trainer.commands["fit"].make_context("fit", args, resilient_parsing=True)
        assert context.params["out"] is None


def test_other_options_keep_their_values() -> None:
    line = ["--seed", "-1", "--data", "-", "--set", "train.a=b", "--flag", "m"]
    assert named_each(line, {"--data"}) == [
        "--seed", "-1", "--data=-", "--set", "train.a=b", "--flag", "m",
    ]  # fmt: skip
