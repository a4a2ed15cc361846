"""Data sets of videos in the layouts in which their authors publish them: whose, and in what state.

Nothing is renamed or moved for it. What is incomplete, or does not belong there, is refused by
name; what a data set is known to lack is said.
"""

import dataclasses
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from fatigue_ros.errors import SourceError
from fatigue_ros.evaluation.labels import Interval
from fatigue_ros.evaluation.validation.people import (
    ALERT,
    BETWEEN,
    DROWSY,
    LOW,
    STATES,
    YAWNING,
    Person,
)
from fatigue_ros.files import LARGEST_PICTURE, read_bytes
from fatigue_ros.vision.recordings import PICTURES

VIDEOS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mts", ".wmv"})
_SECONDS = (3600.0, 60.0, 1.0, 1e-3)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clip:
    """A video, or a folder of pictures, and what its data set says of it.

    Attributes:
        path: of it.
        state: of the person all the time; None where ``drowsy`` says it frame by frame.
        kss: what the person said on the Karolinska Sleepiness Scale.
        stamps: [s] of the frames, where the data set gives them; None: those of the video.
        drowsy: for each frame, whether the person is (or plays) drowsy.
        blinks: first and last frame of each, where somebody labelled them.
    """

    path: Path
    state: int | None = None
    kss: int | None = None
    stamps: Path | None = None
    drowsy: Path | None = None
    blinks: Path | None = None


@dataclasses.dataclass(frozen=True)
class Somebody:
    """A person and the clips of him or her; ``alert`` is the one that the own level comes from."""

    person: Person
    clips: tuple[Clip, ...]
    alert: Clip | None


@dataclasses.dataclass(frozen=True)
class VideoSet:
    """A data set of videos.

    Attributes:
        folder: where it lies.
        layout: its name.
        people: in it.
        notes: what a reader must know of it, one sentence each.
    """

    folder: Path
    layout: str
    people: tuple[Somebody, ...]
    notes: tuple[str, ...]


def find_videos(folder: Path) -> VideoSet | None:
    """What data set of videos a folder is; None when it is none.

    Raises:
        SourceError: it is incomplete, or holds what does not belong there.
    """
    for read in _LAYOUTS:
        if (found := read(folder)) is not None:
            return found
    return None


# --- UTA-RLDD ---------------------------------------------------------------------------------


def _uta_rldd(folder: Path) -> VideoSet | None:
    """``Fold<N>_part<M>/<person>/<0, 5 or 10>.<mov, mp4...>``, a fold packed in itself too."""
    people: dict[int, list[Clip]] = {}
    for fold in _folders(folder, r"fold\d(_part\d)?"):
        inner = fold / fold.name
        for place in _folders(inner if inner.is_dir() else fold, r"\d{1,3}"):
            number = int(place.name)
            if number in people:
                raise SourceError(f"{place}: person {number} is in another fold too")
            people[number] = [_uta_clip(path) for path in _videos(place)]
            states = {clip.state for clip in people[number]}
            if missing := [s for s in (ALERT, DROWSY) if s not in states]:
                named = " and ".join(f"no {STATES[s]} video ({s}.*)" for s in missing)
                raise SourceError(f"{place}: person {number} has {named}")
    if not people:
        return None
    return VideoSet(
        folder,
        "UTA-RLDD",
        tuple(_somebody(number, people[number]) for number in sorted(people)),
        ("People said themselves whether they were alert, of low vigilance or drowsy.", _OWN_NOTE),
    )


def _uta_clip(path: Path) -> Clip:
    named = re.fullmatch(r"(0|5|10)(_\d)?", path.stem)
    if named is None:
        raise SourceError(f"{path}: expected 0, 5 or 10 (10_1, 10_2 for parts) for its name")
    return Clip(path=path, state=int(named[1]))


# --- DROZY ------------------------------------------------------------------------------------


