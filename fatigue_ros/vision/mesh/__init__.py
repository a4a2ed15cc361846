"""FaceMesh without MediaPipe: a face is found once, then followed by its own points.

Two small networks of MediaPipe's (BlazeFace for short range, the attention mesh), which
``model_files`` unpacks from its wheel, on a runtime that knows plain networks only. What lies
between them is geometry.
"""
