-- The hub proves each day by itself once it is over: how it came out when it was last proved, with
-- the first of what differs, and how far each pair's days are proved.

create table day_proof (
  pair text not null,
  day date not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  kind text not null check (kind in ('proof', 'own-documents')),
  is_proven boolean not null,
  closing bigint not null,
  released bigint not null,
  difference bigint not null,
  findings jsonb not null,
  finding_count int not null check (finding_count >= 0),
  made_at timestamptz not null default clock_timestamp(),
  primary key (pair, day, currency)
);

create table proof_round (
  pair text primary key,
  proved_until date not null,
  due_at timestamptz not null default clock_timestamp(),
  -- How often the next day was looked at and did not hold.
  tries int not null default 0 check (tries >= 0),
  trouble_code text,
  trouble text,
  trouble_cure text,
  trouble_since timestamptz,
  check ((trouble_code is null) = (trouble is null)),
  check ((trouble_code is null) = (trouble_since is null))
);
