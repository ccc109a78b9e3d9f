import type { FastifyInstance } from "fastify";
import { toDecimal } from "../base/money.ts";
import { withTransaction } from "../db/index.ts";
import {
  addMatch,
  listMatches,
  type Match,
  type ProposedMatch,
  proposeMatch,
  undoMatch,
} from "../proof/index.ts";
import { noteAct } from "./acts.ts";
import {
  type MatchAnswer,
  type MatchList,
  MatchParams,
  MatchRequest,
  type ProofMatch,
  ProofParams,
  UndoMatchRequest,
} from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { requireKnownPair } from "./known-pair.ts";
import { whenOf } from "./proof.ts";
import { readInput } from "./request-input.ts";

/** `/api/pairs/:pair/proof/matches`: differences on clearing that cancel each other. */
export function registerMatches(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/pairs/:pair/proof/matches", async (request): Promise<MatchList> => {
    const { pair } = readInput(ProofParams, request.params);
    await requireKnownPair(deps, pair);
    return { matches: (await listMatches(deps.pool, pair)).map(toRow) };
  });
  app.post("/pairs/:pair/proof/matches", async (request): Promise<MatchAnswer> => {
    const { pair } = readInput(ProofParams, request.params);
    const wanted = readInput(MatchRequest, request.body);
    await requireKnownPair(deps, pair);
    const proposed = await propose(deps, pair, wanted);
    const match = wanted.dryRun ? null : await keep(deps, proposed, { pair, ...wanted });
    return {
      ...{ isDryRun: wanted.dryRun, currency: proposed.currency, match },
      findings: proposed.findings.map((one) => ({ ...one, amount: toDecimal(one.amount) })),
    };
  });
  app.post("/pairs/:pair/proof/matches/:id/undo", async (request): Promise<ProofMatch> => {
    const { pair, id } = readInput(MatchParams, request.params);
    const { by } = readInput(UndoMatchRequest, request.body);
    await requireKnownPair(deps, pair);
    return withTransaction(deps.pool, async (tx) => {
      const match = await undoMatch(tx, { pair, id, by });
      await noteAct(tx, { pair, by, act: "unmatched", words: wordsOf(match) });
      return toRow(match);
    });
  });
}

/** What the proof shows at this moment decides, not what somebody has read before. */
async function propose(
  deps: ApiDeps,
  pair: string,
  { currency, findings, ...asked }: MatchRequest,
): Promise<ProposedMatch> {
  const when = whenOf(asked);
  const proofs = await deps.proof.run(pair, { ...(when && { when }), currency });
  return proposeMatch(proofs, findings);
}

async function keep(
  { pool }: ApiDeps,
  { currency, findings }: ProposedMatch,
  { pair, by, reason }: Readonly<{ pair: string; by: string; reason: string }>,
): Promise<ProofMatch> {
  const findingIds = [...new Set(findings.map(({ id }) => id))];
  return withTransaction(pool, async (tx) => {
    const match = await addMatch(tx, { pair, currency, findingIds, by, reason });
    await noteAct(tx, { pair, by, act: "matched", words: wordsOf(match) });
    return toRow(match);
  });
}

const wordsOf = ({ id, findingIds, reason }: Match) =>
  `match ${id}: ${findingIds.join(", ")}; ${reason}`;

function toRow({ findingIds, madeAt, undoneAt, ...rest }: Match): ProofMatch {
  return {
    ...{ ...rest, findings: [...findingIds] },
    ...{ madeAt: madeAt.toISOString(), undoneAt: undoneAt?.toISOString() ?? null },
  };
}
