"""Emergencies: who is alerted, what is done first, who is called in (telephone-room, calls)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from callcenter.settings.sections import Extension, Section, Words

Responder = Annotated[str, Field(pattern=r"^[0-9]{3,20}$")]
EmergencyKind = Literal["fire", "medical", "threat"]


class Plan(Section):
    """What is done in one kind of emergency.

    `steps`: the checklist, in order. `responders`: who is called into the conference by one key, extensions of the
    house or outside numbers.
    """

    steps: tuple[Words, ...] = Field(min_length=1, max_length=20)
    responders: tuple[Responder, ...] = Field(default=(), max_length=8)


def _plan(responder: str, *steps: tuple[str, str]) -> Plan:
    return Plan(steps=tuple(Words(zh=zh, en=en) for zh, en in steps), responders=(responder,))


_PLANS: dict[EmergencyKind, Plan] = {
    "fire": _plan(
        "119",
        ("问清位置、火势、有无人员被困", "Ask where, how big, whether anybody is trapped"),
        ("通知保安部到场核实", "Send security to the place"),
        ("拨打 119，报酒店名称、地址和入口", "Call 119: name, address and entrance of the house"),
        ("通知值班经理", "Tell the manager on duty"),
        ("启动应急广播和疏散", "Start announcement and evacuation"),
        ("打印在住客人名单，交集合点负责人", "Print the list of guests in house for the assembly point"),
        ("派人到路口引导消防车", "Send somebody to the road to meet the fire engines"),
    ),
    "medical": _plan(
        "120",
        ("问清病人意识、呼吸、出血情况", "Ask whether the person is conscious, breathes, bleeds"),
        ("拨打 120，报酒店名称、地址和入口", "Call 120: name, address and entrance of the house"),
        ("派急救员带急救箱和除颤器到场", "Send a first-aider with kit and defibrillator"),
        ("通知值班经理", "Tell the manager on duty"),
        ("控制一部电梯待用", "Hold a lift ready"),
        ("派人到大门引导救护车", "Send somebody to the entrance to meet the ambulance"),
    ),
    "threat": _plan(
        "110",
        (
            "记下原话、声音特征和背景声，尽量延长通话",
            "Note words, voice and noises; keep the caller talking",
        ),
        ("通知保安部", "Tell security"),
        ("拨打 110", "Call 110"),
        ("通知值班经理", "Tell the manager on duty"),
        ("不触碰可疑物品，不用对讲机", "Touch nothing suspicious, use no radios"),
        ("按经理指示疏散", "Evacuate as the manager says"),
    ),
}


class Emergency(Section):
    """Who is alerted and what is done in an emergency.

    `house_number`: dialled from any telephone of the house to alert our own people only; empty for none.
    `security`: extensions that ring with every emergency, each until it is answered. `ring_seconds`: for how long at
    most. `plans`: the checklist of each kind.
    """

    house_number: str = Field(default="999", pattern=r"^([1-9][0-9]{1,5})?$")
    security: tuple[Extension, ...] = ()
    ring_seconds: int = Field(default=120, ge=20, le=600)
    plans: dict[EmergencyKind, Plan] = Field(default_factory=lambda: dict(_PLANS))
