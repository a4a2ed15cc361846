"""What the other nodes of the vehicle say of themselves, so that one state tells of all of it."""

import dataclasses

WATCHED = (
    "camera",
    "landmarks",
    "blink",
    "yawn",
    "face_state",
    "heart_rate",
    "vehicle_speed",
    "microcontroller",
    "alert",
    "vehicle_input",
    "vehicle_output",
    "vss_output",
    "steering",
)
"""Nodes whose errors and whose silence are told; others come and go as people like."""
_SILENCE = 3.5  # [s] without a word; they say how they are once a second


@dataclasses.dataclass(frozen=True, slots=True)
class _Word:
    came: float
    error: str
    fault: str
    at_rest: bool


class Neighbours:
    """Remembers the last word of each node."""

    def __init__(self) -> None:
        self._words: dict[str, _Word] = {}

    def on_word(self, node: str, now: float, *, error: str, fault: str, at_rest: bool) -> None:
        """Take what a node says of itself.

        Args:
            node: its name.
            now: [s] when it came.
            error: what is wrong with it, empty when nothing is.
            fault: why what it is there for cannot be trusted, empty when it can.
            at_rest: whether it is inactive, and need not speak.
        """
        if node in WATCHED:
            self._words[node] = _Word(now, error, fault, at_rest)

    def faults(self, now: float) -> dict[str, str]:
        """What makes the whole untrustworthy at a time [s], by node."""
        return {
            node: f"{node}: {word.fault}"
            for node, word in self._words.items()
            if word.fault and now - word.came <= _SILENCE
        }

    def troubles(self, now: float) -> dict[str, str]:
        """What else is wrong at a time [s], by node."""
        found = {}
        for node, word in self._words.items():
            if now - word.came > _SILENCE and not word.at_rest:
                found[node] = f"{node}: no word for {now - word.came:.0f} s"
            elif word.error:
                found[node] = f"{node}: {word.error}"
        return found
