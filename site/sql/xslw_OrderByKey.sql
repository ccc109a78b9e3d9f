-- Sales orders with the keys in their user fields, in every status.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_OrderByKey as
select o.OrdNbr, o.CpnyID, o.Status, o.AdminHold, o.CustID, o.CustOrdNbr, o.User1, o.User2,
  o.CuryID, o.CuryTotOrd, o.CuryTotPmt, o.OrdDate
from dbo.SOHeader o with (nolock);
go
grant select on dbo.xslw_OrderByKey to MSDSL;
go
