"""Running the graph for a person: recordings, figures, pictures, benchmark."""
