-- Released ledger lines of the actual ledger, with the keys of the documents that made them.
-- A line of receivables belongs to the document of its own batch; all others to their batch.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_ClearingDetail as
select t.CpnyID, t.LedgerID, t.Acct, t.Sub, t.Module, t.BatNbr, t.LineNbr, t.TranType, t.RefNbr,
  t.Id as CustId, t.TranDate, t.PerPost, t.Posted, t.BaseCuryID, t.CuryId, t.CuryDrAmt,
  t.CuryCrAmt, t.DrAmt, t.CrAmt, t.TranDesc, t.ExtRefNbr, t.User1, t.User2,
  coalesce(d.User1, b.User1) as DocUser1, coalesce(d.User2, b.User2) as DocUser2, t.Crtd_User
from dbo.GLTran t with (nolock)
join dbo.GLSetup g with (nolock) on g.LedgerID = t.LedgerID
join dbo.Batch b with (nolock) on b.Module = t.Module and b.BatNbr = t.BatNbr
left join dbo.ARDoc d with (nolock) on t.Module = 'AR' and d.BatNbr = t.BatNbr
  and d.DocType = t.TranType and d.RefNbr = t.RefNbr and d.CustId = t.Id
where t.Rlsed = 1 and t.Posted in ('U', 'P');
go
grant select on dbo.xslw_ClearingDetail to MSDSL;
go
