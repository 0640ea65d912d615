import { expect, test } from 'vitest';
import { modelsOf, operationsBySlice, typeText, type OpenApiDocument } from '@/openapi/document';

const described = (operationId: string, tag: string, permission: string | null) => ({
  operationId,
  summary: `Does ${operationId}.`,
  tags: [tag],
  parameters: [],
  responses: {},
  security: [{}],
  'x-permission': permission,
});

const DOCUMENT: OpenApiDocument = {
  info: { title: 'API', version: '1', description: '' },
  paths: {
    '/calls': { get: described('list_calls', 'calls', 'calls.read') },
    '/users': { get: described('list_users', 'staff', 'staff.manage'), post: described('create_user', 'staff', null) },
  },
  components: {
    schemas: {
      Page: { type: 'object', properties: { items: { type: 'array', items: { $ref: '#/components/schemas/Row' } } } },
      Row: {
        type: 'object',
        properties: { next: { anyOf: [{ $ref: '#/components/schemas/Row' }, { type: 'null' }] } },
      },
    },
  },
};

const names = (typed: string) =>
  Object.fromEntries(
    [...operationsBySlice(DOCUMENT, typed)].map(([slice, all]) => [slice, all.map((one) => one.operationId)]),
  );

test.each([
  ['', { calls: ['list_calls'], staff: ['list_users', 'create_user'] }],
  ['users', { staff: ['list_users', 'create_user'] }],
  ['POST /users', { staff: ['create_user'] }],
  ['calls.read', { calls: ['list_calls'] }],
  ['nothing', {}],
])('given %j typed when operations are filtered then those that have every word stay', (typed, expected) => {
  expect(names(typed)).toEqual(expected);
});

test.each([
  [{ type: 'string', format: 'date-time' }, 'string (date-time)'],
  [{ anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] }, 'integer (1…) | null'],
  [{ type: 'array', items: { $ref: '#/components/schemas/Row' } }, 'Row[]'],
  [{ enum: ['hour', 'line'] }, '"hour" | "line"'],
  [{ type: 'string', minLength: 1, maxLength: 64 }, 'string (1…64 chars)'],
  [{}, 'any'],
])('given the schema %j when it is written then it is one line', (schema, text) => {
  expect(typeText(schema)).toBe(text);
});

test('given a model that refers to itself when its models are listed then each comes once', () => {
  expect(modelsOf(DOCUMENT, { $ref: '#/components/schemas/Page' })).toEqual(['Page', 'Row']);
});
