/** Requests about people, their sessions and the audit log. */

import { request } from './http';
import type { AuditEntry, Enrolment, Member, OpenSession, Page, RoleRights } from './types';

export type AuditQuery = {
  user?: string;
  action?: string;
  from?: string;
  to?: string;
  limit?: number;
  after?: string;
};

type List<Item> = { items: Item[] };

export const staffApi = {
  users: (signal?: AbortSignal) => request<List<Member>>('GET', '/users', { signal }),
  createUser: (user: { username: string; name: string; role: string }) =>
    request<{ user: Member; password: string }>('POST', '/users', { body: user }),
  changeUser: (id: number, user: { name: string; role: string; active: boolean }) =>
    request<Member>('PUT', `/users/${id}`, { body: user }),
  resetPassword: (id: number) => request<{ password: string }>('POST', `/users/${id}/password`),
  removeSecondFactorOf: (id: number) => request<void>('DELETE', `/users/${id}/second-factor`),
  roles: (signal?: AbortSignal) => request<List<RoleRights>>('GET', '/roles', { signal }),

  sessions: (signal?: AbortSignal) => request<List<OpenSession>>('GET', '/sessions', { signal }),
  revokeSession: (id: string) => request<void>('DELETE', `/sessions/${id}`),
  ownSessions: (signal?: AbortSignal) => request<List<OpenSession>>('GET', '/account/sessions', { signal }),
  revokeOwnSession: (id: string) => request<void>('DELETE', `/account/sessions/${id}`),

  beginSecondFactor: (password: string) => request<Enrolment>('POST', '/account/second-factor', { body: { password } }),
  confirmSecondFactor: (code: string) =>
    request<{ recovery_codes: string[] }>('PUT', '/account/second-factor', { body: { code } }),
  removeSecondFactor: (password: string) =>
    request<void>('POST', '/account/second-factor/removal', { body: { password } }),

  audit: (query: AuditQuery, signal?: AbortSignal) => request<Page<AuditEntry>>('GET', '/audit', { query, signal }),
};
