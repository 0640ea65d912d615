import { watch } from 'vue';
import { createI18n } from 'vue-i18n';
import type { Language } from '@/time/format';
import en from './en';
import zh from './zh';

const REMEMBERED = 'callcenter.language';

function firstLanguage(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered === 'zh' || remembered === 'en') return remembered;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage(),
  fallbackLocale: 'en',
  messages: { zh, en },
});

watch(
  i18n.global.locale,
  (language) => {
    localStorage.setItem(REMEMBERED, language);
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  },
  { immediate: true },
);
