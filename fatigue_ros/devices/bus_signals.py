"""Which quantity is which signal of a DBC file, as parameters say it."""

from collections.abc import Collection, Iterable, Iterator

from fatigue_ros.errors import ParameterError


def split_signals(entries: Iterable[str], known: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Quantity, message and signal of entries like ``level=DriverFatigue.FatigueLevel``.

    Raises:
        ParameterError: an entry is none, names an unknown quantity, or one twice.
    """
    seen: set[str] = set()
    for entry in entries:
        quantity, equals, place = (part.strip() for part in entry.partition("="))
        message, dot, signal = place.rpartition(".")
        if not (equals and dot):
            raise ParameterError(
                f"signals: expected quantity=Message.Signal, got {entry!r}, for example "
                f"{next(iter(known))}=Message.Signal"
            )
        if quantity not in known:
            names = ", ".join(known)
            raise ParameterError(f"signals: {quantity!r} is unknown, expected one of {names}")
        if quantity in seen:
            raise ParameterError(f"signals: {quantity} is there twice")
        seen.add(quantity)
        yield quantity, message, signal
