/** The filters of the list of calls, kept in the page's address. */

import type { LocationQuery, LocationQueryRaw } from 'vue-router';
import type { CallQuery, Order } from '@/api';
import { instantsOf, PRESETS, type Period } from '@/time/periods';

export interface CallFilters {
  period: Period;
  line: string;
  direction: string;
  outcome: string;
  answered_by: string;
  operator: string;
  caller: string;
  late: boolean;
  order: Order;
}

const CHOICES = ['line', 'direction', 'outcome', 'answered_by', 'operator', 'caller'] as const;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export function periodOf(query: LocationQuery): Period {
  const preset = PRESETS.find((known) => known === query.period) ?? 'today';
  const day = (value: unknown): string =>
    preset === 'custom' && typeof value === 'string' && DAY.test(value) ? value : '';
  return { preset, from: day(query.from), to: day(query.to) };
}

/** The period's part of the address; `today` is the address without one. */
export function periodQuery(period: Period): LocationQueryRaw {
  if (period.preset === 'today') return {};
  if (period.preset !== 'custom') return { period: period.preset };
  return { period: period.preset, from: period.from || undefined, to: period.to || undefined };
}

export function filtersOf(query: LocationQuery): CallFilters {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const [line, direction, outcome, answered_by, operator, caller] = CHOICES.map((name) => text(query[name])) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const late = query.late === 'true';
  const order = query.order === 'oldest' ? 'oldest' : 'newest';
  return { period: periodOf(query), line, direction, outcome, answered_by, operator, caller, late, order };
}

export function addressOf(filters: CallFilters): LocationQueryRaw {
  const chosen = CHOICES.filter((name) => filters[name] !== '').map((name) => [name, filters[name]]);
  return {
    ...periodQuery(filters.period),
    ...Object.fromEntries(chosen),
    ...(filters.late ? { late: 'true' } : {}),
    ...(filters.order === 'oldest' ? { order: 'oldest' } : {}),
  };
}

/** What to ask of the application for these filters. */
export function callQuery(filters: CallFilters, now: Date, zone: string): CallQuery {
  const chosen = Object.fromEntries(CHOICES.map((name) => [name, withoutGaps(filters[name]) || undefined]));
  return {
    ...instantsOf(filters.period, now, zone),
    ...chosen,
    late: filters.late ? 'true' : undefined,
    order: filters.order === 'oldest' ? 'oldest' : undefined,
  };
}

/** Numbers are read out and written down in groups; the application knows them without gaps. */
function withoutGaps(text: string): string {
  return text.replace(/[\s()-]/g, '');
}

/** True when anything but the period is chosen. */
export function isNarrowed(filters: CallFilters): boolean {
  return filters.late || CHOICES.some((name) => filters[name].trim() !== '');
}
