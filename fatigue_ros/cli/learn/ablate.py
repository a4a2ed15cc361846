"""Table 6 of Tan et al. (2025) anew: YOLO11n, its three changes one by one, and FF-YOLO.

Without data: parameters and operations of the five networks. With data: each is trained from
random weights, scored on the test part, and FF-YOLO is exported for `face_state`. What --out holds
already is not done again, so that a command that was broken off goes on. Needs ultralytics, which
is AGPL-3.0 and not part of the extra [learning].
"""

import argparse
from pathlib import Path
from typing import Any

from fatigue_ros.cli.options import positive
from fatigue_ros.cli.progress import Progress
from fatigue_ros.console import say
from fatigue_ros.errors import FatigueError
from fatigue_ros.learning.ff_yolo import ablation, conditions, dataset, network, stand_in
from fatigue_ros.learning.ff_yolo.export import export, model_card
from fatigue_ros.learning.ff_yolo.network import Variant
from fatigue_ros.learning.ff_yolo.training import Trained, kept, train
from fatigue_ros.models import pictures
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.vision.engine import LandmarkSettings, create_engine
from fatigue_ros.vision.quiet import without_engine_chatter

_MODEL = "ff_yolo.onnx"
EXAMPLE = "fatigue learn ablate --data pictures/data.yaml --settings paper --device 0 --out ff_yolo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--data", type=Path, metavar="YAML", help="a data set, as from `fatigue learn label`"
    )
    data.add_argument(
        "--stand-in",
        type=Path,
        metavar="DIR",
        help="folder with yawn/ and no_yawn/ of the public drowsiness pictures, yawning standing"
        " for Drowsy: shows that the networks learn, says nothing of fatigue",
    )
    parser.add_argument(
        "--settings",
        default="small",
        metavar="NAME",
        help="training settings in config/learning/ff_yolo.yaml: small (default) or paper",
    )
    for option, meaning in (
        ("--epochs", "times each picture is seen"),
        ("--imgsz", "side of the pictures [px], a multiple of 32"),
        ("--batch", "pictures in a step"),
    ):
        parser.add_argument(option, type=positive, metavar="N", help=meaning)
    parser.add_argument(
        "--variants", nargs="+", metavar="NAME", help="names as in the table (default: all five)"
    )
    parser.add_argument(
        "--conditions",
        type=Path,
        metavar="CSV",
        help="picture,condition: what FF-YOLO finds by condition, on the test part (Fig. 13)",
    )
    parser.add_argument("--device", default="cpu", help="cpu (default) or a GPU's number")
    parser.add_argument("--seed", type=int, default=0, help="of weights and order (default 0)")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="DIR", help="folder for networks, figures and records"
    )


def run(options: argparse.Namespace) -> int:
    """Count, and train where there is data."""
    chosen = (
        [network.named(name) for name in options.variants]
        if options.variants
        else list(network.VARIANTS)
    )
    trains = options.data or options.stand_in
    if trains and not options.out:
        raise FatigueError("--out: expected a folder for what is trained, got none")
    if options.data and not options.data.is_file():
        raise FatigueError(f"{options.data}: expected the YAML of a data set, found no such file")
    training = _training(options, network.settings()["training"])
    by_condition = conditions.read_conditions(options.conditions) if options.conditions else None
    sizes = [(variant, ablation.measure(variant)) for variant in chosen]
    say(ablation.size_table(sizes))
    if not trains:
        return 0
    data = options.data or _stand_in(options.stand_in, options.out / "data")
    trained = [(variant, _train(variant, data, training, options)) for variant in chosen]
    say(ablation.figures_table(trained))
    record = options.out / "ablation.json"
    record.write_text(ablation.record(sizes, trained), encoding="utf-8")
    say(", ".join(map(str, [record, *ablation.draw(trained, options.out)])))
    for variant, result in trained:
        if variant is network.VARIANTS[-1]:
            _export(variant, result, data, training, options)
            if by_condition is not None:
                found = conditions.look(FaceModel(options.out / _MODEL), data, by_condition)
                say("\n".join(conditions.report(found)))
                pictures.write(options.out / "figure_13.png", conditions.sheet(found))
                say(options.out / "figure_13.png")
    return 0


def _training(options: argparse.Namespace, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if options.settings not in known:
        raise FatigueError(
            f"--settings: {options.settings!r} is unknown, expected one of {', '.join(known)}"
        )
    given = {name: getattr(options, name) for name in ("epochs", "imgsz", "batch")}
    training = {**known[options.settings], **{k: v for k, v in given.items() if v is not None}}
    if training["imgsz"] % 32:
        raise FatigueError(f"--imgsz: expected a multiple of 32, got {training['imgsz']}")
    return training


def _stand_in(pictures: Path, folder: Path) -> Path:
    """The data set of yawning and other drivers."""
    described = folder / dataset.DESCRIPTION
    if described.is_file():
        say(f"{described}: is there already and taken as it is")
        return described
    target = dataset.PictureFolder(folder)
    with (
        without_engine_chatter(),
        create_engine(LandmarkSettings()) as engine,
        Progress(str(pictures), 0.0, "pictures") as progress,
    ):
        samples, unusable = stand_in.collect(pictures, engine, target, progress.update)
    parts = dataset.split(samples)
    say(
        f"{pictures}: yawning stands for Drowsy, which is not what the paper labels; "
        f"{unusable} pictures without a face left out; no driver in two parts"
    )
    say(dataset.contents(parts))
    return target.sort(parts)


def _train(
    variant: Variant, data: Path, training: dict[str, Any], options: argparse.Namespace
) -> Trained:
    done = kept(variant, data, training, options.out, seed=options.seed)
    if done is not None:
        return done
    with Progress(variant.name, training["epochs"], "epochs") as progress:
        return train(
            variant,
            data,
            training,
            options.out,
            device=options.device,
            seed=options.seed,
            progress=progress.update,
        )


def _export(
    variant: Variant,
    trained: Trained,
    data: Path,
    training: dict[str, Any],
    options: argparse.Namespace,
) -> None:
    trained_on = (
        f"{data}, as labelled there"
        if options.data
        else f"{options.stand_in.name}: yawning as a stand-in for Drowsy; no driver in two parts"
    )
    path = options.out / _MODEL
    difference = export(
        network.fused(trained.model),
        path,
        name=variant.name,
        image_size=training["imgsz"],
        trained_on=f"{trained_on}; {training['epochs']} epochs at {training['imgsz']} px",
    )
    say(f"{path}: differs from torch by {difference:.1g} at most")
    card = model_card(
        variant, trained, training, path, trained_on=trained_on, difference=difference
    )
    (options.out / "model_card.md").write_text(card, encoding="utf-8")
