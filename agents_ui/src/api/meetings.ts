/** Requests about meeting rooms, let by the half hour. Money is in fen. */

import { request } from './http';
import type { Booking, BookingState } from './reservations';

export interface Meeting {
  number: string;
  state: BookingState;
  booker: string;
  company: string;
  phone: string;
  total: number;
  version: number;
  persons: number;
  begins: string;
  ends: string;
}

/** `price`: an hour. */
export interface MeetingRoom {
  number: string;
  type: string;
  capacity: number;
  price: number;
  meetings: Meeting[];
}

export interface MeetingWanted {
  room: string;
  begins: string;
  ends: string;
  booker: string;
  phone: string;
  persons: number;
  company: string;
  discount: number;
  discount_reason: string;
  note: string;
  confirm: boolean;
  /** Who it turned out to be, where the name is on the special-attention list. */
  attention: string;
}

export interface MeetingMove {
  room: string;
  begins: string;
  ends: string;
  why: string;
  version: number;
}

export const meetingsApi = {
  plan: (query: { date: string; days: number }, signal?: AbortSignal) =>
    request<{ day: string; days: number; rooms: MeetingRoom[] }>('GET', '/meetings', { query, signal }),
  book: (wanted: MeetingWanted) => request<Booking>('POST', '/meetings', { body: wanted }),
  move: (number: string, to: MeetingMove) =>
    request<Booking>('PUT', `/meetings/${encodeURIComponent(number)}`, { body: to }),
};
