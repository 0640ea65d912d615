/** The order of a list and the column by which it stands in groups, kept in the page's address. */

import { computed } from 'vue';
import { useRoute, useRouter } from 'vue-router';

export type Way = 'ascending' | 'descending';
export interface Ordering<Column extends string> {
  sort: Column;
  order: Way;
  group: Column | '';
}

export interface Group<Row> {
  /** What the rows have in common; null where the list stands in no groups. */
  title: string | null;
  rows: Row[];
}

/** Pressing a column's head sorts by it; pressing it again turns the order round. */
export function pressed<Column extends string>(now: Ordering<Column>, column: Column): Ordering<Column> {
  const way: Way = now.sort === column && now.order === 'ascending' ? 'descending' : 'ascending';
  // Groups stay together only while the list is sorted by them.
  return { sort: column, order: way, group: now.group === column ? column : '' };
}

/** A list in groups is sorted by what groups it, so that every group is in one place over all pages. */
export function grouped<Column extends string>(now: Ordering<Column>, column: Column | ''): Ordering<Column> {
  if (column === '') return { ...now, group: '' };
  return { sort: column, order: now.sort === column ? now.order : 'ascending', group: column };
}

/** Rows that follow each other under one title. */
export function inGroups<Row>(rows: Row[], titleOf: ((row: Row) => string) | null): Group<Row>[] {
  if (titleOf === null) return [{ title: null, rows }];
  const found: Group<Row>[] = [];
  for (const row of rows) {
    const title = titleOf(row);
    const last = found.at(-1);
    if (last?.title === title) last.rows.push(row);
    else found.push({ title, rows: [row] });
  }
  return found;
}

/** The ordering of a page's list; `columns`: those by which it can stand, `usual`: where the address says nothing. */
export function useOrdering<Column extends string>(columns: readonly Column[], usual: Column) {
  const route = useRoute();
  const router = useRouter();
  const known = (value: unknown): Column | undefined => columns.find((column) => column === value);
  const get = (): Ordering<Column> => {
    const sort: Column = known(route.query.sort) ?? usual;
    const order: Way = route.query.order === 'ascending' ? 'ascending' : 'descending';
    return { sort, order, group: route.query.group === sort ? sort : '' };
  };
  const set = ({ sort, order, group }: Ordering<Column>): void => {
    const isUsual = sort === usual && order === 'descending';
    const own = { sort: isUsual ? undefined : sort, order: isUsual ? undefined : order, group: group || undefined };
    void router.replace({ query: { ...route.query, ...own } });
  };
  return computed({ get, set });
}
