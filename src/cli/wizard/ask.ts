import { autocomplete, isCancel, password, text } from "@clack/prompts";
import { HubError } from "../../base/errors.ts";

/** Something to choose, as SL or Stripe names it. */
export type Option = Readonly<{ value: string; label: string }>;

/** A question; its flag answers it as well. */
export type Question = Readonly<{
  /** Such as `--sl-url`. */
  flag: string;
  message: string;
  given: string | undefined;
  /** Taken without asking where nobody can be asked. */
  fallback?: string | undefined;
  /** What is wrong with an answer, in words that follow it. */
  check?: ((answer: string) => string | undefined) | undefined;
}>;

/** How questions are asked; without a person they are not. */
export type Asker = Readonly<{
  text(question: Question): Promise<string>;
  /** Undefined where nothing is given and it need not be. */
  optional(question: Question): Promise<string | undefined>;
  secret(question: Omit<Question, "given">): Promise<string>;
  choose(question: Question, options: readonly Option[]): Promise<string>;
}>;

const SHOWN_AT_ONCE = 10;
const output = process.stderr;

/**
 * Asks on the terminal, or with `isSilent` not at all: then flags and fallbacks answer, and
 * `secrets` are what was piped in, in order.
 *
 * @throws HubError `api.invalid` naming the flag of what is missing or wrong
 */
export function createAsker(isSilent: boolean, secrets: readonly string[] | undefined): Asker {
  const piped = [...(secrets ?? [])];
  const answered = (question: Question): string | undefined => {
    const { given, fallback, flag, check } = question;
    const answer = given ?? (isSilent ? fallback : undefined);
    if (answer === undefined) return undefined;
    const wrong = check?.(answer);
    if (wrong === undefined) return answer;
    throw new HubError("api.invalid", `${flag} "${answer}" ${wrong}`, { facts: { field: flag } });
  };
  return {
    text: async (question) => {
      const answer = answered(question);
      if (answer !== undefined) return answer;
      if (isSilent) throw missing(question);
      return asked(question, (validate) =>
        text({ message: question.message, output, validate, ...initial(question) }),
      );
    },
    optional: async (question) => {
      const answer = answered(question);
      if (answer !== undefined || isSilent) return answer === "" ? undefined : answer;
      const given = await asked({ ...question, check: undefined }, () =>
        text({ message: `${question.message} (empty for none)`, output, ...initial(question) }),
      );
      return given === "" ? undefined : given;
    },
    secret: async (question) => {
      const next = piped.shift();
      if (next !== undefined) return next;
      if (isSilent || secrets !== undefined) throw missing(question);
      return asked({ ...question, given: undefined }, (validate) =>
        password({ message: question.message, output, validate }),
      );
    },
    choose: async (question, options) => {
      const known = options.map(({ value }) => value);
      const check = (answer: string) =>
        known.length === 0 || known.includes(answer)
          ? undefined
          : `is none of: ${shortList(known)}`;
      const answer = answered({ ...question, check });
      if (answer !== undefined) return answer;
      if (isSilent) throw missing(question);
      // A site that lists nothing is told the id by hand.
      if (known.length === 0) {
        return asked(question, (validate) => text({ message: question.message, output, validate }));
      }
      return asked({ ...question, check }, () =>
        autocomplete({
          message: question.message,
          options: options.map(({ value, label }) => ({ value, label })),
          maxItems: SHOWN_AT_ONCE,
          output,
          ...(question.fallback === undefined ? {} : { initialValue: question.fallback }),
        }),
      );
    },
  };
}

function shortList(known: readonly string[]): string {
  const shown = known.slice(0, SHOWN_AT_ONCE).join(", ");
  return known.length > SHOWN_AT_ONCE ? `${shown} …` : shown;
}

function initial({ fallback }: Question): { initialValue?: string } {
  return fallback === undefined ? {} : { initialValue: fallback };
}

type Validate = (value: string | undefined) => string | undefined;

async function asked(
  question: Question,
  ask: (validate: Validate) => Promise<string | symbol | undefined>,
): Promise<string> {
  const validate: Validate = (value) => {
    const answer = value?.trim() ?? "";
    return answer === "" ? "is needed" : question.check?.(answer);
  };
  const answer = await ask(validate);
  if (isCancel(answer)) {
    throw new HubError("api.invalid", "The wizard was left; nothing was kept", {
      cure: "Start it again when it suits.",
    });
  }
  return typeof answer === "string" ? answer.trim() : "";
}

function missing({ flag, message }: Pick<Question, "flag" | "message">): HubError {
  return new HubError("api.invalid", `${message}: no answer, and nobody is asked here`, {
    facts: { field: flag },
    cure: `Give it with ${flag}.`,
  });
}
