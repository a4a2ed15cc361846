"""Errors a user can cause, and can mend."""


class FatigueError(Exception):
    """Something from outside was refused.

    The message is one line that names the thing (file, topic, parameter, port), what was
    expected and what was found. Programs print it without a traceback.
    """


class ParameterError(FatigueError):
    """A parameter is unknown, has the wrong type or is out of range."""


class SourceError(FatigueError):
    """A source of frames, speed or pulse cannot be used."""


class EngineError(FatigueError):
    """A landmark engine cannot be loaded."""


class ImageError(FatigueError):
    """An image cannot be decoded."""


class MessageError(FatigueError):
    """A message holds a value that its type cannot have."""


def first_line(error: BaseException) -> str:
    """The first line of what an error says; its class where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
