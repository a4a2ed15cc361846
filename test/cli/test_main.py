"""What all sub-commands of `fatigue` have in common."""

from __future__ import annotations

import pytest

from fatigue_ros.cli.main import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example: fatigue {command}" in capsys.readouterr().out


def test_no_such_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["wotch"])
    assert ended.value.code == 2
    assert "wotch" in capsys.readouterr().err
