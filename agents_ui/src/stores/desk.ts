import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watchEffect } from 'vue';
import {
  deskApi,
  lineAddress,
  sipAddress,
  type DeskCall,
  type DeskPhone,
  type PhoneKind,
  type PlainVerb,
  type TargetVerb,
} from '@/api/desk';
import { Problem } from '@/api/http';
import { BrowserPhone, openMicrophone, type SoundState } from '@/desk/browser-phone';
import { DeskLine, type LineState } from '@/desk/line';
import { DeskSounds, type DeskSound } from '@/desk/sounds';
import { recallPhone, rememberPhone, tabName } from '@/desk/memory';

/** Why this desk's phone cannot ring; `none` when it can. */
export type PhoneTrouble = 'none' | 'no_phone' | 'elsewhere' | 'no_microphone' | 'line_lost' | 'not_registered';

/** The phone of this desk. It lives as long as the pages do, whichever of them is shown. */
export const useDeskStore = defineStore('desk', () => {
  const tab = tabName();
  const phone = ref<DeskPhone | null>(null);
  const isElsewhere = ref(false);
  const microphoneDenied = ref(false);
  const line = ref<LineState>('connecting');
  const isRegistered = ref(false);
  const sound = ref<SoundState>('idle');
  const caller = ref('');
  const isMuted = ref(false);
  /** What the application says that the phone is in the middle of. */
  const call = shallowRef<DeskCall | null>(null);
  const failure = shallowRef<unknown>(null);

  const sounds = new DeskSounds();
  const isForgotten = ref(false);
  let reminder: ReturnType<typeof setTimeout> | undefined;

  /** A desk telephone rings by itself. */
  const heard = computed<DeskSound>(() => {
    if (sound.value === 'ringing') return 'ring';
    return isForgotten.value && call.value?.state === 'holding' ? 'reminder' : 'none';
  });
  watchEffect(() => sounds.play(heard.value));

  let open: DeskLine | null = null;
  let browser: BrowserPhone | null = null;

  const trouble = computed<PhoneTrouble>(() => {
    if (isElsewhere.value) return 'elsewhere';
    if (phone.value === null) return 'no_phone';
    if (microphoneDenied.value) return 'no_microphone';
    if (line.value !== 'open') return 'line_lost';
    if (phone.value.kind === 'browser' && !isRegistered.value) return 'not_registered';
    return 'none';
  });

  /** Take up the phone that this desk had; without one, one is to be chosen. */
  async function start(): Promise<void> {
    const last = recallPhone();
    if (phone.value === null && !isElsewhere.value && last !== null) await take(last.extension, last.kind, false);
  }

  async function take(extension: string, kind: PhoneKind, takeOver: boolean): Promise<void> {
    failure.value = null;
    try {
      // the microphone first: a phone that cannot be talked into is not one
      const microphone = kind === 'browser' ? await microphoneOrNone() : null;
      const taken = await deskApi.takePhone({ extension, kind, tab, take_over: takeOver });
      drop(false);
      phone.value = taken;
      isElsewhere.value = false;
      rememberPhone({ extension, kind });
      openLine();
      if (taken.account !== null && microphone !== null) register(taken, microphone);
    } catch (error) {
      if (error instanceof Problem && error.code === 'desk_open_elsewhere') isElsewhere.value = true;
      else failure.value = error;
    }
  }

  /** Move the desk from another window to this one. */
  async function takeOver(): Promise<void> {
    const last = recallPhone();
    if (last !== null) await take(last.extension, last.kind, true);
  }

  async function giveBack(): Promise<void> {
    await deskApi.givePhoneBack();
    drop(false);
    phone.value = null;
    rememberPhone(null);
  }

  /** Leave everything as it is when the person signs out: the application takes the phone back. */
  function forget(): void {
    drop(true);
    phone.value = null;
  }

  async function microphoneOrNone(): Promise<MediaStream | null> {
    try {
      const opened = await openMicrophone();
      microphoneDenied.value = false;
      return opened;
    } catch {
      microphoneDenied.value = true;
      return null;
    }
  }

  function openLine(): void {
    open = new DeskLine(lineAddress(tab), {
      onState: (state) => (line.value = state),
      onElsewhere: goneElsewhere,
      onMessage: hear,
      beforeRetry: stillMine,
    });
    open.start();
  }

  function register(taken: DeskPhone, microphone: MediaStream): void {
    if (taken.account === null) return;
    browser = new BrowserPhone(taken.account, sipAddress(tab), microphone, {
      onRegistered: (registered) => (isRegistered.value = registered),
      onCall: (state, number) => {
        sound.value = state;
        caller.value = number;
        if (state === 'idle') isMuted.value = false;
      },
      onMicrophoneLost: () => {
        microphoneDenied.value = true;
        drop(true);
        openLine();
      },
    });
    browser.start();
  }

  /** The application may have been started anew: it is asked for the same phone before the line is tried again. */
  async function stillMine(): Promise<boolean> {
    if (phone.value === null) return false;
    const { extension, kind } = phone.value;
    try {
      await deskApi.takePhone({ extension, kind, tab, take_over: false });
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === 'desk_open_elsewhere' || error.code === 'desk_phone_taken') goneElsewhere();
      // whatever else is wrong may pass
      return error.status !== 401 && !isElsewhere.value;
    }
  }

  function goneElsewhere(): void {
    drop(true);
    isElsewhere.value = true;
  }

  function drop(leave: boolean): void {
    open?.stop();
    open = null;
    browser?.stop(leave);
    browser = null;
    isRegistered.value = false;
    sound.value = 'idle';
    call.value = null;
    line.value = 'connecting';
  }

  function hear(message: unknown): void {
    const told = message as { type: string; call: DeskCall | null };
    if (told.type !== 'call') return;
    if (told.call?.state === 'holding' && call.value?.state !== 'holding') remindLater();
    call.value = told.call;
  }

  function remindLater(): void {
    clearTimeout(reminder);
    isForgotten.value = false;
    reminder = setTimeout(() => (isForgotten.value = true), (phone.value?.remind_seconds ?? 0) * 1000);
  }

  const answer = (): void => browser?.answer();
  const reject = (): void => browser?.reject();

  /** Without the application the page itself still hangs up. */
  async function hangUp(): Promise<void> {
    if (line.value === 'open' && call.value !== null) await handle('hang_up');
    else browser?.hangUp();
  }

  async function handle(verb: PlainVerb): Promise<void> {
    await attempt(deskApi.handle(verb));
  }

  async function handleTo(verb: TargetVerb, target: string): Promise<void> {
    await attempt(deskApi.handleTo(verb, target));
  }

  /** A browser calls by itself; a desk telephone is rung first. */
  async function dial(number: string): Promise<void> {
    if (browser !== null) browser.call(number);
    else await handleTo('dial', number);
  }

  async function attempt(asked: Promise<void>): Promise<void> {
    failure.value = null;
    try {
      await asked;
    } catch (error) {
      failure.value = error;
    }
  }

  function mute(muted: boolean): void {
    browser?.mute(muted);
    isMuted.value = muted;
  }

  return {
    phone,
    trouble,
    line,
    sound,
    caller,
    isMuted,
    call,
    failure,
    start,
    take,
    takeOver,
    giveBack,
    forget,
    answer,
    reject,
    hangUp,
    handle,
    handleTo,
    dial,
    mute,
  };
});
