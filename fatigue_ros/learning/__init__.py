"""Training, testing, explaining and exporting the papers' networks; an optional extra."""
