-- Parts of rows that a person has left alone, with the lane whose case they dismissed. Without it a
-- part that no journal had taken went to another lane where settings changed, and was booked there.

create table left_part (
  pair text not null,
  row_id text not null,
  part text not null check (part in ('gross', 'fee')),
  lane_key text not null,
  left_at timestamptz not null default clock_timestamp(),
  primary key (pair, row_id, part),
  foreign key (pair, row_id) references balance_row (pair, row_id)
);
create index left_part_lane on left_part (pair, lane_key);

-- What was left alone before, as far as it has no owner. Earlier versions named the row alone.
insert into left_part (pair, row_id, part, lane_key, left_at)
select d.pair, b.row_id, p.part, d.lane_key, d.closed_at
from (
  select distinct on (pair, lane_key) pair, lane_key, state, closed_at, facts ->> 'money' as money
  from parked
  where state in ('dismissed', 'resumed') and lane_key ~ '^(day|fees):'
  order by pair, lane_key, id desc) as d
cross join lateral unnest(string_to_array(d.money, ', ')) as name
cross join (values ('gross'), ('fee')) as p (part)
join balance_row b on b.pair = d.pair and b.row_id = split_part(name, ' ', 1)
where d.state = 'dismissed' and b.settled_at is null
  and split_part(name, ' ', 2) in (p.part, '')
order by d.closed_at
on conflict (pair, row_id, part) do nothing;
