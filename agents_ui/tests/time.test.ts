import { describe, expect, test } from 'vitest';
import { duration, timeFormatter } from '@/time/format';
import { daysOf, instantsOf } from '@/time/periods';
import { addDays, dayOf, startOfDay } from '@/time/zone';

describe('days of the hotel', () => {
  test('given an instant late in UTC when the hotel is east of it then it is already the next day', () => {
    expect(dayOf(new Date('2026-11-21T16:30:00Z'), 'Asia/Shanghai')).toBe('2026-11-22');
    expect(dayOf(new Date('2026-11-21T16:30:00Z'), 'America/New_York')).toBe('2026-11-21');
  });

  test('given a day when its start is asked then it is midnight in the zone', () => {
    expect(startOfDay('2026-11-21', 'Asia/Shanghai').toISOString()).toBe('2026-11-20T16:00:00.000Z');
    expect(startOfDay('2026-11-21', 'Asia/Kathmandu').toISOString()).toBe('2026-11-20T18:15:00.000Z');
  });

  test('given the nights on which clocks change when the start of the day is asked then it is right on both sides', () => {
    expect(startOfDay('2026-03-08', 'America/New_York').toISOString()).toBe('2026-03-08T05:00:00.000Z');
    expect(startOfDay('2026-03-09', 'America/New_York').toISOString()).toBe('2026-03-09T04:00:00.000Z');
    expect(startOfDay('2026-11-01', 'America/New_York').toISOString()).toBe('2026-11-01T04:00:00.000Z');
    expect(startOfDay('2026-11-02', 'America/New_York').toISOString()).toBe('2026-11-02T05:00:00.000Z');
  });

  test('given the end of a month when days are added then the calendar is followed', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  });
});

describe('periods', () => {
  const now = new Date('2026-11-21T16:30:00Z');
  const zone = 'Asia/Shanghai';

  test('given a preset when its days are asked then they are counted in the hotel', () => {
    expect(daysOf({ preset: 'today', from: '', to: '' }, now, zone)).toEqual({
      first: '2026-11-22',
      last: '2026-11-22',
    });
    expect(daysOf({ preset: 'yesterday', from: '', to: '' }, now, zone).first).toBe('2026-11-21');
    expect(daysOf({ preset: '7days', from: '', to: '' }, now, zone)).toEqual({
      first: '2026-11-16',
      last: '2026-11-22',
    });
  });

  test('given a custom period when its instants are asked then the last day belongs to it', () => {
    expect(instantsOf({ preset: 'custom', from: '2026-11-01', to: '2026-11-02' }, now, zone)).toEqual({
      from: '2026-10-31T16:00:00.000Z',
      to: '2026-11-02T16:00:00.000Z',
    });
  });

  test('given a custom period without days when its days are asked then it is today', () => {
    expect(daysOf({ preset: 'custom', from: '', to: '' }, now, zone)).toEqual({
      first: '2026-11-22',
      last: '2026-11-22',
    });
  });
});

describe('writing times', () => {
  test('given an instant when it is written then it stands in the zone of the hotel', () => {
    const zh = timeFormatter('zh', 'Asia/Shanghai');
    const en = timeFormatter('en', 'Asia/Shanghai');
    expect(zh.time('2026-11-21T16:30:05Z')).toBe('00:30:05');
    expect(zh.dateTime('2026-11-21T06:30:05Z')).toBe('11-21 14:30:05');
    expect(en.dateTime('2026-11-21T06:30:05Z')).toBe('21 Nov 14:30:05');
    expect(zh.full('2026-11-21T06:30:05Z')).toBe('2026年11月21日周六 14:30:05');
    expect(en.full('2026-11-21T06:30:05Z')).toBe('Sat 21 November 2026 14:30:05');
    expect(en.hourOfDay('2026-11-21T06:00:00Z')).toBe('14:00');
  });

  test.each([
    [0, '00:00'],
    [59.9, '00:59'],
    [61, '01:01'],
    [3600, '1:00:00'],
    [36_061, '10:01:01'],
    [-3, '00:00'],
  ])('given %s seconds when they are written then it is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
