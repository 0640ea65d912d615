/** Finding guest cards while something else is written. */

import { request } from './http';

export interface GuestHit {
  id: number;
  name: string;
  latin_surname: string;
  latin_given: string;
  sex: string;
  language: string;
  level: string;
  company: { name: string } | null;
  numbers: { number: string }[];
  attention_colour: string | null;
  attention_reason: string;
}

export const searchGuests = (q: string, signal?: AbortSignal): Promise<{ items: GuestHit[] }> =>
  request<{ items: GuestHit[] }>('GET', '/guests/search', { query: { q, limit: 4 }, signal });
