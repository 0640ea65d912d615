/** Requests about messages that callers left. */

import { request } from './http';
import type { Page } from './types';

export const VOICEMAIL_STATES = ['new', 'heard', 'done'] as const;

export type VoicemailState = (typeof VOICEMAIL_STATES)[number];

export interface Voicemail {
  id: number;
  call_id: number | null;
  /** Empty where the caller hid it and nobody has entered one. */
  number: string;
  line: string;
  language: string;
  left_at: string;
  seconds: number;
  state: VoicemailState;
  heard_by: string | null;
  heard_at: string | null;
  done_by: string | null;
  done_at: string | null;
  note: string;
  text: string | null;
  text_state: 'pending' | 'written' | 'nothing' | 'no_engine' | 'failed';
  due_call_id: number | null;
  due_state: string | null;
}

export interface VoicemailPage extends Page<Voicemail> {
  counts: Record<VoicemailState, number>;
}

export type VoicemailQuery = { state?: string; call?: number; limit?: number; after?: string };

export const voicemailApi = {
  messages: (query: VoicemailQuery, signal?: AbortSignal) =>
    request<VoicemailPage>('GET', '/voicemail', { query, signal }),
  message: (id: number, signal?: AbortSignal) => request<Voicemail>('GET', `/voicemail/${id}`, { signal }),
  finish: (id: number, note: string) => request<void>('POST', `/voicemail/${id}/done`, { body: { note } }),
  callBack: (id: number, number: string) => request<void>('POST', `/voicemail/${id}/call-back`, { body: { number } }),
  reopen: (id: number) => request<void>('POST', `/voicemail/${id}/reopen`),
};

export const messageAddress = (id: number): string => `/api/v1/voicemail/${id}/audio`;
