/** Choosing rooms and beds for a booking. The house writes a bed as `0201[1]`, several as `0201[1,2]`. */

import type { BookingRow, FreeRoom } from '@/api/reservations';

/** A room, whole where `beds` is empty. */
export interface Held {
  room: string;
  beds: number[];
}

export function heldOf(labels: string[]): Held[] {
  return labels.map((label) => {
    const [, room, beds] = /^([^[]+)(?:\[(.*)\])?$/.exec(label) ?? [label, label, ''];
    return { room: room!, beds: beds ? beds.split(/\D+/).filter(Boolean).map(Number) : [] };
  });
}

/** How many rooms (or beds) a booking is for. */
export function roomsWanted(booking: Pick<BookingRow, 'lines'>): number {
  return booking.lines.reduce((sum, line) => sum + (line.beds || line.rooms), 0);
}

/** What is chosen after a press on a room (`bed` null) or one of its beds; `single`: another room replaces it. */
export function pressed(chosen: Held[], room: Pick<FreeRoom, 'number'>, bed: number | null, single: boolean): Held[] {
  const now = chosen.find((one) => one.room === room.number);
  const others = single ? [] : chosen.filter((one) => one.room !== room.number);
  if (bed === null) return now && now.beds.length === 0 ? others : [...others, { room: room.number, beds: [] }];
  const beds = now?.beds.includes(bed) ? now.beds.filter((one) => one !== bed) : [...(now?.beds ?? []), bed].sort();
  return beds.length === 0 ? others : [...others, { room: room.number, beds }];
}
