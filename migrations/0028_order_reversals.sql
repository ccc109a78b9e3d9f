-- A sale of mode sales-order goes back: the hub puts its order on hold, a person cancels it in SL
-- (no contract does), and a reversal that nobody wants any more is withdrawn before it has booked.

alter table attempt drop constraint attempt_step_check;
alter table attempt add constraint attempt_step_check check (step in (
  'reserve', 'fill', 'add', 'release', 'create', 'write', 'place', 'lift', 'hold'));

alter table person_wait drop constraint person_wait_kind_check;
alter table person_wait add constraint person_wait_kind_check
  check (kind in ('release', 'apply', 'cancel'));

alter table reversal drop constraint reversal_state_check;
alter table reversal add constraint reversal_state_check
  check (state in ('asked', 'reversed', 'rebooked', 'withdrawn'));
alter table reversal add column withdrawn_at timestamptz, add column withdrawn_by text;

alter table operator_act drop constraint operator_act_act_check;
alter table operator_act add constraint operator_act_act_check check (act in (
  'assigned', 'commented', 'edited', 'resumed', 'dismissed', 'replayed', 'paused', 'unpaused',
  'opened', 'backfilled', 'accepted', 'healed', 'reversed', 'rebooked', 'withdrawn', 'linked',
  'configured', 'matched', 'unmatched'));
