import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { api } from '@/api';
import { Problem } from '@/api/http';
import type { Permission, Session } from '@/api/types';

/** Who is signed in, what that person may do, and the facts of the house that every page needs. */
export const useSessionStore = defineStore('session', () => {
  const session = ref<Session | null>(null);
  const isKnown = ref(false);
  /** Why it could not be learned at the start who is signed in. */
  const failure = shallowRef<Problem | null>(null);

  const user = computed(() => session.value?.user ?? null);

  function may(permission: Permission): boolean {
    return session.value?.user.permissions.includes(permission) ?? false;
  }

  /** Learn once whether somebody is signed in; false when the application did not say. */
  async function recall(): Promise<boolean> {
    if (!isKnown.value) await check().catch(keepFailure);
    return isKnown.value;
  }

  function keepFailure(error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    failure.value = error;
  }

  /** Ask the application whether the session lives. Raises `Problem` when it does not say. */
  async function check(): Promise<void> {
    try {
      session.value = await api.session();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      session.value = null;
    }
    isKnown.value = true;
  }

  async function signIn(username: string, password: string, code: string): Promise<void> {
    session.value = await api.signIn(username, password, code);
    isKnown.value = true;
  }

  async function signOut(): Promise<void> {
    try {
      await api.signOut();
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
    }
    forget();
  }

  /** The application no longer knows us. */
  function forget(): void {
    session.value = null;
    isKnown.value = true;
  }

  return { session, user, isKnown, failure, may, recall, check, signIn, signOut, forget };
});
