"""Frames in, faces out: sources, image conversion, landmark engines, head pose."""

SCENARIO = "sim:"
"""What stands before a scripted driver's name where a source of frames is asked for. The node
`driver_simulator` plays them; the sources here are real."""
