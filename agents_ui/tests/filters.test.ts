import { describe, expect, test } from 'vitest';
import { queryString } from '@/api/http';
import { addressOf, callQuery, filtersOf, isNarrowed } from '@/composables/filters';

const NOW = new Date('2026-11-21T06:00:00Z');
const ZONE = 'Asia/Shanghai';

describe('filters in the address', () => {
  test('given an address when its filters are read and written then it is the same address', () => {
    const address = {
      period: 'custom',
      from: '2026-11-01',
      to: '2026-11-03',
      line: '4001',
      outcome: 'abandoned',
      caller: '138',
      late: 'true',
    };
    expect(addressOf(filtersOf(address))).toEqual(address);
  });

  test('given nothing chosen when the address is written then it is empty', () => {
    expect(addressOf(filtersOf({}))).toEqual({});
    expect(isNarrowed(filtersOf({}))).toBe(false);
  });

  test('given a spoilt address when its filters are read then what does not fit is left out', () => {
    const filters = filtersOf({ period: 'custom', from: 'yesterday', line: ['4001', '4002'], late: '1' });
    expect(filters.period).toEqual({ preset: 'custom', from: '', to: '' });
    expect(filters.line).toBe('');
    expect(filters.late).toBe(false);
    expect(filtersOf({ period: 'century' }).period.preset).toBe('today');
  });

  test('given days beside a preset when the address is read then they do not count', () => {
    expect(filtersOf({ period: 'today', from: '2026-11-01' }).period).toEqual({ preset: 'today', from: '', to: '' });
  });
});

describe('what is asked of the application', () => {
  test('given filters when calls are asked for then only what is chosen is sent, spaces removed', () => {
    const query = callQuery(filtersOf({ caller: ' 138-0000 ', operator: '   ', late: 'true' }), NOW, ZONE);
    expect(queryString(query)).toBe(
      '?from=2026-11-20T16%3A00%3A00.000Z&to=2026-11-21T16%3A00%3A00.000Z&caller=1380000&late=true',
    );
  });

  test('given nothing to ask when the address is built then there is no question mark', () => {
    expect(queryString({ line: '', after: undefined })).toBe('');
  });
});
