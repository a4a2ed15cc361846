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


def test_presses_are_a_second_apart_and_a_stuck_button_is_held_for_ten() -> None:
    button = Button()
    assert button.fault(0.0) == ""
    assert button.press(100.0)
    assert not button.press(100.875)
    assert button.press(101.875), "a second later it was let go"
    for i in range(1, 13):
        assert not button.press(101.875 + 0.75 * i)
    assert button.fault(110.875) == "", "held for nine seconds"
    button.press(111.25)
    button.press(111.875)
    assert button.fault(111.875) == "acknowledge: stays pressed for 10 s"
    assert button.fault(112.75)
    assert button.fault(112.875) == ""
