import { expect, test } from 'vitest';
import { changesOf } from '@/audit/changes';
import { ACTIONS, auditAddressOf, auditFiltersOf, auditQuery } from '@/composables/audit';
import zh from '@/locales/zh';

test('given before and after when they are compared then every field of either is there once', () => {
  expect(changesOf({ before: { role: 'operator', name: '林' }, after: { role: 'manager', active: false } })).toEqual([
    { field: 'active', before: null, after: 'false' },
    { field: 'name', before: '林', after: null },
    { field: 'role', before: 'operator', after: 'manager' },
  ]);
});

test('given an entry that changed nothing when it is compared then there is nothing', () => {
  expect(changesOf({ before: null, after: null })).toEqual([]);
});

test('given filters when they go through the address then they come back', () => {
  const filters = {
    period: { preset: 'custom' as const, from: '2026-11-01', to: '2026-11-03' },
    user: 'op1',
    action: 'user.changed',
  };
  expect(auditFiltersOf(auditAddressOf(filters) as Record<string, string>)).toEqual(filters);
});

test('given a day of the hotel when it is asked for then instants are asked for', () => {
  const filters = auditFiltersOf({ user: ' op1 ' });
  expect(auditQuery(filters, new Date('2026-11-21T04:00:00Z'), 'Asia/Shanghai')).toEqual({
    from: '2026-11-20T16:00:00.000Z',
    to: '2026-11-21T16:00:00.000Z',
    user: 'op1',
    action: undefined,
  });
});

test('given every action that is written down when it is named then there are words for it', () => {
  const words = zh.auditAction as Record<string, Record<string, string>>;
  for (const action of ACTIONS) {
    const [subject, verb] = action.split('.') as [string, string];
    expect([action, words[subject]?.[verb]]).toEqual([action, expect.any(String)]);
  }
});
