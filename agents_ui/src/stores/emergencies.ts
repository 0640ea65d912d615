import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { emergenciesApi, type Emergency } from '@/api/emergencies';

/** The emergencies that are open now: every page shows them. */
export const useEmergencyStore = defineStore('emergencies', () => {
  const all = shallowRef<Emergency[]>([]);
  const isRaising = ref(false);
  const open = computed(() => all.value.filter((one) => one.closed_at === null));

  /** Looks again; without an answer what was shown stays, and the next look is due. */
  async function look(): Promise<void> {
    try {
      all.value = (await emergenciesApi.list()).items;
    } catch {
      return;
    }
  }

  return { open, isRaising, look };
});
