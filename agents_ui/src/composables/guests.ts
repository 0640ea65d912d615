/** Names of what stands on guest cards, in the language in use. */

import { ref } from 'vue';
import { useI18n } from 'vue-i18n';
import { guestApi, type Level } from '@/api/guests';
import { useNames } from './names';

const levels = ref<Level[]>([]);
let asked: Promise<void> | null = null;

/** The house's levels, asked for once; `levelName` says an unknown one as it is stored. */
export function useLevels() {
  const { t } = useI18n();
  const { say } = useNames();
  asked ??= guestApi.levels().then(
    (answer) => void (levels.value = answer.items),
    () => void (asked = null),
  );

  function levelName(id: string): string {
    const known = levels.value.find((level) => level.id === id);
    return known ? say(known.name) : t('guests.unknownLevel', { level: id });
  }

  return { levels, levelName };
}
