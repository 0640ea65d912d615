/** What can be done with a stay: the forms for it, and what is sent. */

import { numbersOf } from './callers';
import type { Composer } from 'vue-i18n';
import { METHODS, PHONE_CLASSES, POSTED_BY_HAND, staysApi, type FolioLine, type StayDetail } from '@/api/stays';
import { Problem } from '@/api/http';
import { yuan } from '@/composables/money';
import { addDays, instantOf } from '@/time/zone';

export interface Field {
  name: string;
  label: string;
  kind: 'text' | 'lines' | 'money' | 'number' | 'day' | 'clock' | 'choice' | 'check';
  value: string | boolean;
  isOptional?: boolean;
  /** What is said when nothing was entered. */
  missing?: string;
  choices?: { value: string; label: string }[];
}

/** A form to fill in, and what it does. */
export interface Deed {
  title: string;
  confirm: string;
  fields: Field[];
  send: (values: Record<string, unknown>) => Promise<void>;
}

type Words = Composer['t'];

/** Everything that a form needs to know: the words, the stay, the hotel's zone and day. */
export interface Around {
  t: Words;
  stay: StayDetail;
  zone: string;
  today: string;
}

const reason = (t: Words): Field => ({
  name: 'reason',
  label: t('stays.dialog.reason'),
  kind: 'text',
  value: '',
  missing: t('stays.dialog.reasonMissing'),
});

/** The stay of who is registered in a room; says so where nobody is. */
async function stayIn(room: unknown, t: Words): Promise<number> {
  const found = await staysApi.list({ state: 'in_house', room: String(room), limit: 1 });
  const [first] = found.items;
  if (first === undefined) throw new Problem(404, 'not_found', t('stays.dialog.noSuchRoom', { room: String(room) }));
  return first.id;
}

const roomField = (label: string): Field => ({ name: 'room', label, kind: 'text', value: '' });

