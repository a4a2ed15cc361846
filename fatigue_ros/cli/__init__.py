"""The command `fatigue`: tools for the desk, one sub-command each."""
