/** Connecting a caller with a guest; the room stays hidden unless it is asked for. */

import { request } from './http';

export interface FoundGuest {
  stay: number;
  name: string;
}

const call = (id: number, rest: string): string => `/calls/${id}/${rest}`;

export const connectingApi = {
  find: (id: number, name: string) =>
    request<{ items: FoundGuest[] }>('POST', call(id, 'guest-search'), { body: { name } }),
  connect: (id: number, stay: number) => request<void>('POST', call(id, 'guest-connection'), { body: { stay } }),
  reveal: (id: number, stay: number) => request<{ room: string }>('POST', call(id, 'guest-room'), { body: { stay } }),
};
