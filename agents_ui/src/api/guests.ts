/** Requests about guest cards and what is done about them. */

import { request } from './http';
import type { Page } from './types';

export const STAGES = ['guest', 'potential'] as const;
export const SEXES = ['unknown', 'female', 'male'] as const;
export const NUMBER_KINDS = ['mobile', 'home', 'work', 'other'] as const;
export const DOCUMENT_TYPES = [
  'id_card',
  'passport',
  'hk_macao_permit',
  'taiwan_permit',
  'residence_permit',
  'other',
] as const;
export const COLOURS = ['amber', 'blue', 'purple', 'green', 'grey'] as const;
export const CHANNELS = ['phone', 'sms', 'wechat', 'mail', 'visit'] as const;
export const SIDES = ['service', 'sales'] as const;
export const REASONS = [
  'first_contact',
  'idle_week',
  'idle_month',
  'idle_two_months',
  'regular',
  'cycle_missed',
  'sharp_fall',
] as const;
export const GUEST_LANGUAGES = ['zh', 'en', 'yue', 'ja', 'ko', 'ru', 'fr', 'de', 'th', 'vi'] as const;

export interface GuestNumber {
  number: string;
  kind: string;
  note: string;
}

export interface GuestDocument {
  id: number;
  type: string;
  /** Masked; the whole one is asked for by `reveal`. */
  number: string;
  country: string;
}

export interface GuestRow {
  id: number;
  stage: string;
  name: string;
  latin_surname: string;
  latin_given: string;
  sex: string;
  language: string;
  level: string;
  company: { id: number; code: string; name: string } | null;
  numbers: GuestNumber[];
  attention_colour: string | null;
  attention_reason: string;
  do_not_call: boolean;
  question: string;
  service_owner: string | null;
  sales_owner: string | null;
  created_at: string;
  created_by: string;
  first_contact_due_at: string | null;
  first_contact_at: string | null;
  last_contact_at: string | null;
  last_order_at: string | null;
  checked_at: string | null;
  check_remark: string;
  reviewed_at: string | null;
}

export interface Guest extends GuestRow {
  birthday: string | null;
  nationality: string;
  origin: string;
  address: string;
  contact_channels: string[];
  contact_wish: string;
  note: string;
  owing: boolean;
  source: string;
  service_owner_id: number | null;
  sales_owner_id: number | null;
  checked_by: string;
  reviewed_by: string;
  documents: GuestDocument[];
  merged: number[];
  version: number;
}

/** What the form of a card holds. */
export interface GuestFields {
  name: string;
  latin_surname: string;
  latin_given: string;
  sex: string;
  birthday: string | null;
  nationality: string;
  origin: string;
  address: string;
  language: string;
  level: string;
  company_id: number | null;
  attention_colour: string | null;
  attention_reason: string;
  do_not_call: boolean;
  contact_channels: string[];
  contact_wish: string;
  question: string;
  note: string;
  owing: boolean;
  numbers: GuestNumber[];
  attention_seen: boolean;
}

export interface NewDocument {
  type: string;
  number: string;
  country: string;
}

export interface Level {
  id: string;
  name: { zh: string; en: string };
}

export interface Company {
  id: number;
  code: string;
  name: string;
  contract_signed_on: string | null;
  contract_until: string | null;
  note: string;
  active: boolean;
  created_at: string;
  created_by: string;
  filed_late: boolean;
}

export type CompanyFields = Pick<
  Company,
  'code' | 'name' | 'contract_signed_on' | 'contract_until' | 'note' | 'active'
>;

export interface Happening {
  at: string;
  kind: string;
  subject_type: string;
  subject_id: string;
  detail: Record<string, unknown>;
}

export interface FollowUp {
  id: number;
  guest: GuestRow;
  kind: string;
  side: string;
  owner: string | null;
  owner_id: number | null;
  due_at: string;
  created_at: string;
  state: string;
  closed_at: string | null;
  closed_by: string;
  note: string;
}

export interface Claim {
  id: number;
  guest_id: number;
  guest: string;
  side: string;
  user_id: number;
  user: string;
  claimed_at: string;
  note: string;
  state: string;
}

export interface Owner {
  id: number;
  name: string;
  role: string;
  service_customers: number;
  sales_customers: number;
  service_ability: number;
  sales_ability: number;
}

export interface MergePlan {
  kept: GuestRow;
  gone: GuestRow;
  changes: Record<string, unknown>;
  conflicts: { field: string; kept: unknown; gone: unknown }[];
  numbers: number;
  documents: number;
}

export interface Merge {
  id: number;
  gone_id: number;
  merged_at: string;
  merged_by: string;
  reason: string;
}

