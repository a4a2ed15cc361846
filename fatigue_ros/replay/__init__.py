"""Scripted drivers, recordings, evaluation and reports."""

SCENARIO = "sim:"
"""What stands before a scenario's name where a source of frames is asked for."""
AS_SCRIPTED = -1.0
"""[km/h] Of a simulated drive: no speed by hand."""
