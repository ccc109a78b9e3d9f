-- What somebody has to be told: alerts that are open or were, and the notices that tell of them.

-- One row for each trouble from its begin to its end.
create table alert (
  id bigint generated always as identity primary key,
  rule text not null,
  -- Empty where it is the hub's own.
  pair text not null default '',
  -- What parts troubles of one rule and pair: an error code, a channel.
  key text not null default '',
  title text not null,
  cure text not null,
  -- The first few of what it is about: ids of Stripe, numbers of SL.
  records jsonb not null default '[]',
  count int not null,
  opened_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp(),
  -- Rounds since it was seen last.
  misses int not null default 0,
  notices int not null default 0,
  notified_at timestamptz,
  resolved_at timestamptz
);
create unique index alert_open on alert (rule, pair, key) where resolved_at is null;

-- One row for each notice to each channel; content and id stay the same over all tries.
create table alert_notice (
  id bigint generated always as identity primary key,
  message_id text not null unique,
  alert_id bigint not null references alert (id),
  channel text not null,
  kind text not null check (kind in ('opened', 'repeated', 'resolved')),
  content jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  -- Null once it was taken or given up.
  due_at timestamptz default clock_timestamp(),
  tries int not null default 0,
  tried_at timestamptz,
  taken_at timestamptz,
  error text
);
create index alert_notice_due on alert_notice (due_at) where due_at is not null;
create index alert_notice_channel on alert_notice (channel, id desc);

-- What a part of the hub came upon, told as an alert until it expires.
create table alert_signal (
  rule text not null,
  pair text not null default '',
  key text not null default '',
  title text not null,
  cure text not null,
  records jsonb not null default '[]',
  count int not null,
  expires_at timestamptz not null,
  primary key (rule, pair, key)
);

-- When the next round is due, for all hubs.
create table alert_round (
  is_only boolean primary key default true check (is_only),
  due_at timestamptz not null default clock_timestamp()
);
insert into alert_round default values;

-- Documents that stand in SL complete and unreleased, for the rule that watches how long.
create index intent_unreleased on intent (created_at) where stage in ('filled', 'releasing');
