"""What other nodes say of themselves becomes one word of fusion."""

from fatigue_ros.monitor.neighbours import Neighbours


def test_faults_and_errors_are_told_by_name() -> None:
    neighbours = Neighbours()
    neighbours.on_word("landmarks", 10.0, error="frozen", fault="frozen", at_rest=False)
    neighbours.on_word("yawn", 10.0, error="", fault="", at_rest=False)
    assert neighbours.faults(10.5) == {"landmarks": "landmarks: frozen"}
    assert neighbours.troubles(10.5) == {"landmarks": "landmarks: frozen"}
    neighbours.on_word("landmarks", 11.0, error="", fault="", at_rest=False)
    assert not neighbours.faults(11.0)
    assert not neighbours.troubles(11.0)


def test_who_spoke_and_is_silent_is_missed_unless_at_rest() -> None:
    neighbours = Neighbours()
    neighbours.on_word("yawn", 10.0, error="", fault="", at_rest=False)
    neighbours.on_word("alert", 10.0, error="", fault="", at_rest=True)
    assert not neighbours.troubles(13.0)
    assert neighbours.troubles(15.0) == {"yawn": "yawn: no word for 5 s"}


def test_those_who_come_and_go_are_not_missed() -> None:
    neighbours = Neighbours()
    for node in ("dashboard", "recorder", "anybody"):
        neighbours.on_word(node, 0.0, error="lost", fault="x", at_rest=False)
    assert not neighbours.faults(1.0)
    assert not neighbours.troubles(60.0)


def test_the_last_word_counts_for_three_and_a_half_seconds() -> None:
    neighbours = Neighbours()
    neighbours.on_word("camera", 10.0, error="hot", fault="frozen", at_rest=False)
    neighbours.on_word("alert", 10.0, error="loose", fault="", at_rest=True)
    told = {"camera": "camera: hot", "alert": "alert: loose"}
    assert (neighbours.faults(13.5), neighbours.troubles(13.5)) == (
        {"camera": "camera: frozen"},
        told,
    )
    assert neighbours.faults(13.501) == {}
    assert neighbours.troubles(13.501) == {**told, "camera": "camera: no word for 4 s"}


def test_those_who_are_watched() -> None:
    neighbours = Neighbours()
    watched = (
        "camera landmarks blink yawn face_state heart_rate vehicle_speed microcontroller alert "
        "vehicle_input vehicle_output vss_output steering"
    )
    for node in (*watched.split(), "fusion", "dashboard"):
        neighbours.on_word(node, 0.0, error="", fault="x", at_rest=False)
    assert list(neighbours.faults(0.0)) == watched.split()
