/** Requests about prices and the rules of selling: plans, seasons, single nights, ceilings. Money is in fen. */

import { request } from './http';
import type { RoomType } from './rooms';

export interface PlanPrice {
  type: string;
  /** Null: outside every season. */
  season: number | null;
  /** Digits, 1 is Monday. */
  weekdays: string;
  price: number;
}

export interface RatePlan {
  code: string;
  name_zh: string;
  name_en: string;
  breakfasts: number;
  active: boolean;
  prices: PlanPrice[];
}

/** Both days belong to it; where seasons overlap the higher rank counts. */
export interface Season {
  id: number;
  name_zh: string;
  name_en: string;
  first: string;
  last: string;
  rank: number;
}

export interface DayPrice {
  type: string;
  night: string;
  price: number;
}

export interface DayPriceWanted {
  plan?: string;
  types: string[];
  first: string;
  last: string;
  weekdays: string;
  /** Null: what the nights cost without it. */
  price: number | null;
}

/** In percent. */
export interface Ceilings {
  roles: Record<string, number>;
  items: { user_id: number; username: string; percent: number }[];
}

export type TypeWanted = Omit<RoomType, 'id' | 'code' | 'kind' | 'beds'>;

export const ratesApi = {
  changeType: (id: number, wanted: TypeWanted) => request<RoomType>('PUT', `/room-types/${id}`, { body: wanted }),
  plans: (signal?: AbortSignal) => request<{ items: RatePlan[] }>('GET', '/rate-plans', { signal }),
  setPlan: ({ code, ...plan }: RatePlan) =>
    request<void>('PUT', `/rate-plans/${encodeURIComponent(code)}`, { body: plan }),
  seasons: (signal?: AbortSignal) => request<{ items: Season[] }>('GET', '/seasons', { signal }),
  createSeason: (season: Omit<Season, 'id'>) => request<Season>('POST', '/seasons', { body: season }),
  changeSeason: ({ id, ...season }: Season) => request<Season>('PUT', `/seasons/${id}`, { body: season }),
  removeSeason: (id: number) => request<void>('DELETE', `/seasons/${id}`),
  dayPrices: (query: { from: string; to: string; plan?: string }, signal?: AbortSignal) =>
    request<{ items: DayPrice[] }>('GET', '/day-prices', { query, signal }),
  setDayPrices: (wanted: DayPriceWanted) => request<void>('PUT', '/day-prices', { body: wanted }),
  ceilings: (signal?: AbortSignal) => request<Ceilings>('GET', '/discount-ceilings', { signal }),
  setCeiling: (user: number, percent: number | null) =>
    request<void>('PUT', `/discount-ceilings/${user}`, { body: { percent } }),
  setRoleCeiling: (role: string, percent: number | null) =>
    request<void>('PUT', `/role-discount-ceilings/${encodeURIComponent(role)}`, { body: { percent } }),
};
