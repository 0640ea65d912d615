/** Where the events of the first three rings stand on a line, as parts of its length. */

import type { Call } from '@/api/types';

export type MarkKind = 'system' | 'operator' | 'ended';

export interface Mark {
  kind: MarkKind;
  /** Seconds after the first ring. */
  seconds: number;
  /** Place on the line, from 0 to 1. */
  at: number;
  /** It lies beyond the end of the line and is drawn at the end. */
  isBeyond: boolean;
}

export interface RingLine {
  /** Where each of the rings begins, from 0 to 1; the fourth begins where the three rings are over. */
  rings: number[];
  limit: number;
  marks: Mark[];
}

/** The line is this many rings long, so that what comes soon after the third ring is still seen in its place. */
const RINGS_SHOWN = 4;

/** The line of a call; null when the caller heard no ringing before the answer. */
export function ringLine(
  call: Pick<Call, 'first_ring_at' | 'answered_at' | 'answered_by' | 'operator_answered_at' | 'ended_at'>,
  cadence: number,
): RingLine | null {
  if (call.first_ring_at === null) return null;
  // What rings after the answer is a transfer's or the queue's, not the caller's first three rings.
  if (call.answered_at !== null && call.answered_at < call.first_ring_at) return null;
  const start = Date.parse(call.first_ring_at);
  const length = RINGS_SHOWN * cadence;
  const mark = (kind: MarkKind, instant: string | null): Mark[] => {
    if (instant === null) return [];
    const seconds = Math.max(0, (Date.parse(instant) - start) / 1000);
    return [{ kind, seconds, at: Math.min(1, seconds / length), isBeyond: seconds > length }];
  };
  const isUnanswered = call.answered_at === null;
  return {
    rings: Array.from({ length: RINGS_SHOWN }, (_, index) => index / RINGS_SHOWN),
    limit: 3 / RINGS_SHOWN,
    marks: [
      ...mark('system', call.answered_by === 'system' ? call.answered_at : null),
      ...mark('operator', call.operator_answered_at),
      ...mark('ended', isUnanswered ? call.ended_at : null),
    ],
  };
}
