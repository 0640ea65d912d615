"""The messages of callers, and the numbers that are never recorded, as files."""

from __future__ import annotations

from callcenter.settings import Words
from callcenter.web.export import Column, choice, column
from callcenter.web.lists import Listing, exported
from recordings.exclusions import list_exclusions
from recordings.voicemail.routes import list_voicemail

_STATES = {"new": ("未听", "new"), "heard": ("已听", "heard"), "done": ("已处理", "done")}

_COLUMNS = (
    column("留言时间", "Left", "left_at", 18),
    column("号码", "Number", "number", 18),
    column("线路", "Line", "line", 14),
    column("语言", "Language", "language", 8),
    column("秒数", "Seconds", "seconds", 10),
    choice("状态", "State", "state", _STATES, 10),
    column("内容", "What was understood", "text", 40),
    column("首次收听", "First heard by", "heard_by"),
    column("收听时间", "Heard", "heard_at", 18),
    column("处理人", "Done by", "done_by"),
    column("处理时间", "Done", "done_at", 18),
    column("备注", "Note", "note", 32),
)

routes = [
    exported("/api/v1/voicemail", list_voicemail, Listing("voicemail", Words(zh="留言信箱", en="Voicemail"), _COLUMNS)),
    exported(
        "/api/v1/recording-exclusions",
        list_exclusions,
        Listing(
            "recording-exclusions",
            Words(zh="免录音号码", en="Numbers not recorded"),
            (Column(Words(zh="号码", en="Number"), str, 18),),
            rows=lambda answer: answer.numbers,
        ),
    ),
]
