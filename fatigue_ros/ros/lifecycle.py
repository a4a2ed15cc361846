"""The lifecycle of all nodes: hooks that may raise, and what ends with each state."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from fatigue_ros.errors import FatigueError
from fatigue_ros.ros.guarded import GuardedNode

_SUCCESS = TransitionCallbackReturn.SUCCESS


class ManagedNode(GuardedNode):
    """A lifecycle node whose transitions call ``configure``, ``activate`` and so on.

    The hooks may raise FatigueError, which is logged as one line and makes the transition fail.
    What has to end with a state is undone by the calls kept in ``_while_configured`` and
    ``_while_active``, the newest first.
    """

    def __init__(self, name: str, namespace: str | None, overrides: Sequence[Parameter]) -> None:
        super().__init__(name, namespace, overrides)
        self.problem = ""
        """Why the last transition failed, empty when it did not."""
        self._configured = False
        self._active = False
        self._while_active: list[Callable[[], object]] = []
        self._while_configured: list[Callable[[], object]] = []

    def configure(self) -> None:
        """Open devices, load models, advertise topics."""

    def activate(self) -> None:
        """Start the flow."""

    def deactivate(self) -> None:
        """Stop the flow."""

    def cleanup(self) -> None:
        """Let go of everything; also called after a failed configure."""

    @property
    def is_configured(self) -> bool:
        """Whether the node is inactive or active."""
        return self._configured

    @property
    def is_active(self) -> bool:
        """Whether the flow is on."""
        return self._active

    def start(self) -> bool:
        """Configure and activate; on failure ``problem`` says why."""
        for transition in (self.trigger_configure, self.trigger_activate):
            if transition() != _SUCCESS:
                return False
        return True

    def stop(self) -> None:
        """Back to unconfigured, from any state."""
        if self._active:
            self.trigger_deactivate()
        if self._configured:
            self.trigger_cleanup()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``configure``."""
        self.problem = ""
        result = self._attempt(self.configure, lambda: super(ManagedNode, self).on_configure(state))
        self._configured = result == _SUCCESS
        if not self._configured:
            self._release()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``activate``."""
        self._active = True  # callbacks may come before activate() returns
        # Publishers first: what activate() starts may publish at once.
        result = self._attempt(lambda: super(ManagedNode, self).on_activate(state), self.activate)
        self._active = result == _SUCCESS
        if self._active:
            self.get_logger().info("active")
        else:
            self._silence()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``deactivate``."""
        self._active = False
        self._silence()
        result = self._attempt(
            self.deactivate, lambda: super(ManagedNode, self).on_deactivate(state)
        )
        self.get_logger().info("inactive")
        return result

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback; nodes override ``cleanup``."""
        self._configured = False
        return self._attempt(self._release, lambda: super(ManagedNode, self).on_cleanup(state))

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback: deactivates and cleans up first."""
        if self._active:
            self.on_deactivate(state)
        self._configured = False
        return self._attempt(self._release, lambda: super(ManagedNode, self).on_shutdown(state))

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Lifecycle callback: lets go of everything and returns to unconfigured."""
        self._active = self._configured = False
        self._silence()
        self._attempt(self._release)
        return super().on_error(state)

    def _attempt(self, *steps: Callable[[], object]) -> TransitionCallbackReturn:
        try:
            for step in steps:
                result = step()
                if isinstance(result, TransitionCallbackReturn) and result != _SUCCESS:
                    return result
        except FatigueError as error:
            self.problem = str(error)
            self.get_logger().error(self.problem)
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # noqa: BLE001 - rclpy would swallow it without a word
            self.problem = f"{type(error).__name__}: {error}"
            self.get_logger().error(traceback.format_exc())
            return TransitionCallbackReturn.ERROR
        return _SUCCESS

    def _silence(self) -> None:
        while self._while_active:
            self._while_active.pop()()

    def _release(self) -> None:
        try:
            self.cleanup()
        finally:
            while self._while_configured:
                self._while_configured.pop()()
