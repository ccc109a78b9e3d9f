import type { z } from "zod";

/** One route of the server, as its description shows it. */
export type DescribedRoute = Readonly<{
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Parameters in braces, as OpenAPI has them. */
  path: string;
  tag: string;
  summary: string;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** What a success answers with, by status. A text is a media type that is no JSON. */
  answers: Readonly<Record<number, z.ZodType | string>>;
  /** Answered without the token. */
  isOpen?: true;
}>;

type Rest = Omit<DescribedRoute, "method" | "path" | "tag" | "summary" | "answers">;

/** A route by its method and path, with what it answers. */
export function route(
  named: `${DescribedRoute["method"]} ${string}`,
  [tag, summary]: readonly [string, string],
  answer: z.ZodType | string,
  rest: Rest & { status?: number } = {},
): DescribedRoute {
  const [method = "GET", path = ""] = named.split(" ");
  const { status = 200, ...described } = rest;
  // A dry run of what makes something new has made nothing.
  const answers = status === 201 ? { 200: answer, 201: answer } : { [status]: answer };
  return { method: method as DescribedRoute["method"], path, tag, summary, answers, ...described };
}
