/** Requests about rooms, their types and their condition. Prices are in fen. */

import { request } from './http';

export interface RoomType {
  id: number;
  code: string;
  name_zh: string;
  name_en: string;
  kind: 'guest' | 'meeting';
  beds: number;
  capacity: number;
  price: number;
  extra_bed_price: number;
  overbooking: number;
  active: boolean;
}

export const roomsApi = {
  types: (signal?: AbortSignal) => request<{ items: RoomType[] }>('GET', '/room-types', { signal }),
  setCondition: (number: string, condition: 'clean' | 'dirty') =>
    request<unknown>('PUT', `/rooms/${encodeURIComponent(number)}/condition`, { body: { condition } }),
  close: (outage: { rooms: string[]; first: string; until: string; reason: string }) =>
    request<unknown>('POST', '/room-outages', { body: outage }),
  reopen: (outage: number) => request<unknown>('DELETE', `/room-outages/${outage}`),
};
