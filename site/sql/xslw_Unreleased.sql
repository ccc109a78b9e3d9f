-- What batches in status H, B and S would book on an account: lines of journals, the own side of
-- receivables documents (BankAcct: the receivable of an invoice, the cash of a payment), and their
-- lines; pending applications (DrCr U) book nothing there.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_Unreleased as
select a.CpnyID, a.Acct, a.Sub, a.Module, a.BatNbr, a.LineNbr, a.Status, a.TranType, a.RefNbr,
  a.CustId, a.BaseCuryID, a.CuryId, a.PerPost, a.CuryDrAmt, a.CuryCrAmt, a.DrAmt, a.CrAmt,
  a.User1, a.User2, a.TranDate, a.Crtd_DateTime
from (
  select t.CpnyID, t.Acct, t.Sub, b.Module, b.BatNbr, t.LineNbr, b.Status, t.TranType, t.RefNbr,
    '' as CustId, b.BaseCuryID, t.CuryId, b.PerPost, t.CuryDrAmt, t.CuryCrAmt, t.DrAmt, t.CrAmt,
    b.User1, b.User2, t.TranDate, t.Crtd_DateTime
  from dbo.Batch b with (nolock)
  join dbo.GLTran t with (nolock) on t.Module = b.Module and t.BatNbr = b.BatNbr
  where b.Module = 'GL' and b.Rlsed = 0 and b.Status in ('H', 'B', 'S')
  union all
  select d.CpnyID, d.BankAcct, d.BankSub, b.Module, b.BatNbr, 0, b.Status, d.DocType, d.RefNbr,
    d.CustId, b.BaseCuryID, d.CuryId, b.PerPost,
    case when d.DocType = 'CM' then 0 else d.CuryOrigDocAmt end,
    case when d.DocType = 'CM' then d.CuryOrigDocAmt else 0 end,
    case when d.DocType = 'CM' then 0 else d.OrigDocAmt end,
    case when d.DocType = 'CM' then d.OrigDocAmt else 0 end,
    d.User1, d.User2, d.DocDate, d.Crtd_DateTime
  from dbo.Batch b with (nolock)
  join dbo.ARDoc d with (nolock) on d.BatNbr = b.BatNbr
  where b.Module = 'AR' and b.Rlsed = 0 and b.Status in ('H', 'B', 'S')
  union all
  select t.CpnyID, t.Acct, t.Sub, b.Module, b.BatNbr, t.LineNbr, b.Status, t.TranType, t.RefNbr,
    t.CustId, b.BaseCuryID, t.CuryId, b.PerPost,
    case when t.DrCr = 'D' then t.CuryTranAmt else 0 end,
    case when t.DrCr = 'D' then 0 else t.CuryTranAmt end,
    case when t.DrCr = 'D' then t.TranAmt else 0 end,
    case when t.DrCr = 'D' then 0 else t.TranAmt end,
    b.User1, b.User2, t.TranDate, t.Crtd_DateTime
  from dbo.Batch b with (nolock)
  join dbo.ARTran t with (nolock) on t.BatNbr = b.BatNbr
  where b.Module = 'AR' and t.DrCr <> 'U' and b.Rlsed = 0 and b.Status in ('H', 'B', 'S')
) a;
go
grant select on dbo.xslw_Unreleased to MSDSL;
go
