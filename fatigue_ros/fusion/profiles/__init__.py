"""The profiles: how measures become a level."""
