import { describe, expect, test } from 'vitest';
import { ringLine } from '@/call/three-rings';
import { detailsOf, titleOf } from '@/call/timeline';
import { partsOf, scale, share, withQuietHours } from '@/figures/chart';

const at = (seconds: number): string => new Date(Date.parse('2026-11-21T06:00:00Z') + seconds * 1000).toISOString();

describe('the line of three rings', () => {
  const rung = {
    first_ring_at: at(0),
    answered_at: null,
    answered_by: 'none' as const,
    operator_answered_at: null,
    ended_at: null,
  };

  test('given the system answers at 13 s when the cadence is 5 s then it stands before the limit', () => {
    const line = ringLine({ ...rung, answered_at: at(13), answered_by: 'system' }, 5);
    expect(line?.limit).toBe(0.75);
    expect(line?.marks).toEqual([{ kind: 'system', seconds: 13, at: 0.65, isBeyond: false }]);
  });

  test('given an operator after a long wait when it is drawn then it stands at the end', () => {
    const call = { ...rung, answered_at: at(13), answered_by: 'system' as const, operator_answered_at: at(90) };
    expect(ringLine(call, 5)?.marks[1]).toEqual({ kind: 'operator', seconds: 90, at: 1, isBeyond: true });
  });

  test('given a caller who gave up when it is drawn then the end is a mark', () => {
    expect(ringLine({ ...rung, ended_at: at(6) }, 5)?.marks).toEqual([
      { kind: 'ended', seconds: 6, at: 0.3, isBeyond: false },
    ]);
  });

  test('given no ringing when it is drawn then there is no line', () => {
    expect(ringLine({ ...rung, first_ring_at: null }, 5)).toBeNull();
  });

  test('given ringing only after the answer when it is drawn then there is no line', () => {
    const call = { ...rung, first_ring_at: at(8), answered_at: at(1), answered_by: 'system' as const };
    expect(ringLine(call, 5)).toBeNull();
  });
});

describe('the course of a call', () => {
  const queueName = (id: string): string => `<${id}>`;

  test('given a transfer when it is told then kind, way and result are said', () => {
    const detail = { kind: 'blind', to: '8002', result: 'no_answer' };
    expect(detailsOf({ at: at(0), kind: 'transfer', party: '8001', detail }, queueName)).toEqual([
      { key: 'timeline.party', params: { party: '8001' } },
      { key: 'transferKind.blind', params: {} },
      { key: 'timeline.to', params: { to: '8002' } },
      { key: 'transferResult.no_answer', params: {} },
    ]);
  });

  test('given a queue when it is told then its name and the place are said', () => {
    expect(detailsOf({ at: at(0), kind: 'queued', detail: { queue: 'enquiries', position: 2 } }, queueName)).toEqual([
      { text: '<enquiries>' },
      { key: 'timeline.position', params: { position: 2 } },
    ]);
  });

  test('given an unknown kind when it is told then its name is shown', () => {
    expect(titleOf({ at: at(0), kind: 'parked' })).toEqual({ key: 'timeline.other', params: { kind: 'parked' } });
  });

  test('given parties when they are told then extension, side and number are told apart', () => {
    const party = (name: string) => detailsOf({ at: at(0), kind: 'hold', party: name }, queueName)[0];
    expect(party('8001')).toEqual({ key: 'timeline.party', params: { party: '8001' } });
    expect(party('caller')).toEqual({ key: 'side.caller', params: {} });
    expect(party('13800001111')).toEqual({ text: '13800001111' });
  });
});

describe('figures', () => {
  const row = {
    calls: 8,
    answered_by_operator: 5,
    answered_by_system: 2,
    abandoned: 2,
    late: 0,
    within_three_rings_by_person: 5,
    seconds_to_answer_avg: 4,
  };

  test('given a row when its bar is built then its parts add up to the calls', () => {
    expect(partsOf(row)).toEqual({ operator: 5, system: 2, none: 1 });
  });

  test('given hours with a gap when bars are built then the quiet hours between stand too', () => {
    const hours = ['2026-11-21T03:00:00+08:00', '2026-11-21T06:00:00+08:00'].map((key) => ({ key, ...row }));
    expect(withQuietHours(hours).map((hour) => [Date.parse(hour.key) / 3_600_000, hour.calls])).toEqual(
      [0, 1, 2, 3].map((later) => [Date.parse(hours[0]!.key) / 3_600_000 + later, later % 3 === 0 ? 8 : 0]),
    );
    expect(withQuietHours([])).toEqual([]);
  });

  test.each([
    [1, 3, '33.3%'],
    [1, 2, '50%'],
    [0, 5, '0%'],
    [0, 0, '–'],
  ])('given %s of %s when the share is written then it is %s', (part, whole, text) => {
    expect(share(part, whole)).toBe(text);
  });

  test.each([
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [8, [0, 2, 4, 6, 8]],
    [41, [0, 20, 40, 60]],
  ])('given at most %s calls when the scale is chosen then it is round', (highest, lines) => {
    expect(scale(highest)).toEqual(lines);
  });
});
