"""Settings are checked at start: every mistake at once, each with its source, key, value and reason."""

from pathlib import Path

import pytest

from callcenter.settings import Settings, SettingsError, load

MINIMAL = """
lines: [{number: "4001", name: {zh: 总机, en: Switchboard}, queue: enquiries}]
queues: {enquiries: {name: {zh: 咨询, en: Enquiries}}}
phones: [{first: "8001", last: "8003", name: {zh: 话务员, en: Operator}, skills: [{queue: enquiries}]}]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "hotel.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def mistakes(folder: Path, text: str, environment: dict[str, str] | None = None) -> dict[str, tuple[str, object, str]]:
    with pytest.raises(SettingsError) as caught:
        load(written(folder, text), environment or {})
    return {mistake.key: (mistake.source, mistake.value, mistake.reason) for mistake in caught.value.mistakes}


def test_given_the_sample_hotel_when_loaded_then_it_has_three_hotlines_and_its_rooms() -> None:
    settings = load(environment={})

    assert [line.number for line in settings.lines] == ["4001", "4002", "4003"]
    assert settings.rooms[0].extensions[0] == "0301"
    assert settings.phones[0].extensions[-1] == "8020"
    assert settings.three_rings.takeover_seconds == 13


def test_given_several_mistakes_when_loaded_then_all_are_told_with_file_key_value_and_reason(tmp_path: Path) -> None:
    text = MINIMAL + "hotel: {timezone: Mars/Olympus}\npbx: {sip_port: 70000, colour: red}\n"

    found = mistakes(tmp_path, text)

    source = str(tmp_path / "hotel.yaml")
    assert found["hotel.timezone"] == (
        source,
        "Mars/Olympus",
        "not a time zone of the IANA database, for instance Asia/Shanghai",
    )
    assert found["pbx.sip_port"][:2] == (source, 70000)
    assert found["pbx.colour"] == (source, "red", "Extra inputs are not permitted")


def test_given_a_variable_when_loaded_then_it_overrides_the_file(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MINIMAL), {"CALLCENTER_SIP_PORT": "5090", "CALLCENTER_PBX__MAX_CALLS": "10"})

    assert (settings.pbx.sip_port, settings.pbx.max_calls) == (5090, 10)


def test_given_a_wrong_variable_when_loaded_then_the_mistake_names_the_variable(tmp_path: Path) -> None:
    found = mistakes(tmp_path, MINIMAL, {"CALLCENTER_SIP_PORT": "loud"})

    assert found["pbx.sip_port"][:2] == ("CALLCENTER_SIP_PORT", "loud")


def test_given_an_unknown_variable_when_loaded_then_it_is_a_mistake(tmp_path: Path) -> None:
    found = mistakes(tmp_path, MINIMAL, {"CALLCENTER_SIPPORT": "5090"})

    assert found["sipport"] == ("CALLCENTER_SIPPORT", "5090", "no such setting")


@pytest.mark.parametrize(
    ("cadence", "guard", "good"), [(5, 2, True), (5, 1.9, False), (1, 0.4, True), (1, 0.3, False), (5, 15, False)]
)
def test_given_a_guard_when_loaded_then_it_must_be_two_seconds_or_two_fifths_of_a_short_cadence(
    tmp_path: Path, cadence: float, guard: float, good: bool
) -> None:
    text = MINIMAL + f"three_rings: {{ring_cadence: {cadence}, guard: {guard}}}\n"

    if good:
        assert load(written(tmp_path, text), {}).three_rings.takeover_seconds == pytest.approx(3 * cadence - guard)
    else:
        assert "three_rings" in mistakes(tmp_path, text)


def test_given_an_extension_twice_or_an_unknown_queue_when_loaded_then_both_are_told(tmp_path: Path) -> None:
    text = MINIMAL.replace('number: "4001"', 'number: "8002"').replace("queue: enquiries}]", "queue: nowhere}]", 1)

    reason = mistakes(tmp_path, text)[""][2]

    assert "extension 8002 stands in lines and in phones 8001-8003" in reason
    assert "names queue 'nowhere'" in reason


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00"])
def test_given_a_file_that_is_no_settings_when_loaded_then_one_mistake_names_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text), {})

    assert [mistake.source for mistake in caught.value.mistakes] == [str(tmp_path / "hotel.yaml")]


def test_given_no_file_when_loaded_then_the_mistake_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(tmp_path / "absent.yaml", {})


def test_given_a_line_of_its_own_rhythm_when_asked_then_its_rule_wins(tmp_path: Path) -> None:
    text = MINIMAL.replace("queue: enquiries}]", "queue: enquiries, three_rings: {ring_cadence: 1, guard: 0.5}}]", 1)
    settings: Settings = load(written(tmp_path, text), {})

    assert settings.rings_of(settings.lines[0]).takeover_seconds == 2.5


def test_given_a_block_of_phones_that_runs_backwards_when_loaded_then_it_is_a_mistake(tmp_path: Path) -> None:
    text = MINIMAL.replace('last: "8003"', 'last: "7999"')

    assert mistakes(tmp_path, text)["phones.0"][2] == "last must follow first and have as many digits"
