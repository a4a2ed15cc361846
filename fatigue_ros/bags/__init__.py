"""Reading, writing, recording, replaying and extracting bags."""
