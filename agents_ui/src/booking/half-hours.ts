/** The calendar of meeting rooms: a day of the hotel cut into half hours, and where meetings lie in it. */

import type { Meeting } from '@/api/meetings';
import { dayOf, instantOf } from '@/time/zone';

const HALF_HOUR = 1_800_000;
/** Half hours of the day that are always shown: 08:00 to 22:00. */
const FIRST = 16;
const LAST = 44;
const WHOLE_DAY = 48;

/** A meeting in a row: from the half hour `from` on, `span` of them. */
export interface Block {
  meeting: Meeting;
  from: number;
  span: number;
}

/** 16 as 08:00. */
export function clockOf(slot: number): string {
  return `${String(Math.floor(slot / 2)).padStart(2, '0')}:${slot % 2 === 0 ? '00' : '30'}`;
}

/** The meetings of a room on a day, as far as they lie in it. */
export function blocksOf(meetings: Meeting[], day: string, zone: string): Block[] {
  const midnight = instantOf(day, '00:00', zone).getTime();
  return meetings.flatMap((meeting) => {
    const from = Math.max(0, Math.floor((Date.parse(meeting.begins) - midnight) / HALF_HOUR));
    const to = Math.min(WHOLE_DAY, Math.ceil((Date.parse(meeting.ends) - midnight) / HALF_HOUR));
    return from < to ? [{ meeting, from, span: to - from }] : [];
  });
}

/** The half hours that are shown: the usual ones, and those of early or late meetings. */
export function shownSlots(blocks: Block[]): number[] {
  const first = Math.min(FIRST, ...blocks.map((block) => block.from));
  const last = Math.max(LAST, ...blocks.map((block) => block.from + block.span));
  return Array.from({ length: last - first }, (_, index) => first + index);
}

/** Day and half hour of an instant, and after how many of them it ends. */
export function placeOf(
  meeting: Pick<Meeting, 'begins' | 'ends'>,
  zone: string,
): { day: string; slot: number; span: number } {
  const begins = new Date(meeting.begins);
  const day = dayOf(begins, zone);
  const slot = Math.round((begins.getTime() - instantOf(day, '00:00', zone).getTime()) / HALF_HOUR);
  return { day, slot, span: Math.round((Date.parse(meeting.ends) - begins.getTime()) / HALF_HOUR) };
}

/** The instants of a meeting that begins on a half hour of a day of the hotel. */
export function instantsOf(day: string, slot: number, span: number, zone: string): { begins: string; ends: string } {
  const begins = instantOf(day, clockOf(slot), zone).getTime();
  return { begins: new Date(begins).toISOString(), ends: new Date(begins + span * HALF_HOUR).toISOString() };
}
