"""TensorFlow is the reference here: with oneDNN it moves by up to 4e-3, on CPUs with bfloat16."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
