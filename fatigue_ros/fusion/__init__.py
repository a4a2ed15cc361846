"""Measures in, fatigue level and warnings out. No ROS."""
