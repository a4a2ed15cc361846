"""A test on people in front of the camera: clips of known state, by person and condition.

Mujahidin et al. (2024) test on two participants and print accuracy, precision and sensitivity. Here
the participants' clips are in a list, are looked at as `face_state` looks at a camera, and the
alarm of its live rule is noted.
"""

import csv
import dataclasses
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from fatigue_ros.errors import FatigueError
from fatigue_ros.files import read_text
from fatigue_ros.learning.tables import table
from fatigue_ros.models.inference import FaceModel
from fatigue_ros.models.live_rule import DrowsyDuration, DrowsySettings
from fatigue_ros.models.single_pictures import open_faces
from fatigue_ros.vision.sources import open_recording

RATE = 5.0
"""[Hz] looks a second, as the default of `face_state`."""

NEEDED = ("clip", "person", "condition", "state")
OPTIONAL = ("start", "end")
STATES = ("drowsy", "awake")
_EARLY = 1e-3  # [s] times of frames are rounded in containers


@dataclasses.dataclass(frozen=True, slots=True)
class Clip:
    """A line of the list.

    Attributes:
        clip: file or folder, beside the list where it is no absolute path.
        person, condition: words of whoever made the list.
        drowsy: whether the person was.
        start, end: [s] of what is to be looked at.
    """

    clip: Path
    person: str
    condition: str
    drowsy: bool
    start: float = 0.0
    end: float = math.inf


@dataclasses.dataclass(slots=True)
class Tally:
    """What a model says of looks whose truth is known.

    Attributes:
        clips, alarms: [1] how many clips, and in how many of them the alarm came.
        looks: [1] frames that were looked at.
        hits, false_alarms, misses, rejections: [1] of the judged ones: said to be drowsy, rightly
            and wrongly; said to be awake, wrongly and rightly.
    """

    clips: int = 0
    alarms: int = 0
    looks: int = 0
    hits: int = 0
    false_alarms: int = 0
    misses: int = 0
    rejections: int = 0

    @property
    def judged(self) -> int:
        """[1] looks of which the model could say something."""
        return self.hits + self.false_alarms + self.misses + self.rejections

    @property
    def accuracy(self) -> float:
        """[1] told right, of the judged; NaN where there is none."""
        return _share(self.hits + self.rejections, self.judged)

    @property
    def precision(self) -> float:
        """[1] drowsy, of those said to be."""
        return _share(self.hits, self.hits + self.false_alarms)

    @property
    def sensitivity(self) -> float:
        """[1] said to be drowsy, of those who were."""
        return _share(self.hits, self.hits + self.misses)

    def take(self, *, said: bool | None, drowsy: bool) -> None:
        """Count a look; None: it could not be judged."""
        self.looks += 1
        if said is None:
            return
        name = ("rejections", "misses") if not said else ("false_alarms", "hits")
        setattr(self, name[drowsy], getattr(self, name[drowsy]) + 1)

    def add(self, other: "Tally") -> None:
        """Count what another one has counted."""
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def read_clips(path: Path, drowsy: Sequence[str], classes: Sequence[str]) -> list[Clip]:
    """Read the list: a CSV file with the columns of NEEDED, and perhaps of OPTIONAL.

    Args:
        path: of the list.
        drowsy: the model's drowsy classes.
        classes: all of them; a state is ``drowsy``, ``awake`` or one of these.

    Raises:
        FatigueError: it cannot be read or used, or a clip is not there; the message names the line.
    """
    text = read_text(path, FatigueError).removeprefix("\ufeff")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    head = rows.fieldnames or []
    if not set(NEEDED) <= set(head) or not set(head) <= {*NEEDED, *OPTIONAL}:
        raise FatigueError(
            f"{path}:1: expected the columns {', '.join(NEEDED)} (and {', '.join(OPTIONAL)}), got "
            f"{', '.join(head) or 'none'}"
        )
    known = {"drowsy": True, "awake": False, **{name: name in drowsy for name in classes}}
    clips = []
    for row in rows:
        where = f"{path}:{rows.line_num}"
        if None in row or not all(row[name] for name in NEEDED):
            raise FatigueError(f"{where}: expected {', '.join(head)}, a value for each")
        if row["state"] not in known:
            raise FatigueError(
                f"{where}: state: expected one of {', '.join(known)}, got {row['state']}"
            )
        clip = path.parent / row["clip"]
        if not clip.exists():
            raise FatigueError(f"{where}: {clip}: no such file or folder")
        start = _seconds(row.get("start") or "0", where)
        end = _seconds(row.get("end") or "inf", where)
        if not start < end:
            raise FatigueError(f"{where}: expected start below end, got {start:g} and {end:g}")
        clips.append(Clip(clip, row["person"], row["condition"], known[row["state"]], start, end))
    if not clips:
        raise FatigueError(f"{path}: expected clips, found none")
    return clips


