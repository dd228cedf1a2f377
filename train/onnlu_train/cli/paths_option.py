"""Options with any number of paths, as a shell's data/*.yml leaves them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

import click
from click.core import augment_usage_errors

from onnlu.cli.options import PATH

Command = Callable[..., Any]


def paths_option(
    name: str, help_text: str, *, required: bool = False
) -> Callable[[Command], Command]:
    """Return an option that a `PathsCommand` gives all the paths behind it, in order.

    Args:
        name: such as "--data".
        help_text: what the paths are.
        required: whether there has to be at least one.
    """
    return click.option(
        name, type=PATH, required=required, multiple=True, metavar="PATH...", help=help_text
    )


class PathsCommand(click.Command):
    """A command whose options of paths take what stands behind them, up to the next option.

    An option takes one value in click, or a fixed number of them.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line, and return what is left of it."""
        names = {
            name
            for option in self.params
            if isinstance(option, click.Option) and option.multiple and option.type is PATH
            for name in option.opts
        }
        if not ctx.resilient_parsing:  # a shell that completes the line has half of it
            with augment_usage_errors(ctx):
                args = named_each(args, names)
        return super().parse_args(ctx, args)


class ModelFirstCommand(PathsCommand):
    """Shows the model first: the words behind an option of paths are taken for paths."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the words of the usage line."""
        options, *arguments = super().collect_usage_pieces(ctx)
        return [*arguments, options]


def named_each(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    """Return a command line with the name of its option at each path.

    Args:
        arguments: the words of the command line.
        names: of the options that take paths.

    Raises:
        click.BadOptionUsage: such an option has none behind it.

    >>> named_each(["--data", "a", "b", "--out", "c"], {"--data"})
    ['--data=a', '--data=b', '--out', 'c']
    """
    named: list[str] = []
    rest = deque(arguments)
    while rest:
        argument = rest.popleft()
        if argument == "--":
            return [*named, argument, *rest]
        name, equals, path = argument.partition("=")
        if name not in names:
            named.append(argument)
            continue
        paths = [path] if equals else []
        while rest and not _is_option(rest[0]):
            paths.append(rest.popleft())
        if not paths:
            raise click.BadOptionUsage(name, f"Option '{name}' requires at least one path.")
        named += [f"{name}={path}" for path in paths]
    return named


def _is_option(argument: str) -> bool:
    return argument.startswith("-") and argument != "-"
