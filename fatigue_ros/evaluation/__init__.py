"""How well drivers are watched: recordings and labels in, figures and a report out.

Every rule is stated in docs/evaluation.md.
"""
