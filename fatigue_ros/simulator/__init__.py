"""The drawn driver: scenarios, pictures, pulse, and the node that plays them."""

SCENARIO = "sim:"
"""What stands before a scenario's name where a source of frames is asked for."""
