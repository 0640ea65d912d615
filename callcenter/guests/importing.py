"""Guests from a file: looked through first without changing anything, then brought in, resumable at every line.

A line whose document, or whose name and number, a card has already is known and left alone. What is wrong with a line
keeps only that line out; the lines that stayed out can be fetched as a file, mended and sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import Database, DatabaseUnavailable
from callcenter.errors import HouseError, NotFound
from callcenter.guests import csv_file, documents, store
from callcenter.guests.acting import By
from callcenter.guests.card import Document, Draft, Origin, completed, settled
from callcenter.guests.csv_file import Line
from callcenter.guests.kinds import DocumentType, ImportState, Source
from callcenter.guests.models import Company
from callcenter.guests.service import Guests
from callcenter.guests.work_models import GuestImport

log = structlog.get_logger(__name__)

BATCH = 100
RETRY_SECONDS = 5.0


class ImportNotReady(HouseError):
    """A file is brought in, or given up, once it was looked through and not before; params: `id`, `state`."""

    code = "import_not_ready"
    status = HTTPStatus.CONFLICT


class CompanyUnknown(HouseError):
    """The file names a company code that nobody has; params: `code`."""

    code = "company_unknown"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True, slots=True)
class _Importer:
    """Who sent the file: acts also after a restart."""

    user_id: int | None
    username: str


class Imports:
    """Looks through files and brings them in, one after the other, in a task of its own."""

    def __init__(self, database: Database, guests: Guests) -> None:
        self._database = database
        self._guests = guests
        self._waiting: asyncio.Queue[int] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, with the files that were on their way when the application ended."""
        moving = [ImportState.CHECKING.value, ImportState.RUNNING.value]
        async with self._database.read() as session:
            left = await session.scalars(select(GuestImport.id).where(GuestImport.state.in_(moving)))
            for number in left:
                self._waiting.put_nowait(number)
        self._task = asyncio.create_task(self._run(), name="guest-imports")

    async def settled(self) -> None:
        """Wait until every file that was handed over has been worked through."""
        await self._waiting.join()

    async def close(self) -> None:
        """End; a file on its way goes on at the next start."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        for outcome in await asyncio.gather(task, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("guest_imports_broke", exc_info=outcome)

    async def hand_over(self, name: str, content: bytes, by: By) -> int:
        """Take a file and begin to look through it; return its id.

        Raises:
            FileNotReadable: it cannot be read at all.
        """
        text = csv_file.decoded(content)
        file = csv_file.read(text)
        async with self._database.begin() as session:
            row = GuestImport(
                name=name,
                state=ImportState.CHECKING.value,
                headings=list(file.headings),
                content=text,
                total=len(file.lines),
                **_NOTHING_YET,
                created_at=self._guests.clock.now(),
                created_by=by.actor.username,
                user_id=by.actor.user_id,
            )
            session.add(row)
            await session.flush()
            self._log(session, "guest_import.handed_over", row, by)
        self._waiting.put_nowait(row.id)
        return row.id

    async def bring_in(self, number: int, by: By) -> None:
        """Begin to bring in a file that was looked through.

        Raises:
            NotFound: there is no such file.
            ImportNotReady: it is not looked through, or was brought in.
        """
        async with self._database.begin() as session:
            row = await _ready(session, number)
            row.state = ImportState.RUNNING.value
            for field, value in _NOTHING_YET.items():
                setattr(row, field, value)
            self._log(session, "guest_import.begun", row, by)
        self._waiting.put_nowait(number)

    async def give_up(self, number: int, by: By) -> None:
        """Forget a file that was looked through.

        Raises:
            NotFound: there is no such file.
            ImportNotReady: it is not looked through, or was brought in.
        """
        async with self._database.begin() as session:
            row = await _ready(session, number)
            row.state, row.content, row.errors = ImportState.GIVEN_UP.value, "", []
            row.finished_at = self._guests.clock.now()
            self._log(session, "guest_import.given_up", row, by)

    async def _run(self) -> None:
        while True:
            number = await self._waiting.get()
            try:
                await self._work_through(number)
            except DatabaseUnavailable as error:
                log.warning("import_waits_for_database", import_id=number, reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                self._waiting.put_nowait(number)
            except Exception:
                log.exception("import_failed", import_id=number)
            finally:
                self._waiting.task_done()

    async def _work_through(self, number: int) -> None:
        async with self._database.read() as session:
            row = await session.get_one(GuestImport, number)
            codes = await session.execute(select(Company.code, Company.id))
            companies = {code: company_id for code, company_id in codes}
        file = csv_file.read(row.content)
        state, by = ImportState(row.state), By(_Importer(row.user_id, row.created_by))
        for start in range(row.done, len(file.lines), BATCH):
            part = file.lines[start : start + BATCH]
            async with self._database.begin() as session:
                await self._batch(session, number, state, part, companies, by)
        async with self._database.begin() as session:
            row = await session.get_one(GuestImport, number)
            if state is ImportState.RUNNING:
                row.state, row.content, row.finished_at = ImportState.DONE.value, "", self._guests.clock.now()
                self._log(session, "guest_import.done", row, by)
            else:
                row.state = ImportState.CHECKED.value

    async def _batch(
        self,
        session: AsyncSession,
        number: int,
        state: ImportState,
        lines: Sequence[Line],
        companies: Mapping[str, int],
        by: By,
    ) -> None:
        row = await session.get_one(GuestImport, number, with_for_update=True)
        errors = list(row.errors)
        for line in lines:
            try:
                draft, papers = self._draft(line, companies)
                if await self._is_known(session, draft, papers):
                    row.known += 1
                    continue
                if state is ImportState.RUNNING:
                    async with session.begin_nested():
                        origin = Origin(Source.IMPORT)
                        await self._guests.create(session, draft, by, papers=papers, origin=origin, attention_seen=True)
                row.created += 1
            except HouseError as error:
                errors.append({"line": line.place, "code": error.code, "params": error.params, "cells": line.cells})
        row.done += len(lines)
        row.errors = errors

    def _draft(self, line: Line, companies: Mapping[str, int]) -> tuple[Draft, list[Document]]:
        code = line.values.get("company", "")
        if code and code not in companies:
            raise CompanyUnknown(code=code[:32])
        draft, papers = csv_file.draft_of(line, companies.get(code))
        by_name = {words.zh: level for level, words in self._guests.rules.levels.items()}
        draft = settled(
            Draft(**{**_fields(draft), "level": by_name.get(draft.level, draft.level)}),
            self._guests.plan,
            self._guests.rules,
        )
        for paper in papers:
            documents.check(paper.type, paper.number, self._guests.today)
        identity = next((paper for paper in papers if paper.type is DocumentType.ID_CARD), None)
        return completed(draft, identity, self._guests.today), papers

    async def _is_known(self, session: AsyncSession, draft: Draft, papers: Sequence[Document]) -> bool:
        for paper in papers:
            if await store.by_document(session, documents.plain(paper.number)):
                return True
        held = await store.by_numbers(session, {number.number for number in draft.numbers})
        same = await store.by_ids(session, [guest_id for ids in held.values() for guest_id in ids])
        return any(guest.name == draft.name for guest in same)

    def _log(self, session: AsyncSession, action: str, row: GuestImport, by: By) -> None:
        after = {"file": row.name, "lines": row.total, "created": row.created, "errors": len(row.errors)}
        subject = ("guest_import", row.id)
        self._guests.audit(session, by.actor, action, subject, after=after, address=by.address)


_NOTHING_YET: Mapping[str, Any] = {"done": 0, "created": 0, "known": 0, "errors": []}


async def page(session: AsyncSession, limit: int = 20) -> Sequence[GuestImport]:
    """Return the last files, the newest first."""
    return (await session.scalars(select(GuestImport).order_by(GuestImport.id.desc()).limit(limit))).all()


async def one(session: AsyncSession, number: int) -> GuestImport:
    """Return one file.

    Raises:
        NotFound: there is none with this id.
    """
    row = await session.get(GuestImport, number)
    if row is None:
        raise NotFound(kind="guest_import", id=number)
    return row


async def _ready(session: AsyncSession, number: int) -> GuestImport:
    row = await session.get(GuestImport, number, with_for_update=True)
    if row is None:
        raise NotFound(kind="guest_import", id=number)
    if row.state != ImportState.CHECKED:
        raise ImportNotReady(id=number, state=row.state)
    return row


def _fields(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
