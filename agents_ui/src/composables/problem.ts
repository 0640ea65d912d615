import { useI18n } from 'vue-i18n';
import { Problem, UNREACHABLE } from '@/api/http';

/** Says what went wrong in the reader's language: the application's own words, or ours where it gave none. */
export function useProblemWords(): (error: unknown) => string {
  const { t } = useI18n();
  return (error) => {
    if (!(error instanceof Problem)) throw error;
    if (error.code === UNREACHABLE) return t('problem.unreachable');
    return error.detail || t('problem.other', { code: error.code });
  };
}
