"""Training that goes on from a model: what may change, and what stays."""
