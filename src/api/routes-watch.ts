import * as contract from "./contract.ts";
import { type DescribedRoute, route } from "./described-route.ts";

const finding = { params: contract.NumberedParams };

/** What somebody did in SL, and what is done about it. */
export const WATCH: readonly DescribedRoute[] = [
  route(
    "GET /api/pairs/{pair}/proof/days",
    ["Proof", "How each day came out when it was last proved"],
    contract.DayProofs,
    { params: contract.ProofParams, query: contract.DayProofsQuery },
  ),
  route(
    "GET /api/pairs/{pair}/proof/matches",
    ["Proof", "Differences that cancel each other, as somebody has said"],
    contract.MatchList,
    { params: contract.ProofParams },
  ),
  route(
    "POST /api/pairs/{pair}/proof/matches",
    ["Proof", "Match differences on clearing that add up to nothing"],
    contract.MatchAnswer,
    { params: contract.ProofParams, body: contract.MatchRequest },
  ),
  route(
    "POST /api/pairs/{pair}/proof/matches/{id}/undo",
    ["Proof", "Take a match back"],
    contract.ProofMatch,
    { params: contract.MatchParams, body: contract.UndoMatchRequest },
  ),
  route(
    "GET /api/pairs/{pair}/close/{period}",
    ["Proof", "What changed in a period after it was closed"],
    contract.CloseCompared,
    { params: contract.ClosedPeriodParams },
  ),
  route(
    "GET /api/sweeps",
    ["Rows", "What Stripe is asked again, and what it found"],
    contract.SweepAnswer,
    {
      query: contract.SweepQuery,
    },
  ),
  route(
    "POST /api/pairs/{pair}/sweep",
    ["Rows", "Ask Stripe for all of it"],
    contract.SweepAnswer,
    {
      params: contract.ProofParams,
    },
  ),
  route(
    "GET /api/pairs/{pair}/watch",
    ["Proof", "What somebody changed in SL of the hub's documents"],
    contract.WatchAnswer,
    { params: contract.ProofParams, query: contract.WatchQuery },
  ),
  route("POST /api/pairs/{pair}/watch", ["Proof", "Look for it now"], contract.WatchAnswer, {
    params: contract.ProofParams,
    body: contract.WatchRequest,
  }),
  route("GET /api/watch/{id}", ["Proof", "One such change"], contract.WatchFinding, finding),
  route("POST /api/watch/{id}/accept", ["Proof", "Take it as it is"], contract.FindingAnswer, {
    ...finding,
    body: contract.AcceptFindingRequest,
  }),
  route("POST /api/watch/{id}/heal", ["Proof", "Put it right"], contract.FindingAnswer, {
    ...finding,
    body: contract.HealFindingRequest,
  }),
];
