"""The demo's summary: what guests saw is held against what the house wrote down; any difference is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter import demo
from callcenter.calls import service
from callcenter.calls.three_rings import Cadences
from callcenter.db import Database
from callcenter.settings import Settings
from callcenter.simulator.facts import CallFacts, EndedBy, Instant, Milestone, Origin
from callcenter.simulator.guests import Visit, Wish
from callcenter.telephony import Answerer, CallSnapshot
from recordings.models import Recording
from tests.unit.calls.builders import START, call

CALL_ID = "guest-1@127.0.0.1"


def visit(*, answer: float = 7.0, end: float = 20.0, by: Answerer = Answerer.OPERATOR) -> Visit:
    moments = {Milestone.INVITE: 0.0, Milestone.RINGING: 0.0, Milestone.ANSWERED: answer, Milestone.ENDED: end}
    milestones = {step: Instant(100 + moment, START + timedelta(seconds=moment)) for step, moment in moments.items()}
    facts = CallFacts(CALL_ID, Origin.PLACED, "19900000001", "4001", milestones, EndedBy.OTHER_SIDE, 0, 1, 1)
    return Visit(Wish.BOOK, "4001", facts, by, reached_person=True)


async def differences(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    seen: Visit,
    record: CallSnapshot | None,
    recorded: float | None,
) -> tuple[str, ...]:
    monkeypatch.setattr(demo, "RECORDS_WITHIN", 0.0)
    settings = Settings.model_validate(
        {
            "database": {"url": database.url},
            "lines": [{"number": "4001", "name": {"zh": "总机", "en": "Switchboard"}, "queue": "enquiries"}],
            "queues": {"enquiries": {"name": {"zh": "咨询", "en": "Enquiries"}}},
            "phones": [{"first": "8001", "last": "8001", "name": {"zh": "话务员", "en": "Operator"}}],
        }
    )
    async with database.begin() as session:
        ids = await service.store(session, [record] if record else [], Cadences.of(settings))
        if recorded is not None:
            session.add(
                Recording(
                    call_id=next(iter(ids.values())),
                    node="pbx1",
                    name="1.1",
                    path="a.wav",
                    seconds=recorded,
                    size=1,
                    sha256="0" * 64,
                    created_at=START,
                    channels=2,
                    checked_at=START,
                )
            )
    (line,) = await demo.compare(settings, [seen])
    assert ("none" in demo.summary([line])) is not bool(line.differences)
    return line.differences


def record(**other: object) -> CallSnapshot:
    given = {"operator": 7.0, "end": 20.0, "sip_call_id": CALL_ID} | other
    return call("1.1", **given)  # type: ignore[arg-type]


async def test_given_accounts_that_agree_when_compared_then_there_is_no_difference(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await differences(database, monkeypatch, visit(), record(), 13.1) == ()


async def test_given_no_record_when_compared_then_that_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await differences(database, monkeypatch, visit(), None, None) == ("no record of this call",)


@pytest.mark.parametrize(
    ("changes", "recorded", "told"),
    [
        ({}, 12.4, "recorded 12.4 s of 13.0 s"),
        ({}, None, "no recording"),
        ({"operator": 2.0}, 13.0, "1 rings, guest heard 2"),
        ({"system": 7.0, "operator": 9.0}, 13.0, "record says system, guest heard operator"),
        ({"operator": 16.0, "end": 30.0}, 13.0, "later than the third ring"),
        ({"ended_at": None}, 13.0, "still open"),
    ],
)
async def test_given_a_difference_when_compared_then_it_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], recorded: float | None, told: str
) -> None:
    assert told in await differences(database, monkeypatch, visit(), record(**changes), recorded)


async def test_given_an_answer_near_a_rings_beginning_when_compared_then_either_count_is_right(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await differences(database, monkeypatch, visit(answer=5.1), record(operator=4.9), 14.9) == ()


@pytest.mark.parametrize(
    ("wish", "told"),
    [(Wish.COLLEAGUE, "never reached the colleague"), (Wish.THINK, "no hold in the record")],
)
async def test_given_a_wish_that_the_record_does_not_show_when_compared_then_it_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, wish: Wish, told: str
) -> None:
    assert await differences(database, monkeypatch, replace(visit(), wish=wish), record(), 13.0) == (told,)


async def test_given_a_guest_who_lost_patience_when_compared_then_it_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = replace(visit(), lost_patience=True)

    assert await differences(database, monkeypatch, seen, record(), 13.0) == ("the guest lost patience",)
