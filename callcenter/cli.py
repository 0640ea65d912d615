"""`callcenter …`: the house from a shell."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from callcenter import demo, demo_bookings, demo_guests, logs
from callcenter.clock import SystemClock
from callcenter.db import Database
from callcenter.house import House, HouseStartError, until_stopped
from callcenter.operations import backup, doctor
from callcenter.operations.archive import BackupError, Manifest
from callcenter.operations.findings import is_fit, language_of, report
from callcenter.pbx.provisioning import PROMPTS, ProvisioningError
from callcenter.pbx.replay import NoCapture, replay
from callcenter.pbx.server import PbxStartError
from callcenter.settings import Settings, SettingsError, load, settings_file
from ivr.checking import check, graph, spoken, surroundings
from ivr.languages import Language
from ivr.menus import MenuInvalid, load_menu
from ivr.prompt_parts import house_names
from ivr.sounds import Sounds
from ivr.texts import load_prompts
from recordings.speech.engine import SpeechEngine
from recordings.speech.process import SpeechFailed

WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 something differs or failed, 2 wrong use or settings."""
    os.umask(0o077)  # guests' data are for nobody else on this machine
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except SettingsError as error:
        return _failed(f"the settings cannot be used:\n{error}", WRONG_USE)
    except (BackupError, HouseStartError, PbxStartError, ProvisioningError) as error:
        return _failed(str(error), 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="callcenter", description="The telephone house of a hotel.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="start the PBX and the application and keep them running")
    serve.set_defaults(command=_serve)
    demo_command = commands.add_parser("demo", help="the sample hotel with guests who really call")
    demo_command.add_argument("--calls", type=_count, help="so many guests, then a summary; any difference exits 1")
    demo_command.set_defaults(command=_demo)
    doctored = commands.add_parser("doctor", help="say what is wrong here and how to mend it; exits 1 if anything is")
    doctored.add_argument("--lang", type=Language, choices=list(Language), help="the report's language (else LANG)")
    doctored.set_defaults(command=_doctor)
    backed_up = commands.add_parser("backup", help="write database, recordings and configuration into one file")
    backed_up.add_argument("file", type=Path, help="a file that does not exist yet; it will hold passwords")
    backed_up.set_defaults(command=_back_up)
    restored = commands.add_parser("restore", help="put a backup into place; the house must not run")
    restored.add_argument("file", type=Path)
    restored.add_argument("--force", action="store_true", help="overwrite what is there")
    restored.add_argument("--keep-config", action="store_true", help="leave settings and configuration as they are")
    restored.set_defaults(command=_restore)
    calls = commands.add_parser("calls", help="call records").add_subparsers(required=True, metavar="COMMAND")
    replayed = calls.add_parser("replay", help="print the call records of a raw AMI capture as JSON lines")
    replayed.add_argument("capture", type=Path)
    replayed.set_defaults(command=_replay)
    prompts = commands.add_parser("prompts", help="what callers hear").add_subparsers(required=True, metavar="COMMAND")
    built = prompts.add_parser("build", help="render the prompts whose text changed (needs the extra `speech`)")
    built.set_defaults(command=_build_prompts)
    listened = prompts.add_parser(
        "check", help="transcribe every prompt and compare it with its text; exits 1 on a fault"
    )
    listened.add_argument(
        "names", nargs="*", help="only prompts whose name begins so: zh/menu, en/digits (default: all)"
    )
    listened.set_defaults(command=_check_prompts)
    ivr = commands.add_parser("ivr", help="the menus of config/ivr").add_subparsers(required=True, metavar="COMMAND")
    checked = ivr.add_parser("check", help="find unreachable nodes, missing prompts, dead ends and loops without exit")
    checked.set_defaults(command=_check_menus)
    drawn = ivr.add_parser("graph", help="draw a menu as a Mermaid flowchart")
    drawn.add_argument("menu", nargs="?", default="main", help="its file without .yaml (default: main)")
    drawn.set_defaults(command=_draw_menu)
    return parser


def _serve(_: argparse.Namespace) -> int:
    settings = load()
    logs.set_up(settings.log, logging.WARNING)
    asyncio.run(until_stopped(_run_house(settings)))
    return 0


def _demo(options: argparse.Namespace) -> int:
    settings = load()
    logs.set_up(settings.log, logging.WARNING)
    return asyncio.run(_run_demo(settings, options.calls))


def _doctor(options: argparse.Namespace) -> int:
    logs.set_up("console", logging.ERROR)
    findings = asyncio.run(doctor.examine(SystemClock(), os.environ))
    _say(report(findings, options.lang or language_of(os.environ)))
    return 0 if is_fit(findings) else 1


def _back_up(options: argparse.Namespace) -> int:
    logs.set_up("console", logging.WARNING)
    places = backup.Places(settings_file(os.environ), backup.CONFIG, load())
    _say(_told(asyncio.run(backup.back_up(places, options.file, SystemClock())), options.file))
    return 0


def _restore(options: argparse.Namespace) -> int:
    logs.set_up("console", logging.WARNING)
    places = backup.Places(settings_file(os.environ), backup.CONFIG, load())
    done = backup.restore(places, options.file, force=options.force, keep_config=options.keep_config)
    _say(_told(asyncio.run(done), options.file))
    return 0


def _told(manifest: Manifest, file: Path) -> str:
    recordings = sum(name.startswith("recordings/") for name in manifest.files)
    lines = [f"{file}: house {manifest.node} of {manifest.made_at}, {manifest.engine} schema {manifest.revision}"]
    lines += [f"  {manifest.rows.get('calls', 0)} calls, {recordings} recordings, {len(manifest.files)} files"]
    lines += [f"  not there when it was made: {path}" for path in manifest.absent]
    return "\n".join(lines)


def _replay(options: argparse.Namespace) -> int:
    try:
        with options.capture.open("rb") as stream:
            for record in replay(stream):
                _say(json.dumps(record, ensure_ascii=False))
    except OSError as error:
        return _failed(f"{options.capture} cannot be read: {error.strerror}", WRONG_USE)
    except NoCapture as error:
        return _failed(f"{options.capture} is no capture: {error}", WRONG_USE)
    return 0


def _build_prompts(_: argparse.Namespace) -> int:
    settings = load()
    try:
        from ivr import rendering, voices
    except ModuleNotFoundError as error:
        return _failed(f"{error.name} is missing; install requirements-speech.lock into an environment of its own", 1)
    voice_folder = settings.var_folder / "speech"
    voices.fetch_voices(voice_folder)
    prompts = load_prompts(PROMPTS, house_names(settings))
    rendered = rendering.build(prompts, PROMPTS, voices.Kokoro(voice_folder))
    rendering.build_tones(PROMPTS)
    _say("\n".join(rendered) or "every prompt is up to date")
    return 0


def _check_prompts(options: argparse.Namespace) -> int:
    settings = load()
    try:
        from ivr.prompt_check import PromptCheck, row
        from ivr.transcriber import TranscriberMissing, Whisper

        listener = Whisper(settings.var_folder / "speech" / "whisper-base")
    except (ModuleNotFoundError, TranscriberMissing) as error:
        return _failed(f"the prompts cannot be listened to: {error}", 1)
    prompts = load_prompts(PROMPTS, house_names(settings))
    sounds = Sounds(settings.own_prompts_folder, PROMPTS)
    faulty = judged = 0
    for verdict in PromptCheck(prompts, sounds.file, listener).verdicts(tuple(options.names)):
        _say(row(verdict))
        judged += 1
        faulty += bool(verdict.faults)
    _say(f"{judged} prompts, {faulty} with faults")
    return 1 if faulty or not judged else 0


def _check_menus(_: argparse.Namespace) -> int:
    settings = load()
    around = surroundings(settings, Sounds(settings.own_prompts_folder, PROMPTS))
    files = sorted(settings.menus_folder.glob("*.yaml"))
    wrong: list[str] = []
    for file in files:
        try:
            wrong += [f"{file.name}: {finding}" for finding in check(load_menu(file), around)]
        except MenuInvalid as error:
            wrong.append(str(error))
    wrong += asyncio.run(_unheard(settings, files)) if not wrong else []
    there = {file.stem for file in files}
    wrong += [
        f"line {line.number} names the menu {line.menu}, which has no file in {settings.menus_folder}"
        for line in settings.lines
        if line.menu and line.menu not in there
    ]
    if wrong:
        return _failed("\n".join(wrong), 1)
    _say(f"{len(files)} menu(s), nothing wrong")
    return 0


async def _unheard(settings: Settings, files: list[Path]) -> list[str]:
    """What callers are to say and the installed speech model can never hear."""
    engine = SpeechEngine.of(settings)
    wrong = []
    try:
        for file in files:
            for language in engine.languages:
                for node, words in spoken(load_menu(file), Language(language)).items():
                    unknown = await engine.unknown_words(language, words)
                    wrong += [f"{file.name}: {node}: speech: the model does not know {word}" for word in unknown]
    except SpeechFailed as error:
        wrong.append(str(error))
    finally:
        await engine.close()
    return wrong


def _draw_menu(options: argparse.Namespace) -> int:
    settings = load()
    try:
        _say(graph(load_menu(settings.menus_folder / f"{options.menu}.yaml")))
    except MenuInvalid as error:
        return _failed(str(error), 1)
    return 0


async def _run_house(settings: Settings) -> None:
    house = House(settings, demo=False)
    try:
        await house.start(_progress)
        _welcome(house)
        await house.watch()
    finally:
        await house.close()


async def _run_demo(settings: Settings, calls: int | None) -> int:
    house = House(settings, demo=True)
    status = 1
    lines: list[demo.Line] = []

    async def work() -> None:
        nonlocal status, lines
        secrets = await house.start(_progress)
        _welcome(house)
        _say(f"Sign in as op1, sup1 or admin; the password stands in {settings.var_folder}/demo-credentials.json\n")
        watching = asyncio.create_task(house.watch(), name="watch-house")
        try:
            await _furnish(settings)
            visits = await demo.simulate(settings, secrets, calls, _say)
            lines = await demo.compare(settings, visits)
            status = int(any(line.differences for line in lines))
        finally:
            watching.cancel()

    try:
        await until_stopped(work())
    finally:
        await house.close()
    if calls is None:
        return 0
    if lines:
        _say(demo.summary(lines))
    return status


async def _furnish(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        await demo_guests.furnish(database, settings, SystemClock())
        await demo_bookings.furnish(database, settings, SystemClock())
    finally:
        await database.close()


def _welcome(house: House) -> None:
    _say(f"\nThe house is open: {house.address}")
    lines = ", ".join(f"{line.number} ({line.name.en})" for line in house.settings.lines)
    _say(f"Lines: {lines}; SIP on {house.settings.pbx.bind}:{house.settings.pbx.sip_port}.")
    _say(f"The application's log: {house.log_file}. Ctrl-C ends everything.")


def _progress(step: str) -> None:
    _say(f"… {step}")


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError("must be from 1 to 10000")
    return number


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _failed(reason: str, status: int) -> int:
    sys.stderr.write(f"callcenter: {reason}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