export interface GuestImport {
  id: number;
  name: string;
  state: string;
  total: number;
  done: number;
  created: number;
  known: number;
  errors: number;
  created_at: string;
  created_by: string;
}

export interface Membership {
  id: number;
  guest_id: number;
  guest: string;
  state: string;
  address: string;
  in_person: boolean;
  id_missing: boolean;
  card_number: string | null;
  applied_at: string;
  applied_by: string;
  remark: string;
}

export interface CallLink {
  id: number;
  call_id: number;
  subject_type: string;
  subject_id: number;
  name: string;
  /** How its page is addressed; empty where the subject is gone. */
  key: string;
  how: string;
  linked_at: string;
  linked_by: string;
  reason: string;
  unlinked_at: string | null;
  unlinked_by: string;
  unlink_reason: string;
}

/** Something that a call can be linked to. */
export type CallSubject = Pick<CallLink, 'subject_type' | 'subject_id' | 'name' | 'key'>;

export const GUEST_COLUMNS = ['created', 'name', 'level', 'last_contact', 'last_order'] as const;
export type GuestColumn = (typeof GUEST_COLUMNS)[number];

export type GuestQuery = {
  sort?: string;
  order?: string;
  stage?: string;
  level?: string;
  owner_id?: number;
  attention?: string;
  unchecked?: string;
  unreviewed?: string;
  from?: string;
  to?: string;
  limit?: number;
  after?: string;
};

export type ReceptionQuery = { from?: string; to?: string; by?: string; limit?: number; after?: string };

/** A contact with a customer. */
export interface Reception {
  id: number;
  at: string;
  by: string;
  channel: string;
  side: string;
  guest_id: number;
  guest: string;
  note: string;
}

/** A caller who talked with somebody and is on no card; `call_id` and `last_at` are of the last call. */
export interface MissedCard {
  number: string;
  calls: number;
  last_at: string;
  call_id: number;
}

export type FollowUpQuery = { state?: string; kind?: string; owner_id?: number; limit?: number; after?: string };

type List<Item> = { items: Item[] };

export const SALE_METHODS = ['cash', 'card', 'transfer', 'wechat', 'alipay'] as const;

/** Money paid onto a stored-value card. `amount` in fen. */
export interface Sale {
  id: number;
  membership_id: number;
  amount: number;
  method: (typeof SALE_METHODS)[number];
  sold_at: string;
  sold_by: string;
}

export interface OpenSale extends Sale {
  guest_id: number;
  guest: string;
  card_number: string | null;
}

