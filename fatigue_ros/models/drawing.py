"""What a model says of a picture, in words and drawn into it."""

import cv2

from fatigue_ros.models.inference import FaceModel, Prediction
from fatigue_ros.vision.drawing import CAUTION, GOOD, Annotation, Bar, annotate
from fatigue_ros.vision.images import Picture

_WIDTH = 640  # [px] of the pictures drawn, at most
_LETTERS = 5  # of a class's name above its bar
_ROWS_A_LINE = 240  # of a picture: taller ones have thicker frames


def in_words(model: FaceModel, prediction: Prediction) -> str:
    """The class and the probability of each, or why there is none."""
    if not prediction.valid:
        return f"not judged: {prediction.reason}"
    shares = zip(model.description.classes, prediction.probabilities, strict=True)
    return prediction.label + "  " + "  ".join(f"{name} {share:.2f}" for name, share in shares)


def drawn(picture: Picture, model: FaceModel, prediction: Prediction) -> Picture:
    """What the model says, drawn on a copy, with frames around what it was shown or has found.

    Args:
        picture: RGB, as is the copy.
        model: which was asked.
        prediction: its answer.
    """
    framed = picture[..., ::-1].copy()
    for left, top, right, bottom in prediction.boxes:
        cv2.rectangle(
            framed,
            (round(left), round(top)),
            (round(right), round(bottom)),
            CAUTION if prediction.is_drowsy else GOOD,
            1 + len(framed) // _ROWS_A_LINE,
        )
    return annotate(framed, _annotation(model, prediction), _WIDTH)[..., ::-1]


def _annotation(model: FaceModel, prediction: Prediction) -> Annotation:
    about = model.description
    if not prediction.valid:
        return Annotation(headline=about.name, notes=(prediction.reason,))
    bars = tuple(
        Bar(
            name=name[:_LETTERS],
            value=float(share),
            full=1.0,
            alarming=name in about.drowsy and name == prediction.label,
        )
        for name, share in zip(about.classes, prediction.probabilities, strict=True)
    )
    return Annotation(
        bars=bars,
        headline=f"{about.name}: drowsy {prediction.drowsy:.2f}",
        warning=prediction.label,
        severity=1 if prediction.is_drowsy else 0,
    )
