/** Requests about who orders how often. Amounts are in fen. */

import { request } from './http';

export interface Tracked {
  guest_id: number;
  name: string;
  company: string;
  level: string;
  sales_owner: string | null;
  last_order_at: string | null;
  recent_orders: number;
  recent_amount: number;
  former_orders: number;
  former_amount: number;
  cycle_days: number | null;
  next_at: string | null;
  is_cycle_missed: boolean;
  has_fallen: boolean;
}

export type TrackedPage = { period_days: number; items: Tracked[]; next: string | null };

export const purchasesApi = {
  list: (query: { limit?: number; after?: string }, signal?: AbortSignal) =>
    request<TrackedPage>('GET', '/purchase-tracking', { query, signal }),
};
