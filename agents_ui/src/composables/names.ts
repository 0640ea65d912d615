import { useI18n } from 'vue-i18n';
import type { Words } from '@/api/types';
import { useSessionStore } from '@/stores/session';

/** Names of the house's lines and queues in the language in use. */
export function useNames() {
  const { locale } = useI18n();
  const session = useSessionStore();

  const say = (words: Words): string => words[locale.value as keyof Words];

  function lineName(number: string): string {
    const line = session.session?.lines.find((known) => known.number === number);
    return line ? say(line.name) : '';
  }

  function queueName(id: string): string {
    const queue = session.session?.queues.find((known) => known.id === id);
    return queue ? say(queue.name) : id;
  }

  return { say, lineName, queueName };
}
