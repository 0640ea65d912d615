/** Every request that the pages make. */

import type { OpenApiDocument } from '@/openapi/document';
import { queryString, request } from './http';
import type { Call, CallRow, Figures, Page, Session, Status } from './types';

/** Which end of a list by time comes first. */
export type Order = 'newest' | 'oldest';

export type CallQuery = {
  from?: string;
  to?: string;
  line?: string;
  direction?: string;
  outcome?: string;
  answered_by?: string;
  operator?: string;
  caller?: string;
  late?: string;
  order?: Order;
  limit?: number;
  after?: string;
};

export const api = {
  signIn: (username: string, password: string, code: string) =>
    request<Session>('POST', '/session', { body: { username, password, code }, mayBeSignedOut: true }),
  session: () => request<Session>('GET', '/session', { mayBeSignedOut: true }),
  signOut: () => request<void>('DELETE', '/session', { mayBeSignedOut: true }),
  changePassword: (current: string, next: string) =>
    request<void>('PUT', '/session/password', { body: { current, new: next } }),

  calls: (query: CallQuery, signal?: AbortSignal) => request<Page<CallRow>>('GET', '/calls', { query, signal }),
  call: (id: string, signal?: AbortSignal) => request<Call>('GET', `/calls/${encodeURIComponent(id)}`, { signal }),
  pauseRecording: (callId: number) => request<void>('POST', `/calls/${callId}/recording/pause`),
  resumeRecording: (callId: number) => request<void>('POST', `/calls/${callId}/recording/resume`),
  figures: (query: { from: string; to: string; by: 'hour' | 'line' }, signal?: AbortSignal) =>
    request<Figures>('GET', '/calls/figures', { query, signal }),

  openApi: (signal?: AbortSignal) => request<OpenApiDocument>('GET', '/openapi.json', { signal }),
  status: () => request<Status>('GET', '/status'),
};

export const openApiAddress = '/api/v1/openapi.json';

export const audioAddress = (recordingId: number): string => `/api/v1/recordings/${recordingId}/audio`;

/** Where the live socket is; with the position of the last message had, what was missed since then follows. */
export function liveAddress(last: { hub: string; seq: number }): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}/api/v1/live${queryString(last.hub === '' ? {} : last)}`;
}
