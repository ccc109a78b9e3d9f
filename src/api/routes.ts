import { z } from "zod";
import * as contract from "./contract.ts";
import { type DescribedRoute, route } from "./described-route.ts";
import { GOLIVE_ROUTES } from "./routes-golive.ts";
import { WATCH } from "./routes-watch.ts";

const id = { params: contract.NumberedParams };
const pair = { params: contract.PairParams };

const READING: readonly DescribedRoute[] = [
  route("GET /api/events", ["Events", "List Stripe's events, newest first"], contract.EventPage, {
    query: contract.EventsQuery,
  }),
  route("GET /api/events/gaps", ["Events", "What webhooks did not bring"], contract.GapsAnswer, {
    query: contract.GapsQuery,
  }),
  route("GET /api/events/{id}", ["Events", "One event with its body"], contract.EventAnswer, {
    params: contract.EventParams,
    query: contract.EventQuery,
  }),
  route(
    "GET /api/rows/unowned",
    ["Rows", "List balance transactions without a document"],
    contract.UnownedAnswer,
    { query: contract.UnownedQuery },
  ),
  route(
    "POST /api/rows/sweep",
    ["Rows", "Read balance transactions now"],
    contract.SweepRowsAnswer,
    {
      body: contract.SweepRowsRequest,
    },
  ),
  route("GET /api/runs", ["Runs", "List runs, newest first"], contract.RunPage, {
    query: contract.RunsQuery,
  }),
  route("GET /api/runs/{id}", ["Runs", "One run with its steps and sends"], contract.RunAnswer, {
    ...id,
  }),
  route("GET /api/trace/{id}", ["Trace", "The whole story of an id"], contract.Trace, {
    params: contract.TraceParams,
    query: contract.TraceQuery,
  }),
  route("GET /api/lanes", ["Pairs", "How much work each pair has"], contract.LanesAnswer, {
    query: contract.LanesQuery,
  }),
  route("GET /api/acts", ["People", "List who did what, newest first"], contract.ActPage, {
    query: contract.ActsQuery,
  }),
  route("GET /api/held", ["Runs", "List what is left alone or held"], contract.HeldPage, {
    query: contract.HeldQuery,
  }),
  route("POST /api/held/recheck", ["Runs", "Look at held orders again"], contract.RecheckAnswer, {
    body: contract.RecheckRequest,
  }),
  route("POST /api/replay", ["Runs", "Let events or lanes run again"], contract.ReplayAnswer, {
    body: contract.ReplayRequest,
  }),
];

const REVIEWS: readonly DescribedRoute[] = [
  route(
    "GET /api/customers/review",
    ["Customers", "List buyers that wait for a person"],
    contract.ReviewPage,
    { query: contract.ReviewsQuery },
  ),
  route(
    "GET /api/customers/review/{id}",
    ["Customers", "One buyer with its candidates"],
    contract.ReviewRow,
    id,
  ),
  route(
    "POST /api/customers/review/{id}/link",
    ["Customers", "Book the buyer on an SL customer"],
    contract.ReviewAnswer,
    { ...id, body: contract.ReviewLinkRequest },
  ),
  route(
    "POST /api/customers/review/{id}/create",
    ["Customers", "Have an SL customer made for the buyer"],
    contract.ReviewAnswer,
    { ...id, body: contract.ReviewCreateRequest },
  ),
];

const LINKS: readonly DescribedRoute[] = [
  route(
    "POST /api/customers/link",
    ["Customers", "Correct which SL customer a buyer is"],
    contract.LinkAnswer,
    { body: contract.LinkRequest },
  ),
];

const order = { params: contract.OrderParams, query: contract.OrderQuery };

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

function payoutFile(kind: string, summary: string, type: string): DescribedRoute {
  const input = { params: contract.PayoutParams, query: contract.PayoutFileQuery };
  const path = `GET /api/pairs/{pair}/payouts/{id}/report.${kind}` as const;
  return route(path, ["Payouts", summary], type, input);
}

