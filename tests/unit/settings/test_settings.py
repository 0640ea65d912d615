"""Settings are checked at start: every mistake at once, each with its source, key, value and reason."""

from pathlib import Path

import pytest

from callcenter.settings import ROOT, Settings, SettingsError, load, main

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

    text += "hotel: {timezone: Mars/Olympus}\n"

    found = mistakes(tmp_path, text)

    assert found["phones.0"][1:] == ("8001-8003", "8002 also in lines.0.number")
    assert found["lines.0.queue"][1:] == ("nowhere", "names queue 'nowhere', which is not in queues")
    assert "hotel.timezone" in found


def test_given_a_wrong_group_when_loaded_then_what_the_others_disagree_on_is_told_too(tmp_path: Path) -> None:
    text = MINIMAL.replace("queue: enquiries}]", "queue: nowhere}]", 1).replace('last: "8003"', 'last: "7999"')

    assert {"lines.0.queue", "phones.0"} <= mistakes(tmp_path, text).keys()


@pytest.mark.parametrize(
    ("added", "key", "reason"),
    [
        ("pbx: {ami_port: 8080}", "pbx.ami_port", "is also http.port"),
        ("pbx: {agi_port: 5038}", "pbx.agi_port", "is also pbx.ami_port"),
        ("pbx: {sip_port: 10500}", "pbx.sip_port", "is between pbx.rtp_start and pbx.rtp_end"),
        ("pbx: {bind: hotel.example}", "pbx.bind", "must be an IPv4 address, for instance 192.168.1.10"),
        ("pbx: {trunk_match: [sip.example]}", "pbx.trunk_match", "'sip.example' is neither an address nor a network"),
        ("pbx: {short_numbers: ['1']}", "pbx.short_numbers.0", "String should match"),
        ("http: {trusted_proxies: [proxy]}", "http.trusted_proxies.0", "value is not a valid IPv4 or IPv6 network"),
        ('rooms: [{first: "719", last: "730", type: standard}]', "rooms.0", "719, 720 also in the places of parked"),
        ('rooms: [{first: "101", last: "130", type: standard}]', "rooms.0", "110, 112, 114 … also in pbx.short_num"),
    ],
)
def test_given_values_that_cannot_be_when_loaded_then_each_is_a_mistake_of_its_own(
    tmp_path: Path, added: str, key: str, reason: str
) -> None:
    assert mistakes(tmp_path, f"{MINIMAL}{added}\n")[key][2].startswith(reason)


def test_given_ports_from_variables_when_they_collide_then_the_mistake_names_the_variable(tmp_path: Path) -> None:
    found = mistakes(tmp_path, MINIMAL, {"CALLCENTER_AMI_PORT": "8080"})

    assert found["pbx.ami_port"][0] == "CALLCENTER_AMI_PORT"


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        (MINIMAL + "database: {url: 'postgresql://house:s3cret@db/house'}\n", {}),
        (MINIMAL + "database: 'postgresql://house:s3cret@db/house'\n", {}),
        (MINIMAL + "database: {uri: 'postgresql+asyncpg://house:s3cret@db/house'}\n", {}),
        (MINIMAL + "database: {url: 'house:s3cret@db'}\n", {}),
        (MINIMAL + "database: {url: 'postgresql+asyncpg://house:s3cret@db:port/house'}\n", {}),
        (MINIMAL + "database: {url: 'postgresql+asyncpg://house:s3cret@db/house\n", {}),
        (MINIMAL, {"CALLCENTER_DATABASE_URL": "mysql://house:s3cret@db/house"}),
        (MINIMAL, {"CALLCENTER_DB_URL": "postgresql+asyncpg://house:s3cret@db/house"}),
    ],
)
def test_given_a_wrong_database_address_when_told_then_its_password_is_not(
    tmp_path: Path, text: str, environment: dict[str, str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text), environment)

    assert "s3cret" not in str(caught.value)


def test_given_lists_in_variables_when_loaded_then_commas_part_them(tmp_path: Path) -> None:
    variables = {"CALLCENTER_PBX__TRUNK_MATCH": "192.0.2.1, 198.51.100.0/28", "CALLCENTER_HTTP__TRUSTED_PROXIES": "::1"}

    settings = load(written(tmp_path, MINIMAL), variables)

    assert settings.pbx.trunk_match == ("192.0.2.1", "198.51.100.0/28")
    assert [str(network) for network in settings.http.trusted_proxies] == ["::1/128"]
    assert Settings.model_validate(settings.model_dump(mode="json")) == settings


def test_given_relative_folders_when_loaded_then_a_file_means_the_checkout_and_a_variable_where_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert load(written(tmp_path, MINIMAL + "var: data\n"), {}).var_folder == ROOT / "data"
    assert load(written(tmp_path, MINIMAL), {"CALLCENTER_VAR": "data"}).var_folder == tmp_path / "data"


def test_given_keys_when_asked_from_a_shell_then_their_values_come_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLCENTER_CONFIG", str(written(tmp_path, MINIMAL + f"var: {tmp_path}/data\n")))

    assert main(["var_folder", "pbx.asterisk"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/data\nprivate\n"

    written(tmp_path, "lines: 1")
    assert main(["var_folder"]) == 2
    assert "the settings cannot be used" in capsys.readouterr().err


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


def test_given_tls_with_files_when_none_are_named_then_it_is_a_mistake(tmp_path: Path) -> None:
    found = mistakes(tmp_path, MINIMAL + "http: {tls: files, certificate: /etc/x.pem}\n")

    assert "certificate and key must name their files" in found["http"][2]


@pytest.mark.parametrize(("tls", "address"), [("off", "http://127.0.0.1:8080"), ("auto", "https://127.0.0.1:8080")])
def test_given_tls_when_the_address_of_the_pages_is_told_then_its_scheme_fits(
    tmp_path: Path, tls: str, address: str
) -> None:
    assert load(written(tmp_path, MINIMAL), {"CALLCENTER_HTTP__TLS": tls}).address == address


@pytest.mark.parametrize("half", ["trunk_username: '0100'", "trunk_password: invented", "trunk_password_file: /x"])
def test_given_half_an_account_with_the_carrier_then_it_is_a_mistake_and_no_password_is_told(
    tmp_path: Path, half: str
) -> None:
    (mistake,) = mistakes(tmp_path, MINIMAL + f"pbx: {{{half}}}\n").values()
    assert "trunk_username needs" in mistake[2]
    assert "invented" not in str(mistake)


def test_given_an_account_with_the_password_in_the_environment_then_it_is_taken_and_never_shown(tmp_path: Path) -> None:
    file = written(tmp_path, MINIMAL + "pbx: {trunk_username: '0100'}\n")
    settings = load(file, {"CALLCENTER_PBX__TRUNK_PASSWORD": "invented"})
    assert settings.pbx.trunk_password == "invented"
    assert "invented" not in repr(settings)
