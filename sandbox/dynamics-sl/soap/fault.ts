/**
 * A SOAP fault: the call did not reach, or did not survive, the service. Business refusals are no
 * faults; they travel in `errorMessage`.
 */
export class SoapFault extends Error {
  readonly side: "Client" | "Server";
  readonly httpStatus: number;

  constructor(side: "Client" | "Server", message: string, httpStatus = 500) {
    super(message);
    this.name = "SoapFault";
    this.side = side;
    this.httpStatus = httpStatus;
  }
}

/**
 * SL said no: the text goes into the answer's `errorMessage` and everything the call wrote is
 * rolled back. `messageNbr` is SL's number where one is known.
 */
export class Refusal extends Error {
  readonly messageNbr: number | undefined;

  constructor(message: string, messageNbr?: number) {
    super(messageNbr === undefined ? message : `Message ${messageNbr}: ${message}`);
    this.name = "Refusal";
    this.messageNbr = messageNbr;
  }
}
