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
