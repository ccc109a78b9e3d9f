-- Sales orders with the keys in their user fields, in every state.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_OrderByKey as
select h.OrdNbr, h.CpnyID, h.SOTypeID, h.Status, h.AdminHold, h.CreditHold, h.Cancelled,
  h.CustID, h.CustOrdNbr, h.User1, h.User2, h.CuryID, h.CuryTotOrd, h.CuryTotPmt,
  h.CuryUnshippedBalance, h.OrdDate, h.Crtd_DateTime
from dbo.SOHeader h with (nolock);
go
grant select on dbo.xslw_OrderByKey to MSDSL;
go
