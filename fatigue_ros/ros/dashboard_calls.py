"""What the page asks for, as calls of services one after the other; none of them blocks."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from fatigue_ros.dashboard.commands import AS_SCRIPTED, Command, Value
from fatigue_ros.dashboard.server import Answer
from fatigue_ros.srv import Calibrate, SetDriver, SetSleepQuality

if TYPE_CHECKING:
    from fatigue_ros.ros.base import Client
    from fatigue_ros.ros.rclpy_types import Future, Message

_PATIENCE = 10.0  # [s] for a service to answer
_SPEED, _SIMULATOR = "vehicle_speed", "driver_simulator"
_PLAY = f"{_SIMULATOR}/change_state"

Asked: TypeAlias = "tuple[str, Message]"
Steps: TypeAlias = Generator[Asked, Any, Answer]
"""Yields (service, request), is sent the response, returns the answer for the page."""

DRIVER_SERVICES: dict[str, type[Message]] = {
    "set_sleep_quality": SetSleepQuality,
    "acknowledge": Trigger,
    "calibrate": Calibrate,
    "set_driver": SetDriver,
}
BENCH_SERVICES: dict[str, type[Message]] = {
    f"{_SPEED}/get_parameters": GetParameters,
    f"{_SPEED}/set_parameters": SetParameters,
    f"{_SIMULATOR}/set_parameters": SetParameters,
    _PLAY: ChangeState,
}


class Calls:
    """Carries out commands through the services of other nodes.

    Args:
        clients: service clients by name.
        ignition: publishes std_msgs/Bool.
        answered: takes what the driver answers to the questions of studies.
    """

    def __init__(
        self,
        clients: dict[str, Client],
        ignition: Callable[[Bool], None],
        answered: Callable[[Command], Answer],
    ) -> None:
        self._clients = clients
        self._ignition = ignition
        # Future of the service: when it is taken for dead, its client, and who waits.
        self._open: dict[Future, tuple[float, str, concurrent.futures.Future[Answer]]] = {}
        self._steps: dict[str, Callable[[Command], Steps]] = {
            "sleep_quality": lambda said: _ask(
                "set_sleep_quality", SetSleepQuality.Request(grade=said.value)
            ),
            "kss": lambda said: _answered(answered(said)),
            "workload": lambda said: _answered(answered(said)),
            "acknowledge": lambda _: _ask("acknowledge", Trigger.Request()),
            "calibrate": lambda _: _ask("calibrate", Calibrate.Request()),
            "set_driver": lambda said: _ask("set_driver", SetDriver.Request(driver_id=said.value)),
            "ignition": self._turn_key,
            "speed": self._drive,
            "scenario": _scenario,
        }

    @property
    def simulator(self) -> bool:
        """Whether there is a simulated drive to play with."""
        client = self._clients.get(_PLAY)
        return client is not None and bool(client.service_is_ready())

    def begin(self, command: Command, answer: concurrent.futures.Future[Answer]) -> None:
        """Carry out a command; ``answer`` is set when it is done. Call it from the executor."""
        self._go_on(self._steps[command.name](command), answer, None)

    def expire(self) -> None:
        """Give up calls that nobody answers; to be called now and then."""
        now = time.monotonic()
        for future in [f for f, (end, _, _) in self._open.items() if now > end]:
            _, name, answer = self._open.pop(future)
            self._clients[name].remove_pending_request(future)
            answer.set_result((False, f"{name}: no answer within {_PATIENCE:g} s"))

    def _turn_key(self, command: Command) -> Steps:
        """Turn it in the simulator, which repeats it each second; else speak for the vehicle."""
        said = "on" if command.value else "off"
        if self.simulator:
            return (yield from _by_hand("ignition", said, f"ignition {said}"))
        self._ignition(Bool(data=bool(command.value)))
        return True, f"ignition {said}"

    def _drive(self, command: Command) -> Steps:
        """Set the speed in the simulator where there is one, else in the node `vehicle_speed`."""
        if self.simulator:
            done = f"{command.value:.0f} km/h"
            return (yield from _by_hand("speed_kmh", command.value, done))
        return (yield from _fixed_speed(command))

    def _go_on(
        self, steps: Steps, answer: concurrent.futures.Future[Answer], response: Message
    ) -> None:
        try:
            name, request = steps.send(response)
        except StopIteration as end:
            answer.set_result(end.value)
            return
        client = self._clients[name]
        if not client.service_is_ready():
            answer.set_result((False, f"{name}: nobody offers this service"))
            return

        def done(finished: Future) -> None:
            if self._open.pop(finished, None) is not None:
                self._go_on(steps, answer, finished.result())

        future = client.ask(request, done)
        self._open[future] = (time.monotonic() + _PATIENCE, name, answer)


def _answered(answer: Answer) -> Steps:
    """Nobody has to be asked."""
    yield from ()
    return answer


def _ask(service: str, request: Message) -> Steps:
    said = yield service, request
    return bool(said.success), str(said.message)


def _set(node: str, **values: Value) -> Asked:
    changes = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
    return f"{node}/set_parameters", SetParameters.Request(parameters=changes)


def _refusal(results: list[SetParametersResult]) -> str:
    """Why parameters were refused, empty when none was."""
    return "; ".join(result.reason for result in results if not result.successful)


def _by_hand(name: str, value: Value, done: str) -> Steps:
    refusal = _refusal((yield _set(_SIMULATOR, **{name: value})).results)
    return not refusal, refusal or f"{done}, until a scenario is played"


def _fixed_speed(command: Command) -> Steps:
    said = yield f"{_SPEED}/get_parameters", GetParameters.Request(names=["source"])
    source = said.values[0].string_value if said.values else ""
    if source != "fixed":
        return False, f"{_SPEED}: source is {source!r}, a speed by hand needs 'fixed'"
    refusal = _refusal((yield _set(_SPEED, fixed_speed_kmh=command.value)).results)
    return not refusal, refusal or f"{command.value:.0f} km/h"


def _scenario(command: Command) -> Steps:
    """The simulator reads its scenario when it is configured."""

    def change(transition: int) -> Asked:
        return _PLAY, ChangeState.Request(transition=Transition(id=transition))

    # Refused where it does not run, which is as good.
    yield change(Transition.TRANSITION_DEACTIVATE)
    yield change(Transition.TRANSITION_CLEANUP)
    settings = {"scenario": command.value, "speed_kmh": AS_SCRIPTED, "ignition": "scripted"}
    refusal = _refusal((yield _set(_SIMULATOR, **settings)).results)
    if refusal:
        return False, refusal
    for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        if not (yield change(transition)).success:
            return False, f"{_SIMULATOR}: scenario {command.value} does not start, see its log"
    return True, f"scenario {command.value} runs"
