"""The page for driver and bench: what it is sent, what it may ask for, and who serves it."""
