/** What the application says over HTTP and over the live socket. Instants are ISO 8601 in UTC, durations seconds. */

export type Words = { zh: string; en: string };

export type Direction = 'inbound' | 'outbound' | 'internal';
export type Answerer = 'operator' | 'system' | 'none';
export type Outcome =
  | 'open'
  | 'answered'
  | 'served_by_system'
  | 'abandoned'
  | 'call_back'
  | 'busy'
  | 'no_answer'
  | 'rejected'
  | 'unreachable'
  | 'congestion'
  | 'invalid_number'
  | 'failed';
export type LiveCallState = 'ringing' | 'system' | 'waiting' | 'talking' | 'held' | 'ended';
export type LinkStateName = 'connecting' | 'syncing' | 'up' | 'down' | 'refused';

export type Permission =
  | 'calls.read'
  | 'calls.see_numbers'
  | 'calls.link'
  | 'desk.work'
  | 'calls.mark'
  | 'calls.block'
  | 'calls.unblock'
  | 'calls.interpreter'
  | 'guests.read'
  | 'guests.see_numbers'
  | 'guests.edit'
  | 'guests.reveal'
  | 'guests.export'
  | 'guests.companies'
  | 'guests.check'
  | 'guests.merge'
  | 'guests.issue_cards'
  | 'guests.review'
  | 'guests.assign'
  | 'guests.import'
  | 'recordings.listen'
  | 'recordings.pause'
  | 'recordings.exclude'
  | 'voicemail.handle'
  | 'roster.read'
  | 'roster.plan'
  | 'handovers.work'
  | 'desk.work'
  | 'floor.watch'
  | 'floor.listen'
  | 'floor.whisper'
  | 'floor.barge'
  | 'floor.take_over'
  | 'floor.force_state'
  | 'floor.log_out'
  | 'floor.reorder'
  | 'live.read'
  | 'outbound.work'
  | 'outbound.supervise'
  | 'audit.read'
  | 'figures.read'
  | 'prompts.manage'
  | 'staff.manage'
  | 'emergencies.work'
  | 'stays.read'
  | 'stays.do_not_disturb'
  | 'stays.connect'
  | 'stays.manage'
  | 'folio.post'
  | 'folio.reverse'
  | 'messages.write'
  | 'wake_ups.write'
  | 'reservations.read'
  | 'reservations.write'
  | 'reservations.cancel'
  | 'reservations.overbook'
  | 'reservations.payments'
  | 'reservations.refund'
  | 'reservations.export'
  | 'reservations.rates'
  | 'reservations.feeds'
  | 'rooms.read'
  | 'rooms.manage'
  | 'reservations.report'
  | 'rooms.condition'
  | 'rooms.close'
  | 'guests.read';

export interface User {
  id: number | string;
  username: string;
  name: string;
  role: string;
  permissions: string[];
  /** The password was given by an administrator and must be changed before anything else. */
  must_change_password: boolean;
  second_factor: boolean;
}

/** A user as administrators see it. */
export interface Member {
  id: number;
  username: string;
  name: string;
  role: string;
  active: boolean;
  must_change_password: boolean;
  second_factor: boolean;
  created_at: string;
  seen_at: string | null;
}

export interface RoleRights {
  role: string;
  permissions: string[];
}

export interface OpenSession {
  id: string;
  user_id: number;
  username: string;
  name: string;
  created_at: string;
  used_at: string;
  address: string;
  browser: string;
  /** The session that asks. */
  own: boolean;
}

/** What a phone's authenticator must learn; `qr` is a picture as a data address. */
export interface Enrolment {
  secret: string;
  uri: string;
  qr: string;
}

export interface AuditEntry {
  id: number;
  at: string;
  user: string;
  action: string;
  subject_type: string;
  subject_id: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  note: string;
  address: string;
}

export interface Session {
  user: User;
  csrf: string;
  hotel: { name: Words; timezone: string };
  /** `ring_cadence` where a line has its own. */
  lines: { number: string; name: Words; ring_cadence?: number }[];
  queues: { id: string; name: Words }[];
  /** Seconds from the start of one ring to the start of the next. */
  ring_cadence: number;
}

export interface CallRow {
  id: number;
  direction: Direction;
  caller: string;
  line: string;
  started_at: string;
  ended_at: string | null;
  first_ring_at: string | null;
  answered_at: string | null;
  answered_by: Answerer;
  operator_answered_at: string | null;
  seconds_to_answer: number | null;
  rings_to_answer: number | null;
  seconds_to_operator: number | null;
  rings_to_operator: number | null;
  late: boolean;
  outcome: Outcome;
  hangup_cause: number | null;
  operators: string[];
  talk_seconds: number;
  recording: { id: number; seconds: number | null } | null;
  swept: boolean;
}

export interface TimelineEntry {
  at: string;
  kind: string;
  party?: string | null;
  detail?: Record<string, unknown>;
}

export interface Ring {
  operator: string;
  began_at: string;
  ended_at: string | null;
  answered: boolean;
}

export interface Transfer {
  kind: string;
  at: string;
  from_party: string;
  to_party: string;
  result: string;
}

export interface Hold {
  by: 'caller' | 'operator';
  began_at: string;
  ended_at: string | null;
}

export interface QueueWait {
  queue: string;
  began_at: string;
  position: number;
  ended_at: string | null;
}

export interface Call extends CallRow {
  node: string;
  linkedid: string;
  sip_call_id: string | null;
  timeline: TimelineEntry[];
  rings: Ring[];
  transfers: Transfer[];
  holds: Hold[];
  queue_waits: QueueWait[];
  /** Whether the recording holds silence now. */
  recording_paused: boolean;
  menu: { path: string[]; language: string; informed: boolean } | null;
}

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface FiguresRow {
  /** The start of an hour, or the number of a line. */
  key: string;
  calls: number;
  answered_by_operator: number;
  answered_by_system: number;
  abandoned: number;
  late: number;
  within_three_rings_by_person: number;
  seconds_to_answer_avg: number | null;
}

export interface Figures {
  rows: FiguresRow[];
  total: Omit<FiguresRow, 'key'>;
}

export interface LinkStatus {
  state: LinkStateName;
  since: string;
  reason: string;
}

export interface Alarm {
  code: string;
  since: string;
  params?: Record<string, unknown>;
}

export interface Status {
  link: LinkStatus;
  alarms: Alarm[];
  version: string;
  now: string;
}

export interface LiveCall {
  key: string;
  id: number | null;
  state: LiveCallState;
  direction: Direction;
  caller: string;
  line: string;
  started_at: string;
  first_ring_at: string | null;
  answered_at: string | null;
  answered_by: Answerer;
  operator_answered_at: string | null;
  operators: string[];
  ringing: string[];
  queue: { name: string; position: number; since: string } | null;
  recording: boolean;
  ended_at: string | null;
  outcome: Outcome;
}

export type LiveMessage =
  | { type: 'snapshot'; hub: string; seq: number; calls: LiveCall[]; link: LinkStatus; alarms: Alarm[] }
  | { type: 'resumed'; hub: string; seq: number }
  | { type: 'call'; seq: number; call: LiveCall }
  | { type: 'link'; seq: number; link: LinkStatus }
  | { type: 'alarms'; seq: number; alarms: Alarm[] }
  | { type: 'changed'; seq: number; subject: string }
  | { type: 'pong' };
