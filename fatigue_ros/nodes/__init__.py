"""ROS nodes: thin shells around the plain-Python packages; the only place that imports rclpy."""
