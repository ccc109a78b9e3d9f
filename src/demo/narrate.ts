import type { Trace, TraceDocument } from "../api/contract.ts";

/** One thing that happened, told once. */
export type Line = Readonly<{ key: string; step: string; text: string; facts: object }>;

/**
 * What a trace says so far, in the order in which it happens. Each line has a key, so that whoever
 * reads the trace again and again tells every line once.
 */
export function narrate(trace: Trace): Line[] {
  const lines: Line[] = [];
  const first = trace.events[0];
  if (first !== undefined) {
    lines.push({
      key: `event ${first.id}`,
      step: "event received",
      text: `${first.type} ${first.id}, signature checked, on disk`,
      facts: { event: first.id, type: first.type },
    });
  }
  if (trace.documents.length > 0) {
    const read = trace.documents[0]?.laneKey ?? trace.id;
    lines.push({
      key: "read",
      step: "charge read",
      text: `the money as Stripe shows it now: ${read}`,
      facts: { lane: read },
    });
  }
  for (const purpose of ["customer", "invoice", "payment", "writeback"] as const) {
    const done = trace.documents.filter(
      (document) => document.purpose === purpose && document.stage === "done",
    );
    lines.push(...done.map((document) => lineOf(document)));
  }
  return lines;
}

function lineOf(document: TraceDocument): Line {
  const receipt = (document.receipt ?? {}) as Record<string, string | undefined>;
  const key = `${document.key} done`;
  const facts = { object: document.object, ...receipt };
  switch (document.purpose) {
    case "customer":
      return { key, step: "customer", text: `customer ${receipt.customerId} created in SL`, facts };
    case "invoice": {
      const text = `invoice ${receipt.refNbr} released, batch ${receipt.batNbr}`;
      return { key, step: "invoice", text, facts };
    }
    case "payment": {
      const text = `payment ${receipt.refNbr} released and applied, batch ${receipt.batNbr}`;
      return { key, step: "payment", text, facts };
    }
    default: {
      const text = `SL's numbers written to ${document.object} at Stripe`;
      return { key, step: "metadata written back", text, facts };
    }
  }
}

/** True when a run has booked all there is. */
export function isBooked(trace: Trace): boolean {
  return trace.runs.some((run) => run.outcome === "booked");
}

/** The reason why a person has to look, or undefined. */
export function parkedReason(trace: Trace): string | undefined {
  const parked = trace.parked.find((row) => row.state === "open");
  return parked === undefined ? undefined : `${parked.reason}\n  Cure: ${parked.cure}`;
}
