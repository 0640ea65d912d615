import { computed, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { useSessionStore } from '@/stores/session';
import { timeFormatter, type Language, type TimeFormatter } from '@/time/format';

/** The formatter of the language in use, in the hotel's time zone. */
export function useTimes(): ComputedRef<TimeFormatter> {
  const { locale } = useI18n();
  const session = useSessionStore();
  return computed(() => timeFormatter(locale.value as Language, session.session?.hotel.timezone ?? 'UTC'));
}
