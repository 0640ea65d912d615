/** Requests about bookings, what is free, and the room chart. Money is in fen; days are the hotel's own. */

import { request } from './http';
import type { Page } from './types';

export const STATES = [
  'unconfirmed',
  'confirmed',
  'checked_in',
  'checked_out',
  'cancelled',
  'no_show',
  'deleted',
] as const;
export type BookingState = (typeof STATES)[number];
export type BookingKind = 'individual' | 'group' | 'meeting';

export const METHODS = ['cash', 'card', 'transfer', 'cheque', 'member_card', 'company_account', 'points'] as const;
export const GUARANTEES = ['none', 'deposit', 'prepaid', 'agency', 'company'] as const;
export const SOURCES = ['phone', 'walk_in', 'website', 'wechat', 'agency', 'company'] as const;
export type SpokenLanguage = 'zh' | 'en';

export interface Night {
  night: string;
  rooms: number;
  sold: number;
  free: number;
  overbooking: number;
  price: number;
}

export interface TypeStock {
  type: string;
  name_zh: string;
  name_en: string;
  free: number;
  overbooking: number;
  total: number;
  nights: Night[];
}

export interface BookingForm {
  today: string;
  arrival: string;
  departure: string;
  arrival_time: string;
  departure_time: string;
  discount_ceiling: number;
  plans: { code: string; name_zh: string; name_en: string; breakfasts: number }[];
}

export interface BookingLine {
  type: string;
  rooms: number;
  beds: number;
  price: number;
  list_price: number;
  nightly: number[];
}

export interface Offer {
  line: BookingLine;
  total: number;
  discount: number;
  ceiling: number;
  extra_bed_price: number;
  former_price: number | null;
  approval_wanted: boolean;
  free: number;
  overbooking: number;
}

export interface OfferWanted {
  type: string;
  arrival: string;
  departure: string;
  plan?: string;
  discount: number;
  extra_beds: number;
  extra_bed_price?: number;
  price?: number;
  guest_id?: number;
  phone: string;
}

/** What every booking has, as it is sent. */
export interface CommonWanted {
  arrival: string;
  departure: string;
  arrival_time?: string;
  booker: string;
  phone: string;
  guest_id?: number;
  language: SpokenLanguage;
  persons: number;
  plan?: string;
  extra_beds: number;
  discount: number;
  discount_reason: string;
  company: string;
  salesperson: string;
  source: string;
  note: string;
  guarantee: string;
  call_id?: number;
  overbook?: boolean;
  why?: string;
  asked?: string;
  agreed?: boolean;
  told?: string;
  /** Who it turned out to be, where a name is on the special-attention list. */
  attention?: string;
}

export interface BookingWanted extends CommonWanted {
  type: string;
  price?: number;
  room?: string;
  confirm?: boolean;
  version?: number;
}

export interface GroupLine {
  type: string;
  rooms: number;
  beds: number;
  price?: number;
}

export interface GroupWanted extends CommonWanted {
  group_name: string;
  group_type: string;
  lines: GroupLine[];
  confirm?: boolean;
  version?: number;
}

export interface BookingPayment {
  number: string;
  kind: 'receipt' | 'refund' | 'forfeit' | 'folio';
  method: string;
  amount: number;
  reference: string;
  reason: string;
  at: string;
  by: string;
}

export interface BookingGuest {
  guest_id: number | null;
  name: string;
  surname: string;
  given_name: string;
  is_foreign: boolean;
  document_type: string;
  document_number: string;
  nationality: string;
  origin: string;
  sex: string;
  birthday: string | null;
  address: string;
}

export interface BookingRow {
  number: string;
  account: string;
  kind: BookingKind;
  state: BookingState;
  arrival: string;
  departure: string;
  arrives_at: string;
  arrival_stated: boolean;
  booker: string;
  phone: string;
  guest_id: number | null;
  language: SpokenLanguage;
  persons: number;
  group_name: string;
  group_type: string;
  company: string;
  salesperson: string;
  source: string;
  guarantee: string;
  approval: '' | 'wanted' | 'given';
  discount: number;
  total: number;
  entered_by: string;
  entered_at: string;
  version: number;
  lines: BookingLine[];
  rooms: string[];
  balance: number;
}

export interface Booking extends BookingRow {
  plan: string;
  extra_beds: number;
  extra_bed_price: number;
  discount_reason: string;
  note: string;
  call_id: number | null;
  copied_from: string | null;
  contacts: number;
  contacted_at: string | null;
  confirmed_at: string | null;
  ended_at: string | null;
  end_reason: string;
  /** From when on it can no longer be deleted by who entered it. */
  locked_at: string;
  held_until: string;
  penalty: number;
  /** What the user can do to it now. */
  may: string[];
  guests: BookingGuest[];
  payments: BookingPayment[];
}

export interface BookingChange {
  at: string;
  by: string;
  action: string;
  state_before: string;
  state_after: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  asked: string;
  agreed: boolean;
  why: string;
  told: string;
  seen_at: string | null;
  seen_by: string;
}

export interface FreeRoom {
  number: string;
  type: string;
  beds: number;
  condition: string;
  occupied: boolean;
}

