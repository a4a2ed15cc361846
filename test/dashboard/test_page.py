"""The page in a real Chromium, with real fusion and dashboard nodes behind it."""

from __future__ import annotations

import concurrent.futures
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fatigue_ros.dashboard.server import DashboardServer
from fatigue_ros.dashboard.snapshot import pack
from fatigue_ros.devices.light_patterns import Pattern, pattern_of
from fatigue_ros.fusion.assessment import Cause
from fatigue_ros.fusion.warnings import WarningSettings
from fatigue_ros.ros import dashboard_calls

pytest.importorskip("selenium", reason="drives the browser with selenium (.[test])")
pytest.importorskip("rclpy", reason="runs the nodes")

from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data as BEST_EFFORT  # noqa: N812
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Bool, UInt8

from fatigue_ros.msg import FatigueWarning, Workload
from fatigue_ros.ros.qos import WARNING_QOS

SET_SPEED = (
    "const s = document.getElementById('set-speed'); s.value = {};"
    "s.dispatchEvent(new Event('input'))"
)

SLIDE = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"


def severe(page: Any) -> list[dict[str, Any]]:
    """What the browser complained about since the last call, but for servers that were gone."""
    return [
        entry
        for entry in page.browser.get_log("browser")
        if entry["level"] == "SEVERE" and "ERR_CONNECTION" not in entry["message"]
    ]


def test_opens_and_follows_the_driver(page: Any, drive: Any, wait: Any) -> None:
    wait(lambda: page.text("eyes") == "open", "open eyes")
    wait(lambda: page.text("speed") == "0 km/h", "the speed")
    assert page.text("driver") == "driver"
    assert page.text("pulse") == "no pulse sensor"
    wait(lambda: "PERCLOS" in page.text("metrics"), "the metrics")
    wait(lambda: page.text("state") == "Learning the driver", "the state")
    before = page.script("return document.getElementById('calibration').value")
    drive.eyes = {"judged": False, "reason": "the head is turned away"}
    wait(lambda: page.text("eyes") == "the head is turned away", "the reason")
    drive.eyes = {}
    wait(
        lambda: page.script("return document.getElementById('calibration').value") > before,
        "progress of the calibration",
    )
    wait(lambda: page.warning == "none", "no warning")
    assert not severe(page)


def test_colours_are_those_of_the_warnings(page: Any) -> None:
    settings = WarningSettings()
    visual, acoustic = settings.OPTICAL_WARNING_THRESHOLD_L, settings.ACUSTICAL_WARNING_THRESHOLD
    names = page.browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"import('/gauge.js').then(({{ colour }}) => done({[0, visual - 0.1, visual]}"
        f".concat({[acoustic - 0.1, acoustic, 100]}).map(colour)));"
    )
    green, amber, red = names[0], names[2], names[5]
    assert len({green, amber, red}) == 3
    assert names == [green, green, amber, amber, red, red]


def test_metrics_say_why_they_do_not_count(page: Any, drive: Any, wait: Any) -> None:
    wait(lambda: page.warning == "none", "a level and no warning")
    well = page.element("banner").value_of_css_property("border-top-color")
    drive.eyes = {"valid": False, "reason": "warming up"}
    wait(lambda: page.warning == "unjudged", "the banner to say no more than it knows")
    assert page.element("banner").value_of_css_property("border-top-color") != well
    wait(
        lambda: page.script("return document.querySelectorAll('#metrics .invalid').length") > 3, ""
    )
    wait(lambda: "warming up" in page.text("metrics"), "the reason")
    assert page.text("metrics").count("warming up") == 1  # neighbours share it
    drive.eyes = {"perclos": 0.12}
    wait(lambda: "12.0 %" in page.text("metrics"), "a value")
    wait(lambda: page.script("return document.querySelector('#gauge .number').textContent > 0"), "")


def test_the_sleep_question_is_asked_and_answered(page: Any, drive: Any, wait: Any) -> None:
    question = page.element("question")
    wait(question.is_displayed, "the question")
    page.script("document.querySelector('[data-grade=\"4\"]').click()")
    wait(lambda: "sleep quality 4" in page.text("answer"), "the service's answer")
    wait(lambda: not question.is_displayed(), "the question to go")
    assert not drive.nodes["fusion"]._monitor.sleep_question_due


