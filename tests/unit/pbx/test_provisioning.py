"""Rendering the exchange's configuration: repeatable, secret, and nothing of the settings file can add a line to it."""

from __future__ import annotations

import socket
import stat
import wave
from pathlib import Path

import pytest

from callcenter.pbx.provisioning import MODULES, Program, ProvisioningError, find_program, load_secrets, render
from callcenter.pbx.server import PbxStartError, PrivatePbx
from callcenter.pbx.sounds import alaw, install_sounds, install_spoken_waits, ulaw
from callcenter.settings import ROOT, Settings, load

PROGRAM = Program(Path("/opt/asterisk"), Path("/opt/modules"), Path("/opt/documentation"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(ROOT / "config" / "hotel.yaml", {"CALLCENTER_VAR": str(tmp_path)})


def rendered(settings: Settings, folder: Path) -> dict[str, str]:
    files = render(settings, load_secrets(settings), folder, PROGRAM, prompts=folder / "no-prompts")
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def with_pbx(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"pbx": settings.pbx.model_copy(update=values)})


def test_given_the_sample_hotel_when_rendered_twice_then_nothing_changes(settings: Settings, tmp_path: Path) -> None:
    first = rendered(settings, tmp_path / "pbx")
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "pbx" / "etc").iterdir()}
    assert rendered(settings, tmp_path / "pbx") == first
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "pbx" / "etc").iterdir()} == times


def test_given_the_sample_hotel_then_every_line_queue_and_phone_is_there(settings: Settings, tmp_path: Path) -> None:
    files = rendered(settings, tmp_path / "pbx")
    for number in ("4001", "4002", "4003"):
        assert f"\nexten => {number},1,GotoIf(" in files["extensions.conf"]
        assert f" same => n,Gosub(begin-outside,s,1({number},yes))" in files["extensions.conf"]
    for queue in ("enquiries", "complaints"):
        for suffix in ("", "-first", "-wide", "-late", "-rescue"):
            assert f"\n[{queue}{suffix}](" in files["queues.conf"]
    for endpoint in ("op8001", "op8109", "room0301", "room0504"):
        assert f"\n[{endpoint}](" in files["pjsip.conf"]


def test_given_a_skill_level_then_it_is_the_penalty_except_when_everybody_is_equal(
    settings: Settings, tmp_path: Path
) -> None:
    queues = rendered(settings, tmp_path / "pbx")["queues.conf"]
    sections = {part.split("]")[0]: part for part in queues.split("\n[")}
    assert "member => PJSIP/op8021,2,8021,PJSIP/op8021" in sections["enquiries-first"]
    assert "member => PJSIP/op8021,2,8021,PJSIP/op8021" in sections["enquiries-wide"]
    assert "member => PJSIP/op8021,0,8021,PJSIP/op8021" in sections["enquiries-rescue"]


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0"])
def test_given_any_address_when_rendered_then_phones_at_the_trunks_address_are_told_by_their_name(
    settings: Settings, tmp_path: Path, bind: str
) -> None:
    files = rendered(with_pbx(settings, bind=bind), tmp_path / "pbx")
    assert "\nendpoint_identifier_order = auth_username,username,ip\n" in files["pjsip.conf"]


def test_given_short_numbers_when_rendered_then_staff_may_dial_them_and_nobody_is_transferred_there(
    settings: Settings, tmp_path: Path
) -> None:
    dialplan = rendered(with_pbx(settings, short_numbers=("119",)), tmp_path / "pbx")["extensions.conf"]
    contexts = {part.split("]")[0]: part for part in dialplan.split("\n[")}
    assert "exten => 119,1,Goto(dial-out,119,1)" in contexts["outside"]
    reaching_outside = [
        name for name, text in contexts.items() if "include => outside" in text or ",Goto(outside" in text
    ]
    assert reaching_outside == ["staff"]
    assert "dial-out" not in contexts["transfer"]


def test_given_recording_is_off_then_no_call_is_recorded(settings: Settings, tmp_path: Path) -> None:
    off = settings.model_copy(update={"recording": settings.recording.model_copy(update={"enabled": False})})
    dialplan = rendered(off, tmp_path / "pbx")["extensions.conf"]
    assert "begin-outside,s,1(4001,no)" in dialplan
    assert "U(record-called" not in dialplan


@pytest.mark.parametrize("value", ["127.0.0.1\nsecret = x", "a;b", "x]", "[y", "${SHELL(id)}", "a\rb", 'q"', "a|b"])
def test_given_a_value_that_could_be_syntax_when_rendered_then_it_is_refused(
    settings: Settings, tmp_path: Path, value: str
) -> None:
    with pytest.raises(ProvisioningError, match="cannot take"):
        rendered(with_pbx(settings, trunk_match=(value,)), tmp_path / "pbx")


def test_given_no_account_with_the_carrier_then_nothing_registers(settings: Settings, tmp_path: Path) -> None:
    pjsip = rendered(settings, tmp_path / "pbx")["pjsip.conf"]
    assert "type = registration" not in pjsip
    assert "outbound_auth" not in pjsip


def test_given_an_account_with_the_carrier_then_the_trunk_registers_and_proves_itself(
    settings: Settings, tmp_path: Path
) -> None:
    account = {"trunk_contact": "sip:sip.carrier.invalid:5080", "trunk_username": "0100", "trunk_password": "invented"}
    pjsip = rendered(with_pbx(settings, **account), tmp_path / "pbx")["pjsip.conf"]
    for line in (
        "server_uri = sip:sip.carrier.invalid:5080",
        "client_uri = sip:0100@sip.carrier.invalid:5080",
        "contact_user = 4001",
        "from_domain = sip.carrier.invalid",
        "username = 0100",
        "password = invented",
    ):
        assert f"\n{line}\n" in pjsip


