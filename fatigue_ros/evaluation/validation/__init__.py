"""Whether the level tells tired people from rested ones: public data sets through the chain."""
