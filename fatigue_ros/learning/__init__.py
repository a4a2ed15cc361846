"""Learned models: training, explaining, exporting and running them; an optional extra."""
