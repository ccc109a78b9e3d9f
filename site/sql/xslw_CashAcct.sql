-- Cash accounts of Cash Manager and whether they take entries of the general ledger.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_CashAcct as
select c.CpnyID, c.BankAcct, c.BankSub, c.CashAcctName, c.CuryID, c.AcceptGLUpdates, c.Active
from dbo.CashAcct c with (nolock);
go
grant select on dbo.xslw_CashAcct to MSDSL;
go
