/** What this browser remembers of its desk: the phone, and the name of this tab. */

import type { PhoneKind } from '@/api/desk';

const PHONE = 'desk-phone';
const TAB = 'desk-tab';

export interface LastPhone {
  extension: string;
  kind: PhoneKind;
}

export function recallPhone(): LastPhone | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(PHONE) ?? 'null');
    return isPhone(stored) ? stored : null;
  } catch {
    return null;
  }
}

export function rememberPhone(phone: LastPhone | null): void {
  if (phone === null) localStorage.removeItem(PHONE);
  else localStorage.setItem(PHONE, JSON.stringify(phone));
}

/** A name that a reload keeps and another tab does not share. */
export function tabName(): string {
  const known = sessionStorage.getItem(TAB);
  if (known !== null && /^[0-9a-f]{16}$/.test(known)) return known;
  const made = [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  sessionStorage.setItem(TAB, made);
  return made;
}

function isPhone(stored: unknown): stored is LastPhone {
  if (typeof stored !== 'object' || stored === null) return false;
  const { extension, kind } = stored as Record<string, unknown>;
  return typeof extension === 'string' && (kind === 'browser' || kind === 'desk');
}