def test_sleepiness_is_asked_for_in_studies_and_never_on_the_way(
    page: Any, drive: Any, wait: Any
) -> None:
    asked, heard = page.element("kss"), []
    drive.node.create_subscription(UInt8, "sleepiness", lambda said: heard.append(said.data), 10)
    page.script("document.querySelector('[data-grade=\"4\"]').click()")
    wait(lambda: not page.element("question").is_displayed(), "the question of the night to go")
    assert not asked.is_displayed()
    page.script("document.querySelector('[data-kss=\"7\"]').click()")
    wait(lambda: "parameter ask_kss" in page.text("answer"), "the refusal")
    node = drive.nodes["dashboard"]
    drive.do(lambda: node.set_parameters([Parameter("ask_kss", value=5.0)]))
    wait(asked.is_displayed, "the question")
    page.script(SET_SPEED.format(90))
    wait(lambda: not asked.is_displayed(), "nobody to be asked at 90 km/h")
    page.script("document.querySelector('[data-kss=\"7\"]').click()")
    wait(lambda: "while the vehicle stands" in page.text("answer"), "the refusal")
    page.script(SET_SPEED.format(0))
    wait(asked.is_displayed, "the question")
    page.press("8")
    wait(lambda: "sleepiness 8 of 9 noted" in page.text("answer"), "the answer")
    wait(lambda: not asked.is_displayed(), "the question to go for five minutes")
    wait(lambda: heard == [8], "the topic")


def test_workload_is_asked_for_after_a_drive_by_six_sliders(
    page: Any, drive: Any, wait: Any
) -> None:
    form, button = page.element("workload"), page.element("ask-workload")
    heard: list[Any] = []
    drive.node.create_subscription(Workload, "workload", heard.append, 10)
    page.script("document.querySelector('[data-grade=\"4\"]').click()")
    wait(lambda: not page.element("question").is_displayed(), "the question of the night to go")
    assert not button.is_displayed()
    node = drive.nodes["dashboard"]
    drive.do(lambda: node.set_parameters([Parameter("ask_workload", value=True)]))
    wait(button.is_displayed, "the button: a task need not be a drive")
    assert not form.is_displayed()
    page.script(SET_SPEED.format(90))
    wait(lambda: not button.is_displayed(), "nobody to be asked at 90 km/h")
    assert not form.is_displayed()
    page.script(SET_SPEED.format(0))
    wait(form.is_displayed, "the form after the drive")
    page.script("document.getElementById('tlx-later').click()")
    wait(lambda: not form.is_displayed(), "the form to go")
    page.press("w")
    wait(form.is_displayed, "the form")
    scores = [8, 3, 8, 4, 7, 5]
    sliders = form.find_elements("css selector", "input")
    for slider, score in zip(sliders[:5], scores[:5], strict=True):
        page.browser.execute_script(SLIDE, slider, score)
    page.script("document.querySelector('#tlx [type=submit]').click()")
    wait(lambda: page.text("answer") == "✗ not answered yet: frustration", "the refusal")
    sliders[5].click()  # in the middle
    page.browser.execute_script(SLIDE, sliders[5], scores[5])
    page.script("document.querySelector('#tlx [type=submit]').click()")
    wait(lambda: "workload 8, 3, 8, 4, 7, 5 noted" in page.text("answer"), "the answer")
    wait(lambda: not form.is_displayed() and button.is_displayed(), "the form to go")
    wait(lambda: heard, "the topic")
    names = heard[0].get_fields_and_field_types()
    assert [getattr(heard[0], name) for name in names if name != "header"] == scores
    assert heard[0].header.stamp.sec > 0


def test_keys_answer_and_leave_text_fields_alone(page: Any, drive: Any, wait: Any) -> None:
    wait(page.element("question").is_displayed, "the question")
    name = page.element("driver-name")
    name.send_keys("ann3")
    assert name.get_property("value") == "ann3"
    assert page.element("question").is_displayed()
    name.submit()
    wait(lambda: page.text("driver") == "ann3", "the driver to change")
    wait(page.element("question").is_displayed, "the question to the other driver")
    page.press("2")
    wait(lambda: "ann3: sleep quality 2" in page.text("answer"), "the answer by key")


