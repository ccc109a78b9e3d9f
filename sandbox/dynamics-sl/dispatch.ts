import { type Field, type Operation, type ServiceContract, typeOf } from "./contract/contract.ts";
import type { ServiceName } from "./contract/served.ts";
import { paymentApplication, paymentEntry } from "./services/applications.ts";
import { customerMaintenance } from "./services/customers.ts";
import { Call, type Handlers, type SaveLimits } from "./services/handler.ts";
import { inventoryItems } from "./services/inventory.ts";
import { invoiceAndMemo } from "./services/invoices.ts";
import { journalTransactions } from "./services/journals.ts";
import { orders } from "./services/orders.ts";
import { quickQuery } from "./services/quick-query.ts";
import { common } from "./services/shared.ts";
import { shippers } from "./services/shippers.ts";
import type { Reply, ReplyStruct } from "./soap/answer.ts";
import { Refusal, SoapFault } from "./soap/fault.ts";
import type { Struct } from "./soap/request.ts";
import { EMPTY_DATE } from "./tables/columns.ts";
import type { World } from "./world.ts";

/** The operations of each service; their names are those of `served.ts`. */
export const HANDLERS: Readonly<Record<ServiceName, Handlers>> = {
  customerMaintenance,
  invoiceAndMemo,
  paymentApplication,
  paymentEntry,
  journalTransactions,
  common,
  inventoryItems,
  orders,
  shippers,
  quickQuery,
};

/** What an operation answered; `message` is the refusal it carries, blank when there is none. */
export type Outcome = Readonly<{ reply: Reply | undefined; message: string }>;

/**
 * Runs an operation. A refusal becomes an answer with `errorMessage` where its type has a place for
 * it. @throws SoapFault where it has none, and for faults of the call itself
 */
export function run(
  world: World,
  service: ServiceContract,
  { operation, args, limits }: Readonly<{ operation: string; args: Struct; limits?: SaveLimits }>,
): Outcome {
  const handler = HANDLERS[service.name][operation];
  const contract = service.operations.get(operation);
  if (handler === undefined || contract === undefined) {
    throw new SoapFault("Client", `Operation ${operation} is not served`);
  }
  try {
    const reply = handler(new Call(world, args, limits));
    return { reply, message: errorIn(reply) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { reply: refused(service, contract, error), message: error.message };
  }
}

function errorIn(reply: Reply | undefined): string {
  if (typeof reply !== "object" || Array.isArray(reply)) return "";
  const { errorMessage, errorString } = reply as ReplyStruct;
  const message = errorMessage ?? errorString;
  return typeof message === "string" ? message : "";
}

/** An answer that says no in the way the operation's result type can. */
export function refused(
  service: ServiceContract,
  operation: Operation,
  refusal: Refusal,
): ReplyStruct {
  const { message } = refusal;
  const result = operation.output.fields[0];
  const shape =
    result === undefined || result.isSimple || result.type === "dataset"
      ? undefined
      : typeOf(service, result.type);
  const names = new Set(shape?.fields.map(({ name }) => name) ?? []);
  if (names.has("errorString")) {
    return { errorString: message, businessRuleViolations: [violation(refusal)] };
  }
  if (shape === undefined || !names.has("errorMessage")) throw new SoapFault("Server", message);
  if (names.has("errorCode")) return { errorCode: -1, errorMessage: message };
  if (!names.has("resultCode")) return { errorMessage: message };
  const blank = Object.fromEntries(shape.fields.map((field) => [field.name, emptyValue(field)]));
  return { ...blank, errorMessage: message, resultCode: -1 };
}

/** The rule that was broken, as the order contract lists it beside the text. */
function violation({ message, messageNbr = 0 }: Refusal): ReplyStruct {
  return { key: "", fatal: true, message, messageNbr, ObjectID: "", raised: true, severity: 2 };
}

function emptyValue(field: Field): Reply | undefined {
  if (!field.isSimple) return undefined;
  if (field.type === "string") return "";
  if (field.type === "dateTime") return EMPTY_DATE;
  return field.type === "boolean" ? false : 0;
}
