-- AR documents with the keys in their user fields, released or not.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_ArDocByKey as
select d.User1, d.User2, d.CustId, d.DocType, d.RefNbr, d.BatNbr, d.CpnyID,
  b.Status as BatStatus, b.EditScrnNbr, d.Rlsed, d.OpenDoc, d.CuryId, d.CuryOrigDocAmt,
  d.OrigDocAmt, d.CuryDocBal, d.DocBal, d.PerPost, d.PerClosed, d.DocDate, d.Crtd_DateTime,
  d.ApplBatNbr, d.OrdNbr, d.CustOrdNbr, d.S4Future11, d.S4Future12, d.BankAcct, d.BankSub,
  d.User3, d.User4, d.User5, d.User6, d.User7, d.User8
from dbo.ARDoc d with (nolock)
left join dbo.Batch b with (nolock) on b.Module = 'AR' and b.BatNbr = d.BatNbr;
go
grant select on dbo.xslw_ArDocByKey to MSDSL;
go