@pytest.mark.parametrize("password", ["with;comment", "two\nlines", ""])
def test_given_a_password_that_could_be_syntax_when_rendered_then_it_is_refused_and_not_told(
    settings: Settings, tmp_path: Path, password: str
) -> None:
    file = tmp_path / "password"
    file.write_text(password, encoding="utf-8")
    with pytest.raises(ProvisioningError, match="password") as refused:
        rendered(with_pbx(settings, trunk_username="0100", trunk_password_file=str(file)), tmp_path / "pbx")
    assert not password or password not in str(refused.value)


def test_given_no_file_with_the_password_then_the_error_names_it(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match="nowhere"):
        rendered(with_pbx(settings, trunk_username="0100", trunk_password_file="nowhere"), tmp_path / "pbx")


def test_given_no_secrets_yet_then_they_are_made_once_and_only_the_owner_reads_them(
    settings: Settings, tmp_path: Path
) -> None:
    first = load_secrets(settings)
    assert load_secrets(settings) == first
    assert len(first.system_name) > 16
    assert stat.S_IMODE((tmp_path / "pbx" / "secrets.json").stat().st_mode) == 0o600
    assert len({first.ami, *first.phones.values()}) == len(first.phones) + 1
    assert {"op8001", "room0301"} <= first.phones.keys()


def test_given_damaged_secrets_then_the_error_names_the_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "pbx").mkdir()
    (tmp_path / "pbx" / "secrets.json").write_text("[1", encoding="utf-8")
    with pytest.raises(ProvisioningError, match=r"secrets\.json"):
        load_secrets(settings)


def test_given_files_with_secrets_then_only_the_owner_reads_them(settings: Settings, tmp_path: Path) -> None:
    rendered(settings, tmp_path / "pbx")
    for name in ("pjsip.conf", "manager.conf"):
        assert stat.S_IMODE((tmp_path / "pbx" / "etc" / name).stat().st_mode) == 0o600


def test_given_the_module_list_then_no_bridge_passes_by_the_recording_and_nothing_stands_twice() -> None:
    loaded = [line.split()[2] for line in MODULES.read_text(encoding="utf-8").splitlines() if line.startswith("load =")]
    assert "bridge_softmix.so" in loaded
    assert "bridge_native_rtp.so" not in loaded
    assert len(loaded) == len(set(loaded))


def test_given_no_asterisk_then_the_error_says_how_to_get_one(settings: Settings) -> None:
    with pytest.raises(ProvisioningError, match=r"unpack\.sh"):
        find_program(settings)


@pytest.mark.parametrize("said", ["Asterisk 18.10.0~dfsg", "Asterisk", "something else 22.1", ""])
def test_given_a_hosts_own_asterisk_that_is_too_old_or_none_then_the_error_says_which_is_needed(
    settings: Settings, tmp_path: Path, said: str
) -> None:
    program = tmp_path / "asterisk"
    program.write_text(f"#!/bin/sh\necho '{said}'\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(ProvisioningError, match=r"Asterisk 20 or newer is needed \(pbx\.asterisk\)"):
        find_program(with_pbx(settings, asterisk=str(program)))


def test_given_a_busy_port_then_the_error_names_it_and_the_setting(settings: Settings) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with pytest.raises(PbxStartError, match=rf"port {port} .*CALLCENTER_SIP_PORT"):
            PrivatePbx(with_pbx(settings, sip_port=port)).start()


def test_given_a_folder_too_deep_for_a_socket_then_the_error_says_so(settings: Settings, tmp_path: Path) -> None:
    deep = settings.model_copy(update={"var": str(tmp_path / ("x" * 100))})
    with pytest.raises(PbxStartError, match="CALLCENTER_VAR"):
        PrivatePbx(deep).start()


def test_given_a_prompt_then_it_is_there_in_both_laws_and_a_wrong_one_is_passed_over(tmp_path: Path) -> None:
    for name, rate in (("right", 8000), ("wrong", 16000)):
        (tmp_path / "from" / "both").mkdir(parents=True, exist_ok=True)
        with wave.open(str(tmp_path / "from" / "both" / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes(b"\x00\x10" * 80)
    install_sounds(tmp_path / "from", tmp_path / "to")
    assert sorted(file.name for file in (tmp_path / "to" / "both").iterdir()) == [
        "right.alaw",
        "right.ulaw",
        "right.wav",
    ]


def test_given_the_sentences_of_the_expected_wait_then_each_style_of_the_language_says_its_own(tmp_path: Path) -> None:
    frames = {"wait-5": 80, "call-back-offer": 240}
    for name, count in frames.items():
        (tmp_path / "zh").mkdir(exist_ok=True)
        with wave.open(str(tmp_path / "zh" / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\x00\x10" * count)

    install_spoken_waits(tmp_path)

    lengths = {file.parent.name: len(file.read_bytes()) for file in tmp_path.glob("zh_*/queue-thankyou.alaw")}
    assert lengths == {"zh_5": 80, "zh_5o": 320, "zh_o": 240}
    assert {file.suffix for file in (tmp_path / "zh_5").iterdir()} == {".alaw", ".ulaw", ".wav"}


def test_given_samples_then_they_are_encoded_as_g711_defines() -> None:
    silence_full_and_least = b"\x00\x00\xff\x7f\x00\x80"
    assert alaw(silence_full_and_least) == b"\xd5\xaa\x2a"
    assert ulaw(silence_full_and_least) == b"\xff\x80\x00"
