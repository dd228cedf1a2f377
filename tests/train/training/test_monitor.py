"""Which epoch is the best, and when to stop."""

from __future__ import annotations

import json

import pytest

from onnlu_train.training.monitor import METRICS, Monitor


def observed(monitor: Monitor, metric: str, values: list[float]) -> list[bool]:
    return [
        monitor.observe(epoch, {"val_loss": 0.0, metric: value})
        for epoch, value in enumerate(values, start=1)
    ]


@pytest.mark.parametrize("metric", [name for name in METRICS if name.endswith("loss")])
def test_a_loss_is_the_better_the_lower(metric: str):
    monitor = Monitor(metric, None)
    assert observed(monitor, metric, [3, 2, 2, 4, 1]) == [True, True, False, False, True]
    assert monitor.best_epoch == 5


@pytest.mark.parametrize("metric", [name for name in METRICS if not name.endswith("loss")])
def test_a_score_is_the_better_the_higher(metric: str):
    monitor = Monitor(metric, None)
    assert observed(monitor, metric, [0.3, 0.5, 0.5, 0.4, 0.6]) == [True, True, False, False, True]
    assert monitor.best_epoch == 5


# behaviour.md 3.9: in the original one lucky early metric can block saving for good.
def test_one_metric_decides_alone():
    monitor = Monitor("val_e_f1", None)
    monitor.observe(1, {"val_loss": 1.0, "val_i_acc": 1.0, "val_e_f1": 0.1})
    assert monitor.observe(2, {"val_loss": 1.0, "val_i_acc": 0.9, "val_e_f1": 0.2})


def test_nan_is_never_the_best():
    assert observed(Monitor("t_loss", None), "t_loss", [float("nan"), 1, float("nan")]) == [
        False,
        True,
        False,
    ]


def test_patience_counts_evaluations_since_the_best():
    monitor = Monitor("val_score", 2)
    ends = []
    for epoch, value in enumerate([0.1, 0.0, 0.2, 0.2, 0.1], start=1):
        monitor.observe(epoch, {"val_loss": 0.0, "val_score": value})
        ends.append(monitor.exhausted)
    assert ends == [False, False, False, False, True]


def test_epochs_that_were_not_validated_do_not_count():
    monitor = Monitor("val_score", 1)
    monitor.observe(1, {"val_loss": 0.0, "val_score": 0.5})
    for epoch in range(2, 9):
        assert not monitor.observe(epoch, {"t_loss": 1.0})
    assert not monitor.exhausted


@pytest.mark.parametrize(("metric", "loss"), [("val_e_f1", "val_loss"), ("entity_f1", "t_loss")])
def test_a_model_without_the_metric_is_watched_by_its_loss(
    metric: str, loss: str, caplog: pytest.LogCaptureFixture
):
    monitor = Monitor(metric, None)
    found = [monitor.observe(e, {"val_loss": v, "t_loss": v}) for e, v in enumerate([2.0, 1.0])]
    assert found == [True, True]
    assert caplog.text.count(f"no metric '{metric}', which is to be watched: {loss} is") == 1


def test_its_state_goes_through_json():
    monitor, other = Monitor("val_score", 3), Monitor("val_score", 3)
    observed(monitor, "val_score", [0.1, 0.5, 0.2])
    other.restore(json.loads(json.dumps(monitor.state())))
    assert other.state() == monitor.state()
    assert not other.observe(4, {"val_loss": 0.0, "val_score": 0.5})
    other.observe(5, {"val_loss": 0.0, "val_score": 0.5})
    assert other.exhausted
