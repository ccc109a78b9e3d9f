import * as contract from "./contract.ts";
import { type DescribedRoute, route } from "./described-route.ts";

const pair = { params: contract.PairParams };

/** What begins a pair: opening entries, and walks through past days. */
export const GOLIVE_ROUTES: readonly DescribedRoute[] = [
  route(
    "GET /api/pairs/{pair}/golive",
    ["Pairs", "What straddles the start, with opening entries"],
    contract.GoliveAnswer,
    pair,
  ),
  route(
    "GET /api/pairs/{pair}/golive/progress",
    ["Pairs", "How far such a look has come"],
    contract.GoliveProgress,
    pair,
  ),
  route(
    "POST /api/pairs/{pair}/golive",
    ["Pairs", "Confirm opening entries, to be booked"],
    contract.GoliveAnswer,
    { ...pair, body: contract.GoliveRequest },
  ),
  route(
    "POST /api/pairs/{pair}/backfill",
    ["Pairs", "Walk Stripe through past days"],
    contract.BackfillAnswer,
    { ...pair, body: contract.BackfillRequest, status: 201 },
  ),
  route("GET /api/pairs/{pair}/backfill", ["Pairs", "How far it is"], contract.BackfillList, pair),
  route(
    "POST /api/pairs/{pair}/backfill/steer",
    ["Pairs", "Pause, resume or cancel it"],
    contract.BackfillList,
    { ...pair, body: contract.BackfillSteerRequest },
  ),
];
