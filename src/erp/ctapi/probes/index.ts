import type { ProbeSession, ProbeSettings } from "../../port.ts";
import type { ScreenCache } from "../read-batch.ts";
import type { Site } from "../site.ts";
import { toProbe } from "./asking.ts";
import { ProbeBench } from "./bench.ts";
import { cleanUp } from "./clean-up.ts";
import { emptyBatchQuestions, serverLimitQuestion, viewQuestion } from "./empty-batches.ts";
import { heldQuestions } from "./held.ts";
import { releasedQuestions } from "./released.ts";
import { valueQuestions } from "./values.ts";

/**
 * The questions to a ctAPI site, in the order in which they share their test documents: first those
 * that book nothing, then those that release; see `ErpConnector.openProbes`.
 */
export function openProbes(site: Site, cache: ScreenCache, settings: ProbeSettings): ProbeSession {
  const bench = new ProbeBench(site, cache, settings);
  const questions = [
    viewQuestion(bench),
    serverLimitQuestion(),
    ...emptyBatchQuestions(bench),
    ...heldQuestions(bench),
    ...valueQuestions(bench),
    ...releasedQuestions(bench),
  ];
  return { probes: questions.map(toProbe), cleanUp: (signal) => cleanUp(bench, signal) };
}