export const guestApi = {
  guests: (query: GuestQuery, signal?: AbortSignal) => request<Page<GuestRow>>('GET', '/guests', { query, signal }),
  receptionLog: (query: ReceptionQuery, signal?: AbortSignal) =>
    request<Page<Reception>>('GET', '/reception-log', { query, signal }),
  missed: (query: { from?: string; to?: string }, signal?: AbortSignal) =>
    request<List<MissedCard>>('GET', '/missed-cards', { query, signal }),
  search: (q: string, signal?: AbortSignal) =>
    request<List<GuestRow>>('GET', '/guests/search', { query: { q }, signal }),
  levels: (signal?: AbortSignal) => request<List<Level>>('GET', '/guest-levels', { signal }),
  checkName: (name: string, signal?: AbortSignal) =>
    request<{ attention: GuestRow[]; known: GuestRow[] }>('GET', '/guests/name-check', { query: { name }, signal }),
  guest: (id: string | number, signal?: AbortSignal) => request<Guest>('GET', `/guests/${id}`, { signal }),
  create: (fields: GuestFields & { stage: string; documents: NewDocument[] }) =>
    request<Guest>('POST', '/guests', { body: fields }),
  change: (id: number, fields: GuestFields & { version: number }) =>
    request<Guest>('PUT', `/guests/${id}`, { body: fields }),
  history: (id: number, query: { limit?: number; after?: string }, signal?: AbortSignal) =>
    request<Page<Happening>>('GET', `/guests/${id}/history`, { query, signal }),
  addDocument: (id: number, paper: NewDocument) => request<Guest>('POST', `/guests/${id}/documents`, { body: paper }),
  removeDocument: (id: number) => request<void>('DELETE', `/guest-documents/${id}`),
  reveal: (id: number) => request<{ number: string }>('POST', `/guest-documents/${id}/reveal`),

  contact: (id: number, made: { channel: string; side: string; note: string }) =>
    request<Guest>('POST', `/guests/${id}/contacts`, { body: made }),
  check: (id: number, remark: string) => request<Guest>('POST', `/guests/${id}/check`, { body: { remark } }),
  review: (id: number) => request<Guest>('POST', `/guests/${id}/review`),
  convert: (id: number) => request<Guest>('POST', `/guests/${id}/conversion`),
  claims: (id: number, signal?: AbortSignal) => request<List<Claim>>('GET', `/guests/${id}/claims`, { signal }),
  claim: (id: number, side: string, note: string) =>
    request<List<Claim>>('POST', `/guests/${id}/claims`, { body: { side, note } }),
  assign: (id: number, side: string, owner_id: number | null, reason: string) =>
    request<Guest>('PUT', `/guests/${id}/owner`, { body: { side, owner_id, reason } }),
  disputes: (signal?: AbortSignal) => request<List<Claim>>('GET', '/guest-disputes', { signal }),
  owners: (signal?: AbortSignal) => request<List<Owner>>('GET', '/guest-owners', { signal }),
  setAbility: (id: number, side: string, ability: number) =>
    request<void>('PUT', `/guest-owners/${id}`, { body: { side, ability } }),

  followUps: (query: FollowUpQuery, signal?: AbortSignal) =>
    request<Page<FollowUp>>('GET', '/follow-ups', { query, signal }),
  finish: (id: number, channel: string, note: string) =>
    request<void>('POST', `/follow-ups/${id}/done`, { body: { channel, note } }),
  drop: (id: number, reason: string) => request<void>('POST', `/follow-ups/${id}/dropped`, { body: { reason } }),

  mergePlan: (kept: number, gone_id: number, signal?: AbortSignal) =>
    request<MergePlan>('GET', `/guests/${kept}/merge-preview`, { query: { gone_id }, signal }),
  merge: (kept: number, gone_id: number, reason: string) =>
    request<Guest>('POST', `/guests/${kept}/merges`, { body: { gone_id, reason } }),
  merges: (id: number, signal?: AbortSignal) => request<List<Merge>>('GET', `/guests/${id}/merges`, { signal }),
  undoMerge: (id: number) => request<Guest>('POST', `/guest-merges/${id}/undoing`),

  imports: (signal?: AbortSignal) => request<List<GuestImport>>('GET', '/guest-imports', { signal }),
  handOver: (file: File) => request<GuestImport>('POST', '/guest-imports', { query: { name: file.name }, file }),
  runImport: (id: number) => request<GuestImport>('POST', `/guest-imports/${id}/run`),
  giveUpImport: (id: number) => request<void>('DELETE', `/guest-imports/${id}`),

  memberships: (id: number, signal?: AbortSignal) =>
    request<List<Membership>>('GET', `/guests/${id}/memberships`, { signal }),
  apply: (id: number, form: { address: string; in_person: boolean; signed: boolean }) =>
    request<List<Membership>>('POST', `/guests/${id}/memberships`, { body: form }),
  applications: (signal?: AbortSignal) => request<List<Membership>>('GET', '/memberships', { signal }),
  decide: (id: number, issue: boolean, remark: string) =>
    request<List<Membership>>('POST', `/memberships/${id}/decision`, { body: { issue, remark } }),

  sell: (membership: number, amount: number, method: string) =>
    request<Sale>('POST', `/memberships/${membership}/sales`, { body: { amount, method } }),
  openSales: (signal?: AbortSignal) =>
    request<{ items: OpenSale[]; total: number }>('GET', '/stored-value-sales', { signal }),
  reconcile: (sales: number[]) =>
    request<{ reconciled: number }>('POST', '/stored-value-sales/reconciliation', { body: { sales } }),

  companies: (q: string, signal?: AbortSignal) => request<List<Company>>('GET', '/companies', { query: { q }, signal }),
  createCompany: (fields: CompanyFields) => request<Company>('POST', '/companies', { body: fields }),
  changeCompany: (id: number, fields: CompanyFields) => request<Company>('PUT', `/companies/${id}`, { body: fields }),

  linksOfCall: (call: number, signal?: AbortSignal) =>
    request<List<CallLink>>('GET', `/calls/${call}/links`, { signal }),
  linkCall: (call: number, subject_type: string, subject_id: number, reason: string) =>
    request<List<CallLink>>('POST', `/calls/${call}/links`, { body: { subject_type, subject_id, reason } }),
  findSubjects: (q: string, signal?: AbortSignal) =>
    request<List<CallSubject>>('GET', '/call-subjects', { query: { q }, signal }),
  unlinkCall: (link: number, reason: string) =>
    request<List<CallLink>>('POST', `/call-links/${link}/removal`, { body: { reason } }),
};

export const importErrorsAddress = (id: number): string => `/api/v1/guest-imports/${id}/errors`;