def test_warning_changes_colour_and_is_acknowledged(page: Any, drive: Any, wait: Any) -> None:
    wait(lambda: page.warning == "none", "no warning")
    banner = page.element("banner")
    calm, tall = banner.value_of_css_property("background-color"), banner.size["height"]
    page.script(SET_SPEED.format(90))
    wait(lambda: page.text("speed") == "90 km/h", "the speed that was set")
    # Not for as long as no acknowledgement would silence.
    drive.eyes = {"eyes_closed": True, "ear": 0.05, "closure_duration": 1.5}
    wait(lambda: page.warning == "acoustic", "the alarm")
    assert "closed" in page.text("eyes")
    alarm = banner.value_of_css_property("background-color")
    assert alarm != calm
    assert banner.size["height"] == tall  # nothing below it moves
    assert "eyes closed" in page.text("warning").lower()
    wait(lambda: page.script("return document.querySelectorAll('#history rect').length"), "a mark")
    assert page.element("acknowledge").is_displayed()
    page.element("acknowledge").click()
    wait(lambda: "sound is off" in page.text("answer"), "the acknowledgement")
    wait(lambda: page.warning == "visual", "light without sound")
    assert banner.value_of_css_property("background-color") not in (calm, alarm)


def test_each_warning_has_a_banner_of_its_own(page: Any, drive: Any, wait: Any) -> None:
    """By the table of light patterns: colours, edge and how it beats."""
    drive.do(drive.nodes["fusion"].stop)
    says = drive.node.create_publisher(FatigueWarning, "warning", WARNING_QOS)
    banner, looks = page.element("banner"), {}
    properties = ("background-color", "border-top-color", "animation-name", "animation-duration")

    def shows(pattern: Pattern) -> bool:
        shown = page.script("return document.body.dataset.pattern")
        return bool(shown == pattern.name.lower())

    for severity, cause in itertools.product((1, 2), list(Cause)[1:]):
        warning = FatigueWarning(severity=severity, cause=cause.value, text="A text: a reason")
        pattern = pattern_of(severity, cause.value)
        drive.do(lambda warning=warning: says.publish(warning))
        wait(lambda pattern=pattern: shows(pattern), pattern.name)
        assert banner.get_attribute("title") == f"LEDs: {pattern.value.leds}"
        assert page.element("acknowledge").is_displayed()
        page.script(  # as it is at the begin of a beat
            "document.getElementById('banner').getAnimations()"
            ".forEach((a) => { a.pause(); a.currentTime = 0; })"
        )
        looks[pattern] = tuple(map(banner.value_of_css_property, properties))
    assert len(set(looks.values())) == len(looks) == 8
    beating = {pattern for pattern, look in looks.items() if look[2] == "beat"}
    assert beating == {pattern for pattern in looks if pattern.value.loud}
    drive.do(lambda: says.publish(FatigueWarning()))
    wait(lambda: not page.script("return document.body.dataset.pattern"), "its end")
    assert page.warning in ("none", "unjudged")
    assert not banner.get_attribute("title")


def test_tired_is_not_green_between_two_warnings(page: Any, drive: Any, wait: Any) -> None:
    wait(lambda: page.warning == "none", "no warning")
    drive.eyes = {"perclos": 0.16}  # a little more than what counts as drowsy
    wait(lambda: page.warning == "tired", "the pause after the first warning")
    assert page.text("warning") == "Tired: take a break"
    assert not page.element("acknowledge").is_displayed()


def test_not_seen_has_a_colour_of_its_own(page: Any, drive: Any, wait: Any) -> None:
    page.script(SET_SPEED.format(90))
    wait(lambda: page.text("speed") == "90 km/h", "the speed that was set")
    drive.eyes = {"judged": False, "valid": False, "reason": "no face"}
    wait(lambda: page.warning == "blind", "cannot see the driver")
    assert page.text("state") == page.text("warning") == "Cannot see the driver"
    assert page.text("detail") == "no face"
    assert page.text("eyes") == "no face"
    assert page.script("return document.querySelector('#gauge .number').textContent") == "–"
    drive.eyes = {}
    wait(lambda: page.warning == "none", "the end of it")


def test_ignition_off_and_on(page: Any, drive: Any, wait: Any) -> None:
    page.element("ignition").click()
    wait(lambda: page.text("state") == "Off", "state off")
    wait(lambda: page.text("warning") == "Ignition off", "its word")
    page.element("ignition").click()
    wait(lambda: page.text("state") != "Off", "state on")


def test_calibration_is_asked_for_twice(page: Any, drive: Any, wait: Any) -> None:
    wait(lambda: page.text("eyes") == "open", "the driver")
    page.script("const now = performance.now(); performance.now = () => now")  # nobody is too slow
    page.press("c")
    wait(lambda: "once more" in page.text("answer"), "the question back")
    page.press("c")
    wait(lambda: "calibration of driver begins" in page.text("answer"), "the service's answer")


