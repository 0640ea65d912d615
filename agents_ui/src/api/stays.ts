/** Requests about guests in house: stays, folios, messages, wake-up times. Money is in fen. */

import { request } from './http';
import type { Page } from './types';

export type PhoneClass = 'barred' | 'internal' | 'local' | 'national' | 'international';
export type StayType = 'normal' | 'long' | 'hourly' | 'shared' | 'free';
export type LineKind = 'room' | 'extra_bed' | 'phone' | 'service' | 'deposit' | 'payment' | 'refund' | 'commission';

export const PHONE_CLASSES: PhoneClass[] = ['barred', 'internal', 'local', 'national', 'international'];
export const STAY_TYPES: StayType[] = ['normal', 'long', 'hourly', 'shared', 'free'];
export const GUEST_TYPES = ['individual', 'member', 'company', 'agency', 'vip', 'house'] as const;
export const METHODS = ['cash', 'credit_card', 'cheque', 'member_card', 'company_account', 'points'] as const;
export const POSTED_BY_HAND: LineKind[] = ['service', 'phone', 'payment', 'refund'];

export interface Stay {
  id: number;
  number: string;
  state: 'in_house' | 'checked_out';
  room: string;
  room_type: string;
  bed: number;
  guests: string[];
  stay_type: StayType;
  guest_type: string;
  arrival: string;
  departure: string;
  arrived_at: string;
  leaves_at: string;
  left_at: string | null;
  price: number;
  confidential: boolean;
  phone_class: PhoneClass;
  /** Do not disturb, until then. */
  quiet_until: string | null;
  company: string;
  link: number | null;
  group_id: number | null;
  /** What the guest owes; below zero what the house owes. */
  balance: number;
  messages: number;
  wake_up: string | null;
  registered_by: string;
}

export interface StayPerson {
  name: string;
  guest_id: number | null;
  phone: string;
  foreign: boolean;
  document_type: string;
  document_number: string;
  nationality: string;
}

export interface FolioLine {
  id: number;
  day: string;
  kind: LineKind;
  amount: number;
  method: string;
  text: string;
  at: string;
  by: string;
  reverses: number | null;
  reversed: boolean;
  editable: boolean;
}

export interface GuestMessage {
  id: number;
  stay: number;
  guest: string;
  sender: string;
  sender_phone: string;
  content: string;
  remind_at: string | null;
  entered_at: string;
  entered_by: string;
  delivered_at: string | null;
  delivered_by: string;
}

export interface DueMessage extends GuestMessage {
  room: string;
}

export interface WakeUp {
  id: number;
  stay: number;
  due_at: string;
  state: 'due' | 'cancelled';
  source: string;
  entered_at: string;
  entered_by: string;
}

export interface RoomWakeUp extends WakeUp {
  room: string;
  guests: string[];
}

export interface StayChange {
  at: string;
  by: string;
  action: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  why: string;
}

export interface StayDetail extends Stay {
  booking: string | null;
  group: string | null;
  list_price: number;
  discount: number;
  extra_beds: number;
  extra_bed_price: number;
  breakfasts: number;
  commission: number;
  alias: string;
  /** Numbers that are put through to a confidential guest all the same. */
  allowed_callers: string[];
  language: string;
  salesperson: string;
  source: string;
  reason: string;
  note: string;
  persons: StayPerson[];
  folio: FolioLine[];
  audited_until: string | null;
  guest_messages: GuestMessage[];
  /** The lamp of the room's telephone: asked for, lit, or not taken by the exchange. */
  message_lamp: 'off' | 'requested' | 'on' | 'failed';
  wake_ups: WakeUp[];
  changes: StayChange[];
  linked: Stay[];
}

/** Somebody with a card; the document is masked. */
export interface KnownPerson {
  guest_id: number;
  name: string;
  latin: string;
  phone: string;
  sex: string;
  birthday: string | null;
  nationality: string;
  origin: string;
  address: string;
  language: string;
  level: string;
  document_type: string;
  document: string;
  attention_colour: string | null;
  attention_reason: string;
  /** Where this guest is in house now. */
  room: string;
  stays: number;
  last_departure: string | null;
}

