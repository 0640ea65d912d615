/** Requests about change notes that one's own role is told of. */

import { request } from './http';

export interface ChangeNotice {
  id: number;
  at: string;
  by: string;
  number: string;
  booker: string;
  arrival: string;
  action: string;
  asked: string;
  agreed: boolean;
  why: string;
}

export const noticesApi = {
  waiting: (signal?: AbortSignal): Promise<{ items: ChangeNotice[] }> => request('GET', '/change-notices', { signal }),
  read: (id: number): Promise<void> => request('PUT', `/change-notices/${id}/read`),
};
