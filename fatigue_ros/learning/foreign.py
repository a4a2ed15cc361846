"""Any exported network on any labelled pictures: what a reviewer asks first."""

import csv
import dataclasses
import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np

from fatigue_ros.files import LARGEST_PICTURE, read_text
from fatigue_ros.learning import figures, image_folders
from fatigue_ros.learning.calibration import Floats
from fatigue_ros.learning.image_folders import ImagesError, Listed
from fatigue_ros.learning.recipe import Recipe, RecipeError
from fatigue_ros.learning.run import SPLIT
from fatigue_ros.learning.scores import Scores, score
from fatigue_ros.learning.splits import Subset
from fatigue_ros.learning.tables import calibrated, report, table
from fatigue_ros.models.inference import FaceModel, Prediction
from fatigue_ros.models.model_file import ModelDescription
from fatigue_ros.models.regions import Region, region
from fatigue_ros.vision.images import Picture


@dataclasses.dataclass(frozen=True)
class ForeignTest:
    """What a model made of pictures.

    Attributes:
        about: the model.
        scores: over what was judged.
        listed: the files, also those not judged.
        skipped: files not judged, with the reason.
        unseen: how many were left out because the training had seen their group.
    """

    about: ModelDescription
    scores: Scores
    listed: Listed
    skipped: list[tuple[str, str]]
    unseen: int


def recipe_for(
    about: ModelDescription,
    given: Recipe | None,
    folders: Sequence[str] = (),
    *,
    groups: str = "",
    person: str = "",
) -> Recipe:
    """What folders hold the classes of a model, and how persons are told apart.

    Args:
        about: the model.
        given: a recipe of the same classes, whose folders and groups are taken; None: a class lies
            in the folder of its name.
        folders: ``class=folder`` each, in place of those.
        groups: in place of the recipe's, where given.
        person: the same.

    Raises:
        RecipeError: the recipe is of other classes, or a folder of none.
    """
    if given is not None and set(given.classes) != set(about.classes):
        raise RecipeError(
            f"recipe: expected the model's classes {', '.join(about.classes)}, got "
            f"{', '.join(given.classes)}"
        )
    classes = {name: given.classes[name] if given else [name] for name in about.classes}
    chosen: dict[str, list[str]] = {}
    for text in folders:
        name, equals, folder = text.partition("=")
        if not equals or name not in classes or not folder:
            raise RecipeError(
                f"--folders {text}: expected CLASS=FOLDER with a class of "
                f"{', '.join(about.classes)}"
            )
        chosen.setdefault(name, []).append(folder)
    base = given or Recipe(
        classes=classes, drowsy=list(about.drowsy), networks=[about.name], block=1
    )
    return dataclasses.replace(
        base,
        classes={**classes, **chosen},
        region=about.region,
        image_size=max(about.image_size, 16),
        groups=groups or base.groups,
        person=person or base.person,
    )


def without_seen(found: Listed, training: Path) -> tuple[Listed, int]:
    """Leave out whom a training was trained or validated with.

    Args:
        found: the files.
        training: folder of the training, whose list of pictures says whom.

    Returns:
        The rest, and how many files that leaves out.

    Raises:
        ImagesError: there is no such list, or nobody else.
    """
    path = training / SPLIT
    rows = csv.DictReader(io.StringIO(read_text(path, ImagesError, LARGEST_PICTURE), newline=""))
    try:
        seen = {row["group"] for row in rows if row["part"] != Subset.TEST.value}
    except KeyError as error:
        raise ImagesError(f"{path}: expected the pictures of a training, but {error}") from error
    kept = [index for index, group in enumerate(found.groups) if group not in seen]
    if not kept:
        raise ImagesError(f"{path}: the training has seen everybody in these pictures")
    return dataclasses.replace(
        found,
        files=[found.files[index] for index in kept],
        labels=found.labels[kept],
        groups=[found.groups[index] for index in kept],
    ), len(found.files) - len(kept)


