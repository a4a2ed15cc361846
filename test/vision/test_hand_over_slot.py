"""What is offered under a name reaches all who take it, for as long as they do."""

from __future__ import annotations

from fatigue_ros.vision.hand_over import HandOver


def test_all_takers_get_it_until_they_end() -> None:
    passing: HandOver[int] = HandOver()
    one: list[int] = []
    other: list[int] = []
    take_other = other.append
    end_one = passing.take("pictures", one.append)
    end_other = passing.take("pictures", take_other)
    passing.take("something else", lambda _: None)

    def hand(item: int) -> None:
        for take in passing.takers("pictures"):
            take(item)

    hand(1)
    end_one()
    hand(2)
    end_other()
    end_other()
    hand(3)
    assert (one, other) == ([1], [1, 2])
    assert not passing.takers("nobody's")


def test_a_name_is_offered_while_one_source_is_left() -> None:
    passing: HandOver[int] = HandOver()
    assert not passing.offered("pictures")
    ends = [passing.offer("pictures") for _ in range(2)]
    assert passing.offered("pictures")
    ends[0]()
    assert passing.offered("pictures")
    ends[1]()
    assert not passing.offered("pictures")
    assert not passing.offered("other pictures")
