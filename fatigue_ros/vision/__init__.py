"""Frames in, faces out: sources, image conversion, landmark engines, head pose."""
