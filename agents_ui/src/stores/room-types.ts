import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { roomsApi, type RoomType } from '@/api/rooms';
import { i18n } from '@/locales';

/** The house's room types, read once: lists name them by code. */
export const useRoomTypesStore = defineStore('room-types', () => {
  const types = shallowRef<RoomType[]>([]);
  const ofGuests = computed(() => types.value.filter((type) => type.kind === 'guest' && type.active));
  let reading: Promise<void> | null = null;

  /** Without an answer the codes stand for the names until the next page asks again. */
  function load(): void {
    reading ??= roomsApi.types().then(
      (found) => void (types.value = found.items),
      () => void (reading = null),
    );
  }

  function name(code: string): string {
    const type = types.value.find((known) => known.code === code);
    if (type === undefined) return code;
    return i18n.global.locale.value === 'zh' ? type.name_zh : type.name_en;
  }

  return { types, ofGuests, load, name };
});
