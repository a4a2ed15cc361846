"""The production chain: measures and judgement as they run in the vehicle, without ROS."""
