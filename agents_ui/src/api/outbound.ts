/** Call-backs and lost callers. */

import { request } from './http';

export type DueKind = 'call_back' | 'voicemail' | 'lost_caller';
export type DueState = 'open' | 'taken' | 'done' | 'withdrawn';
export type DueResult = 'reached' | 'not_reached' | 'wrong_number' | 'not_wanted';

export interface DueCall {
  id: number;
  kind: DueKind;
  number: string;
  language: string;
  line: string;
  reason: string;
  due_at: string;
  /** Since when the caller was in line. */
  place_at: string;
  created_at: string;
  state: DueState;
  taken_by: string | null;
  taken_at: string | null;
  /** Taken by the user who asks. */
  mine: boolean;
  closed_by: string | null;
  closed_at: string | null;
  outcome: DueResult | null;
  note: string;
  call_id: number | null;
}

export interface LostCaller {
  number: string;
  line: string;
  language: string;
  tries: number;
  first_at: string;
  last_at: string;
  /** In the last try. */
  waited_seconds: number;
  longest_seconds: number;
  call_id: number;
  /** The call-back that the number is owed already. */
  due_call: number | null;
}

type List<Item> = { items: Item[] };

export const outboundApi = {
  due: (signal?: AbortSignal) => request<List<DueCall>>('GET', '/due-calls', { signal }),
  closed: (signal?: AbortSignal) => request<List<DueCall>>('GET', '/due-calls/closed', { signal }),
  take: (id: number) => request<DueCall>('POST', `/due-calls/${id}/take`),
  giveBack: (id: number, note: string) => request<DueCall>('POST', `/due-calls/${id}/give-back`, { body: { note } }),
  finish: (id: number, outcome: DueResult, note: string) =>
    request<DueCall>('POST', `/due-calls/${id}/finish`, { body: { outcome, note } }),
  lost: (signal?: AbortSignal) => request<List<LostCaller>>('GET', '/lost-callers', { signal }),
  /** Take a due call and make it from the own phone. */
  dial: (id: number) => request<void>('POST', '/desk/me/call-back', { body: { due_call: id } }),
  callBack: (number: string) => request<DueCall>('POST', '/lost-callers/call-back', { body: { number } }),
};
