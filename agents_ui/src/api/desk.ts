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
  /** Seconds on hold after which the operator is reminded. */
  remind_seconds: number;
}

export interface PhoneRow {
  extension: string;
  taken_by: string | null;
  mine: boolean;
  busy: boolean;
}

export interface PhoneWish {
  extension: string;
  kind: PhoneKind;
  tab: string;
  take_over: boolean;
}

export type DeskCallState = 'ringing' | 'calling' | 'talking' | 'holding' | 'asking' | 'consulting' | 'conference';

export interface DeskParty {
  kind: 'outside' | 'staff' | 'room' | 'other';
  number: string;
  is_up: boolean;
  is_held: boolean;
}

/** What this desk's phone is in the middle of; `key` is the one of the live calls. */
export interface DeskCall {
  key: string;
  state: DeskCallState;
  parties: DeskParty[];
}

export type PlainVerb = 'hold' | 'resume' | 'swap' | 'complete' | 'conference' | 'park' | 'hang_up';
export type TargetVerb = 'consult' | 'transfer' | 'dial';

export const deskApi = {
  handle: (verb: PlainVerb) => request<void>('POST', '/desk/call', { body: { verb } }),
  handleTo: (verb: TargetVerb, target: string) => request<void>('POST', '/desk/call', { body: { verb, target } }),
  digits: (digits: string) => request<void>('POST', '/desk/call', { body: { verb: 'digits', digits } }),
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
