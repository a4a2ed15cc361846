"""FF-YOLO of Tan et al. (2025), Applied Sciences 15(13), 7503: labelling, network, ablation.

The equations, sections and tables that modules here name are that paper's. Labelling needs no
torch; only :mod:`fatigue_ros.learning.ff_yolo.ultralytics_library` imports ultralytics (AGPL-3.0,
optional).
"""
