/** The filters of a list, kept in the page's address: shared by link, kept over reloads, undone by going back. */

import { onBeforeUnmount, shallowRef, watch, type ShallowRef } from 'vue';
import { useRoute, useRouter, type LocationQuery, type LocationQueryRaw } from 'vue-router';

/** Milliseconds after the last key before what was typed is searched for. */
const TYPING = 300;

export interface AddressFilters<Filters> {
  filters: ShallowRef<Filters>;
  /** Choose filters; what is typed is searched for when the keys rest. */
  change(chosen: Filters, isTyped: boolean): void;
  /** Read the list anew with the filters as they are. */
  read(): void;
}

/**
 * `page`: the route's name. `of` reads filters from an address, `address` writes them into one. `reload` reads
 * the list: at once, and whenever the address has other filters.
 */
export function useAddressFilters<Filters>(
  page: string,
  of: (query: LocationQuery) => Filters,
  address: (filters: Filters) => LocationQueryRaw,
  reload: (filters: Filters) => void,
): AddressFilters<Filters> {
  const route = useRoute();
  const router = useRouter();
  const filters = shallowRef(of(route.query)) as ShallowRef<Filters>;
  let typing: ReturnType<typeof setTimeout> | undefined;

  function change(chosen: Filters, isTyped: boolean): void {
    filters.value = chosen;
    clearTimeout(typing);
    typing = setTimeout(() => void router.replace({ query: address(chosen) }), isTyped ? TYPING : 0);
  }

  watch(
    () => route.query,
    (query) => {
      if (route.name !== page) return;
      filters.value = of(query);
      reload(filters.value);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => clearTimeout(typing));
  return { filters, change, read: () => reload(filters.value) };
}
