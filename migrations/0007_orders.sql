-- Sales orders that the hub has placed: a ledger of the money of each, as it was last seen in SL.

create table sales_order (
  seq bigint generated always as identity,
  pair text not null,
  -- The identity of the sale at Stripe, as the order's intent has it.
  object text not null,
  lane_key text not null,
  order_number text not null,
  customer_id text not null,
  customer_order_number text not null default '',
  currency text not null,
  -- In minor units. What was paid is applied, refunded, or left.
  paid bigint not null,
  applied bigint not null default 0,
  refunded bigint not null default 0,
  left_over bigint not null,
  -- held: placed, not yet let go. open: it may ship. closed: all that ships has shipped.
  state text not null check (state in ('held', 'open', 'closed', 'cancelled')),
  -- What the order waits for, in words; empty where for nothing.
  waits_for text not null default '',
  -- Payments, invoices and memos with their amounts, as SL shows them.
  documents jsonb not null default '[]',
  placed_at timestamptz not null default now(),
  -- When something about it was last seen to be otherwise than before.
  changed_at timestamptz not null default now(),
  looked_at timestamptz not null default now(),
  -- Since when a closed order has money that no document took; null where it has none.
  left_since timestamptz,
  -- From when on such money is overdue, by the pair's setting.
  left_due_at timestamptz,
  primary key (pair, object),
  check (paid = applied + refunded + left_over)
);
create unique index sales_order_number on sales_order (pair, order_number);
create unique index sales_order_newest on sales_order (seq);
create index sales_order_left on sales_order (pair, seq) where left_since is not null;
create index sales_order_active on sales_order (pair, state)
  where state in ('held', 'open') or left_due_at is not null;
