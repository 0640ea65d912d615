"""The doctor's words: complete in both languages, and every finding has some."""

from __future__ import annotations

import re
import string

import pytest
import yaml

from callcenter.operations.findings import (
    WORDS,
    Finding,
    Language,
    Subject,
    Verdict,
    fine,
    is_fit,
    language_of,
    note,
    report,
    unseen,
    wrong,
)

TABLE = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
SOURCE = "\n".join(file.read_text(encoding="utf-8") for file in WORDS.parent.glob("*.py"))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", TABLE["findings"])
def test_given_a_finding_when_worded_then_both_languages_tell_the_same_facts(code: str) -> None:
    zh, en = (TABLE["findings"][code][language] for language in Language)
    assert zh.keys() == en.keys()
    for part in zh:
        # how to mend it may name a file in one language that the other need not
        if part == "what":
            assert placeholders(zh[part]) == placeholders(en[part])


def test_given_the_source_when_compared_with_the_words_then_each_has_the_other() -> None:
    quoted = set(re.findall(r'"([a-z]+_[a-z_]+|unseen)"', SOURCE))
    assert TABLE["findings"].keys() <= quoted
    given = set(re.findall(r'(?:wrong|fine|note)\(\s*Subject\.\w+, "(\w+)"', SOURCE))
    assert given <= TABLE["findings"].keys()
    assert len(given) > 20


def test_given_every_wrong_finding_then_it_says_how_to_mend_it() -> None:
    codes = set(re.findall(r'wrong\(\s*(?:Subject\.\w+|subject), "(\w+)"', SOURCE))
    assert codes
    assert all("mend" in TABLE["findings"][code]["en"] for code in codes)


def test_given_subjects_and_verdicts_then_each_has_words() -> None:
    assert set(TABLE["subjects"]) == {subject.value for subject in Subject}
    assert set(TABLE["verdicts"]) == {verdict.value for verdict in Verdict}


def test_given_something_wrong_when_reported_then_what_and_how_to_mend_it_stand_there_in_either_language() -> None:
    findings = [fine(Subject.PAGES, "pages_fine"), wrong(Subject.DATABASE, "database_missing", file="/srv/x.db")]
    english, chinese = (report(findings, language) for language in (Language.EN, Language.ZH))
    assert "[WRONG] database: there is none yet: /srv/x.db\n    to mend it: " in english
    assert "[故障] 数据库: 还没有数据库：/srv/x.db\n    处理方法: " in chinese


def test_given_notes_and_unseen_only_then_the_house_is_fit() -> None:
    assert is_fit([note(Subject.TRUNK, "trunk_unset"), unseen(Subject.AGI)])
    assert not is_fit([Finding(Subject.PBX, Verdict.WRONG, "pbx_down")])


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.EN),
        ({"LANG": "en_GB", "LC_MESSAGES": "zh_TW"}, Language.ZH),
        ({}, Language.EN),
    ],
)
def test_given_the_language_of_the_system_then_the_report_follows(
    variables: dict[str, str], language: Language
) -> None:
    assert language_of(variables) is language
