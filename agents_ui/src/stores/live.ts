import { defineStore } from 'pinia';
import { computed, reactive, ref } from 'vue';
import { api, liveAddress } from '@/api';
import type { LiveMessage } from '@/api/types';
import { LiveConnection, type ConnectionState } from '@/live/connection';
import { applyMessage, emptyState, inOrder, summaryOf } from '@/live/state';
import { useSessionStore } from './session';

/** Milliseconds for which an ended call is still shown. */
const ENDED_SHOWN = 4_000;

/** The calls in progress, the link to the exchange and the alarms, as the live socket tells them. */
export const useLiveStore = defineStore('live', () => {
  const session = useSessionStore();
  const state = reactive(emptyState());
  const connection = ref<ConnectionState>('connecting');
  const hasSnapshot = ref(false);
  /** Milliseconds by which the application's clock is ahead of this machine's. */
  const clockOffset = ref(0);

  let socket: LiveConnection | null = null;
  const removals = new Map<string, ReturnType<typeof setTimeout>>();

  const calls = computed(() => inOrder(state.calls.values()));
  const summary = computed(() => summaryOf(state.calls.values()));
  const link = computed(() => state.link);
  const alarms = computed(() => state.alarms);
  const changes = computed(() => state.changes);

  function start(): void {
    if (socket !== null) return;
    void learnClock();
    socket = new LiveConnection(() => liveAddress({ hub: state.hub, seq: state.seq }), {
      onMessage: take,
      onState: (now) => (connection.value = now),
      onFailure: () => void lookAtSession(),
    });
    socket.start();
  }

  function stop(): void {
    socket?.stop();
    socket = null;
    removals.forEach((timer) => clearTimeout(timer));
    removals.clear();
    Object.assign(state, emptyState());
    hasSnapshot.value = false;
  }

  function take(message: LiveMessage): void {
    if (applyMessage(state, message) === 'gap') {
      socket?.renew();
      return;
    }
    if (message.type === 'snapshot') hasSnapshot.value = true;
    if (message.type === 'call' && message.call.state === 'ended') removeSoon(message.call.key);
  }

  function removeSoon(key: string): void {
    clearTimeout(removals.get(key));
    const remove = (): void => {
      removals.delete(key);
      if (state.calls.get(key)?.state === 'ended') state.calls.delete(key);
    };
    removals.set(key, setTimeout(remove, ENDED_SHOWN));
  }

  async function learnClock(): Promise<void> {
    const asked = Date.now();
    // Without an answer the machine's own clock serves; the counters are then off by its error, nothing else.
    const status = await api.status().catch(() => null);
    if (status !== null) clockOffset.value = Date.parse(status.now) - (asked + Date.now()) / 2;
  }

  async function lookAtSession(): Promise<void> {
    // An application that cannot be reached says nothing about the session; the next attempt looks again.
    await session.check().catch(() => undefined);
  }

  return { calls, summary, link, alarms, changes, connection, hasSnapshot, clockOffset, start, stop };
});
