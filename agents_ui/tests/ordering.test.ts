import { describe, expect, it } from 'vitest';
import { grouped, inGroups, pressed, type Ordering } from '@/composables/ordering';

type Column = 'name' | 'level';
const usual: Ordering<Column> = { sort: 'name', order: 'descending', group: '' };

describe('the order of a list', () => {
  it('given another column when its head is pressed then it is sorted by it, first things first', () => {
    expect(pressed(usual, 'level')).toEqual({ sort: 'level', order: 'ascending', group: '' });
  });

  it('given the same column when its head is pressed again then the order turns round and groups stay', () => {
    const now: Ordering<Column> = { sort: 'level', order: 'ascending', group: 'level' };
    expect(pressed(now, 'level')).toEqual({ ...now, order: 'descending' });
    expect(pressed(pressed(now, 'level'), 'level')).toEqual(now);
  });

  it('given groups when sorted by another column then there are none any more', () => {
    expect(pressed({ sort: 'level', order: 'ascending', group: 'level' }, 'name').group).toBe('');
  });

  it('given a column when grouped by it then the list is sorted by it', () => {
    expect(grouped(usual, 'level')).toEqual({ sort: 'level', order: 'ascending', group: 'level' });
    expect(grouped(usual, 'name')).toEqual({ sort: 'name', order: 'descending', group: 'name' });
    expect(grouped({ ...usual, group: 'name' }, '')).toEqual(usual);
  });

  it('given rows in order when grouped then those that follow each other stand under one title', () => {
    const rows = ['ann', 'anna', 'bob'];
    expect(inGroups(rows, (row) => row[0]!)).toEqual([
      { title: 'a', rows: ['ann', 'anna'] },
      { title: 'b', rows: ['bob'] },
    ]);
    expect(inGroups(rows, null)).toEqual([{ title: null, rows }]);
  });
});
