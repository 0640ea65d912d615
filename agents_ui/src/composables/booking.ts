import { computed, onBeforeUnmount, reactive, ref, shallowRef, watch } from 'vue';
import { useI18n } from 'vue-i18n';
import { wasAborted } from '@/api/http';
import {
  reservationsApi,
  type Booking,
  type BookingForm,
  type Note,
  type Offer,
  type TypeStock,
} from '@/api/reservations';
import {
  missingOf,
  newDraft,
  offerOf,
  stayOf,
  wantedOf,
  type BookingDraft,
  type Missing,
  type Stay,
} from '@/booking/draft';
import { fenOf } from '@/money';
import { addDays } from '@/time/zone';
import type { Language } from '@/time/format';
import { useAttentionStore } from '@/stores/attention';
import { useChanges } from './changes';
import { useProblemWords } from './problem';

/** Nights that are looked at beyond the arrival, so that another day can be offered at once. */
const SHOWN = 7;
/** Milliseconds after the last key before the house is asked. */
const TYPING = 150;

/**
 * A booking as it is written: what is free and what it costs follow every key; `save` books it, or changes the one
 * that `present` returns.
 */
export function useBooking(present: () => Booking | null = () => null) {
  const { locale } = useI18n();
  const words = useProblemWords();
  const attention = useAttentionStore();
  const form = shallowRef<BookingForm | null>(null);
  const draft = ref<BookingDraft | null>(null);
  const types = shallowRef<TypeStock[]>([]);
  const offer = shallowRef<Offer | null>(null);
  const failure = ref('');
  /** Why it could not be saved, or what of it was not. */
  const refusal = ref('');
  const isSaving = ref(false);
  const isAsking = ref(false);
  const wasTried = ref(false);
  const done = shallowRef<Booking[]>([]);

  const stay = computed<Stay | null>(() => (form.value && draft.value ? stayOf(draft.value, form.value.today) : null));
  const missing = computed<Missing[]>(() =>
    form.value && draft.value ? missingOf(draft.value, form.value, types.value, present()) : [],
  );

  let asking: AbortController | null = null;
  let asked = '';
  let typing: ReturnType<typeof setTimeout> | undefined;

  async function begin(given: Partial<BookingDraft> = {}): Promise<void> {
    try {
      form.value = await reservationsApi.form();
      draft.value = reactive({ ...newDraft(form.value, locale.value as Language), ...given });
      failure.value = refusal.value = '';
      wasTried.value = false;
      done.value = [];
      await ask();
    } catch (error) {
      failure.value = words(error);
    }
  }

  async function ask(): Promise<void> {
    const [wanted, days] = [draft.value, stay.value];
    if (wanted === null || days === null) return;
    asked = subject();
    asking?.abort();
    const mine = (asking = new AbortController());
    isAsking.value = true;
    try {
      const until = addDays(days.arrival, Math.max(SHOWN, wanted.nights));
      const query = { from: days.arrival, to: until, plan: wanted.plan || undefined };
      const [stock, priced] = await Promise.all([
        reservationsApi.availability(query, mine.signal),
        wanted.type === '' ? null : reservationsApi.offer(offerOf(wanted, days), mine.signal),
      ]);
      types.value = stock.types;
      offer.value = priced;
      failure.value = '';
    } catch (error) {
      if (wasAborted(error)) return;
      offer.value = null;
      failure.value = words(error);
    } finally {
      if (asking === mine) isAsking.value = false;
    }
  }

  /** Book it, with further rooms and the deposit; true when the booking stands. */
  async function save(note: Note = {}): Promise<boolean> {
    const [wanted, days] = [draft.value, stay.value];
    wasTried.value = true;
    refusal.value = '';
    if (wanted === null || days === null || missing.value.length > 0 || isSaving.value) return false;
    isSaving.value = true;
    try {
      const before = present();
      if (before === null) {
        const body = wantedOf(wanted, days);
        done.value = [await attention.confirmed((said) => reservationsApi.create({ ...body, attention: said }))];
        await finish(wanted);
      } else {
        const body = { ...wantedOf(wanted, days), version: before.version, ...note };
        done.value = [
          await attention.confirmed((said) => reservationsApi.change(before.number, { ...body, attention: said })),
        ];
      }
    } catch (error) {
      refusal.value = words(error);
    } finally {
      isSaving.value = false;
    }
    return done.value.length > 0;
  }

  async function finish(wanted: BookingDraft): Promise<void> {
    const first = done.value[0]!;
    const amount = fenOf(wanted.deposit);
    if (amount) {
      const body = { amount, method: wanted.method, reference: '' };
      done.value = [await reservationsApi.act(first.number, 'deposits', body)];
    }
    if (wanted.rooms > 1) {
      const copies = await reservationsApi.copies(first.number, wanted.rooms - 1);
      done.value = [...done.value, ...copies.items];
    }
  }

  /** What availability and price depend on, as text: the same is not asked twice. */
  function subject(): string {
    const now = draft.value;
    if (now === null) return '';
    const { type, arrival, nights, plan, discount, extraBeds, extraBedPrice, guestId, phone, price } = now;
    return JSON.stringify([type, arrival, nights, plan, discount, extraBeds, extraBedPrice, guestId, phone, price]);
  }

  watch(subject, (now) => {
    clearTimeout(typing);
    if (now !== asked) typing = setTimeout(() => void ask(), TYPING);
  });
  useChanges(['reservations', 'rooms'], () => void ask());
  onBeforeUnmount(() => {
    clearTimeout(typing);
    asking?.abort();
  });

  return {
    form,
    draft,
    types,
    offer,
    stay,
    missing,
    failure,
    refusal,
    isSaving,
    isAsking,
    wasTried,
    done,
    begin,
    ask,
    save,
  };
}

export type BookingAtWork = ReturnType<typeof useBooking>;
