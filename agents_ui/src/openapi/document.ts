/** The OpenAPI document, as far as the page shows it. */

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  description?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

type Content = Record<string, { schema?: Schema }>;

export interface Described {
  operationId: string;
  summary: string;
  tags: string[];
  parameters: { in: string; name: string; required: boolean; schema: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
  security: object[];
  'x-permission'?: string | null;
}

export interface OpenApiDocument {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

export interface Operation extends Described {
  method: string;
  path: string;
}

/** Every operation that has all of the typed words in its address, method, name or permission, by slice. */
export function operationsBySlice(document: OpenApiDocument, typed: string): Map<string, Operation[]> {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const slices = new Map<string, Operation[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const text = [method, path, described.operationId, described.summary, described['x-permission']].join(' ');
      if (!words.every((word) => text.toLowerCase().includes(word))) continue;
      const slice = described.tags[0] ?? '';
      slices.set(slice, [...(slices.get(slice) ?? []), { ...described, method: method.toUpperCase(), path }]);
    }
  }
  return slices;
}

/** The name of the model to which a schema refers; empty when it is none. */
export function modelName(schema: Schema | undefined): string {
  return schema?.$ref?.split('/').at(-1) ?? '';
}

/** A type in one line: `string (date-time) | null`, `CallRow[]`. */
export function typeText(schema: Schema): string {
  if (schema.$ref) return modelName(schema);
  if (schema.anyOf) return schema.anyOf.map(typeText).join(' | ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === 'array') return `${schema.items ? typeText(schema.items) : 'any'}[]`;
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any');
  return [type, limitsText(schema)].filter(Boolean).join(' ');
}

function limitsText(schema: Schema): string {
  const range = (least: number | undefined, most: number | undefined, unit: string): string =>
    least === undefined && most === undefined ? '' : `${least ?? ''}…${most ?? ''}${unit}`;
  const limits = [
    schema.format,
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' chars'),
    schema.pattern,
  ].filter(Boolean);
  return limits.length > 0 ? `(${limits.join(', ')})` : '';
}

/** The models that a schema needs, itself first, each once. */
export function modelsOf(document: OpenApiDocument, schema: Schema | undefined): string[] {
  const found: string[] = [];
  const visit = (part: Schema | undefined): void => {
    if (part === undefined) return;
    const name = modelName(part);
    if (name !== '' && !found.includes(name)) {
      found.push(name);
      visit(document.components.schemas[name]);
    }
    [part.items, ...(part.anyOf ?? []), ...Object.values(part.properties ?? {})].forEach(visit);
  };
  visit(schema);
  return found;
}
