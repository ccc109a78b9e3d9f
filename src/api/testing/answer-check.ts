import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describeApi } from "../index.ts";

type Operation = Readonly<{ responses: Readonly<Record<string, { content?: Content }>> }>;
type Content = Readonly<Record<string, { schema: { $ref?: string } }>>;
type Answered = Readonly<{ method: string; path: string; status: number; body: unknown }>;

const description = describeApi();
const ajv = new Ajv2020({ strict: false, formats: { "date-time": true, uri: true } });
ajv.addSchema(description, "api");
const compiled = new Map<string, ValidateFunction>();

/**
 * Holds an answer of the server against the description of its route.
 *
 * @throws where the route is not described, or the answer is not as described
 */
export function checkAnswer({ method, path, status, body }: Answered): void {
  const [bare = path] = path.split("?");
  const paths = Object.keys(description.paths);
  const route = Object.hasOwn(description.paths, bare)
    ? bare
    : paths.find((one) => fits(one, bare));
  const operation = description.paths[route ?? ""]?.[method.toLowerCase()] as Operation | undefined;
  // What there is not is answered with an error like any other.
  const responses: Operation["responses"] = operation?.responses ?? { default: ERROR };
  const described = responses[String(status)] ?? (status < 400 ? undefined : responses.default);
  const ref = described?.content?.["application/json"]?.schema.$ref;
  if (ref === undefined) throw new Error(`${method} ${bare} does not describe ${status}`);
  const validate = compiled.get(ref) ?? ajv.compile({ $ref: `api${ref}` });
  compiled.set(ref, validate);
  if (validate(body)) return;
  const problems = ajv.errorsText(validate.errors, { separator: "\n" });
  throw new Error(`${method} ${bare} ${status} is not as described:\n${problems}`);
}

const ERROR = {
  content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorAnswer" } } },
};

function fits(described: string, path: string): boolean {
  const pattern = described.replaceAll(/\{[^}]+\}/g, "[^/]+").replaceAll(".", "\\.");
  return new RegExp(`^${pattern}$`).test(path);
}
