"""The files of a bag, each opened as far as it can be read.

A bag is a folder with one file or several, and metadata.yaml that lists them; a recorder writes
that last, so one that was killed leaves none. Nothing else is believed of it: types, qualities of
service and counts are read from the files themselves.
"""

import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing, suppress
from pathlib import Path, PurePath
from typing import Any

import yaml
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Reader

from fatigue_ros.bags.inside_rosbags import McapScan, leave_out_damage, reason, zstd
from fatigue_ros.bags.topics import BagError
from fatigue_ros.files import read_text

_METADATA = "metadata.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PACKED = ".zstd"
STORAGES = (".mcap", ".db3")
"""Endings of the files that bags are kept in."""
_JOURNALS = ("-wal", "-journal")
_BLOCK = 1 << 20  # [bytes]
_LARGEST_METADATA = 50_000_000  # [bytes] a drive of days in files of a second


class Parts:
    """The open files of a bag; `stack` closes them.

    Args:
        path: folder of a bag, or one file of it.
        stack: closes what is opened.

    Attributes:
        storages: what rosbags calls them, in the order of their times.
        lost: why chunks could not be read, while reading as well.
        damage: what is not as a recorder leaves it at its end.

    Raises:
        BagError: there is no bag, or none of its files can be read.
    """

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.lost: list[str] = []
        self.damage: list[str] = []
        self.storages: list[Any] = []
        self._stack = stack
        files = self._files(path) if path.is_dir() else [path]
        refused = [why for file in files if (why := self._add(file))]
        if not self.storages:
            raise BagError(refused[0])
        self.damage += refused
        self.storages.sort(key=lambda storage: storage.metadata.start_time)

    def _add(self, file: Path) -> str:
        """Open a file; why it cannot be, empty when it can."""
        try:
            self.storages.append(self._open(file))
        except BagError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - struct, zstd, SQLite ... each has its own
            return f"{file}: cannot be read: {reason(error)}"
        return ""

    def _files(self, folder: Path) -> list[Path]:
        there = sorted(f for f in folder.iterdir() if _storage(f) is not None)
        # Who was killed while packing a file leaves both; the packed one is not whole.
        there = [f for f in there if f.suffix != _PACKED or f.with_suffix("") not in there]
        try:
            listed = _listed(folder / _METADATA)
        except BagError as error:
            if not there:
                raise BagError(
                    f"{folder}: expected a bag (a folder of .mcap or .db3 files with "
                    f"{_METADATA}): {error}"
                ) from error
            self.damage.append(str(error))
            return there
        names = {_unpacked(file.name): file for file in there}
        found = [names.pop(_unpacked(name), None) for name in listed]
        missing = [name for name, file in zip(listed, found, strict=True) if file is None]
        if missing:
            self.damage.append(f"{', '.join(missing)} missing")
        if names:
            self.damage.append(f"{', '.join(sorted(names))} not listed in {_METADATA}, left out")
        files = [file for file in found if file is not None]
        if not files:
            raise BagError(f"{folder}: expected the files of the bag: {self.damage[0]}")
        return files

    def _open(self, file: Path) -> Any:
        kind = _storage(file)
        if kind is None:
            raise BagError(
                f"{file}: expected a bag (a folder of .mcap or .db3 files with {_METADATA}) or one "
                "of its files"
            )
        if file.suffix == _PACKED:
            file = self._unpack(file)
        if kind == ".db3":
            return self._open_database(file)
        scan = McapScan(file)
        scan.open()
        self._stack.callback(scan.close)
        leave_out_damage(scan, self.lost.append)
        if scan.damage:
            self.damage.append(scan.damage)
        return scan

    def _open_database(self, file: Path) -> Any:
        journals = [file.with_name(file.name + ending) for ending in _JOURNALS]
        journals = [journal for journal in journals if journal.exists()]
        if journals:  # what a killed recorder wrote last
            folder = self._folder()
            file, *_ = [Path(shutil.copy(one, folder)) for one in (file, *journals)]
            with closing(sqlite3.connect(file)) as database:  # SQLite itself brings it in
                database.execute("PRAGMA journal_mode=DELETE")
        storage = Sqlite3Reader(file)
        try:
            storage.open()
        except Exception as error:
            raise BagError(
                f"{file}: cannot be read: {reason(error)}; what is left of it can be had by: "
                f"sqlite3 {file.name} .recover | sqlite3 whole.db3"
            ) from error
        self._stack.callback(storage.close)
        return storage

    def _unpack(self, file: Path) -> Path:
        whole = self._folder() / file.stem
        with file.open("rb") as packed, whole.open("wb") as out:
            unpacker = zstd.ZstdDecompressor()
            try:
                while not unpacker.eof and (block := packed.read(_BLOCK)):
                    out.write(unpacker.decompress(block))
            except zstd.ZstdError as error:
                self.damage.append(f"{file.name}: unpacked up to a damaged place: {error}")
            else:
                if not unpacker.eof:
                    self.damage.append(f"{file.name}: its end is missing")
        return whole

    def _folder(self) -> Path:
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory()))


def _unpacked(name: str) -> str:
    return name.removesuffix(_PACKED)


def _storage(file: Path) -> str | None:
    ending = PurePath(_unpacked(file.name)).suffix
    return ending if ending in STORAGES else None


def _listed(path: Path) -> list[str]:
    """The names of the files that metadata.yaml names.

    Raises:
        BagError: there is none, or it does not say.
    """
    if not path.exists():
        raise BagError(f"no {_METADATA}")
    text = read_text(path, BagError, _LARGEST_METADATA)
    with suppress(yaml.YAMLError, RecursionError, KeyError, TypeError, AttributeError):
        names = yaml.load(text, _LOADER)["rosbag2_bagfile_information"]["relative_file_paths"]
        if names and all(isinstance(name, str) for name in names):
            return [PurePath(name).name for name in names]
    raise BagError(f"{_METADATA} names no files")
