"""What is done with a finished training: test it, explain it, write it as a file with its card."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from fatigue_ros.learning import export, figures, image_folders
from fatigue_ros.learning.calibration import fit_temperature, softmax
from fatigue_ros.learning.dataset import PictureDataset, batches
from fatigue_ros.learning.explain import grad_cam, integrated_gradients, saliency, sheet
from fatigue_ros.learning.model_card import model_card
from fatigue_ros.learning.run import Run
from fatigue_ros.learning.scores import Scores, logits, score
from fatigue_ros.learning.splits import Subset
from fatigue_ros.models import pictures
from fatigue_ros.models.model_file import ModelDescription
from fatigue_ros.models.model_input import as_input
from fatigue_ros.models.regions import region
from fatigue_ros.vision.images import Picture

_COMPARED = 16
"""Pictures of the test on which ONNX Runtime and torch are compared."""


def evaluate(run: Run, data: Path, on_read: Callable[[int], None] = lambda _: None) -> Scores:
    """Try the network on the pictures kept for the test; write figures and pictures of them.

    Its probabilities are calibrated before, on the validation part.

    Args:
        run: the training.
        data: folder that holds the recipe's folders.
        on_read: called after each picture with how many have been read.
    """
    recipe, classifier = run.recipe, run.classifier()
    kept = image_folders.load_split(
        data, run.split, recipe, [Subset.VALIDATION, Subset.TEST], on_read
    )
    temperature = fit_temperature(*logits(classifier, batches(kept, Subset.VALIDATION, recipe)))
    labels, said = logits(classifier, batches(kept, Subset.TEST, recipe))
    groups = [kept.groups[index] for index in kept.indices(Subset.TEST)]
    classes = list(recipe.classes)
    raw = score(labels, softmax(said), groups, classes, resamples=1)
    scores = dataclasses.replace(
        score(labels, softmax(said, temperature), groups, classes, seed=recipe.seed),
        temperature=temperature,
        raw_ece=raw.ece.value,
    )
    (run.folder / "scores.json").write_text(scores.to_json(), encoding="utf-8")
    figures.write(scores, run.folder, run.notes.network)
    figures.learning(run.history(), run.folder / "learning.png", run.notes.network)
    test = kept.indices(Subset.TEST)
    chosen = range(0, len(test), max(1, -(-len(test) // figures.SAMPLES)))
    says = said.argmax(axis=1)
    samples = [
        (kept.pixels[test[index]], classes[labels[index]], classes[says[index]]) for index in chosen
    ]
    figures.samples(samples, run.folder / "samples.png", run.notes.network)
    return scores


def write_model(run: Run, data: Path, scores: Scores) -> tuple[Path, float]:
    """Write the network as a model file, with ``model_card.md`` beside it.

    Args:
        run: the training.
        data: folder that holds the recipe's folders.
        scores: of its test.

    Returns:
        The file, and the largest difference between what torch and ONNX Runtime say of pictures of
        the test.

    Raises:
        ModelError: what was written does not do the same as the network.
    """
    recipe, notes = run.recipe, run.notes
    kept = image_folders.load_split(data, run.split, recipe, [Subset.TEST])
    chosen = kept.indices(Subset.TEST)[:: max(1, len(kept.files) // _COMPARED)]
    dataset = PictureDataset(kept, chosen)
    compared = torch.stack([dataset[index][0] for index in range(len(dataset))])
    description = ModelDescription(
        kind="classifier",
        classes=tuple(recipe.classes),
        drowsy=tuple(recipe.drowsy),
        region=recipe.region,
        image_size=recipe.image_size,
        name=notes.network,
        trained_on=f"{notes.data}; split {notes.split}",
        temperature=scores.temperature,
    )
    network = export.Probabilities(run.classifier().model, scores.temperature).eval()
    path = run.folder / f"{notes.network}.onnx"
    export.write(network, description, path)
    difference = export.largest_difference(network, path, compared)
    card = model_card(description, recipe, notes, scores, path, difference)
    (run.folder / "model_card.md").write_text(card, encoding="utf-8")
    return path, difference


@dataclasses.dataclass(frozen=True)
class Explained:
    """A picture to be explained.

    Attributes:
        name: of its file.
        pixels: of the size that the network takes, RGB.
        shows: its class, empty where nobody says.
    """

    name: str
    pixels: Picture
    shows: str = ""


def kept_pictures(run: Run, data: Path, count: int) -> list[Explained]:
    """Pictures of the test, from all over it.

    Args:
        run: the training.
        data: folder that holds the recipe's folders.
        count: how many.
    """
    kept = image_folders.load_split(data, run.split, run.recipe, [Subset.TEST])
    chosen = range(0, len(kept.files), max(1, len(kept.files) // count))[:count]
    classes = list(run.recipe.classes)
    return [
        Explained(kept.files[index], kept.pixels[index], classes[kept.labels[index]])
        for index in chosen
    ]


def given_pictures(run: Run, files: Sequence[Path]) -> list[Explained]:
    """The same of other pictures of drivers, of which nobody says what they show.

    Raises:
        PictureError: one cannot be read, or the network's region is not found in it.
    """
    recipe = run.recipe
    found = []
    with region(recipe.region) as cut:
        for file in files:
            seen = cut(pictures.read(file), "")
            if seen is None:
                raise pictures.PictureError(f"{file}: expected a driver's picture, found no face")
            found.append(Explained(file.name, pictures.resized(seen, recipe.image_size)))
    return found


def explain(run: Run, chosen: Sequence[Explained]) -> list[Path]:
    """Write what in each picture speaks for the class that the network says.

    Args:
        run: the training.
        chosen: which pictures.

    Returns:
        The files written, in the folder ``explain`` of the training's.
    """
    classifier, classes = run.classifier(), list(run.recipe.classes)
    folder = run.folder / "explain"
    written = []
    for picture in chosen:
        inputs = torch.from_numpy(as_input(picture.pixels))[0]
        with torch.inference_mode():
            probabilities = torch.softmax(classifier(inputs[None]), dim=1)[0]
        label = int(probabilities.argmax())
        heats = [
            saliency(classifier, inputs, label),
            # What pictures have in common: the mean of ImageNet, which normalises to zero.
            integrated_gradients(classifier, inputs, label, classifier.model.mean[0]),
        ]
        methods = ["gradient", "integrated gradients"]
        if (coarse := grad_cam(classifier.model, inputs, label)) is not None:
            heats.append(coarse)
            methods.append("Grad-CAM")
        shows = f", shows {picture.shows}" if picture.shows else ""
        says = f"says {classes[label]} {float(probabilities[label]):.2f}{shows}"
        stem = Path(picture.name).with_suffix("").as_posix().replace("/", "_")
        path = folder / f"{stem}.png"
        pictures.write(path, sheet(picture.pixels, heats, f"{says}: {', '.join(methods)}"))
        written.append(path)
    return written
