"""Scripted drivers, recordings, evaluation and reports."""

SCENARIO = "sim:"
"""What stands before a scenario's name where a source of frames is asked for."""