def run(
    model: FaceModel,
    root: Path,
    recipe: Recipe,
    folder: Path,
    *,
    training: Path | None = None,
    on_read: Callable[[int], None] = lambda _: None,
) -> ForeignTest:
    """Judge pictures one by one and write the report.

    Args:
        model: an exported one.
        root: holds the recipe's folders.
        recipe: as from `recipe_for`.
        folder: gets ``report.md``, ``scores.json``, ``predictions.csv`` and the pictures.
        training: folder of a training whose persons are left out.
        on_read: called after each picture with how many have been read.

    Raises:
        FatigueError: as `image_folders.listed` and `without_seen`; or nothing could be judged.
    """
    about, unseen = model.description, 0
    found = image_folders.listed(root, recipe)
    if training is not None:
        found, unseen = without_seen(found, training)
    rows: list[Floats] = []
    judged: list[int] = []
    skipped = list(found.skipped)
    with _shown(about) as cut:
        for index, file in enumerate(found.files):
            picture, reason = image_folders.looked_at(image_folders.place(root, file))
            if picture is not None:
                said = _judge(model, cut, picture, about.classes[found.labels[index]])
                reason = said.reason
                if said.valid:
                    rows.append(said.probabilities)
                    judged.append(index)
            if reason:
                skipped.append((file, reason))
            on_read(index + 1)
    if not rows:
        raise ImagesError(f"{root}: none of {len(found.files)} pictures could be judged")
    probabilities, labels = np.stack(rows), found.labels[judged]
    scores = score(labels, probabilities, [found.groups[i] for i in judged], about.classes)
    done = ForeignTest(about, scores, found, skipped, unseen)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scores.json").write_text(scores.to_json(), encoding="utf-8")
    (folder / "predictions.csv").write_text(
        _predictions(found, judged, probabilities, about.classes), encoding="utf-8"
    )
    figures.write(scores, folder, about.name)
    (folder / "report.md").write_text(page(done, root), encoding="utf-8")
    return done


def page(done: ForeignTest, root: Path) -> str:
    """The report, in Markdown."""
    scores, found, lines = done.scores, done.listed, "\n".join
    confusion = zip(scores.classes, scores.confusion.tolist(), strict=True)
    reasons: dict[str, list[str]] = {}
    for file, reason in done.skipped:
        reasons.setdefault(reason.removeprefix(f"{file}: "), []).append(file)
    left_out = [[len(files), reason, files[0]] for reason, files in reasons.items()]
    unseen = (
        f" {done.unseen} of persons that it was trained with were left out." if done.unseen else ""
    )
    return f"""# {done.about.name} on {root.name}

Trained on {done.about.trained_on}. Sees: {done.about.region}.

{sum(scores.support)} pictures of {scores.groups} {found.unit}, told apart {found.divided}; \
95 % intervals are over {found.unit}.{unseen} Whether the model has seen any of them in training, \
this report cannot know.

Accuracy {scores.accuracy}.

{lines(report(scores))}

{calibrated(scores)}

Rows: what pictures show; columns: what the network says.

{lines(table(["", *scores.classes], [[name, *row] for name, row in confusion]))}

![confusion matrix](confusion.png) ![ROC](roc.png) ![precision and recall](precision_recall.png) \
![reliability](reliability.png)

## Not judged

{lines(table(["files", "reason", "first"], left_out)) if left_out else "None."}
"""


def _shown(about: ModelDescription) -> AbstractContextManager[Region | None]:
    """What cuts out of a picture what the model sees; a detector finds it itself."""
    return nullcontext() if about.kind == "detector" else region(about.region)


def _judge(model: FaceModel, cut: Region | None, picture: Picture, name: str) -> Prediction:
    if cut is None:
        return model.judge(picture)
    seen = cut(picture, name)
    return model.nothing("no face is found in it") if seen is None else model.classify(seen)


def _predictions(
    found: Listed, judged: Sequence[int], probabilities: Floats, classes: Sequence[str]
) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["file", "group", "shows", "says", *classes])
    for index, row in zip(judged, probabilities, strict=True):
        said = [found.files[index], found.groups[index], classes[found.labels[index]]]
        rows.writerow([*said, classes[int(row.argmax())], *(f"{share:.4f}" for share in row)])
    return text.getvalue()
