import { formatCreditNote, formatCreditNoteLine } from "../formatters/credit-notes.ts";
import { listPage } from "../http/listing.ts";
import { type Call, PAGING, type Route } from "../http/route.ts";
import {
  creditNoteOf,
  issueCreditNote,
  planCreditNote,
  voidCreditNote,
} from "../operations/credit-notes.ts";
import { emit } from "../operations/emit.ts";
import type { CreditNoteLineRow } from "../store/credit-rows.ts";
import { type Wire, wireList } from "../wire.ts";

const CREATE = `amount credit_amount effective_at email_type invoice lines memo metadata
  out_of_band_amount reason refund_amount refunds shipping_cost`;

function create({ world, params }: Call): Wire {
  return formatCreditNote(world, issueCreditNote(world, planCreditNote(world, params)));
}

/** What `create` would make; nothing is written. */
function preview({ world, params }: Call): Wire {
  const { note, lines } = planCreditNote(world, params);
  return formatCreditNote(world, note, lines);
}

function update({ world, params, id }: Call): Wire {
  const before = creditNoteOf(world, id);
  const memo = params.clearable("memo");
  const row = world.tables.credit_note.put({
    ...before,
    memo: memo === undefined ? before.memo : memo,
    metadata: params.metadata(before.metadata),
  });
  const wire = formatCreditNote(world, row);
  emit(world, "credit_note.updated", wire, formatCreditNote(world, before));
  return wire;
}

function list(call: Call): Wire {
  const { world, params } = call;
  const customer = params.text("customer");
  const invoice = params.text("invoice");
  return listPage(call, {
    table: world.tables.credit_note,
    kind: "credit_note",
    url: "/v1/credit_notes",
    bucket:
      invoice === undefined
        ? { index: "customer", value: customer }
        : { index: "invoice", value: invoice },
    where: (row) => customer === undefined || row.customer === customer,
    format: (row) => formatCreditNote(world, row),
  });
}

function previewLines(call: Call): Wire {
  return linePage(call, planCreditNote(call.world, call.params).lines, "preview");
}

function listLines(call: Call): Wire {
  const { id } = creditNoteOf(call.world, call.id);
  return linePage(call, call.world.tables.credit_note_line.by("credit_note", id), id);
}

/** Lines come in their own order, other than everything else that is listed. */
function linePage(call: Call, rows: readonly CreditNoteLineRow[], id: string): Wire {
  const after = call.params.text("starting_after");
  const start = after === undefined ? 0 : rows.findIndex((row) => row.id === after) + 1;
  const end = start + (call.params.integer("limit") ?? 10);
  const page = rows.slice(start, end).map((row) => formatCreditNoteLine(call.world, row));
  return wireList(`/v1/credit_notes/${id}/lines`, page, rows.length > end);
}

export const creditNoteRoutes: readonly Route[] = [
  { method: "POST", path: "/v1/credit_notes", accepts: CREATE, run: create },
  {
    method: "GET",
    path: "/v1/credit_notes",
    accepts: `${PAGING} created customer customer_account invoice`,
    run: list,
  },
  { method: "GET", path: "/v1/credit_notes/preview", accepts: CREATE, run: preview },
  {
    method: "GET",
    path: "/v1/credit_notes/preview/lines",
    accepts: `${CREATE} ${PAGING}`,
    run: previewLines,
  },
  {
    method: "GET",
    path: "/v1/credit_notes/:id",
    accepts: "",
    run: ({ world, id }) => formatCreditNote(world, creditNoteOf(world, id)),
  },
  { method: "POST", path: "/v1/credit_notes/:id", accepts: "memo metadata", run: update },
  { method: "GET", path: "/v1/credit_notes/:id/lines", accepts: PAGING, run: listLines },
  {
    method: "POST",
    path: "/v1/credit_notes/:id/void",
    accepts: "",
    run: ({ world, id }) => formatCreditNote(world, voidCreditNote(world, creditNoteOf(world, id))),
  },
];
