"""Running an exported network: all that a vehicle needs of learning."""
