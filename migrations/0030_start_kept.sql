-- The start whose balance opening entries hold is one more value that a pair's books stand on.
-- Where the entries are of several days nobody can tell: what the file names next counts there.

insert into booked_by (pair, setting, value)
select pair, 'start', min(day) from opening_entry group by pair having count(distinct day) = 1;