export type RoomChoice = { room: string; beds: number[] };

export type ChartState = 'vacant' | 'occupied' | 'due_in' | 'due_out' | 'out_of_order';

export interface ChartOccupant {
  /** The booking's number; of a stay its own. */
  number: string;
  is_stay: boolean;
  state: BookingState;
  kind: BookingKind;
  booker: string;
  group_name: string;
  arrival: string;
  departure: string;
  first: string;
  until: string;
  beds: number[];
  /** Of a stay; `link` is the same for linked rooms. */
  stay_id: number | null;
  link: number | null;
}

export interface ChartRoom {
  number: string;
  type: string;
  floor: string;
  beds: number;
  condition: 'clean' | 'dirty';
  state: ChartState;
  occupants: ChartOccupant[];
  closed: { id: number; reason: string; first: string; until: string }[];
}

export interface CalendarDay {
  day: string;
  arrivals: number;
  departures: number;
  staying: number;
  unconfirmed: number;
  rooms: number;
  free: number;
}

export const BOOKING_COLUMNS = [
  'entered',
  'number',
  'state',
  'booker',
  'arrival',
  'departure',
  'total',
  'company',
  'salesperson',
  'entered_by',
] as const;
export type BookingColumn = (typeof BOOKING_COLUMNS)[number];

export type BookingQuery = {
  sort?: string;
  order?: string;
  state?: string;
  kind?: string;
  arrival_from?: string;
  arrival_to?: string;
  staying_on?: string;
  type?: string;
  q?: string;
  limit?: number;
  after?: string;
};

/** Roles that can be told of a change. */
export const TOLD = ['operator', 'supervisor', 'manager', 'front_desk', 'department'] as const;

/** What a change note says besides the reason. */
export type NoteWords = { asked: string; agreed: boolean; told: string };
export const NO_WORDS: NoteWords = { asked: '', agreed: false, told: '' };
export type Note = { why?: string } & Partial<NoteWords>;

/** As it is sent: what nobody asked for, nobody has confirmed. */
export function noteOf(why: string, words: NoteWords): Note {
  const asked = words.asked.trim();
  return { why: why.trim(), asked, agreed: words.agreed && asked !== '', told: words.told };
}
export type Money = { amount: number; method: string; reference: string; why?: string };

const one = (number: string): string => `/reservations/${encodeURIComponent(number)}`;
const act = (number: string, name: string, body: object): Promise<Booking> =>
  request<Booking>('POST', `${one(number)}/${name}`, { body });

export const reservationsApi = {
  form: (signal?: AbortSignal) => request<BookingForm>('GET', '/reservation-form', { signal }),
  availability: (query: { from: string; to: string; plan?: string }, signal?: AbortSignal) =>
    request<{ types: TypeStock[] }>('GET', '/availability', { query, signal }),
  offer: (wanted: OfferWanted, signal?: AbortSignal) =>
    request<Offer>('POST', '/reservation-offers', { body: wanted, signal }),
  calendar: (query: { from: string; to: string }, signal?: AbortSignal) =>
    request<{ days: CalendarDay[] }>('GET', '/hotel-calendar', { query, signal }),
  chart: (day: string, signal?: AbortSignal) =>
    request<{ day: string; rooms: ChartRoom[] }>('GET', '/room-chart', { query: { date: day }, signal }),

  list: (query: BookingQuery, signal?: AbortSignal) =>
    request<Page<BookingRow>>('GET', '/reservations', { query, signal }),
  /** Rooms of a type that a booking of these nights could have at once. */
  roomsToChoose: (query: { type: string; from: string; to: string }, signal?: AbortSignal) =>
    request<{ items: FreeRoom[] }>('GET', '/free-rooms', { query, signal }),
  booking: (number: string, signal?: AbortSignal) => request<Booking>('GET', one(number), { signal }),
  changes: (number: string, signal?: AbortSignal) =>
    request<{ items: BookingChange[] }>('GET', `${one(number)}/changes`, { signal }),
  create: (wanted: BookingWanted) => request<Booking>('POST', '/reservations', { body: wanted }),
  createGroup: (wanted: GroupWanted) => request<Booking>('POST', '/group-reservations', { body: wanted }),
  change: (number: string, wanted: BookingWanted) => request<Booking>('PUT', one(number), { body: wanted }),
  changeGroup: (number: string, wanted: GroupWanted) =>
    request<Booking>('PUT', `/group-reservations/${encodeURIComponent(number)}`, { body: wanted }),
  remove: (number: string) => request<Booking>('DELETE', one(number)),
  act,
  copies: (number: string, count: number) =>
    request<{ items: Booking[] }>('POST', `${one(number)}/copies`, { body: { count } }),
  setGuests: (number: string, guests: BookingGuest[], attention: string) =>
    request<Booking>('PUT', `${one(number)}/guests`, { body: { guests, attention } }),
  freeRooms: (number: string, signal?: AbortSignal) =>
    request<{ items: FreeRoom[] }>('GET', `${one(number)}/free-rooms`, { signal }),
  chooseRooms: (number: string, rooms: RoomChoice[]) =>
    request<Booking>('PUT', `${one(number)}/rooms`, { body: { rooms } }),
};