const ORDERS: readonly DescribedRoute[] = [
  route("GET /api/orders", ["Orders", "List SL's orders of sales"], contract.OrderPage, {
    query: contract.OrdersQuery,
  }),
  route("GET /api/orders/{id}", ["Orders", "One with its documents"], contract.OrderAnswer, order),
  route("POST /api/orders/{id}/look", ["Orders", "Look at it now"], contract.LookAnswer, order),
  route("GET /api/disputes", ["Disputes", "List disputes"], contract.DisputePage, {
    query: contract.DisputesQuery,
  }),
  route("GET /api/waiting", ["Orders", "What waits for its release"], contract.WaitingList, {
    query: contract.WaitingQuery,
  }),
  route(
    "GET /api/pairs/{pair}/payouts/{id}",
    ["Payouts", "One by kind of row"],
    contract.PayoutAnswer,
    {
      params: contract.PayoutParams,
    },
  ),
  payoutFile("html", "The same to print", "text/html"),
  payoutFile("pdf", "To file", "application/pdf"),
  payoutFile("xlsx", "A workbook", XLSX),
  payoutFile("csv", "Its sums, to the batch", "text/csv"),
  route("GET /api/pairs/{pair}/payouts/{id}/rows", ["Payouts", "Its rows"], contract.PayoutRows, {
    params: contract.PayoutParams,
    query: contract.PayoutRowsQuery,
  }),
  route("GET /api/unapplied", ["Orders", "Money that is not applied"], contract.UnappliedList, {
    query: contract.UnappliedQuery,
  }),
  route("GET /api/alerts", ["Hub", "List the alerts"], contract.AlertsAnswer, {
    query: contract.AlertsQuery,
  }),
  route("POST /api/alerts/test", ["Hub", "Try every channel"], contract.AlertsTestAnswer),
];

const proof = { params: contract.ProofParams, query: contract.ProofQuery };
const proofFile = { params: contract.ProofParams, query: contract.ProofFileQuery };

const PROOF: readonly DescribedRoute[] = [
  route(
    "GET /api/pairs/{pair}/proof",
    ["Proof", "Stripe, the hub and SL against each other"],
    contract.ProofAnswer,
    proof,
  ),
  route("GET /api/pairs/{pair}/proof.html", ["Proof", "The same to print"], "text/html", proofFile),
  route("GET /api/pairs/{pair}/proof.pdf", ["Proof", "To sign"], "application/pdf", proofFile),
  route("GET /api/pairs/{pair}/proof.xlsx", ["Proof", "A workbook"], XLSX, proofFile),
  route("GET /api/pairs/{pair}/proof.csv", ["Proof", "Its lines"], "text/csv", proofFile),
  route(
    "GET /api/pairs/{pair}/proof/progress",
    ["Proof", "How far a proof has come"],
    contract.ProofProgress,
    { params: contract.ProofParams },
  ),
  route("GET /api/pairs/{pair}/close", ["Proof", "Periods that were closed"], contract.CloseList, {
    params: contract.ProofParams,
  }),
  route(
    "POST /api/pairs/{pair}/close",
    ["Proof", "The checklist of a period, kept when nothing is open"],
    contract.CloseAnswer,
    { params: contract.ProofParams, body: contract.CloseRequest },
  ),
];

const REVERSALS: readonly DescribedRoute[] = [
  route(
    "POST /api/reversals",
    ["Reversals", "Show what takes documents back, and ask for it"],
    contract.ReverseAnswer,
    { body: contract.ReverseRequest },
  ),
  route("GET /api/reversals", ["Reversals", "List reversals"], contract.ReversalList, {
    query: contract.ReversalsQuery,
  }),
  route("GET /api/reversals/{id}", ["Reversals", "One"], contract.ReversalRow, id),
  route(
    "POST /api/reversals/{id}/rebook",
    ["Reversals", "Book the fact again"],
    contract.RebookAnswer,
    { ...id, body: contract.RebookRequest },
  ),
  route(
    "POST /api/reversals/{id}/withdraw",
    ["Reversals", "Take back what was asked for"],
    contract.WithdrawAnswer,
    { ...id, body: contract.WithdrawRequest },
  ),
];

