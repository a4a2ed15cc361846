"""What counts as an answer, and what as a button that is stuck."""

from fatigue_ros.fusion.acknowledgement import Button


def test_a_press_counts_once_however_often_it_is_repeated() -> None:
    button = Button()
    assert [button.press(10.0 + 0.2 * i) for i in range(20)] == [True] + [False] * 19
    assert not button.fault(14.0)
    assert button.press(16.0)


def test_a_button_that_stays_pressed_is_a_fault_until_it_is_let_go() -> None:
    button = Button()
    for i in range(60):
        button.press(0.2 * i)
    assert button.fault(11.9) == "acknowledge: stays pressed for 12 s"
    assert not button.fault(13.0)
