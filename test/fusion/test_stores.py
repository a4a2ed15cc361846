"""What is kept on disk: references and sleep quality."""

from __future__ import annotations

import datetime
import json
import math
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatigue_ros.errors import FatigueError
from fatigue_ros.fusion.driver import Driver
from fatigue_ros.fusion.judgement import FusionSettings, Judgement
from fatigue_ros.fusion.references import References, ReferenceStore
from fatigue_ros.fusion.sleep_quality import SleepQuality, SleepQualityError, SleepSettings
from fatigue_ros.fusion.storage import (
    DriverIdError,
    RecordStore,
    StorageError,
    check_driver_id,
    state_directory,
)

KNOWN = References(
    heart_rate=71.5, blink_rate=14.0, blink_duration=0.21, ear_open=0.29, lip_distance=22.0
)
NOON = 1_700_000_000.0  # [s] 2023-11-14, 22:13 UTC
DAY = 86400.0


def utc(stamp: float) -> datetime.date:
    return datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc).date()


def test_references_come_back(tmp_path: Path) -> None:
    ReferenceStore(tmp_path / "deep" / "er").save("anna", KNOWN, 12.0)
    assert ReferenceStore(tmp_path / "deep" / "er").load("anna") == KNOWN
    record = json.loads((tmp_path / "deep" / "er" / "calibration-anna.json").read_text())
    assert (record["version"], record["driver_id"], record["stamp"]) == (1, "anna", 12.0)
    assert [p.name for p in (tmp_path / "deep" / "er").iterdir()] == ["calibration-anna.json"]


def test_what_is_unknown_stays_unknown(tmp_path: Path) -> None:
    ReferenceStore(tmp_path).save("anna", References(ear_open=0.3), 12.0)
    loaded = ReferenceStore(tmp_path).load("anna")
    assert loaded.ear_open == 0.3
    assert math.isnan(loaded.heart_rate)
    assert math.isnan(ReferenceStore(tmp_path).load("ben").ear_open)


