import { computed, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';

/** Names languages (ISO 639) in the language in use; one that nobody knows is named as it is written. */
export function useLanguageNames(): ComputedRef<(code: string) => string> {
  const { locale } = useI18n();
  return computed(() => {
    const names = new Intl.DisplayNames([locale.value === 'zh' ? 'zh-CN' : 'en'], { type: 'language' });
    return (code) => names.of(code) ?? code;
  });
}
