"""What people should know of a model before they use it, as a page of Markdown.

The headings are those of Mitchell et al. 2019, "Model Cards for Model Reporting", as far as there
is something to say.
"""

import dataclasses
from pathlib import Path

from fatigue_ros.learning.networks import PRETRAINED
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.run import Notes
from fatigue_ros.learning.scores import Scores
from fatigue_ros.learning.tables import calibrated, report, table
from fatigue_ros.models.model_file import ModelDescription

INTENDED_USE = (
    "One more hint beside measured blinks, yawns and pulse. It judges single pictures, knows no "
    "history, and must not warn by itself."
)
_SAID_ELSEWHERE = (
    *("paper", "classes", "drowsy", "networks", "groups", "person", "block"),
    *("region", "image_size", "pretrained", "epochs"),
)
_BEGUN = {
    True: "weights learned on ImageNet, features frozen",
    False: "random weights, nothing frozen",
}
_FEW_PERSONS = 30


def model_card(
    description: ModelDescription,
    recipe: Recipe,
    notes: Notes,
    scores: Scores,
    path: Path,
    difference: float,
) -> str:
    """The page.

    Args:
        description: of the model file.
        recipe: it was trained by.
        notes: what was run.
        scores: of its test.
        path: of the model file.
        difference: largest one between torch and ONNX Runtime.
    """
    about = description
    settings = ", ".join(
        f"{field.name} {getattr(recipe, field.name)}"
        for field in dataclasses.fields(recipe)
        if field.name not in _SAID_ELSEWHERE
    )
    counts = zip(scores.classes, scores.confusion.tolist(), strict=True)
    confusion = [[name, *row] for name, row in counts]
    unit = notes.unit
    lines = "\n".join
    return f"""# {about.name}

## Model

- Network `{about.name}` of: {recipe.paper}
- {notes.parameters:,} parameters, {notes.trained_parameters:,} of them trained
- File `{path.name}` ({path.stat().st_size / 1e6:.1f} MB, ONNX): `image` float32 \
[N, 3, {about.image_size}, {about.image_size}], RGB from 0 to 1, to \
`{about.output}` of {", ".join(about.classes)}
- Means a tired driver: {", ".join(about.drowsy)}
- Sees: {about.region}
- ONNX Runtime differs from torch by at most {difference:.1e} on pictures of the test

## Intended use

{INTENDED_USE}

## Training

- Data: {notes.data}
- Split: {notes.split}
- Began with: {_BEGUN[notes.pretrained]}
- {notes.epochs} epochs in {notes.seconds:.0f} s on {notes.machine}; kept: epoch \
{notes.best_epoch}, the one with the least loss on the validation part
- Settings: {settings}

## Test

{sum(scores.support)} pictures of {scores.groups} {unit}, with 95 % intervals \
(bootstrap over {unit}). Accuracy {scores.accuracy}.

{lines(report(scores))}

{calibrated(scores)}

Rows: what pictures show; columns: what the network says.

{lines(table(["", *scores.classes], confusion))}

![confusion matrix](confusion.png) ![ROC](roc.png) ![precision and recall](precision_recall.png) \
![reliability](reliability.png) ![learning curves](learning.png)

![samples with what they show and what the network says](samples.png)

## Limits

{lines(f"- {limit}" for limit in _limits(notes, recipe, scores))}
"""


def _limits(notes: Notes, recipe: Recipe, scores: Scores) -> list[str]:
    limits = ["Says what a posed or chosen picture shows, not how tired somebody is."]
    if notes.leaks_persons:
        limits.append(
            "**The split was forced to be random: the same persons are in training and test. These "
            "figures say nothing about anybody else, and are too good.**"
        )
    elif scores.groups < _FEW_PERSONS:
        limits.append(
            f"{scores.groups} {notes.unit} are few: look at the intervals, not at the values."
        )
    if not notes.leaks_persons and "blocks" in notes.unit:
        limits.append(
            "Blocks of file numbers stand for persons, whom nothing names: somebody may be in "
            "training and test."
        )
    if recipe.pretrained and notes.network in PRETRAINED and not notes.pretrained:
        limits.append(
            "The paper begins with weights learned on ImageNet; they could not be had here, and "
            "all of the network was trained from scratch on few pictures."
        )
    return limits
