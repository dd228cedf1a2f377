"""Components without TensorFlow: one class each for training and serving."""
