"""Scripted drivers, recordings, evaluation and reports."""
