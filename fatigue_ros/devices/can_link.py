"""A CAN bus that is read in a thread and opened again whenever it is lost."""

import contextlib
from collections.abc import Callable, Sequence

import can
from can.typechecking import CanFilter

from fatigue_ros.devices.retrying import RetryingThread, one_line
from fatigue_ros.devices.speed import SpeedSource
from fatigue_ros.errors import SourceError

_POLL = 0.02
"""[s] longest wait for a frame: how fast closing and ticks are."""
_LAST_RETRY = 5.0
"""[s] longest pause between two attempts to open the bus."""


class CanLink:
    """Frames of one bus, handed to a callback from a thread.

    A bus that cannot be opened or that fails is tried again with doubling pauses, for as long as
    the link is open. The pause starts over only after a frame has come, so that a bus which opens
    and fails at once is not hammered. Error frames and remote frames are counted and kept back.
    """

    def __init__(
        self,
        interface: str,
        channel: str,
        bitrate: int,
        *,
        filters: Sequence[CanFilter],
        on_frame: Callable[[can.Message], None],
        on_tick: Callable[[], None] = lambda: None,
        first_retry: float = 0.2,
        fd: bool = False,
    ) -> None:
        """Set up; nothing is opened yet.

        Args:
            interface: kind of interface as python-can names it.
            channel: its channel.
            bitrate: [bit/s], 0 leaves it to the interface.
            filters: which frames are wanted.
            on_frame: called with each data frame.
            on_tick: called at least every 0.02 s or so while the bus is open.
            first_retry: [s] first pause before a lost bus is opened again.
            fd: whether frames of CAN FD are wanted too; a bus without drops them unsaid.

        Raises:
            SourceError: python-can does not know the interface.
        """
        if interface not in can.VALID_INTERFACES:
            known = ", ".join(sorted(can.VALID_INTERFACES))
            raise SourceError(f"can_interface: {interface!r} is unknown, expected one of {known}")
        self.name = f"{interface} {channel}"
        self.frames = 0
        self.bad_frames = 0
        self.reconnects = 0
        self.send_errors = 0
        self.problem = "not started"
        self._interface = interface
        self._channel = channel
        self._bitrate = bitrate
        self._fd = fd
        self._filters = list(filters)
        self._on_frame = on_frame
        self._on_tick = on_tick
        self._bus: can.BusABC | None = None
        self._thread = RetryingThread(self._read, f"CAN {self.name}", first_retry, _LAST_RETRY)

    def start(self) -> None:
        """Open the bus and begin to read; a bus that is absent is waited for.

        Raises:
            SourceError: the interface's driver is not installed, or refuses the settings.
        """
        try:
            self._bus = self._open()
        except can.CanInterfaceNotImplementedError as error:
            raise SourceError(
                f"can_interface: {self._interface!r} cannot be used here: {one_line(error)}"
            ) from error
        except (ValueError, TypeError) as error:
            raise SourceError(
                f"CAN bus {self.name} refuses its settings: {one_line(error)}"
            ) from error
        except Exception as error:  # noqa: BLE001 - drivers raise errors of their own
            self._lost(error)
        self._thread.start()

    def close(self) -> None:
        """Stop reading and close the bus."""
        self._thread.close()
        self._shut()
        self.problem = "closed"

    def send(self, message: can.Message) -> bool:
        """Send a frame; only from on_frame and on_tick.

        Returns:
            Whether it went out. A frame that did not is counted; it says nothing of the bus,
            since a full buffer (no other node awake) is a reason too.
        """
        if self._bus is None:
            return False
        try:
            self._bus.send(message, timeout=_POLL)
        except Exception as error:  # noqa: BLE001 - drivers raise errors of their own
            self.send_errors += 1
            self.problem = f"CAN bus {self.name}: cannot send: {one_line(error)}"
            return False
        self.problem = ""
        return True

    def diagnose(self) -> dict[str, str]:
        """State and counters, by name."""
        return {
            "CAN bus": self.name,
            "bus open": "yes" if self._bus is not None else "no",
            "frames received": str(self.frames),
            "error and remote frames": str(self.bad_frames),
            "frames not sent": str(self.send_errors),
            "reconnects": str(self.reconnects),
            "problem": self.problem,
        }

    def _open(self) -> can.BusABC:
        given = {"bitrate": self._bitrate, "fd": self._fd}
        bus = can.Bus(
            interface=self._interface,
            channel=self._channel,
            can_filters=self._filters,
            # Keywords for the interface, which need not know those that are left out.
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        )
        self.problem = ""
        return bus

    def _read(self) -> bool:
        """Read until closed or lost; whether anything came."""
        came = False
        try:
            if self._bus is None:
                self._bus = self._open()
                self.reconnects += 1
            while not self._thread.closing:
                frame = self._bus.recv(_POLL)
                if frame is not None:
                    came = True
                    self._take(frame)
                self._on_tick()
        except Exception as error:  # noqa: BLE001 - drivers raise errors of their own
            self._lost(error)
        return came

    def _take(self, frame: can.Message) -> None:
        if frame.is_error_frame or frame.is_remote_frame:
            self.bad_frames += 1
            return
        self.frames += 1
        self._on_frame(frame)

    def _lost(self, error: Exception) -> None:
        self.problem = f"CAN bus {self.name} is lost: {one_line(error)}"
        self._shut()

    def _shut(self) -> None:
        if self._bus is not None:
            with contextlib.suppress(Exception):  # it may be gone already
                self._bus.shutdown()
            self._bus = None


class CanSource(SpeedSource):
    """Speed by what comes over a bus.

    Attributes:
        link: the bus.
    """

    link: CanLink

    @property
    def problem(self) -> str:
        """What keeps it from measuring, in one line; empty when nothing does."""
        return self.link.problem or self.fault

    def start(self) -> None:
        """Open the bus.

        Raises:
            SourceError: the interface cannot be used at all.
        """
        self.link.start()

    def close(self) -> None:
        """Close the bus."""
        self.link.close()
