/** The periods that lists and figures can be limited to, in days of the hotel. */

import { addDays, dayOf, startOfDay } from './zone';

export const PRESETS = ['today', 'yesterday', '7days', 'custom'] as const;
export type Preset = (typeof PRESETS)[number];

/** `from` and `to` are the first and last day and count only for `custom`. */
export interface Period {
  preset: Preset;
  from: string;
  to: string;
}

/** First and last day of the period, both included. */
export function daysOf(period: Period, now: Date, zone: string): { first: string; last: string } {
  const today = dayOf(now, zone);
  switch (period.preset) {
    case 'today':
      return { first: today, last: today };
    case 'yesterday':
      return { first: addDays(today, -1), last: addDays(today, -1) };
    case '7days':
      return { first: addDays(today, -6), last: today };
    case 'custom':
      return { first: period.from || today, last: period.to || period.from || today };
  }
}

/** The period as instants: from the beginning of its first day to the beginning of the day after its last. */
export function instantsOf(period: Period, now: Date, zone: string): { from: string; to: string } {
  const { first, last } = daysOf(period, now, zone);
  return { from: startOfDay(first, zone).toISOString(), to: startOfDay(addDays(last, 1), zone).toISOString() };
}