const lookup = { params: contract.LookupParams, query: contract.LookupQuery };

const LOOKUPS: readonly DescribedRoute[] = [
  route(
    "GET /api/pairs/{pair}/sl/customers",
    ["Look-ups", "SL customers of an e-mail address"],
    contract.CustomersLookup,
    { params: contract.CustomersParams, query: contract.CustomersQuery },
  ),
  route(
    "GET /api/pairs/{pair}/sl/customers/{id}",
    ["Look-ups", "One SL customer with terms, balance and credit"],
    contract.CustomerLookup,
    lookup,
  ),
  route(
    "GET /api/pairs/{pair}/sl/customers/{id}/invoices",
    ["Look-ups", "What an SL customer has open"],
    contract.InvoicesLookup,
    lookup,
  ),
  route(
    "GET /api/pairs/{pair}/sl/orders/{id}",
    ["Look-ups", "An SL order with its shipments"],
    contract.OrderLookup,
    lookup,
  ),
  route(
    "GET /api/pairs/{pair}/sl/items/{id}",
    ["Look-ups", "An SL item with price and quantity"],
    contract.ItemLookup,
    { params: contract.LookupParams, query: contract.ItemQuery },
  ),
  route(
    "GET /api/pairs/{pair}/sl/documents/{id}",
    ["Look-ups", "What SL holds of a Stripe object"],
    contract.DocumentsLookup,
    lookup,
  ),
];

const PARKED: readonly DescribedRoute[] = [
  route("GET /api/parked", ["Parked", "List the cases, newest first"], contract.ParkedPage, {
    query: contract.ParkedQuery,
  }),
  route("GET /api/parked/{id}", ["Parked", "One case with its history"], contract.ParkedAnswer, id),
  route("POST /api/parked/bulk", ["Parked", "One command for many cases"], contract.BulkAnswer, {
    body: contract.BulkRequest,
  }),
  route("POST /api/parked/{id}/resume", ["Parked", "Let it go on"], contract.CommandAnswer, {
    ...id,
    body: contract.ResumeRequest,
  }),
  route("POST /api/parked/{id}/dismiss", ["Parked", "Close it"], contract.CommandAnswer, {
    ...id,
    body: contract.DismissRequest,
  }),
  route("POST /api/parked/{id}/assign", ["Parked", "Give it to a person"], contract.CommandAnswer, {
    ...id,
    body: contract.AssignRequest,
  }),
  route("POST /api/parked/{id}/comment", ["Parked", "Keep words with it"], contract.CommandAnswer, {
    ...id,
    body: contract.CommentRequest,
  }),
  route("POST /api/parked/{id}/edit", ["Parked", "Change its input"], contract.EditAnswer, {
    ...id,
    body: contract.EditRequest,
  }),
];

const PAIRS: readonly DescribedRoute[] = [
  route("GET /api/pairs", ["Pairs", "List the pairs"], contract.PairList),
  route("POST /api/pairs", ["Pairs", "Add a pair"], contract.PairAnswer, {
    body: contract.PairAddRequest,
    status: 201,
  }),
  route("GET /api/pairs/{pair}", ["Pairs", "One pair, secrets masked"], contract.PairAnswer, pair),
  route("PATCH /api/pairs/{pair}", ["Pairs", "Set one setting"], contract.PairAnswer, {
    ...pair,
    body: contract.PairSetRequest,
  }),
  route("POST /api/pairs/{pair}/test", ["Pairs", "Call both sides"], contract.ChecksAnswer, pair),
  route("POST /api/pairs/{pair}/pause", ["Pairs", "Stop its work"], contract.PairStateAnswer, {
    ...pair,
    body: contract.PauseRequest,
  }),
  route("POST /api/pairs/{pair}/resume", ["Pairs", "Let it go on"], contract.PairStateAnswer, {
    ...pair,
    body: contract.UnpauseRequest,
  }),
  route("POST /api/wizard/stripe", ["Pairs", "Look at a key"], contract.WizardStripeAnswer, {
    body: contract.WizardStripeRequest,
  }),
  route("POST /api/wizard/sl", ["Pairs", "Look at an SL site"], contract.WizardSlAnswer, {
    body: contract.WizardSlRequest,
  }),
  route("POST /api/wizard/pair", ["Pairs", "Try and make a pair"], contract.WizardPairAnswer, {
    body: contract.WizardPairRequest,
  }),
  route("GET /api/config", ["Pairs", "The settings without secrets"], contract.ConfigExport),
  route("POST /api/config", ["Pairs", "Import settings as a whole"], contract.ConfigImport, {
    body: contract.ConfigImportRequest,
  }),
  route("POST /api/doctor", ["Hub", "Look for what is wrong"], contract.DoctorAnswer, {
    body: contract.DoctorRequest,
  }),
  route("GET /api/doctor/touches", ["Hub", "What is touched in SL"], contract.TouchesAnswer),
  route("POST /api/rebuild", ["Hub", "Close a gap after a restore"], contract.RebuildAnswer, {
    body: contract.RebuildRequest,
  }),
  route("GET /api/rebuild", ["Hub", "How far a rebuild has come"], contract.RebuildProgress, {
    query: contract.RebuildProgressQuery,
  }),
];

