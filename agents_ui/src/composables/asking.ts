import { ElMessage, ElMessageBox } from 'element-plus';
import { useI18n } from 'vue-i18n';
import { useProblemWords } from './problem';

/** Asks before what hurts, and tells what came of it. */
export function useAsking() {
  const { t } = useI18n();
  const problemWords = useProblemWords();

  function confirmed(question: string): Promise<boolean> {
    const options = {
      confirmButtonText: t('action.yes'),
      cancelButtonText: t('action.cancel'),
      type: 'warning' as const,
    };
    // The box rejects when it is cancelled or closed.
    return ElMessageBox.confirm(question, options).then(
      () => true,
      () => false,
    );
  }

  /** True where it was done; a refusal is shown in words. */
  async function done(act: () => Promise<unknown>, told: string): Promise<boolean> {
    try {
      await act();
    } catch (problem) {
      ElMessage.error(problemWords(problem));
      return false;
    }
    ElMessage.success(told);
    return true;
  }

  return { confirmed, done };
}
