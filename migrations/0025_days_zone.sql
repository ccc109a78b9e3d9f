-- The zone by whose days a pair books. A settings file that is edited by hand may name another one
-- without anybody being asked.

alter table pair_state add column days_zone text;
