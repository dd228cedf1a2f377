"""Adam for models with wide sparse inputs."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class LazyAdam(keras.optimizers.Adam):
    """Adam that updates only those rows of a variable that have a gradient, moments included.

    The kernel of a sparse layer has a row for each n-gram, of which a batch holds a few: a step
    costs what these cost. Other variables are updated as by Keras' Adam, in one operation instead
    of ten. Rows of a gradient must be distinct, as `SparseToDense` gives them.

    Args:
        learning_rate: a number or a schedule.
        lazy: False for Adam as it is: rows without a gradient follow their momentum.
        kwargs: for Keras' Adam.
    """

    def __init__(self, learning_rate: Any = 0.001, *, lazy: bool = True, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self._lazy = lazy

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        # Keras' own makes rows dense.
        if self.global_clipnorm:
            return tf.clip_by_global_norm(grads, self.global_clipnorm)[0]
        return super()._clip_gradients(grads)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable by its gradient, a tensor or `tf.IndexedSlices`."""
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index].value, self._velocities[index].value
        step = tf.cast(self.iterations.value + 1, tf.float32)
        powers = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)
        rate = tf.cast(learning_rate, tf.float32)
        if not self._lazy:
            gradient = tf.convert_to_tensor(gradient)
        if isinstance(gradient, tf.IndexedSlices):
            rate *= tf.sqrt(1.0 - powers[1]) / (1.0 - powers[0])
            self._update_rows(gradient, variable, momentum, velocity, rate)
            return
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.handle,
            v=velocity.handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )

    def _update_rows(
        self,
        gradient: tf.IndexedSlices,
        variable: tf.Variable,
        momentum: tf.Variable,
        velocity: tf.Variable,
        rate: tf.Tensor,
    ) -> None:
        rows, values = gradient.indices, gradient.values
        m = self.beta_1 * tf.gather(momentum, rows) + (1.0 - self.beta_1) * values
        v = self.beta_2 * tf.gather(velocity, rows) + (1.0 - self.beta_2) * tf.square(values)
        momentum.scatter_update(tf.IndexedSlices(m, rows))
        velocity.scatter_update(tf.IndexedSlices(v, rows))
        change = rate * m / (tf.sqrt(v) + self.epsilon)
        variable.scatter_sub(tf.IndexedSlices(change, rows))
