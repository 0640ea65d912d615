/** Roster, chores, swaps and handovers. */

import { request } from './http';
import type { Words } from './types';

export interface Named {
  code: string;
  name: Words;
  begin: string;
  end: string;
}

export interface Person {
  id: number;
  name: string;
  role: string;
}

/** An hour of the hotel's clock, as 2026-11-23T08:00. */
export interface Shortage {
  at: string;
  planned: number;
  wanted: number;
}

export interface Need {
  at: string;
  calls: number;
  needed: number;
  planned: number;
}

export interface Roster {
  shifts: Named[];
  chores: Named[];
  people: Person[];
  entries: { user_id: number; day: string; shift: string }[];
  chore_entries: { user_id: number; day: string; chore: string }[];
  shortages: Shortage[];
  needs: Need[];
  refuses: boolean;
}

export interface Swap {
  id: number;
  user_id: number;
  other_id: number;
  day: string;
  other_day: string | null;
  note: string;
  state: 'asked' | 'agreed' | 'approved' | 'refused';
  asked_at: string;
}

export interface OpenPromise {
  id: number;
  kind: string;
  number: string;
  due_at: string;
  taken_by: string | null;
  note: string;
}

export interface OpenLost {
  number: string;
  tries: number;
  last_at: string;
  waited: number;
}

export interface Handover {
  id: number;
  shift: string;
  text: string;
  promises: OpenPromise[];
  lost: OpenLost[];
  written_by: string;
  written_at: string;
  mine: boolean;
  signed_by: string | null;
  signed_at: string | null;
}

export interface HandoverDraft {
  shifts: Named[];
  promises: OpenPromise[];
  lost: OpenLost[];
}

type List<Item> = { items: Item[] };

export const shiftsApi = {
  roster: (first: string, signal?: AbortSignal) => request<Roster>('GET', '/roster', { query: { first }, signal }),
  plan: (user_id: number, day: string, shift: string | null) =>
    request<{ shortages: Shortage[] }>('PUT', '/roster/entry', { body: { user_id, day, shift } }),
  chore: (day: string, chore: string, user_id: number | null) =>
    request<void>('PUT', '/roster/chore', { body: { day, chore, user_id } }),
  swaps: (signal?: AbortSignal) => request<List<Swap>>('GET', '/shift-swaps', { signal }),
  askSwap: (other_id: number, day: string, other_day: string | null, note: string) =>
    request<Swap>('POST', '/shift-swaps', { body: { other_id, day, other_day, note } }),
  answerSwap: (id: number, yes: boolean) => request<Swap>('POST', `/shift-swaps/${id}/answer`, { body: { yes } }),
  handovers: (signal?: AbortSignal) => request<List<Handover>>('GET', '/handovers', { signal }),
  draft: (signal?: AbortSignal) => request<HandoverDraft>('GET', '/handovers/draft', { signal }),
  write: (shift: string, text: string) => request<Handover>('POST', '/handovers', { body: { shift, text } }),
  sign: (id: number) => request<Handover>('POST', `/handovers/${id}/signature`),
};
