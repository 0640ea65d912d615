/** What the room chart offers for a room, and what a double click on it means (requirements 3 and 4). */

import type { ChartOccupant, ChartRoom, ChartState } from '@/api/reservations';

export const CHART_STATES: readonly ChartState[] = ['vacant', 'occupied', 'due_in', 'due_out', 'out_of_order'];

export type RoomAct =
  | 'stay'
  | 'extend'
  | 'move'
  | 'message'
  | 'wakeUp'
  | 'link'
  | 'unlink'
  | 'checkIn'
  | 'booking'
  | 'book'
  | 'clean'
  | 'dirty'
  | 'close'
  | 'reopen';

/** What the user may do, and whether the chart shows today. */
export interface ChartRights {
  isToday: boolean;
  mayBook: boolean;
  mayCheckIn: boolean;
  maySeeStays: boolean;
  mayLeaveMessages: boolean;
  mayClean: boolean;
  mayClose: boolean;
}

/** Who is in the room, if anybody. */
export function stayIn(room: ChartRoom): ChartOccupant | undefined {
  return room.occupants.find((one) => one.is_stay || one.state === 'checked_in');
}

/** Whether a guest is in the room whose stay can be linked to another (联房). */
export function isLinkable(room: ChartRoom): boolean {
  return (stayIn(room)?.stay_id ?? null) !== null;
}

/** The same for linked rooms; null for one that is not linked. */
export function linkOf(room: ChartRoom): number | null {
  return stayIn(room)?.link ?? null;
}

/** The rooms that are linked to this one. */
export function linkedTo(room: ChartRoom, rooms: ChartRoom[]): ChartRoom[] {
  const link = linkOf(room);
  return link === null ? [] : rooms.filter((other) => other.number !== room.number && linkOf(other) === link);
}

/** The booking whose guests are expected in the room, if any. */
export function bookingFor(room: ChartRoom): ChartOccupant | undefined {
  return room.occupants.find((one) => !one.is_stay && (one.state === 'confirmed' || one.state === 'unconfirmed'));
}

export function actsFor(room: ChartRoom, rights: ChartRights): RoomAct[] {
  const isIn = room.state === 'occupied' || room.state === 'due_out';
  const isClosed = room.state === 'out_of_order';
  const found: [RoomAct, boolean][] = [
    ['stay', isIn && stayIn(room) !== undefined && rights.maySeeStays],
    ['extend', rights.isToday && isLinkable(room) && rights.mayCheckIn],
    ['move', rights.isToday && isLinkable(room) && rights.mayCheckIn],
    ['message', rights.isToday && isLinkable(room) && rights.mayLeaveMessages],
    ['wakeUp', isIn && rights.isToday && rights.maySeeStays],
    ['link', rights.isToday && isLinkable(room) && rights.mayCheckIn],
    ['unlink', rights.isToday && linkOf(room) !== null && rights.mayCheckIn],
    ['checkIn', !isIn && !isClosed && rights.isToday && rights.mayCheckIn],
    ['booking', bookingFor(room) !== undefined],
    ['book', room.state === 'vacant' && rights.mayBook],
    ['clean', room.condition === 'dirty' && rights.mayClean],
    ['dirty', room.condition === 'clean' && rights.mayClean],
    ['close', room.state === 'vacant' && rights.mayClose],
    ['reopen', isClosed && rights.mayClose],
  ];
  return found.filter(([, isOffered]) => isOffered).map(([act]) => act);
}

/** A double click does the first thing that leads on; what changes the room itself takes the menu. */
export function firstAct(room: ChartRoom, rights: ChartRights): RoomAct | undefined {
  return actsFor(room, rights).find(
    (act) => act === 'stay' || act === 'checkIn' || act === 'booking' || act === 'book',
  );
}
