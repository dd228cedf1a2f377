"""What is to be measured of trainings, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from data_sets import DataSet
from training_systems import LINEAR


class Run(NamedTuple):
    """What tells one training from all others of a measurement.

    Attributes:
        data: name of the data set.
        system: name of the system.
        config: name of the pipeline.
        epochs: passes over the data.
        seed: of the random numbers.
        round: counts the runs that are the same otherwise, from 1.
    """

    data: str
    system: str
    config: str
    epochs: int
    seed: int = 1
    round: int = 1

    @property
    def title(self) -> str:
        """The run in words."""
        how = f"{self.config}, {self.epochs} epochs, seed {self.seed}, " if self.epochs else ""
        return f"{self.data}, {self.system}, {how}round {self.round}"


class Task(NamedTuple):
    """A run with what it needs.

    Attributes:
        run: what is measured.
        data: what it trains on.
        facts: what a report should know of the data.
    """

    run: Run
    data: DataSet
    facts: Mapping[str, int]


def speed_tasks(
    data_sets: Sequence[DataSet], systems: Sequence[str], epochs: int, rounds: int
) -> Iterator[Task]:
    """Yield trainings of all systems in turns, round by round."""
    for number in range(1, rounds + 1):
        for data in data_sets:
            for system in systems:
                yield _task(data, system, epochs, round=number)


def quality_tasks(
    data_sets: Sequence[DataSet], systems: Sequence[str], epochs: int, seeds: Sequence[int]
) -> Iterator[Task]:
    """Yield trainings with one seed after the other; no seed changes the linear model."""
    for seed in seeds:
        for data in data_sets:
            for system in systems:
                if system != LINEAR or seed == seeds[0]:
                    yield _task(data, system, epochs, seed=seed)


def generated_tasks(
    data_sets: Iterable[tuple[DataSet, Mapping[str, int]]], systems: Sequence[str], epochs: int
) -> Iterator[Task]:
    """Yield trainings on generated utterances, given with the facts of each set."""
    for data, facts in data_sets:
        for system in systems:
            yield _task(data, system, epochs)._replace(facts=facts)


def config_name(config: Path) -> str:
    """Return what a pipeline is called: its file, and the folder that it is in.

    >>> config_name(Path("/a/peers/config.yml"))
    'peers/config.yml'
    """
    return "/".join(config.parts[-2:])


def _task(data: DataSet, system: str, epochs: int, seed: int = 1, round: int = 1) -> Task:
    if system == LINEAR:  # it has a pipeline of its own, no epochs, and nothing random
        return Task(Run(data.name, system, "", epochs=0, seed=0, round=round), data, {})
    run = Run(data.name, system, config_name(data.config), epochs, seed, round)
    return Task(run, data, {})
