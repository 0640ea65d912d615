/** Weeks of the roster: days by their dates, and hours of each day that want something. */

/** The seven days from `first` (2026-11-23) on. */
export function daysFrom(first: string): string[] {
  return Array.from({ length: 7 }, (_, number) => addDays(first, number));
}

export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The Monday of the week of `day`. */
export function mondayOf(day: string): string {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

export interface Span {
  /** Hours of the clock: 8 to 12 means from 08:00 to before 12:00. */
  from: number;
  to: number;
  missing: number;
}

/** Hours of one day that lack seats, those beside each other with the same lack put together. */
export function spansOf(day: string, hours: readonly { at: string; missing: number }[]): Span[] {
  const spans: Span[] = [];
  for (const one of hours) {
    if (!one.at.startsWith(day) || one.missing <= 0) continue;
    const hour = Number(one.at.slice(11, 13));
    const last = spans.at(-1);
    if (last && last.to === hour && last.missing === one.missing) last.to = hour + 1;
    else spans.push({ from: hour, to: hour + 1, missing: one.missing });
  }
  return spans;
}