def test_says_when_nobody_offers_a_service(
    page: Any, drive: Any, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_calls, "_PATIENCE", 5.0)  # while the service is still remembered
    drive.do(drive.nodes["vehicle_speed"].destroy_node)
    tries = itertools.count()

    def refused() -> bool:
        if next(tries) % 100 == 0:  # the page shows an answer for a while only
            page.script(SET_SPEED.format(50))
        said = page.element("answer")
        return "vehicle_speed" in said.text and "refused" in said.get_property("className")

    wait(refused, "a refusal")


def test_silence_and_a_restart_are_seen(page: Any, drive: Any, wait: Any) -> None:
    wait(lambda: page.warning == "none", "no warning")
    drive.do(drive.nodes["fusion"].stop)
    wait(lambda: page.text("warning") == "No word from the driver monitor", "the silence")
    assert page.warning == "silent"
    drive.do(drive.nodes["fusion"].start)
    wait(lambda: page.warning == "none", "fusion's return")
    drive.restart_dashboard(
        lambda: wait(lambda: page.text("warning") == "The driver monitor has ended", "the end")
    )
    wait(lambda: page.script("return document.body.dataset.link") == "on", "the page's return")
    wait(lambda: page.text("eyes") == "open", "news after the restart")
    wait(lambda: page.warning == "none", "no warning after the restart")


def test_the_picture_comes_when_asked_for(page: Any, drive: Any, wait: Any) -> None:
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    topic = "fatigue/annotated/compressed"
    pictures = drive.node.create_publisher(CompressedImage, topic, BEST_EFFORT)
    content = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    assert pictures.get_subscription_count() == 0
    page.press("p")
    wait(lambda: pictures.get_subscription_count() == 1, "the dashboard to listen")

    def shown() -> Any:
        pictures.publish(CompressedImage(format="jpeg", data=content))
        return page.script("return document.getElementById('camera').naturalWidth") == 64

    wait(shown, "the picture")
    below = "return document.getElementById('camera').getBoundingClientRect().bottom - innerHeight"
    wait(lambda: page.script(below) <= 0.0, "the page to scroll to it")
    page.press("p")
    wait(lambda: pictures.get_subscription_count() == 0, "the dashboard to hang up")
    assert not page.element("camera").is_displayed()


def test_no_request_leaves_the_machine(page: Any, drive: Any, wait: Any) -> None:
    page.browser.get_log("performance")
    page.browser.refresh()
    wait(lambda: page.script("return document.body.dataset.link") == "on", "a connection")
    wait(lambda: page.text("eyes") == "open", "the driver")
    asked = set()
    for entry in page.browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.add(urlsplit(message["params"]["request"]["url"]))
        elif message["method"] == "Network.webSocketCreated":
            asked.add(urlsplit(message["params"]["url"]))
    assert {"/", "/dashboard.js", "/dashboard.css", "/socket"} <= {url.path for url in asked}
    assert {url.hostname for url in asked if url.scheme != "data"} == {"127.0.0.1"}


@pytest.fixture
def screen(page: Any) -> Iterator[Any]:
    """Sets the size of the screen, [px]."""

    def set_size(width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    yield set_size
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


SCREENS = [(1280, 800), (1024, 600), (800, 480), (390, 844), (320, 568)]


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_nothing_sticks_out(
    page: Any, drive: Any, wait: Any, screen: Any, width: int, height: int
) -> None:
    screen(width, height)
    wait(lambda: page.element("question").is_displayed(), "the question")
    wait(lambda: "PERCLOS" in page.text("metrics"), "the metrics")
    assert page.script("return document.documentElement.scrollWidth") <= width
    # The warning is on top whatever else is shown, in letters for arm's length.
    assert page.script("return document.getElementById('banner').getBoundingClientRect().top") < 20
    letters = page.element("warning").value_of_css_property("font-size")
    assert float(letters.removesuffix("px")) >= 19.0


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 600), (800, 480)])
def test_a_driver_need_not_scroll(
    page: Any, drive: Any, wait: Any, screen: Any, width: int, height: int
) -> None:
    screen(width, height)
    wait(lambda: "PERCLOS" in page.text("metrics"), "the metrics")
    wait(page.element("question").is_displayed, "the question")
    bottom = "return document.querySelector('{}').getBoundingClientRect().bottom"
    assert page.script(bottom.format("#past")) <= height
    page.press("4")
    wait(lambda: not page.element("question").is_displayed(), "the question to go")
    assert page.script(bottom.format("footer")) <= height
    # The number that counts can be read from afar.
    number = "return document.querySelector('#gauge .number').getBoundingClientRect().height"
    assert page.script(number) >= 25.0
    assert not page.script("return document.querySelector('main').scrollWidth > innerWidth")


