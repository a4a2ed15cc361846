"""The commands `fatigue learn ...`, which train, test and export the papers' networks."""
