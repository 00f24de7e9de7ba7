"""Topic names."""

from __future__ import annotations

import pytest

from vision.publish import AnswerRefusal, IncomingAnswer, Topics
from vision.publish.answers import screen_answer


def test_topics_are_those_of_the_contract(topics: Topics) -> None:
    assert topics.case("bj-001", "illegal_dumping") == "vision/bajiao/cases/bj-001/illegal_dumping"
    assert topics.camera_status("bj-001") == "vision/bajiao/cameras/bj-001/status"
    assert topics.worker_status() == "vision/bajiao/workers/w-1/status"
    assert topics.answers() == "vision/bajiao/answers/+"


@pytest.mark.parametrize("name", ["", "a/b", "+", "a#", "nul\0"])
def test_name_that_would_be_a_level_or_wildcard_is_refused(topics: Topics, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of an MQTT topic"):
        topics.camera_status(name)
    with pytest.raises(ValueError, match="site"):
        Topics(name, "w-1")


def test_answer_is_screened_by_topic(topics: Topics) -> None:
    def screened(topic: str) -> object:
        return screen_answer(topics, topic, b"{}", retained=False)

    assert screened("vision/bajiao/answers/c1") == IncomingAnswer("c1", b"{}")
    for topic in ("vision/other/answers/c1", "vision/bajiao/answers/", "vision/bajiao/answers/c1/x"):
        assert screened(topic) is AnswerRefusal.TOPIC
