"""What the device tests share: a virtual CAN bus of their own and our example DBC file."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import can
import pytest


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait for a condition that another thread brings about; fail naming what did not come."""

    def wait(condition: Callable[[], Any], what: str, timeout: float = 120.0) -> None:
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                pytest.fail(f"waited {timeout:g} s in vain for {what}")
            time.sleep(0.002)

    return wait


@pytest.fixture
def channel() -> str:
    """Name of a virtual bus that nobody else uses."""
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def vehicle(channel: str) -> Iterator[can.BusABC]:
    """The other end of the virtual bus."""
    with can.Bus(interface="virtual", channel=channel) as bus:
        yield bus


@pytest.fixture(scope="session")
def dbc_file() -> str:
    """Our example DBC file."""
    return str(Path(__file__).resolve().parents[2] / "config" / "vehicle.dbc")
