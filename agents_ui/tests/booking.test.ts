import { describe, expect, test } from 'vitest';
import type { ChartRoom, FreeRoom } from '@/api/reservations';
import { heldOf, pressed } from '@/booking/allocation';
import { actsFor, firstAct, linkedTo, type ChartRights } from '@/booking/chart';
import { idCardFacts } from '@/booking/id-card';
import { fenOf, yuan } from '@/money';
import { daySpoken, dayTyped, nightsBetween } from '@/time/days';

describe('a day that is typed', () => {
  test.each([
    ['22', '2026-11-22'],
    ['21', '2026-11-21'],
    ['5', '2026-12-05'],
    ['1225', '2026-12-25'],
    ['1-3', '2027-01-03'],
    ['+3', '2026-11-24'],
    ['20270214', '2027-02-14'],
    ['2026-11-30', '2026-11-30'],
  ])('given %s on 21 November when read then it is %s', (typed, day) => {
    expect(dayTyped(typed, '2026-11-21')).toBe(day);
  });

  test.each(['', 'x', '32', '1332', '0', '2026-02-30'])('given %s when read then it is no day', (typed) => {
    expect(dayTyped(typed, '2026-11-21')).toBeNull();
  });

  test('given the 31st in a month without one when read then it is the next month that has it', () => {
    expect(dayTyped('31', '2026-11-21')).toBe('2026-12-31');
  });
});

test('given a stay over the end of a year when counted then nights are whole days', () => {
  expect(nightsBetween('2026-12-30', '2027-01-02')).toBe(3);
});

test('given a day when read back then it is said in either language', () => {
  expect(daySpoken('2026-11-22', 'zh')).toBe('11月22日（周日）');
  expect(daySpoken('2026-11-22', 'en')).toBe('Sunday 22 November');
});

test.each([
  ['388', 38800],
  ['1,200', 120000],
  ['388.5', 38850],
])('given %s yuan when entered then it is %i fen', (text, fen) => {
  expect(fenOf(text)).toBe(fen);
});

test('given what is no amount when entered then it is refused', () => {
  expect(['', 'x', '-1', '1.234'].map(fenOf)).toEqual([null, null, null, null]);
  expect([yuan(48800), yuan(48850), yuan(168800)]).toEqual(['488', '488.50', '1,688']);
});

describe('an identity card', () => {
  test('given a right number when read then birthday and sex are known', () => {
    expect(idCardFacts('11010519491231002X')).toEqual({ birthday: '1949-12-31', sex: 'female' });
  });

  test.each(['110105194912310021', '11010519491331002X', '123'])('given %s when read then it is wrong', (number) => {
    expect(idCardFacts(number)).toBeNull();
  });
});

describe('the choice of rooms', () => {
  const room = (number: string): FreeRoom => ({ number, type: 's', beds: 2, condition: 'clean', occupied: false });

  test('given the rooms of a booking when read then beds are told from whole rooms', () => {
    expect(heldOf(['0201', '0302[1,2]'])).toEqual([
      { room: '0201', beds: [] },
      { room: '0302', beds: [1, 2] },
    ]);
  });

  test('given one room wanted when another is pressed then it takes its place', () => {
    const first = pressed([], room('0201'), null, true);
    expect(pressed(first, room('0202'), null, true)).toEqual([{ room: '0202', beds: [] }]);
  });

  test('given beds when pressed twice then the last one given up frees the room', () => {
    const one = pressed([], room('0201'), 2, false);
    const two = pressed(one, room('0201'), 1, false);
    expect(two).toEqual([{ room: '0201', beds: [1, 2] }]);
    expect(pressed(pressed(two, room('0201'), 1, false), room('0201'), 2, false)).toEqual([]);
  });
});

describe('the room chart', () => {
  const rights: ChartRights = {
    isToday: true,
    mayBook: true,
    mayCheckIn: true,
    maySeeStays: true,
    mayLeaveMessages: true,
    mayClean: true,
    mayClose: true,
  };
  const occupant = {
    number: '26000001',
    is_stay: false,
    state: 'confirmed' as const,
    kind: 'individual' as const,
    booker: 'Sample',
    group_name: '',
    arrival: '2026-11-21',
    departure: '2026-11-22',
    first: '2026-11-21',
    until: '2026-11-22',
    beds: [1, 2],
    stay_id: null,
    link: null,
  };
  const room = (other: Partial<ChartRoom>): ChartRoom => ({
    number: '0201',
    type: 's',
    floor: '02',
    beds: 2,
    condition: 'clean',
    state: 'vacant',
    occupants: [],
    closed: [],
    ...other,
  });

  test('given a room due in when double-clicked today then its guest is checked in', () => {
    expect(firstAct(room({ state: 'due_in', occupants: [occupant] }), rights)).toBe('checkIn');
  });

  test('given a room due in on another day when double-clicked then its booking opens', () => {
    const other = { ...rights, isToday: false };
    expect(firstAct(room({ state: 'due_in', occupants: [occupant] }), other)).toBe('booking');
  });

  test('given an occupied room when right-clicked then stay and wake-up are offered, and no booking', () => {
    const occupied = room({ state: 'occupied', occupants: [{ ...occupant, is_stay: true, state: 'checked_in' }] });
    expect(actsFor(occupied, rights)).toEqual(['stay', 'wakeUp', 'dirty']);
  });

  test('given a room with a guest when right-clicked today then it can be linked, and unlinked once it is linked', () => {
    const guest = { ...occupant, is_stay: true, state: 'checked_in' as const, stay_id: 7 };
    const alone = room({ state: 'occupied', occupants: [guest] });
    const linked = room({ number: '0202', state: 'occupied', occupants: [{ ...guest, stay_id: 8, link: 7 }] });
    const other = room({ number: '0203', state: 'occupied', occupants: [{ ...guest, stay_id: 9, link: 7 }] });
    expect(actsFor(alone, rights)).toEqual(['stay', 'extend', 'move', 'message', 'wakeUp', 'link', 'dirty']);
    expect(actsFor(alone, { ...rights, isToday: false })).toEqual(['stay', 'dirty']);
    expect(actsFor(linked, rights)).toContain('unlink');
    expect(actsFor(linked, { ...rights, mayCheckIn: false })).not.toContain('unlink');
    expect(linkedTo(linked, [alone, linked, other]).map((one) => one.number)).toEqual(['0203']);
  });

  test('given a room out of order when right-clicked then it can only be put in order', () => {
    expect(actsFor(room({ state: 'out_of_order' }), { ...rights, mayClean: false })).toEqual(['reopen']);
  });

  test('given a reader without rights when a vacant room is right-clicked then nothing is offered', () => {
    const none = { ...rights, mayBook: false, mayCheckIn: false, mayClean: false, mayClose: false };
    expect(actsFor(room({}), none)).toEqual([]);
  });
});
