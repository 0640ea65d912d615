import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import en from '@/locales/en';
import zh from '@/locales/zh';

function flat(messages: object, path = ''): Map<string, string> {
  const entries = Object.entries(messages).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'string' ? [[path + key, value] as const] : [...flat(value as object, `${path}${key}.`)],
  );
  return new Map(entries);
}

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();

const texts = { zh: flat(zh), en: flat(en) };

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(vue|ts)$/.test(name) && !name.startsWith('locales'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

describe('the two languages', () => {
  test('given both files when they are compared then they have the same keys', () => {
    expect([...texts.en.keys()].sort()).toEqual([...texts.zh.keys()].sort());
  });

  test.each(['zh', 'en'] as const)('given %s when its texts are read then none is empty', (language) => {
    const empty = [...texts[language]].filter(([, text]) => text.trim() === '').map(([key]) => key);
    expect(empty).toEqual([]);
  });

  test('given a text when the other language is read then it has the same placeholders', () => {
    for (const [key, text] of texts.zh)
      expect([key, placeholders(texts.en.get(key) ?? '')]).toEqual([key, placeholders(text)]);
  });

  test('given the English texts when they are read then only the name of Chinese is Chinese', () => {
    const han = [...texts.en].filter(([, text]) => /\p{Script=Han}/u.test(text)).map(([key]) => key);
    expect(han).toEqual(['language.zh']);
  });

  test('given the sources when they name a text then it exists', () => {
    const named = sources('src').flatMap((source) =>
      [...source.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1]!),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((key) => !texts.zh.has(key))).toEqual([]);
  });

  test('given a text when the sources are searched then it or its group is used', () => {
    const all = sources('src').join('\n');
    const isUsed = (key: string): boolean =>
      all.includes(`'${key}'`) ||
      all.includes(`\`${key.slice(0, key.lastIndexOf('.') + 1)}\${`) ||
      /^threeRings\.\w+At(Once)?$/.test(key);
    const groups = ['direction', 'outcome', 'answeredBy', 'auditAction', 'permission'];
    expect([...texts.zh.keys()].filter((key) => !isUsed(key) && !groups.includes(key.split('.')[0]!))).toEqual([]);
  });
});
