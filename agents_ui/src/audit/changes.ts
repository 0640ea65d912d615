/** What an entry of the audit log changed, field by field. */

import type { AuditEntry } from '@/api/types';

export interface Change {
  field: string;
  /** As text; null where there was or is nothing. */
  before: string | null;
  after: string | null;
}

export function changesOf(entry: Pick<AuditEntry, 'before' | 'after'>): Change[] {
  const before = entry.before ?? {};
  const after = entry.after ?? {};
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return fields.map((field) => ({ field, before: textOf(before[field]), after: textOf(after[field]) }));
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
