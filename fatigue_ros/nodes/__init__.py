"""ROS nodes, one a file: thin shells around the plain-Python rooms."""
