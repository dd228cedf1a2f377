"""Who is told how a training goes: progress bars, TensorBoard, other loggers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_train.training.options import TrainingOptions

if TYPE_CHECKING:  # slow to import, and TensorFlow with it
    from importlib.metadata import EntryPoint

    from onnlu_train.models.rasa_model import RasaModel

logger = logging.getLogger(__name__)

GROUP: Final = "onnlu.training_callbacks"

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class TrainingRun:
    """What is known when a model starts to train.

    Attributes:
        name: of the model, such as "diet".
        node: of the train graph; two models of one pipeline differ in it.
        model: itself, to look at or to save; whoever changes it changes what is learnt.
        options: all of them, the epochs among them.
        epochs_done: epochs it had before, where it goes on from a checkpoint.
    """

    name: str
    node: str
    model: RasaModel
    options: TrainingOptions
    epochs_done: int = 0


@dataclass(frozen=True)
class TrainingSummary:
    """What came of a training.

    Attributes:
        metrics: of the weights that were kept.
        epochs: epochs trained.
        best_epoch: the best one by the metric that is watched; None where none is.
        restored: whether the weights are those of the best epoch, and not of the last one.
        stopped_early: whether patience ended it.
        interrupted: whether it was ended by Ctrl-C or the like.
    """

    metrics: Metrics
    epochs: int
    best_epoch: int | None = None
    restored: bool = False
    stopped_early: bool = False
    interrupted: bool = False


class TrainingCallback:
    """Is told how a training goes; override what you need.

    One object is told of every model of a fit, one after the other. A callback that fails is
    warned of and told nothing more; the training goes on.

    Attributes:
        wants_steps: tell it of every step; reading the metrics costs time in each.
    """

    wants_steps: bool = False

    def begin(self, run: TrainingRun) -> None:
        """A model starts to train."""

    def end_of_step(self, step: int, metrics: Metrics) -> None:
        """A step has ended.

        Args:
            step: its number, from 1, in all epochs.
            metrics: means of the epoch so far.
        """

    def end_of_epoch(self, epoch: int, metrics: Metrics) -> None:
        """An epoch has ended.

        Args:
            epoch: its number, from 1.
            metrics: of training, and of validation (`val_...`) where this epoch was validated.
        """

    def end(self, summary: TrainingSummary) -> None:
        """The training of the model has ended, or was interrupted."""


class Callbacks:
    """Tells all callbacks, and drops those that fail."""

    def __init__(self, callbacks: Iterable[TrainingCallback]) -> None:
        self._callbacks = list(callbacks)

    @property
    def want_steps(self) -> bool:
        """Whether any of them wants to hear of every step."""
        return any(callback.wants_steps for callback in self._callbacks)

    def tell(self, event: str, *arguments: Any) -> None:
        """Call the method `event` of each."""
        for callback in list(self._callbacks):
            try:
                getattr(callback, event)(*arguments)
            except Exception as error:
                self._callbacks.remove(callback)
                logger.warning(
                    "Training callback %s failed at %s with %s: %s. It is told nothing more.",
                    *(type(callback).__name__, event, type(error).__name__, error),
                )


def installed_callbacks(names: Sequence[str]) -> list[TrainingCallback]:
    """Return new callbacks of installed packages, by the names of their entry points.

    Raises:
        InvalidConfigException: there is no such name, or it cannot be made.
    """
    return [_made(point, factory) for point, factory in _factories(names)]


def check_installed(names: Sequence[str]) -> None:
    """Check that callbacks are installed. None is made: that may begin a run in another system.

    Raises:
        InvalidConfigException: there is no such name, or it cannot be imported.
    """
    _factories(names)


def _factories(names: Sequence[str]) -> list[tuple[EntryPoint, Any]]:
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    installed = {point.name: point for point in entry_points(group=GROUP)}
    unknown = [name for name in names if name not in installed]
    if unknown:
        raise InvalidConfigException(
            "\n".join(
                f"'train.loggers': no package registers '{name}'. "
                f"{did_you_mean(name, installed)} Packages register theirs as entry points of "
                f"the group '{GROUP}'."
                for name in unknown
            )
        )
    return [(installed[name], _imported(installed[name])) for name in names]


def _imported(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        raise _refused(point, "cannot be imported", error) from error


def _made(point: EntryPoint, factory: Any) -> TrainingCallback:
    try:
        callback = factory()
    except Exception as error:
        raise _refused(point, "cannot be made", error) from error
    if not isinstance(callback, TrainingCallback):
        raise InvalidConfigException(
            f"'train.loggers': '{point.name}' ({point.value}) is no callback. Derive its class "
            "from onnlu_train.training.TrainingCallback."
        )
    return callback


def _refused(point: EntryPoint, why: str, error: Exception) -> InvalidConfigException:
    return InvalidConfigException(
        f"'train.loggers': '{point.name}' ({point.value}) {why}: "
        f"{type(error).__name__}: {error}. Mend or leave out."
    )
