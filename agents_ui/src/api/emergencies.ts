/** Emergencies: raising one, its checklist, its record. */

import { request } from './http';

export const EMERGENCY_KINDS = ['fire', 'medical', 'threat'] as const;
export type EmergencyKind = (typeof EMERGENCY_KINDS)[number];

export interface Emergency {
  id: number;
  place: string;
  /** What was dialled outside; empty where only our own people were alerted. */
  service: string;
  kind: EmergencyKind | null;
  raised_at: string;
  raised_by: string;
  closed_at: string | null;
  closed_by: string;
  outcome: string;
}

export interface EmergencyStep {
  step: number;
  zh: string;
  en: string;
  ticked_at: string | null;
  ticked_by: string;
}

export interface EmergencyEntry {
  id: number;
  at: string;
  by: string;
  action: 'dialled' | 'raised' | 'kind' | 'ticked' | 'unticked' | 'noted' | 'called' | 'closed';
  step: string;
  text: string;
}

export interface EmergencyDetail extends Emergency {
  occupants: { persons: number; languages: string[] } | null;
  steps: EmergencyStep[];
  responders: string[];
  record: EmergencyEntry[];
}

export const emergenciesApi = {
  list: (signal?: AbortSignal) => request<{ items: Emergency[] }>('GET', '/emergencies', { signal }),
  one: (id: number, signal?: AbortSignal) => request<EmergencyDetail>('GET', `/emergencies/${id}`, { signal }),
  raise: (place: string) => request<EmergencyDetail>('POST', '/emergencies', { body: { place } }),
  choose: (id: number, kind: EmergencyKind) =>
    request<EmergencyDetail>('PUT', `/emergencies/${id}/kind`, { body: { kind } }),
  tick: (id: number, step: number, done: boolean) =>
    request<EmergencyDetail>('POST', `/emergencies/${id}/ticks`, { body: { step, done } }),
  note: (id: number, text: string) => request<EmergencyDetail>('POST', `/emergencies/${id}/notes`, { body: { text } }),
  /** Calls the plan's responders into the conference, or these numbers. */
  call: (id: number, numbers?: string[]) =>
    request<EmergencyDetail>('POST', `/emergencies/${id}/responders`, { body: { numbers: numbers ?? null } }),
  close: (id: number, outcome: string) =>
    request<EmergencyDetail>('POST', `/emergencies/${id}/close`, { body: { outcome } }),
};
