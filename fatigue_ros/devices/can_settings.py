"""Which CAN bus: the parameters of whatever opens one."""

import dataclasses

from fatigue_ros.settings.parameters import parameter


@dataclasses.dataclass(frozen=True, kw_only=True)
class CanSettings:
    """A CAN bus, as python-can opens it."""

    can_interface: str = parameter(
        "socketcan",
        "Kind of CAN interface, as python-can names it (socketcan, slcan, pcan, virtual, ...). "
        "Settings that only one kind has are read from python-can's own configuration file.",
    )
    can_channel: str = parameter("can0", "Channel of the CAN interface, for example can0.")
    can_bitrate: int = parameter(
        500000,
        "Bit rate of the bus, 0 to leave it to the interface. SocketCAN ignores it: there it is "
        "set with ip link.",
        unit="bit/s",
        limits=(0, 1000000),
    )