def _drozy(folder: Path) -> VideoSet | None:
    """``KSS.txt``, ``videos_i8/<person>-<test>.mp4`` or folders of pictures, ``timestamps``."""
    table = folder / "KSS.txt"
    if not table.is_file():
        return None
    kss = _drozy_kss(table)
    clips: dict[tuple[int, int], Path] = {}
    for place in _folders(folder, r"(videos|images)\w*"):
        for path in sorted(place.iterdir()):
            video = path.is_file() and path.suffix.lower() in VIDEOS
            if not (video or (path.is_dir() and _pictures(path))):
                continue
            named = re.fullmatch(r"(\d{1,2})-([123])", path.stem)
            key = (int(named[1]), int(named[2])) if named else (0, 0)
            if not 1 <= key[0] <= len(kss):
                raise SourceError(
                    f"{path}: expected <person>-<test> with a person of KSS.txt, 1 to {len(kss)}"
                )
            if key in clips:
                raise SourceError(f"{path}: {clips[key]} is of that person and test too")
            clips[key] = path
    people = []
    for person, answers in enumerate(kss, 1):
        tests = [t for t in (1, 2, 3) if (person, t) in clips]
        if not tests:
            raise SourceError(f"{folder}: person {person} of KSS.txt has no video or pictures")
        people.append(
            _somebody(
                f"drozy {person}",
                [_drozy_clip(folder, clips[person, t], answers[t - 1]) for t in tests],
            )
        )
    absent = 3 * len(kss) - len(clips)
    return VideoSet(
        folder,
        "DROZY",
        tuple(people),
        (
            "People answered the Karolinska Sleepiness Scale before each test: 1 to 3 is taken for "
            "alert, 6 and 7 for low vigilance, 8 and 9 for drowsy (as the authors of UTA-RLDD do); "
            "4 and 5 are neither. They did not drive. A test began with its answer.",
            _OWN_NOTE,
            *([f"{absent} of {3 * len(kss)} tests have no video."] if absent else []),
        ),
    )


def _drozy_kss(table: Path) -> list[list[int]]:
    rows = [line.split() for line in _text(table).splitlines() if line.strip()]
    if not rows or any(
        len(row) != 3 or not all(re.fullmatch("[0-9]", cell) for cell in row) for row in rows
    ):
        raise SourceError(f"{table}: expected a row of three KSS of 1 to 9 for each person")
    return [[int(cell) for cell in row] for row in rows]


def _drozy_clip(folder: Path, path: Path, kss: int) -> Clip:
    if not kss:
        raise SourceError(f"{path}: expected a KSS of 1 to 9 in KSS.txt, found 0")
    stamps = folder / "timestamps" / f"{path.stem}.txt"
    state = ALERT if kss <= 3 else BETWEEN if kss <= 5 else LOW if kss <= 7 else DROWSY
    return Clip(path=path, state=state, kss=kss, stamps=stamps if stamps.is_file() else None)


def read_stamps(path: Path) -> list[float]:
    """[s] Times of the frames of a test of DROZY, from its first one on.

    Raises:
        SourceError: it is no such file.
    """
    times = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        cells = line.split()
        if len(cells) < 7 or not all(re.fullmatch(r"\d{1,4}", cell) for cell in cells[:7]):
            raise SourceError(
                f"{path}, line {number}: expected year, month, day, hour, minute, second, "
                f"millisecond, found {line[:60]!r}"
            )
        clock = (int(cell) for cell in cells[3:7])
        times.append(sum(value * unit for value, unit in zip(clock, _SECONDS, strict=True)))
    if not times:
        raise SourceError(f"{path}: expected times of frames, found none")
    day = 86400.0  # [s] past midnight a test goes on
    times = [time + day if time < times[0] - day / 2 else time for time in times]
    return [time - times[0] for time in times]


# --- NTHU-DDD ---------------------------------------------------------------------------------


