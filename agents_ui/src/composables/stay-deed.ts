import { ElMessage } from 'element-plus';
import { ref, shallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { staysApi } from '@/api/stays';
import { useProblemWords } from '@/composables/problem';
import type { Around, Deed } from '@/stays/deeds';
import { useSessionStore } from '@/stores/session';
import { dayOf } from '@/time/zone';

const NONE: Deed = { title: '', confirm: '', fields: [], send: async () => {} };

/** A form for something that is done with a stay, from wherever its room is shown; `done` is called afterwards. */
export function useStayDeed(done: () => unknown) {
  const { t } = useI18n();
  const session = useSessionStore();
  const words = useProblemWords();
  const deed = shallowRef<Deed>(NONE);
  const isOpen = ref(false);

  async function open(id: number, make: (around: Around) => Deed): Promise<void> {
    const zone = session.session?.hotel.timezone ?? 'UTC';
    try {
      const stay = await staysApi.one(String(id));
      const made = make({ t, stay, zone, today: dayOf(new Date(), zone) });
      deed.value = { ...made, send: async (values) => made.send(values).then(() => void done()) };
      isOpen.value = true;
    } catch (problem) {
      ElMessage.error(words(problem));
    }
  }

  return { deed, isOpen, open };
}
