/** Requests about the addresses under which calendars read arrivals. */

import { request } from './http';

export interface Feed {
  id: number;
  subscriber: string;
  /** Null: of every type. */
  type: string | null;
  created_at: string;
  created_by: string;
  revoked_at: string | null;
  revoked_by: string;
  read_at: string | null;
}

export const feedsApi = {
  list: (signal?: AbortSignal) =>
    request<{ items: Feed[]; detail: 'none' | 'booker' }>('GET', '/calendar-feeds', { signal }),
  /** The answer's `path` is told this once. */
  create: (feed: { subscriber: string; type?: string }) =>
    request<Feed & { path: string }>('POST', '/calendar-feeds', { body: feed }),
  revoke: (id: number) => request<void>('DELETE', `/calendar-feeds/${id}`),
};
