/** The bars of the figures page: one bar a row, its parts by who answered first. */

import type { FiguresRow } from '@/api/types';

export const PARTS = ['operator', 'system', 'none'] as const;
export type Part = (typeof PARTS)[number];

export function partsOf(row: Omit<FiguresRow, 'key'>): Record<Part, number> {
  const { calls, answered_by_operator: operator, answered_by_system: system } = row;
  return { operator, system, none: Math.max(0, calls - operator - system) };
}

/** A part of a whole as a percentage with at most one decimal; a dash when the whole is nothing. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  return `${Number.isInteger(percent) ? percent : percent.toFixed(1)}%`;
}

/** Values for the horizontal lines, from 0 up to at least `highest`: at most five, whole and round. */
export function scale(highest: number): number[] {
  const steps = [1, 2, 5]
    .flatMap((digit) => [0, 1, 2, 3, 4, 5].map((power) => digit * 10 ** power))
    .sort((a, b) => a - b);
  const step = steps.find((size) => size * 4 >= highest) ?? Math.ceil(highest / 4);
  const lines = Math.max(1, Math.ceil(highest / step));
  return Array.from({ length: lines + 1 }, (_, index) => index * step);
}

const HOUR = 3_600_000;

/** More bars than this are left out: they would be thinner than the screen can show. */
const MOST_BARS = 24 * 31;

/** The rows of hours with those between them in which nobody rang, so that the bars stand on an even scale of time. */
export function withQuietHours(rows: FiguresRow[]): FiguresRow[] {
  const known = new Map(rows.map((row) => [Date.parse(row.key), row]));
  const [first, last] = [Math.min(...known.keys()), Math.max(...known.keys())];
  if (rows.length === 0 || (last - first) / HOUR >= MOST_BARS) return rows;
  return Array.from({ length: (last - first) / HOUR + 1 }, (_, index) => {
    const start = first + index * HOUR;
    return known.get(start) ?? quietHour(new Date(start).toISOString());
  });
}

function quietHour(key: string): FiguresRow {
  return {
    key,
    calls: 0,
    answered_by_operator: 0,
    answered_by_system: 0,
    abandoned: 0,
    late: 0,
    within_three_rings_by_person: 0,
    seconds_to_answer_avg: null,
  };
}
