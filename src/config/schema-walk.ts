import { z } from "zod";
import type { SettingPath } from "./problems.ts";
import { pairSchema } from "./schema.ts";

/** The keys that the settings know at `path`; empty where the keys are free. */
export function knownKeys(path: SettingPath): readonly string[] {
  let schema: z.core.$ZodType = pairSchema;
  for (const part of path) {
    const inner = childOf(schema, part);
    if (inner === undefined) return [];
    schema = inner;
  }
  const plain = objectForm(schema);
  return plain instanceof z.ZodObject ? Object.keys(plain.shape) : [];
}

/** The paths of all settings, `*` standing for list positions and free keys. */
export function settingPaths(schema: z.core.$ZodType = pairSchema, path = ""): string[] {
  const plain = unwrap(schema);
  const here = path === "" ? [] : [path];
  const below = (key: string, inner: z.core.$ZodType) =>
    settingPaths(inner, path === "" ? key : `${path}.${key}`);
  if (plain instanceof z.ZodObject) {
    const shape = plain.shape as Record<string, z.core.$ZodType>;
    return [...here, ...Object.entries(shape).flatMap(([key, inner]) => below(key, inner))];
  }
  if (plain instanceof z.ZodRecord) return [...here, ...below("*", plain.valueType)];
  if (plain instanceof z.ZodArray) return [...here, ...below("*", plain.element)];
  if (plain instanceof z.ZodUnion) {
    const inner = plain.options.flatMap((option) => settingPaths(option as z.ZodType, path));
    return [...new Set([...here, ...inner])];
  }
  return here;
}

function childOf(schema: z.core.$ZodType, part: string | number): z.core.$ZodType | undefined {
  const plain = objectForm(schema);
  if (plain instanceof z.ZodObject) return (plain.shape as Record<string, z.ZodType>)[String(part)];
  if (plain instanceof z.ZodRecord) return plain.valueType;
  if (plain instanceof z.ZodArray) return plain.element;
  return undefined;
}

/** A union's object form, where it has one; else the schema without what wraps it. */
function objectForm(schema: z.core.$ZodType): z.core.$ZodType {
  const plain = unwrap(schema);
  if (!(plain instanceof z.ZodUnion)) return plain;
  const forms = plain.options.map((option) => unwrap(option as z.ZodType));
  return forms.find((form) => form instanceof z.ZodObject) ?? plain;
}

/** Takes off what only wraps: a section's transform, defaults, optional. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return unwrap(schema.unwrap());
  }
  return schema;
}