def watch(
    model: FaceModel,
    clips: Iterable[Clip],
    rate: float = RATE,
    progress: Callable[[], None] = lambda: None,
) -> list[tuple[Clip, Tally]]:
    """Look at each clip.

    Args:
        model: is asked.
        clips: of the list.
        rate: [Hz] looks a second.
        progress: told after each look.

    Raises:
        FatigueError: a clip cannot be played, or has nothing in its time.
    """
    found = []
    needs_face = model.description.region == "face"
    with open_faces() if needs_face else nullcontext() as faces:
        for clip in clips:
            tally, rule = Tally(clips=1), DrowsyDuration(DrowsySettings())
            due = clip.start
            with open_recording(str(clip.clip)) as source:
                while (frame := source.read()) is not None:
                    time = frame.index / source.frame_rate if frame.time is None else frame.time
                    if time >= clip.end:
                        break
                    if time < due - _EARLY:
                        continue
                    due = max(due + 1.0 / rate, time)
                    picture = frame.image[..., ::-1].copy()
                    said = model.judge(picture, faces.box(picture) if faces else None).is_drowsy
                    tally.take(said=said, drowsy=clip.drowsy)
                    rule.update(time, said)
                    tally.alarms = int(tally.alarms or rule.alarm)
                    progress()
            if not tally.looks:
                raise FatigueError(
                    f"{clip.clip}: expected pictures from {clip.start:g} s on, found none"
                )
            found.append((clip, tally))
    return found


def report(found: Iterable[tuple[Clip, Tally]]) -> list[str]:
    """Lines of a table in Markdown: each person in each condition, each person, and all."""
    tallies: dict[tuple[str, str], Tally] = {}
    ends: dict[tuple[str, str], Tally] = {}
    for clip, tally in found:
        tallies.setdefault((clip.person, clip.condition), Tally()).add(tally)
        ends.setdefault((clip.person, "all"), Tally()).add(tally)
    total = Tally()
    for tally in ends.values():
        total.add(tally)
    everything: Mapping[tuple[str, str], Tally] = tallies | ends | {("all", "all"): total}
    head = ["person", "condition", "clips", "with an alarm", "looks", "judged"]
    rows = [
        [*who, t.clips, t.alarms, t.looks, t.judged]
        + [_percent(share) for share in (t.accuracy, t.precision, t.sensitivity)]
        for who, t in everything.items()
    ]
    return table([*head, "accuracy", "precision", "sensitivity"], rows)


def as_csv(found: Iterable[tuple[Clip, Tally]]) -> str:
    """A line for each clip."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    counts = [field.name for field in dataclasses.fields(Tally) if field.name != "clips"]
    writer.writerow([*NEEDED, *OPTIONAL, *counts])
    for clip, tally in found:
        state = STATES[not clip.drowsy]
        about = [clip.clip.name, clip.person, clip.condition, state, clip.start, clip.end]
        writer.writerow([*about, *(getattr(tally, name) for name in counts)])
    return text.getvalue()


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100.0 * share:.1f} %"


def _seconds(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value >= 0.0:
        raise FatigueError(f"{where}: expected a time in seconds, got {text}")
    return value