def test_without_a_directory_nothing_is_written() -> None:
    store = ReferenceStore(None)
    store.save("anna", KNOWN, 12.0)
    assert math.isnan(store.load("anna").ear_open)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b'{"version": 1, "driver_id": "anna", "refer', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[1, 2]", "expected an object, got list"),
        (b'{"driver_id": "anna"}', "expected version 1, got None"),
        (b'{"version": 0, "driver_id": "anna", "references": {}}', "expected version 1, got 0"),
        (b'{"version": 2, "driver_id": "anna", "references": {}}', "expected version 1, got 2"),
        (b'{"version": 1, "driver_id": "ben", "references": {}}', "is of driver 'ben'"),
        (b'{"version": 1, "driver_id": "anna"}', "expected an object 'references'"),
        (
            b'{"version": 1, "driver_id": "anna", "references": {"ear_open": "wide"}}',
            "ear_open: expected a number, got 'wide'",
        ),
        (
            b'{"version": 1, "driver_id": "anna", "references": {"heart_rate": 9000}}',
            "heart_rate: expected 30.0 to 220.0, got 9000",
        ),
        (
            b'{"version": 1, "driver_id": "anna", "references": {"ear_open": NaN}}',
            "ear_open: expected 0.05 to 1.0, got nan",
        ),
        (b" " * 70000, "larger than 65536 bytes"),
    ],
)
def test_a_damaged_or_older_file_is_set_aside(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "calibration-driver.json"
    path.write_bytes(content.replace(b"anna", b"driver"))
    judgement = Judgement(FusionSettings(state_directory=str(tmp_path)))
    notes = judgement.take_notes()
    assert len(notes) == 1
    assert notes[0].startswith("calibration runs anew: ")
    assert str(path) in notes[0]
    assert reason in notes[0]
    assert "\n" not in notes[0]
    assert not path.exists()
    assert path.with_name("calibration-driver.json.set-aside").read_bytes() == content.replace(
        b"anna", b"driver"
    )
    assert judgement.update(0.0).calibration == 0.0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["version", "driver_id", "references", "ear_open", "day", "grade"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_file_can_crash_it(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    folder = tmp_path_factory.mktemp("state")
    for kind in ("calibration", "sleep"):
        text = json.dumps(content)
        if isinstance(content, dict):
            text = json.dumps({**content, "version": 1, "driver_id": "driver"})
        (folder / f"{kind}-driver.json").write_text(text)
    judgement = Judgement(FusionSettings(state_directory=str(folder)))
    judgement.update(NOON)


def test_a_directory_that_cannot_be_written_is_said_and_no_more(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        ReferenceStore(blocker / "below").save("anna", KNOWN, 0.0)
    judgement = Judgement(FusionSettings(state_directory=str(blocker / "below")))
    done, message = judgement.set_sleep_quality(NOON, 4)
    assert done
    assert "only until the program ends" in message


def test_what_cannot_be_read_of_a_driver_is_said(tmp_path: Path) -> None:
    (tmp_path / "calibration-anna.json").mkdir()  # it can neither be read nor set aside as a file
    judgement = Judgement(FusionSettings(state_directory=str(tmp_path), driver_id="anna"))
    judgement.update(NOON)
    assert "calibration-anna.json" in judgement.store_problem


def test_what_others_say_is_wrong_reaches_whoever_looks() -> None:
    judgement = Judgement(FusionSettings(state_directory="none"))
    found = judgement.update(NOON, told=["yawn: no word for 5 s"])
    assert "yawn: no word for 5 s" in found.troubles


def test_a_failed_write_leaves_the_old_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ReferenceStore(tmp_path)
    store.save("anna", KNOWN, 1.0)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        store.save("anna", References(ear_open=0.2), 2.0)
    assert store.load("anna") == KNOWN
    assert len(list(tmp_path.iterdir())) == 1


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    ReferenceStore(tmp_path).save("anna", KNOWN, 1.0)
    mode = (tmp_path / "calibration-anna.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("name", ["anna", "B-2", "0.x_y", "a" * 64])
def test_driver_ids(name: str) -> None:
    assert check_driver_id(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../etc", "a/b", "a b", "-a", "a" * 65, "a\n", "a\0b"]
)
def test_driver_ids_that_are_no_file_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DriverIdError, match="driver_id: expected"):
        RecordStore(tmp_path, "calibration", 1).path(name)
    with pytest.raises(DriverIdError):
        FusionSettings(driver_id=name)
    judgement = Judgement(FusionSettings(state_directory="none"))
    if name:
        assert not judgement.set_driver(0.0, name)[0]
        assert not judgement.calibrate(0.0, name)[0]
        assert not judgement.set_sleep_quality(0.0, 3, name)[0]


def test_state_directory_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_directory() == tmp_path / "fatigue_ros"
    assert FusionSettings().directory == tmp_path / "fatigue_ros"
    assert FusionSettings(state_directory="none").directory is None
    assert FusionSettings(state_directory="/x").directory == Path("/x")


@pytest.mark.parametrize(
    ("scale", "scores"),
    [
        ("monotone", {5: 0.0, 4: 25.0, 3: 50.0, 2: 75.0, 1: 100.0}),
        ("paper", {5: 0.0, 4: 25.0, 3: 75.0, 1: 100.0}),
    ],
)
def test_sleep_scores(scale: str, scores: dict[int, float]) -> None:
    for grade, score in scores.items():
        sleep = SleepQuality(SleepSettings(sleep_scale=scale), day=utc)
        assert sleep.score(NOON, "anna") is None
        assert sleep.set(NOON, grade, "anna") == score
        assert sleep.score(NOON + 60.0, "anna") == score


@pytest.mark.parametrize("grade", [0, 6, 255, -1])
def test_other_grades_are_refused_with_the_reason(grade: int) -> None:
    judgement = Judgement(FusionSettings(state_directory="none"), day=utc)
    assert judgement.set_sleep_quality(NOON, grade) == (
        False,
        f"sleep quality: expected one of 1, 2, 3, 4, 5, got {grade}",
    )
    assert judgement.set_sleep_quality(NOON, 4) == (
        True,
        "driver: sleep quality 4 scores 25 % today",
    )


def test_the_paper_has_no_score_for_grade_2() -> None:
    with pytest.raises(SleepQualityError, match="expected one of 1, 3, 4, 5, got 2"):
        SleepQuality(SleepSettings(sleep_scale="paper"), day=utc).set(NOON, 2, "anna")


def test_once_per_day_and_driver(tmp_path: Path) -> None:
    sleep = SleepQuality(SleepSettings(), tmp_path, utc)
    sleep.set(NOON, 3, "anna")
    with pytest.raises(SleepQualityError, match="anna already answered today with grade 3"):
        sleep.set(NOON + 60.0, 5, "anna")
    sleep.set(NOON, 1, "ben")

    again = SleepQuality(SleepSettings(), tmp_path, utc)
    again.load("anna")
    assert again.score(NOON + 60.0, "anna") == 50.0
    assert again.score(NOON + DAY, "anna") is None
    again.set(NOON + DAY, 5, "anna")
    assert again.score(NOON + DAY, "anna") == 0.0


def test_midnight_is_the_drivers_own(tmp_path: Path) -> None:
    east = datetime.timezone(datetime.timedelta(hours=9))

    def tokyo(stamp: float) -> datetime.date:
        return datetime.datetime.fromtimestamp(stamp, east).date()

    sleep = SleepQuality(SleepSettings(), tmp_path, tokyo)
    evening = NOON - 8.0 * 3600  # 23:13 in Tokyo
    sleep.set(evening, 2, "anna")
    assert sleep.grade(evening + 1800.0, "anna") == 2
    assert sleep.grade(evening + 3600.0, "anna") is None


@pytest.mark.parametrize(
    "record",
    [
        {"day": "yesterday", "grade": 3},
        {"day": "2023-11-14", "grade": 9},
        {"day": "2023-11-14", "grade": True},
        {"grade": 3},
    ],
)
def test_a_damaged_answer_is_forgotten(tmp_path: Path, record: dict[str, object]) -> None:
    RecordStore(tmp_path, "sleep", 1).save("anna", record)
    sleep = SleepQuality(SleepSettings(), tmp_path, utc)
    with pytest.raises(
        FatigueError, match=r"is no answer; set aside as sleep-anna\.json\.set-aside"
    ):
        sleep.load("anna")
    assert sleep.score(NOON, "anna") is None
    sleep.set(NOON, 3, "anna")


def test_a_grade_is_read_once(tmp_path: Path) -> None:
    sleep = SleepQuality(SleepSettings(), tmp_path, utc)
    sleep.load("anna")
    SleepQuality(SleepSettings(), tmp_path, utc).set(NOON, 3, "anna")
    sleep.load("anna")
    assert sleep.grade(NOON, "anna") is None, "another program's answer is not this one's"


@pytest.mark.parametrize(("rate", "taken"), [(29.9, 0), (30, 1), (220, 1), (220.1, 0)])
def test_the_limits_of_a_reference_belong_to_it(tmp_path: Path, rate: float, taken: int) -> None:
    ReferenceStore(tmp_path).save("anna", References(heart_rate=rate), 12.0)
    if taken:
        assert ReferenceStore(tmp_path).load("anna").heart_rate == rate
    else:
        with pytest.raises(StorageError, match=r"heart_rate: expected 30\.0 to 220\.0, got"):
            ReferenceStore(tmp_path).load("anna")


def test_a_file_that_the_system_does_not_give_is_said_and_left(tmp_path: Path) -> None:
    path = tmp_path / "calibration-anna.json"
    path.symlink_to(path)  # it leads nowhere but to itself
    with pytest.raises(StorageError, match=r"calibration-anna\.json: cannot be read: Too many"):
        ReferenceStore(tmp_path).load("anna")
    assert path.is_symlink()


def test_what_was_learnt_and_cannot_be_kept_is_said(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    driver = Driver(FusionSettings(state_directory=str(blocker / "below")), "calibration", utc)
    driver.keep_references(NOON)
    assert "cannot be written" in driver.store_problem
    assert driver.take_notes() == [driver.store_problem]
    blocker.unlink()
    driver.keep_references(NOON)
    assert driver.store_problem == ""