def _nthu_ddd(folder: Path) -> VideoSet | None:
    """Videos with ``..._drowsiness.txt``: a digit for each frame.

    For training ``<person>/<condition>/<scenario>.avi`` with ``<person>_<scenario>_drowsiness.txt``
    beside it, for evaluation ``<person>_<condition>_mix.mp4`` with
    ``<person>_<condition>_mixing_drowsiness.txt``, in whatever folders.
    """
    parts = _folders(
        folder, r"\d{3}|(training|evaluation|testing)\b.*|(training|evaluation|testing)_.*"
    )
    labels = [p for place in parts for p in place.rglob("*_drowsiness.txt")]
    labels = sorted({*labels, *folder.glob("*_drowsiness.txt")})
    if not labels:
        return None
    videos = dict.fromkeys(_videos(folder, deep=True), False)
    people: dict[int, list[Clip]] = {}
    for label in labels:
        named = re.fullmatch(r"(\d{3})_(.+)_drowsiness", label.stem)
        if named is None:
            raise SourceError(f"{label}: expected <person>_<scenario>_drowsiness.txt")
        mix = re.fullmatch(r"(.+)_mixing", named[2])
        wanted = [
            path
            for path in videos
            if (
                path.stem.lower() == f"{named[1]}_{mix[1]}_mix".lower()
                if mix
                else path.parent == label.parent and path.stem.lower() == named[2].lower()
            )
        ]
        if len(wanted) != 1:
            raise SourceError(
                f"{label}: expected one video that it belongs to, found {len(wanted)}"
            )
        videos[wanted[0]] = True
        people.setdefault(int(named[1]), []).append(Clip(path=wanted[0], drowsy=label))
    if left := [path for path, used in videos.items() if not used]:
        raise SourceError(f"{left[0]}: expected labels by frame (..._drowsiness.txt), found none")
    return VideoSet(
        folder,
        "NTHU-DDD",
        tuple(Somebody(f"nthu {number}", tuple(people[number]), None) for number in sorted(people)),
        (
            "Actors play drowsiness; labels are by frame, and the frames of a kind count as one "
            "recording. Clips are short: the level is that of a first drive.",
        ),
    )


def read_digits(path: Path) -> list[bool]:
    """For each frame whether the person plays drowsy.

    Raises:
        SourceError: it holds anything but the digits 0 and 1.
    """
    digits = "".join(_text(path).split())
    if not digits or set(digits) - {"0", "1"}:
        raise SourceError(f"{path}: expected a digit 0 or 1 for each frame")
    return [digit == "1" for digit in digits]


# --- YawDD ------------------------------------------------------------------------------------


def _yawdd(folder: Path) -> VideoSet | None:
    """``Mirror/.../<n>-<who>-<Normal, Talking, Yawning>.avi``, ``Dash/.../<n>-<who>.avi``."""
    people: dict[str, list[Clip]] = {}
    for place in _folders(folder, "mirror|dash"):
        for path in _videos(place, deep=True):
            named = re.fullmatch(
                r"(\d{1,3})-(Male|Female)([A-Za-z]*?)(?:-([A-Za-z &]+?))?(?:-?\(?\d\)?)?(?:\.avi)?",
                path.stem,
                re.IGNORECASE,
            )
            mirror = place.name.lower() == "mirror"
            if named is None or (mirror and named[4] is None):
                raise SourceError(
                    f"{path}: expected <number>-<Male or Female...>"
                    f"{'-<Normal, Talking, Yawning>' if mirror else ''}.avi"
                )
            yawns = "yawning" in (named[4] or "").lower()
            who = f"yawdd {place.name.lower()} {named[2].lower()} {int(named[1])}"
            people.setdefault(who, []).append(Clip(path=path, state=YAWNING if yawns else ALERT))
    if not people:
        return None
    return VideoSet(
        folder,
        "YawDD",
        tuple(Somebody(who, tuple(clips), None) for who, clips in sorted(people.items())),
        (
            "Nobody is tired here: AUC is that of yawning videos against the others, and warnings "
            "in those count as false. In dash videos people talk and yawn without a label of when. "
            "Clips are short: the level is that of a first drive.",
        ),
    )


