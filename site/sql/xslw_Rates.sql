-- Exchange rates as SL keeps them: the hub takes the newest one that is not after a document's day.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_Rates as
select r.FromCuryId, r.ToCuryId, r.RateType, r.EffDate, r.MultDiv, r.Rate, r.RateReciprocal
from dbo.CuryRate r with (nolock);
go
grant select on dbo.xslw_Rates to MSDSL;
go