/** A change of room (换房记录); prices are fen a night. */
export interface RoomMove {
  at: string;
  by: string;
  stay: number;
  number: string;
  guests: string[];
  old_room: string;
  new_room: string;
  old_price: number;
  new_price: number;
  why: string;
}

export type MoveQuery = { from?: string; to?: string; room?: string; limit?: number; after?: string };

export type StayQuery = {
  state?: string;
  room?: string;
  guest?: string;
  operator?: string;
  arrival_from?: string;
  arrival_to?: string;
  limit?: number;
  after?: string;
};

type List<Item> = { items: Item[] };
type Body = Record<string, unknown>;

const stay = (id: number | string, rest = ''): string => `/stays/${encodeURIComponent(id)}${rest}`;

export const staysApi = {
  list: (query: StayQuery, signal?: AbortSignal) => request<Page<Stay>>('GET', '/stays', { query, signal }),
  moves: (query: MoveQuery, signal?: AbortSignal) => request<Page<RoomMove>>('GET', '/room-moves', { query, signal }),
  one: (id: string, signal?: AbortSignal) => request<StayDetail>('GET', stay(id), { signal }),
  checkIn: (form: Body) => request<StayDetail>('POST', '/stays', { body: form }),
  change: (id: number, body: Body) => request<StayDetail>('PATCH', stay(id), { body }),
  extend: (id: number, until: string | null) =>
    request<StayDetail>('POST', stay(id, '/extension'), { body: { until } }),
  overnight: (id: number, body: Body) => request<StayDetail>('POST', stay(id, '/overnight'), { body }),
  move: (id: number, body: Body) => request<StayDetail>('POST', stay(id, '/move'), { body }),
  link: (id: number, other: number) => request<StayDetail>('POST', stay(id, '/link'), { body: { stay: other } }),
  unlink: (id: number) => request<StayDetail>('DELETE', stay(id, '/link')),
  setGroup: (id: number, body: Body) => request<StayDetail>('PUT', stay(id, '/group'), { body }),
  setCommission: (id: number, body: Body) => request<StayDetail>('PUT', stay(id, '/commission'), { body }),
  checkOut: (id: number) => request<StayDetail>('POST', stay(id, '/check-out')),
  revokeCheckOut: (id: number, reason: string) =>
    request<StayDetail>('DELETE', stay(id, '/check-out'), { body: { reason } }),

  post: (id: number, body: Body) => request<FolioLine>('POST', stay(id, '/folio'), { body }),
  editLine: (id: number, body: Body) => request<FolioLine>('PATCH', `/folio-lines/${id}`, { body }),
  reverseLine: (id: number, reason: string) =>
    request<FolioLine>('POST', `/folio-lines/${id}/reversal`, { body: { reason } }),
  transferLine: (id: number, to: number, reason: string) =>
    request<FolioLine>('POST', `/folio-lines/${id}/transfer`, { body: { to, reason } }),

  setQuiet: (id: number, until: string | null) =>
    request<StayDetail>('PUT', stay(id, '/do-not-disturb'), { body: { until } }),

  leaveMessage: (id: number, body: Body) => request<GuestMessage>('POST', stay(id, '/messages'), { body }),
  dueMessages: (signal?: AbortSignal) =>
    request<{ popups: boolean; items: DueMessage[] }>('GET', '/messages/due', { signal }),
  tick: (id: number, delivered: boolean) =>
    request<GuestMessage>('PUT', `/messages/${id}/delivered`, { body: { delivered } }),

  wakeUps: (signal?: AbortSignal) => request<List<RoomWakeUp>>('GET', '/wake-ups', { signal }),
  wakeRoom: (room: string, at: string) => request<List<WakeUp>>('POST', '/wake-ups', { body: { room, at } }),
  wake: (id: number, at: string) => request<WakeUp>('POST', stay(id, '/wake-ups'), { body: { at } }),
  cancelWakeUp: (id: number) => request<void>('DELETE', `/wake-ups/${id}`),

  /** Who may be meant by a typed name: listed for special attention, in house now, a guest of former times. */
  known: (q: string, signal?: AbortSignal) =>
    request<List<KnownPerson>>('GET', '/known-persons', { query: { q }, signal }),
};
