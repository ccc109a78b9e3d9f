import { expect, test } from "vitest";
import { webhookHeaders } from "./webhook-signature.ts";

const MESSAGE = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  sentAt: new Date(1_614_265_330_000),
  body: '{"test": 2432232314}',
};

test.each([
  ["with", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ["without", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
])(
  "the published vector of Standard Webhooks gives its signature %s the prefix",
  (_how, secret) => {
    expect(webhookHeaders(secret, MESSAGE)).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  },
);