# --- eyeblink8 --------------------------------------------------------------------------------


def _eyeblink8(folder: Path) -> VideoSet | None:
    """``<n>/<date>_<time>_cam.avi`` with a ``.tag`` of the same name."""
    tags = sorted({*folder.glob("*.tag"), *folder.glob("[0-9]*/*.tag")})
    if not tags:
        return None
    people = []
    for tag in tags:
        beside = [path for path in _videos(tag.parent) if path.stem == tag.stem]
        if len(beside) != 1:
            raise SourceError(f"{tag}: expected one video of the same name beside it")
        name = tag.parent.name if tag.parent != folder else tag.stem
        clip = Clip(path=beside[0], state=ALERT, blinks=tag)
        people.append(Somebody(f"eyeblink8 {name}", (clip,), None))
    twice = [a.person for a, b in itertools.pairwise(people) if a.person == b.person]
    if twice:
        raise SourceError(f"{folder}: {twice[0]} has two videos")
    return VideoSet(
        folder,
        "eyeblink8",
        tuple(people),
        ("Nobody is tired here: blinks are held against labels, and warnings count as false.",),
    )


def read_tags(path: Path) -> list[Interval]:
    """First and last frame of each blink of a tag file.

    Lines between ``#start`` and ``#end`` have fields apart by colons: the frame, the number of the
    blink or -1, and more that is not asked for.

    Raises:
        SourceError: it is no such file.
    """
    blinks: dict[int, list[int]] = {}
    inside = False
    for number, line in enumerate(_text(path).splitlines(), 1):
        text = line.strip()
        if text.startswith("#"):
            inside = text.lower() == "#start"
        elif inside and text:
            cells = text.split(":")
            if len(cells) < 3 or not all(re.fullmatch(r"-?\d{1,9}", c.strip()) for c in cells[:2]):
                raise SourceError(f"{path}, line {number}: expected <frame>:<blink or -1>:...")
            frame, blink = int(cells[0]), int(cells[1])
            if blink >= 0:
                blinks.setdefault(blink, []).append(frame)
    if not blinks:
        raise SourceError(f"{path}: expected blinks between #start and #end, found none")
    return sorted((float(min(frames)), float(max(frames))) for frames in blinks.values())


# --- files ------------------------------------------------------------------------------------


def _somebody(person: Person, clips: list[Clip]) -> Somebody:
    clips = sorted(clips, key=lambda c: (c.kss or 0, c.state or 0, c.path.name))
    alert = next((clip for clip in clips if clip.state in (ALERT, BETWEEN)), None)
    return Somebody(person, tuple(clips), alert)


def _folders(folder: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and re.fullmatch(pattern, path.name, re.IGNORECASE):
            yield path


def _videos(folder: Path, *, deep: bool = False) -> list[Path]:
    found: Iterable[Path] = folder.rglob("*") if deep else folder.iterdir()
    return sorted(p for p in found if p.suffix.lower() in VIDEOS and p.is_file())


def _pictures(folder: Path) -> bool:
    return any(path.suffix.lower() in PICTURES for path in folder.iterdir())


def _text(path: Path) -> str:
    try:
        return read_bytes(path, LARGEST_PICTURE).decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: expected text ({error})") from error


_OWN_NOTE = (
    "What is normal for a person is learnt from the first 200 s of the alert recording, of which "
    "only the rest is scored; a person without one is played as in a first drive."
)
_LAYOUTS: tuple[Callable[[Path], VideoSet | None], ...] = (
    _uta_rldd,
    _drozy,
    _nthu_ddd,
    _yawdd,
    _eyeblink8,
)
LAYOUTS = "UTA-RLDD, DROZY, NTHU-DDD, YawDD, eyeblink8"
"""Data sets of videos whose own layout is read."""
