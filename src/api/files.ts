import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";

/** The kinds of files that a report is had as, beside its JSON. */
export const FILE_KINDS = ["html", "pdf", "xlsx", "csv"] as const;
export type FileKind = (typeof FILE_KINDS)[number];

const MEDIA_TYPES: Readonly<Record<FileKind, string>> = {
  html: "text/html; charset=utf-8",
  pdf: "application/pdf",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  csv: "text/csv; charset=utf-8",
};
const NAMES: Readonly<Record<FileKind, string>> = {
  html: "Page",
  pdf: "PDF",
  xlsx: "Excel",
  csv: "CSV",
};

/** A file that is made while it is sent: whoever goes away stops it, and nothing piles up. */
export function sendFile(
  reply: FastifyReply,
  file: Readonly<{
    kind: FileKind;
    name: string;
    pieces: Iterable<string> | AsyncIterable<string | Uint8Array>;
  }>,
): FastifyReply {
  const { kind, name, pieces } = file;
  if (kind === "html") {
    // Whatever stands in the page, it loads nothing and runs nothing.
    reply.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
  } else {
    reply.header("content-disposition", `attachment; filename="${name}.${kind}"`);
  }
  return reply.type(MEDIA_TYPES[kind]).send(Readable.from(pieces));
}

/** The same report as its other files, seen from its page. */
export function fileLinks(
  name: string,
  query: Readonly<Record<string, string | undefined>>,
): readonly Readonly<{ words: string; href: string }>[] {
  const asked = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, value]],
  );
  const search = asked.length === 0 ? "" : `?${new URLSearchParams(asked).toString()}`;
  return FILE_KINDS.filter((kind) => kind !== "html").map((kind) => ({
    words: NAMES[kind],
    href: `${name}.${kind}${search}`,
  }));
}
