import { describe, expect, test } from 'vitest';
import type { Meeting } from '@/api/meetings';
import { blocksOf, clockOf, instantsOf, placeOf, shownSlots } from '@/booking/half-hours';

const ZONE = 'Asia/Shanghai';
const meeting = (begins: string, ends: string): Meeting => ({
  number: '26000001',
  state: 'confirmed',
  booker: 'Sample',
  company: '',
  phone: '',
  total: 0,
  version: 1,
  persons: 1,
  begins,
  ends,
});

describe('the calendar of meeting rooms', () => {
  test('given a meeting when laid into its day then it takes its half hours of the hotel', () => {
    const [block] = blocksOf([meeting('2026-11-23T01:30:00Z', '2026-11-23T03:00:00Z')], '2026-11-23', ZONE);
    expect([block!.from, block!.span, clockOf(block!.from)]).toEqual([19, 3, '09:30']);
  });

  test('given a meeting over midnight when laid into either day then each has its part', () => {
    const late = meeting('2026-11-23T15:00:00Z', '2026-11-23T17:00:00Z');
    const parts = ['2026-11-23', '2026-11-24', '2026-11-25'].map((day) =>
      blocksOf([late], day, ZONE).map((block) => [block.from, block.span]),
    );
    expect(parts).toEqual([[[46, 2]], [[0, 2]], []]);
  });

  test('given an early meeting when the half hours are chosen then it is shown, else the usual ones are', () => {
    const early = blocksOf([meeting('2026-11-22T22:00:00Z', '2026-11-22T23:00:00Z')], '2026-11-23', ZONE);
    expect([shownSlots([])[0], shownSlots([]).at(-1)]).toEqual([16, 43]);
    expect(shownSlots(early)[0]).toBe(12);
  });

  test('given a place in the calendar when made instants and read again then it is the same place', () => {
    const times = instantsOf('2026-11-23', 19, 4, ZONE);
    expect(times).toEqual({ begins: '2026-11-23T01:30:00.000Z', ends: '2026-11-23T03:30:00.000Z' });
    expect(placeOf(times, ZONE)).toEqual({ day: '2026-11-23', slot: 19, span: 4 });
  });
});
