"""Train NLU models with TensorFlow."""
