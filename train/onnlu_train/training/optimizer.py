"""What updates the weights."""

from __future__ import annotations

import keras

from onnlu_train.training.lazy_adam import LazyAdam
from onnlu_train.training.options import TrainingOptions


def make_optimizer(options: TrainingOptions) -> keras.optimizers.Optimizer:
    """Return the optimizer of a training: lazy Adam, or Adam as it is for the training of Rasa 3.6.

    Its learning rate is a variable: a schedule sets it before each step. With mixed precision the
    loss is scaled up dynamically, so that small gradients survive in float16, and steps whose
    gradients overflow are left out.
    """
    adam = LazyAdam(
        options.learning_rate,
        lazy=not options.as_rasa,
        global_clipnorm=options.gradient_clipping,
    )
    return keras.optimizers.LossScaleOptimizer(adam) if options.mixed_precision else adam
