import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { Problem } from '@/api/http';

/** Somebody of that name on the special-attention list. */
export interface Listed {
  id: number;
  name: string;
  colour: string;
  reason: string;
}

/** Asks who somebody is whose name is on the special-attention list; `AttentionDialog` shows the question. */
export const useAttentionStore = defineStore('attention', () => {
  const listed = shallowRef<Listed[]>([]);
  let settle: ((words: string) => void) | null = null;

  /**
   * Send something; where the application answers that a name is listed, ask who it is and send it again with the
   * answer. Without an answer the refusal stands.
   */
  async function confirmed<T>(send: (attention: string) => Promise<T>): Promise<T> {
    try {
      return await send('');
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== 'attention_listed') throw problem;
      const words = await ask(problem.params.listed as Listed[]);
      if (words === '') throw problem;
      return await send(words);
    }
  }

  function ask(found: Listed[]): Promise<string> {
    answer('');
    listed.value = found;
    return new Promise((resolve) => (settle = resolve));
  }

  /** What was found out; empty to save nothing. */
  function answer(words: string): void {
    listed.value = [];
    settle?.(words);
    settle = null;
  }

  return { listed, confirmed, answer };
});
