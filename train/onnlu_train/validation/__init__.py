"""What is wrong, or weak, in a config and its training data, before anything is trained."""
