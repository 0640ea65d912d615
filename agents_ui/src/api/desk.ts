/** The desk's phones. */

import { queryString, request } from './http';

export type PhoneKind = 'browser' | 'desk';

/** What a browser registers with at the exchange; for this session only. */
export interface PhoneAccount {
  address: string;
  username: string;
  password: string;
}

export interface DeskPhone {
  extension: string;
  kind: PhoneKind;
  account: PhoneAccount | null;
}

export interface PhoneRow {
  extension: string;
  taken_by: string | null;
  mine: boolean;
}

export interface PhoneWish {
  extension: string;
  kind: PhoneKind;
  tab: string;
  take_over: boolean;
}

export const deskApi = {
  phones: (signal?: AbortSignal) => request<{ items: PhoneRow[] }>('GET', '/desk/phones', { signal }),
  takePhone: (wish: PhoneWish) => request<DeskPhone>('POST', '/desk/phone', { body: wish }),
  givePhoneBack: () => request<void>('DELETE', '/desk/phone'),
};

/** Where the desk's page is heard. */
export const lineAddress = (tab: string): string => socketAddress('line', tab);

/** A browser's way to the exchange. */
export const sipAddress = (tab: string): string => socketAddress('sip', tab);

function socketAddress(name: string, tab: string): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}/api/v1/desk/${name}${queryString({ tab })}`;
}
