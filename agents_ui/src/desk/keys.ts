/** What can be done now, and with which key: only these are shown, and only these work. */

import type { DeskCallState } from '@/api/desk';

export type DeskAct =
  | 'answer'
  | 'reject'
  | 'transfer'
  | 'hold'
  | 'hang_up'
  | 'park'
  | 'mute'
  | 'resume'
  | 'complete'
  | 'swap'
  | 'conference';

/** Who calls, where exactly one guest has the number. */
export interface KnownGuest {
  id: number;
  name: string;
}

export interface DeskKey {
  key: string;
  act: DeskAct;
}

const TALKING: DeskKey[] = [
  { key: 'F4', act: 'transfer' },
  { key: 'F8', act: 'hold' },
  { key: 'F7', act: 'park' },
  { key: 'F9', act: 'hang_up' },
];
const MUTE: DeskKey = { key: 'F6', act: 'mute' };
const TAKE_BACK: DeskKey = { key: 'Escape', act: 'resume' };

/** `inBrowser`: the telephone is this page, which then can answer, refuse and mute. */
export function keysOf(state: DeskCallState | null, inBrowser: boolean): DeskKey[] {
  switch (state) {
    case null:
      return [];
    case 'ringing':
      return inBrowser
        ? [
            { key: 'F2', act: 'answer' },
            { key: 'F9', act: 'reject' },
          ]
        : [];
    case 'calling':
      return [{ key: 'F9', act: 'hang_up' }];
    case 'talking':
      return inBrowser ? [...TALKING, MUTE] : TALKING;
    case 'holding':
      return [
        { key: 'F8', act: 'resume' },
        { key: 'F4', act: 'transfer' },
      ];
    case 'asking':
      return [TAKE_BACK, { key: 'F4', act: 'complete' }];
    case 'consulting':
      return [{ key: 'F4', act: 'complete' }, { key: 'F8', act: 'swap' }, { key: 'F7', act: 'conference' }, TAKE_BACK];
    case 'conference':
      return [
        { key: 'F4', act: 'complete' },
        { key: 'F9', act: 'hang_up' },
      ];
  }
}
