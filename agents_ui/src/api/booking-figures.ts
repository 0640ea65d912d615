/** The month's figures of bookings. Money is in fen. */

import { request } from './http';

export interface Tally {
  bookings: number;
  rooms: number;
  kept: number;
  cancelled: number;
  no_shows: number;
  lapsed: number;
  value: number;
  /** Cancelled and no-shows among those that audits did not remove, 0 to 1. */
  lost_share: number;
}

export interface BookingFigures {
  total: Tally;
  salespeople: { name: string; tally: Tally }[];
  sources: { name: string; tally: Tally }[];
  days: { day: string; tally: Tally }[];
  credits: { booker: string; phone: string; guest_id: number | null; tally: Tally }[];
}

export const bookingFigures = (from: string, to: string, signal?: AbortSignal): Promise<BookingFigures> =>
  request<BookingFigures>('GET', '/reservation-figures', { query: { from, to }, signal });

/** Note that a form is printed for these days. */
export const notePrint = (form: string, from: string, to: string): Promise<void> =>
  request('POST', '/prints', { body: { form, from, to } });
