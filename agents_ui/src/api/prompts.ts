/** Requests about what callers hear. */

import { request, upload } from './http';

export const LANGUAGES = ['zh', 'en'] as const;
export type PromptLanguage = (typeof LANGUAGES)[number];

export interface PromptSound {
  id: string;
  text: string;
  /** Of the shipped recording; null without one. */
  seconds: number | null;
  /** The shipped recording says another text than `text`: it was rendered for another house. */
  outdated: boolean;
  own_seconds: number | null;
  own_changed_at: string | null;
  /** Why the house's own file is not heard; empty if it is. */
  unusable: string;
}

export interface Prompt {
  name: string;
  piece: boolean;
  used_by: string[];
  zh: PromptSound | null;
  en: PromptSound | null;
}

export type PromptSource = 'own' | 'shipped';

export const promptsApi = {
  list: (signal?: AbortSignal) => request<{ prompts: Prompt[] }>('GET', '/prompts', { signal }),
  record: (id: string, file: Blob, progress: (part: number) => void) => upload(`/prompts/${id}/own`, file, progress),
  remove: (id: string) => request<void>('DELETE', `/prompts/${id}/own`),
};

/** `changed` makes the browser fetch a recording that was replaced. */
export function soundAddress(id: string, source: PromptSource, changed: string): string {
  return `/api/v1/prompts/${id}/audio?source=${source}#${encodeURIComponent(changed)}`;
}

/** Whether callers miss this sound: nothing recorded, or the house's file is no sound. */
export function isMissing(sound: PromptSound): boolean {
  return sound.own_seconds === null && (sound.seconds === null || sound.unusable !== '');
}
