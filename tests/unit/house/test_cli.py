"""The command line: what it prints and how it ends."""

import gzip
import json
from pathlib import Path

import pytest

from callcenter.cli import main
from callcenter.settings import ROOT

CAPTURES = ROOT / "tests" / "captures"


def test_given_a_capture_when_replayed_then_each_call_is_one_json_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = tmp_path / "two-calls.ami"
    capture.write_bytes(gzip.decompress((CAPTURES / "09-two-calls.ami.gz").read_bytes()))

    status = main(["calls", "replay", str(capture)])

    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    assert [record["operators"] for record in records] == [["101"], ["102"]]
    assert {record["direction"] for record in records} == {"inbound"}


def test_given_no_such_capture_when_replayed_then_the_error_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["calls", "replay", str(tmp_path / "absent.ami")])

    assert status == 2
    assert "absent.ami cannot be read: No such file or directory" in capsys.readouterr().err


def test_given_wrong_settings_when_serving_then_every_mistake_is_printed_and_nothing_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hotel.yaml"
    file.write_text("hotel: {timezone: Nowhere}\npbx: {sip_port: 0}\n", encoding="utf-8")
    monkeypatch.setenv("CALLCENTER_CONFIG", str(file))

    status = main(["serve"])

    said = capsys.readouterr().err
    assert status == 2
    assert f"{file}: hotel.timezone = 'Nowhere'" in said
    assert f"{file}: pbx.sip_port = 0" in said
    assert f"{file}: lines = " in said


@pytest.mark.parametrize("arguments", [[], ["dance"], ["demo", "--calls", "0"], ["demo", "--calls", "many"]])
def test_given_wrong_use_when_run_then_it_ends_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2


def test_given_a_file_that_is_no_capture_when_replayed_then_the_error_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "song.gz"
    file.write_bytes((CAPTURES / "09-two-calls.ami.gz").read_bytes())

    status = main(["calls", "replay", str(file)])

    assert status == 2
    assert "song.gz is no capture" in capsys.readouterr().err


def test_given_the_sample_menus_when_checked_then_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ivr", "check"]) == 0
    assert capsys.readouterr().out == "1 menu(s), nothing wrong\n"


def test_given_wrong_menus_when_checked_then_every_mistake_of_every_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lost.yaml").write_text("start: [", encoding="utf-8")
    (tmp_path / "night.yaml").write_text(
        "start: a\nnodes: {a: {kind: queue, queue: laundry, prompts: [nobody-said]}}", encoding="utf-8"
    )
    monkeypatch.setenv("CALLCENTER_IVR__MENUS", str(tmp_path))

    status = main(["ivr", "check"])

    told = capsys.readouterr().err
    assert status == 1
    assert "lost.yaml is not YAML" in told
    assert "night.yaml: a: unknown target: there is no queue laundry" in told
    assert "night.yaml: a: missing prompt: nobody-said is missing in zh and en" in told
    assert "line 4001 names the menu main, which has no file" in told


def test_given_a_menu_when_drawn_then_it_is_a_flowchart_and_an_unknown_one_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ivr", "graph"]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")
    assert main(["ivr", "graph", "laundry"]) == 1
    assert "laundry.yaml cannot be read" in capsys.readouterr().err
