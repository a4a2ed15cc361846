"""Landmarks or samples in, measures with validity out. No ROS, no files."""
