"""With and without the Haar stage: Table I of Mujahidin et al. (2024), for pictures of one's own.

Two trainings, which differ in what of a picture the network sees, are tested after each number of
epochs of the table on the pictures of the same people. A training of 35 epochs is the beginning of
one of 100, so each is gone on with instead of begun anew.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from fatigue_ros.learning import tables, training
from fatigue_ros.learning.dataset import batches
from fatigue_ros.learning.image_folders import Images, load
from fatigue_ros.learning.recipe import Recipe
from fatigue_ros.learning.run import LAST, Run, TrainingError
from fatigue_ros.learning.scores import Figure, predict, score
from fatigue_ros.learning.splits import Subset
from fatigue_ros.models.face_parts import CLASSES

EPOCHS = (35, 50, 100)
REGIONS = ("haar", "whole")
PAPER = {35: ("93.11", "85.x"), 100: ("96.72", "88.x")}
"""Accuracies with and without the Haar stage by epochs, [%]. The text has two of the table's rows,
and has lost the decimals of the figures without the stage."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """What a test after some epochs found.

    Attributes:
        region: ``haar`` or ``whole``.
        epochs: of the training.
        pictures: in the test.
        judged: of them, those in which the stage found what the network is to see.
        accuracy: share of the judged ones told right.
        kinds: the same for pictures of a face and of an eye, between their own two classes and all
            others.
        found_by_stage: accuracy over the pictures that the Haar stage has found a face in, or that
            show an eye: what both regions can be compared on.
    """

    region: str
    epochs: int
    pictures: int
    judged: int
    accuracy: Figure
    kinds: dict[str, float]
    found_by_stage: float

    @property
    def of_all(self) -> float:
        """Accuracy when a picture that was not judged is one told wrong."""
        return self.accuracy.value * self.judged / self.pictures

    def to_json(self) -> str:
        """As `read` takes it."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def read(cls, path: Path) -> "Result":
        """What `to_json` gave."""
        values = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**values, "accuracy": Figure(**values["accuracy"])})


def read(
    root: Path,
    recipe: Recipe,
    *,
    random_split: bool = False,
    on_read: Callable[[int], None] = lambda _: None,
) -> dict[str, Images]:
    """The pictures as each region shows them, the same people for the same purpose in both.

    Args:
        root: holds the folders that the recipe names.
        recipe: its region is not used.
        random_split: divide without regard to persons.
        on_read: called after each picture with how many have been read, once for each region.

    Raises:
        FatigueError: as `image_folders.load` raises.
    """
    haar, whole = (
        load(root, seen, random_split=random_split, on_read=on_read)
        for seen in (dataclasses.replace(recipe, region=region) for region in REGIONS)
    )
    divided = dict(zip(whole.files, whole.parts, strict=True))
    parts = [divided[file] for file in haar.files]
    return {"haar": dataclasses.replace(haar, parts=parts), "whole": whole}


def compare(
    pictures: Mapping[str, Images],
    recipe: Recipe,
    network: str,
    folder: Path,
    *,
    epochs: Sequence[int] = EPOCHS,
    random_split: bool = False,
    progress: bool = True,
) -> list[Result]:
    """Train and test with each region; what the folder holds already is not done again.

    Args:
        pictures: as from `read`.
        recipe: its region and epochs are not used.
        network: its name.
        folder: gets a training in ``REGION/NETWORK``, with a file for each result.
        epochs: after which to test, 1 or more.
        random_split: whether the pictures were divided without regard to persons.
        progress: whether to show a progress bar.

    Raises:
        TrainingError: the folder holds trainings by another recipe or split; else as
            `training.train`.
    """
    found = set(pictures["haar"].files)
    total = len(pictures["whole"].indices(Subset.TEST))
    results = []
    for region in REGIONS:
        into = folder / region / network
        for count in sorted(set(epochs)):
            wanted = dataclasses.replace(recipe, region=region, epochs=count)
            file = into / f"after_{count}.json"
            if file.is_file():
                _refuse_other(Run(into), wanted, random_split=random_split)
            else:
                run = training.train(
                    wanted,
                    network,
                    pictures[region],
                    into,
                    random_split=random_split,
                    resume=(into / LAST).is_file(),
                    progress=progress,
                )
                result = _test(run, pictures[region], found, region, count, total)
                file.write_text(result.to_json(), encoding="utf-8")
            results.append(Result.read(file))
    return results


def _refuse_other(run: Run, wanted: Recipe, *, random_split: bool) -> None:
    same = dataclasses.replace(run.recipe, epochs=wanted.epochs) == wanted
    if not same or run.notes.leaks_persons is not random_split:
        raise TrainingError(
            f"{run.folder}: expected a training by the recipe and split given, found one by "
            "others; give another --out"
        )


def check_folders(
    folder: Path, recipe: Recipe, network: str, epochs: Sequence[int], *, random_split: bool
) -> None:
    """Refuse what `compare` would, before a picture is read.

    Raises:
        TrainingError: the folder holds trainings by another recipe or split.
    """
    for region in REGIONS:
        into = folder / region / network
        for count in epochs:
            wanted = dataclasses.replace(recipe, region=region, epochs=count)
            if (into / f"after_{count}.json").is_file():
                _refuse_other(Run(into), wanted, random_split=random_split)
            else:
                training.check_folder(into, wanted, network, resume=(into / LAST).is_file())


def table(results: Sequence[Result]) -> list[str]:
    """Rows of Markdown: accuracies in %, the paper's beside ours with 95 % intervals."""
    head = ["epochs", "paper, Haar", "Haar", "not found is wrong"]
    head += ["paper, whole", "whole", "whole, where Haar found"]
    rows = []
    by_region = {(result.region, result.epochs): result for result in results}
    for epochs in dict.fromkeys(result.epochs for result in results):
        haar, whole = by_region["haar", epochs], by_region["whole", epochs]
        with_stage, without = PAPER.get(epochs, ("-", "-"))
        ours = [_percent(haar.accuracy), f"{100 * haar.of_all:.1f}"]
        theirs = [_percent(whole.accuracy), f"{100 * whole.found_by_stage:.1f}"]
        rows.append([epochs, with_stage, *ours, without, *theirs])
    return tables.table(head, rows)


def _percent(figure: Figure) -> str:
    return f"{100 * figure.value:.1f} ({100 * figure.low:.1f} to {100 * figure.high:.1f})"


def _test(
    run: Run, images: Images, found: set[str], region: str, epochs: int, total: int
) -> Result:
    classes = tuple(run.recipe.classes)
    indices = images.indices(Subset.TEST)
    # The paper's figures are those after so many epochs, not of the best one so far.
    labels, probabilities = predict(
        run.classifier(last=True), batches(images, Subset.TEST, run.recipe)
    )
    right = probabilities.argmax(axis=1) == labels
    scores = score(labels, probabilities, [images.groups[index] for index in indices], classes)
    kinds = {
        part.value.rpartition(" ")[2]: float(
            right[np.isin(labels, [classes.index(name) for name in names])].mean()
        )
        for part, names in CLASSES.items()
    }
    comparable = np.array([images.files[index] in found for index in indices])
    return Result(
        region=region,
        epochs=epochs,
        pictures=total,
        judged=len(labels),
        accuracy=scores.accuracy,
        kinds=kinds,
        found_by_stage=float(right[comparable].mean()),
    )
