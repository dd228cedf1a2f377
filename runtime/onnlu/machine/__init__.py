"""The machine that this process runs on: its CPU, what of it may be used, memory, versions."""