export const deeds = {
  extend: ({ t, stay, today }: Around): Deed => ({
    title: t('stays.dialog.extend'),
    confirm: t('stays.do.extend'),
    fields: [
      {
        name: 'until',
        label: t('stays.dialog.until'),
        kind: 'day',
        value: addDays(stay.departure > today ? stay.departure : today, 1),
      },
    ],
    send: async ({ until }) => void (await staysApi.extend(stay.id, String(until))),
  }),

  move: ({ t, stay }: Around): Deed => ({
    title: t('stays.dialog.move'),
    confirm: t('stays.do.move'),
    fields: [
      roomField(t('stays.dialog.newRoom')),
      { name: 'price', label: t('stays.dialog.newPrice'), kind: 'money', value: '', isOptional: true },
      ...(stay.stay_type === 'shared'
        ? [{ name: 'bed', label: t('stays.form.bed'), kind: 'number' as const, value: '1' }]
        : []),
      reason(t),
    ],
    send: async (values) => void (await staysApi.move(stay.id, values)),
  }),

  /** From the room chart: at the same price (requirements 4). */
  moveAtSamePrice: (around: Around): Deed => {
    const made = deeds.move(around);
    return {
      ...made,
      title: around.t('stays.dialog.moveSamePrice', { room: around.stay.room }),
      fields: made.fields.filter((field) => field.name !== 'price'),
    };
  },

  overnight: ({ t, stay, today }: Around): Deed => ({
    title: t('stays.dialog.overnight'),
    confirm: t('stays.do.overnight'),
    fields: [
      { name: 'price', label: t('stays.dialog.finalPrice'), kind: 'money', value: '' },
      { name: 'until', label: t('stays.dialog.until'), kind: 'day', value: addDays(today, 1) },
      reason(t),
    ],
    send: async (values) => void (await staysApi.overnight(stay.id, values)),
  }),

  edit: ({ t, stay }: Around): Deed => ({
    title: t('stays.dialog.edit'),
    confirm: t('action.save'),
    fields: [
      {
        name: 'phone_class',
        label: t('stays.phone'),
        kind: 'choice',
        value: stay.phone_class,
        choices: PHONE_CLASSES.map((value) => ({ value, label: t(`stays.phoneClass.${value}`) })),
      },
      { name: 'price', label: t('stays.price'), kind: 'money', value: (stay.price / 100).toFixed(2) },
      { name: 'reason', label: t('stays.form.reason'), kind: 'text', value: '', isOptional: true },
      { name: 'breakfasts', label: t('stays.form.breakfasts'), kind: 'number', value: String(stay.breakfasts) },
      { name: 'extra_beds', label: t('stays.form.extraBeds'), kind: 'number', value: String(stay.extra_beds) },
      { name: 'alias', label: t('stays.form.alias'), kind: 'text', value: stay.alias, isOptional: true },
      {
        name: 'allowed',
        label: t('stays.form.allowedHint'),
        kind: 'text',
        value: stay.allowed_callers.join(' '),
        isOptional: true,
      },
      { name: 'note', label: t('stays.form.note'), kind: 'lines', value: stay.note, isOptional: true },
      { name: 'confidential', label: t('stays.confidential'), kind: 'check', value: stay.confidential },
    ],
    send: async (values) => {
      const { price, allowed, ...rest } = values;
      const changed = price === stay.price ? rest : { ...rest, price };
      await staysApi.change(stay.id, {
        ...changed,
        reason: values.reason ?? '',
        alias: values.alias ?? '',
        allowed_callers: numbersOf(String(allowed ?? '')),
        note: values.note ?? '',
      });
    },
  }),

  link: ({ t, stay }: Around): Deed => ({
    title: t('stays.dialog.link'),
    confirm: t('stays.do.link'),
    fields: [roomField(t('stays.room'))],
    send: async ({ room }) => void (await staysApi.link(stay.id, await stayIn(room, t))),
  }),

  group: ({ t, stay }: Around): Deed => ({
    title: t('stays.dialog.group'),
    confirm: t('action.save'),
    fields: [
      {
        name: 'group',
        label: t('stays.dialog.groupNumber'),
        kind: 'text',
        value: stay.group ?? '',
        isOptional: true,
      },
      reason(t),
    ],
    send: async (values) => void (await staysApi.setGroup(stay.id, values)),
  }),

  commission: ({ t, stay }: Around): Deed => ({
    title: t('stays.dialog.commission'),
    confirm: t('action.save'),
    fields: [
      { name: 'amount', label: t('stays.dialog.amount'), kind: 'money', value: (stay.commission / 100).toFixed(2) },
      { name: 'since', label: t('stays.dialog.since'), kind: 'day', value: stay.arrival },
      reason(t),
    ],
    send: async (values) => void (await staysApi.setCommission(stay.id, values)),
  }),

  revoke: ({ t, stay }: Around): Deed => ({
    title: t('stays.dialog.revoke', { room: stay.room }),
    confirm: t('stays.do.revoke'),
    fields: [reason(t)],
    send: async (values) => void (await staysApi.revokeCheckOut(stay.id, String(values.reason))),
  }),

  /** A charge by hand, or money received: `kind` is chosen beforehand. */
  post: ({ t, stay }: Around, kind: 'payment' | 'service'): Deed => ({
    title: kind === 'payment' ? t('stays.folio.pay') : t('stays.folio.post'),
    confirm: kind === 'payment' ? t('stays.folio.pay') : t('stays.folio.post'),
    fields: [
      {
        name: 'kind',
        label: t('stays.folio.kind'),
        kind: 'choice',
        value: kind,
        choices: POSTED_BY_HAND.map((value) => ({ value, label: t(`stays.kind.${value}`) })),
      },
      {
        name: 'amount',
        label: t('stays.folio.amount'),
        kind: 'money',
        value: kind === 'payment' && stay.balance > 0 ? (stay.balance / 100).toFixed(2) : '',
      },
      {
        name: 'method',
        label: t('stays.folio.method'),
        kind: 'choice',
        value: METHODS[0],
        choices: METHODS.map((value) => ({ value, label: t(`stays.method.${value}`) })),
      },
      { name: 'text', label: t('stays.folio.text'), kind: 'text', value: '', isOptional: true },
    ],
    send: async (values) => {
      const isMoney = values.kind === 'payment' || values.kind === 'refund';
      await staysApi.post(stay.id, { ...values, method: isMoney ? values.method : null, text: values.text ?? '' });
    },
  }),

  editLine: ({ t }: Around, line: FolioLine): Deed => ({
    title: t('stays.folio.edit'),
    confirm: t('action.save'),
    fields: [
      {
        name: 'amount',
        label: t('stays.folio.amount'),
        kind: 'money',
        value: (Math.abs(line.amount) / 100).toFixed(2),
      },
      { name: 'text', label: t('stays.folio.text'), kind: 'text', value: line.text, isOptional: true },
      reason(t),
    ],
    send: async (values) => void (await staysApi.editLine(line.id, { ...values, text: values.text ?? '' })),
  }),

  reverseLine: ({ t }: Around, line: FolioLine): Deed => ({
    title: `${t('stays.folio.reverse')} ${t(`stays.kind.${line.kind}`)} ${yuan(line.amount)}`,
    confirm: t('stays.folio.reverse'),
    fields: [reason(t)],
    send: async (values) => void (await staysApi.reverseLine(line.id, String(values.reason))),
  }),

  transferLine: ({ t }: Around, line: FolioLine): Deed => ({
    title: t('stays.folio.transferTo'),
    confirm: t('stays.folio.transfer'),
    fields: [roomField(t('stays.room')), reason(t)],
    send: async ({ room, reason: why }) =>
      void (await staysApi.transferLine(line.id, await stayIn(room, t), String(why))),
  }),

  message: ({ t, stay, zone, today }: Around): Deed => ({
    title: t('stays.message.leave'),
    confirm: t('action.save'),
    fields: [
      {
        name: 'guest',
        label: t('stays.message.for'),
        kind: 'choice',
        value: stay.guests[0] ?? '',
        choices: stay.guests.map((name) => ({ value: name, label: name })),
      },
      {
        name: 'sender',
        label: t('stays.message.sender'),
        kind: 'text',
        value: '',
        missing: t('stays.message.missing'),
      },
      { name: 'sender_phone', label: t('stays.message.phone'), kind: 'text', value: '', isOptional: true },
      {
        name: 'content',
        label: t('stays.message.content'),
        kind: 'lines',
        value: '',
        missing: t('stays.message.missing'),
      },
      { name: 'day', label: t('stays.message.remindDay'), kind: 'day', value: today },
      { name: 'time', label: t('stays.message.remindTime'), kind: 'clock', value: '', isOptional: true },
    ],
    send: async ({ day, time, ...rest }) => {
      const remind = time === null ? null : instantOf(String(day), String(time), zone).toISOString();
      await staysApi.leaveMessage(stay.id, { ...rest, sender_phone: rest.sender_phone ?? '', remind_at: remind });
    },
  }),

  quiet: ({ t, stay, zone, today }: Around): Deed => ({
    title: t('stays.quiet.set'),
    confirm: t('stays.quiet.set'),
    fields: [
      { name: 'day', label: t('stays.quiet.day'), kind: 'day', value: addDays(today, 1) },
      { name: 'time', label: t('stays.quiet.time'), kind: 'clock', value: '10:00', missing: t('stays.quiet.missing') },
    ],
    send: async ({ day, time }) =>
      void (await staysApi.setQuiet(stay.id, instantOf(String(day), String(time), zone).toISOString())),
  }),

  wakeUp: ({ t, stay, zone, today }: Around): Deed => ({
    title: t('stays.wakeUp.set'),
    confirm: t('stays.wakeUp.set'),
    fields: [
      { name: 'day', label: t('stays.wakeUp.day'), kind: 'day', value: addDays(today, 1) },
      { name: 'time', label: t('stays.wakeUp.time'), kind: 'clock', value: '', missing: t('stays.wakeUp.missing') },
    ],
    send: async ({ day, time }) =>
      void (await staysApi.wake(stay.id, instantOf(String(day), String(time), zone).toISOString())),
  }),
};