const one = { params: contract.SubscriberParams };

const SUBSCRIBERS: readonly DescribedRoute[] = [
  route("GET /api/subscribers", ["Subscribers", "List them"], contract.SubscriberList),
  route("POST /api/subscribers", ["Subscribers", "Add one"], contract.SubscriberSecret, {
    body: contract.SubscriberAddRequest,
    status: 201,
  }),
  route(
    "GET /api/subscribers/{id}",
    ["Subscribers", "One with its deliveries"],
    contract.SubscriberAnswer,
    one,
  ),
  route(
    "DELETE /api/subscribers/{id}",
    ["Subscribers", "Take it away"],
    contract.SubscriberEffects,
    { ...one, body: contract.SubscriberChangeRequest },
  ),
  route(
    "POST /api/subscribers/{id}/replay",
    ["Subscribers", "Deliver again from a position"],
    contract.SubscriberEffects,
    { ...one, body: contract.SubscriberReplayRequest },
  ),
  route(
    "POST /api/subscribers/{id}/enable",
    ["Subscribers", "Deliver again"],
    contract.SubscriberEffects,
    { ...one, body: contract.SubscriberChangeRequest },
  ),
  route(
    "POST /api/subscribers/{id}/disable",
    ["Subscribers", "Deliver no more"],
    contract.SubscriberEffects,
    { ...one, body: contract.SubscriberDisableRequest },
  ),
  route(
    "POST /api/subscribers/{id}/secret",
    ["Subscribers", "Roll its secret"],
    contract.SubscriberSecret,
    { ...one, body: contract.SubscriberChangeRequest },
  ),
  route("GET /api/stream", ["Subscribers", "Domain events as they come"], "text/event-stream", {
    query: contract.StreamQuery,
  }),
];

const HUB: readonly DescribedRoute[] = [
  route("GET /healthz", ["Hub", "The process is alive"], contract.HealthAnswer, { isOpen: true }),
  route("GET /readyz", ["Hub", "It can take webhooks and work"], contract.HealthAnswer, {
    isOpen: true,
  }),
  route("GET /metrics", ["Hub", "Metrics in Prometheus' format"], "text/plain"),
  route("GET /api/openapi.json", ["Hub", "This description"], z.record(z.string(), z.unknown())),
  route(
    "POST /webhooks/stripe/{pair}",
    ["Hub", "Stripe's webhooks, signed by Stripe"],
    contract.WebhookAnswer,
    { ...pair, isOpen: true },
  ),
];

/** Every route of the server; a test holds it against the server itself. */
export const ROUTES: readonly DescribedRoute[] = [
  ...READING,
  ...ORDERS,
  ...LOOKUPS,
  ...PROOF,
  ...GOLIVE_ROUTES,
  ...WATCH,
  ...REVERSALS,
  ...REVIEWS,
  ...LINKS,
  ...PARKED,
  ...PAIRS,
  ...SUBSCRIBERS,
  ...HUB,
];
