/** The filters of the list of bookings, kept in the page's address. */

import type { LocationQuery, LocationQueryRaw } from 'vue-router';
import type { BookingQuery } from '@/api/reservations';

export interface BookingFilters {
  state: string;
  kind: string;
  type: string;
  /** Arrivals from this day on, and up to that one; empty for no limit. */
  from: string;
  to: string;
  q: string;
}

const NAMES = ['state', 'kind', 'type', 'from', 'to', 'q'] as const;

export function bookingFiltersOf(query: LocationQuery): BookingFilters {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '');
  return {
    state: text('state'),
    kind: text('kind'),
    type: text('type'),
    from: text('from'),
    to: text('to'),
    q: text('q'),
  };
}

export function bookingAddressOf(filters: BookingFilters): LocationQueryRaw {
  return Object.fromEntries(NAMES.filter((name) => filters[name] !== '').map((name) => [name, filters[name]]));
}

export function bookingQueryOf(filters: BookingFilters): BookingQuery {
  const { from, to, q, ...same } = filters;
  return { ...same, arrival_from: from, arrival_to: to, q: q.trim() };
}

export function isNarrow(filters: BookingFilters): boolean {
  return NAMES.some((name) => filters[name].trim() !== '');
}
