/** The filters of the audit log, kept in the page's address. */

import { useI18n } from 'vue-i18n';
import type { LocationQuery, LocationQueryRaw } from 'vue-router';
import type { AuditQuery } from '@/api/staff';
import { instantsOf, type Period } from '@/time/periods';
import { periodOf, periodQuery } from './filters';

/** What the application writes down, by the names under which it does. */
export const ACTIONS = [
  'session.begun',
  'session.ended',
  'session.refused',
  'session.revoked',
  'desk.phone_taken',
  'desk.phone_given_back',
  'password.changed',
  'password.reset',
  'second_factor.added',
  'second_factor.removed',
  'user.created',
  'user.changed',
  'recording.listened',
  'recording.paused',
  'recording.resumed',
  'recording.excluded',
  'recording.included',
  'prompt.recorded',
  'prompt.removed',
  'voicemail.heard',
  'voicemail.done',
  'voicemail.reopened',
  'voicemail.number_given',
  'reservation.created',
  'reservation.changed',
  'reservation.moved',
  'reservation.confirmed',
  'reservation.unconfirmed',
  'reservation.approved',
  'reservation.cancelled',
  'reservation.deleted',
  'reservation.lapsed',
  'reservation.no_show',
  'reservation.reinstated',
  'reservation.allocated',
  'reservation.contacted',
  'reservation.cancel_asked',
  'reservation.notice_read',
  'reservation.payment',
  'reservation.guests_set',
  'reservation.checked_in',
  'reservation.checked_out',
  'reservation.check_out_revoked',
  'room.condition',
  'room.closed',
  'room.reopened',
  'room_type.changed',
  'rate_plan.set',
  'season.set',
  'season.removed',
  'day_price.set',
  'calendar_feed.created',
  'calendar_feed.revoked',
  'discount_ceiling.set',
  'roster.planned',
  'chore.planned',
  'swap.asked',
  'swap.answered',
  'handover.written',
  'handover.signed',
  'agent.signed_on',
  'agent.state_set',
  'agent.wrap_up_extended',
  'agent.forced',
  'agent.logged_out',
  'call.listened',
  'call.whispered',
  'call.barged',
  'call.taken_over',
  'call.place_changed',
  'due_call.requested',
  'due_call.taken',
  'due_call.given_back',
  'due_call.done',
  'due_call.withdrawn',
  'call.interpreter',
  'caller.marked',
  'caller.unblocked',
  'guest_call.asked',
  'guest_call.connected',
  'guest_call.revealed',
  'emergency.dialled',
  'emergency.raised',
  'emergency.kind',
  'emergency.ticked',
  'emergency.unticked',
  'emergency.noted',
  'emergency.called',
  'emergency.closed',
  'stay.checked_in',
  'stay.extended',
  'stay.moved',
  'stay.overstayed',
  'stay.changed',
  'stay.quiet_set',
  'stay.made_overnight',
  'stay.linked',
  'stay.unlinked',
  'stay.group_joined',
  'stay.group_left',
  'stay.commission_set',
  'stay.checked_out',
  'stay.check_out_revoked',
  'stay.folio_posted',
  'stay.folio_edited',
  'stay.folio_reversed',
  'stay.folio_received',
  'stay.message_left',
  'stay.message_delivered',
  'stay.message_reopened',
  'stay.wake_up_set',
  'stay.wake_up_cancelled',
  'night.closed',
  'list.exported',
  'form.printed',
  'call.linked',
  'call.unlinked',
  'guest.created',
  'guest.changed',
  'guest.document_added',
  'guest.document_removed',
  'guest.document_revealed',
  'guest.contacted',
  'guest.allocated',
  'guest.claimed',
  'guest.assigned',
  'guest.checked',
  'guest.reviewed',
  'guest.converted',
  'guest.merged',
  'guest.unmerged',
  'guest_import.handed_over',
  'guest_import.begun',
  'guest_import.done',
  'guest_import.given_up',
  'follow_up.closed',
  'owner.ability',
  'company.created',
  'company.changed',
  'membership.applied',
  'membership.issued',
  'membership.refused',
  'membership.closed',
  'stored_value.sold',
  'stored_value.reconciled',
] as const;

export interface AuditFilters {
  period: Period;
  user: string;
  action: string;
}

export function auditFiltersOf(query: LocationQuery): AuditFilters {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { period: periodOf(query), user: text(query.user), action: text(query.action) };
}

export function auditAddressOf(filters: AuditFilters): LocationQueryRaw {
  return { ...periodQuery(filters.period), user: filters.user || undefined, action: filters.action || undefined };
}

export function auditQuery(filters: AuditFilters, now: Date, zone: string): AuditQuery {
  return {
    ...instantsOf(filters.period, now, zone),
    user: filters.user.trim() || undefined,
    action: filters.action || undefined,
  };
}

/** Names actions in the language in use; one that is not known is named as the application does. */
export function useActionName(): (action: string) => string {
  const { t, te } = useI18n();
  return (action) => (te(`auditAction.${action}`) ? t(`auditAction.${action}`) : action);
}