def test_the_simulated_drive_is_played_with(
    page: Any, drive: Any, wait: Any, tmp_path: Path
) -> None:
    endless = tmp_path / "endless.yaml"
    endless.write_text("name: endless\nduration: 3600.0\nprofiles: {speed: 20.0}\n")
    wait(lambda: page.text("speed") == "0 km/h", "the speed")
    assert not page.element("play").is_displayed()  # no simulator, no scenario
    drive.do(drive.nodes["vehicle_speed"].stop)
    # It waits for somebody who looks at its pictures.
    drive.node.create_subscription(Image, "camera/image_raw", lambda _: None, BEST_EFFORT)
    simulator = {"scenario": str(endless), "width": 320}
    drive.do(lambda: drive.add("driver_simulator", simulator))
    wait(page.element("play").is_displayed, "the choice of a scenario")
    offered = page.script(
        "return [...document.getElementById('scenario').options].map(o => o.text)"
    )
    assert {"demo", "rested", "microsleeps"} <= set(offered)

    page.script(SET_SPEED.format(123))
    wait(lambda: "until a scenario is played" in page.text("answer"), "the answer")
    wait(lambda: page.text("speed") == "123 km/h", "the speed by hand")
    page.element("ignition").click()
    wait(lambda: page.text("state") == "Fault", "the ignition that is off at speed")
    page.script(SET_SPEED.format(7))
    wait(lambda: page.text("state") == "Off", "the ignition by hand")
    said: list[Any] = []
    drive.node.create_subscription(Bool, "ignition", said.append, 10)
    wait(lambda: len(said) > 2, "the simulator to go on saying what the scenario says, or by hand")
    assert page.text("state") == "Off"
    assert not page.script("return document.getElementById('ignition').checked")

    page.script("document.getElementById('scenario').value = 'microsleeps'")
    page.script("document.getElementById('play').requestSubmit()")
    wait(lambda: "scenario microsleeps runs" in page.text("answer"), "the scenario")
    assert drive.nodes["driver_simulator"].settings.scenario == "microsleeps"
    assert drive.nodes["driver_simulator"].is_active
    wait(lambda: page.text("state") != "Off", "the scenario's ignition")
    wait(lambda: page.text("speed") not in ("7 km/h", "not known"), "the scenario's speed")
    # The controls follow what is driven.
    speed = "return `${document.getElementById('set-speed').value} km/h`"
    wait(lambda: page.script(speed) == page.text("speed"), "the trackbar to follow")


def test_a_token_is_asked_for_and_kept_out_of_the_address(chromium: Any, wait: Any) -> None:
    token = "correct horse battery"
    server = DashboardServer(
        listen="127.0.0.1",
        port=0,
        token=token,
        bench=False,
        handle=lambda _: concurrent.futures.Future(),
        welcome=lambda: [pack("hello", {"bench": False, "scenarios": []})],
    )
    server.start()
    try:
        form = "return !document.getElementById('admission').hidden"
        link = "return document.body.dataset.link"
        chromium.get(server.address)
        wait(lambda: chromium.execute_script(form), "the form")
        assert chromium.execute_script(link) == "off"
        chromium.find_element("id", "token").send_keys("correct horse batter")
        chromium.find_element("id", "admission").submit()
        said = "return document.getElementById('why-token').textContent"
        wait(lambda: chromium.execute_script(said) == "That was not the token", "a refusal")
        chromium.find_element("id", "token").send_keys(token)
        chromium.find_element("id", "admission").submit()
        wait(lambda: chromium.execute_script(link) == "on", "admission")
        assert not chromium.execute_script(form)
        assert not chromium.find_element("id", "bench").is_displayed()
        chromium.execute_script("sessionStorage.clear()")
        chromium.get("about:blank")
        chromium.get(f"{server.address}#token={token.replace(' ', '%20')}")
        wait(lambda: chromium.execute_script(link) == "on", "admission by address")
        assert "token" not in chromium.current_url
    finally:
        server.close()
