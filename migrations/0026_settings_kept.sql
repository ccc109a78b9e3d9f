-- What is kept of the settings file, which may be edited by hand without anybody being asked: the
-- values that a pair's books stand on, all as they were seen last, and who made them what they are.

create table booked_by (
  pair text not null,
  -- `zone` for that of the days, else the setting's path.
  setting text not null,
  value text not null,
  primary key (pair, setting)
);
insert into booked_by (pair, setting, value)
select pair, 'zone', days_zone from pair_state where days_zone is not null;
alter table pair_state drop column days_zone;
update pair_state set paused_code = 'config.booked_otherwise'
where paused_code = 'config.days_zone';

-- Every setting of the file; of a secret only a print, by which another one is told.
create table settings_seen (
  -- The folder of the file: hubs on one database may have one each.
  home text not null,
  setting text not null,
  value text not null,
  primary key (home, setting)
);

-- Null where it was done to no pair: settings of the hub itself.
alter table operator_act alter column pair drop not null;
-- The settings that were changed: a list of {setting, before, after}, secrets masked.
alter table operator_act add column changes jsonb not null default '[]';
alter table operator_act drop constraint operator_act_act_check;
alter table operator_act add constraint operator_act_act_check check (act in (
  'assigned', 'commented', 'edited', 'resumed', 'dismissed', 'replayed', 'paused', 'unpaused',
  'opened', 'backfilled', 'accepted', 'healed', 'reversed', 'rebooked', 'linked', 'configured'));
