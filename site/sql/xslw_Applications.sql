-- Applications of receivables: those that are done, and pending ones of unreleased batches.
-- Reversed applications have a negative row beside them, so that a plain sum is what is applied.
create or alter view dbo.xslw_Applications as
select a.CustId, a.AdjdDocType, a.AdjdRefNbr, a.AdjgDocType, a.AdjgRefNbr, a.AdjBatNbr,
  a.CuryAdjdAmt, a.CuryAdjgAmt, a.AdjAmt, a.CuryRGOLAmt, a.CuryAdjdCuryId, a.DateAppl,
  a.AdjgDocDate, a.PerAppl, a.Pending, a.S4Future11, a.S4Future12
from (
  select j.CustId, j.AdjdDocType, j.AdjdRefNbr, j.AdjgDocType, j.AdjgRefNbr, j.AdjBatNbr,
    j.CuryAdjdAmt, j.CuryAdjgAmt, j.AdjAmt, j.CuryRGOLAmt, j.CuryAdjdCuryId, j.DateAppl,
    j.AdjgDocDate, j.PerAppl, 0 as Pending, j.S4Future11, j.S4Future12
  from dbo.ARAdjust j with (nolock)
  union all
  select t.CustId, t.CostType, t.SiteId, t.TranType, t.RefNbr, t.BatNbr,
    t.CuryTranAmt, t.CuryTranAmt, t.TranAmt, 0, t.CuryId, t.TranDate,
    '1900-01-01', t.PerPost, 1, '', ''
  from dbo.ARTran t with (nolock)
  join dbo.Batch b with (nolock) on b.Module = 'AR' and b.BatNbr = t.BatNbr
  where t.DrCr = 'U' and b.Rlsed = 0 and b.Status in ('H', 'B', 'S')
) a;
go
grant select on dbo.xslw_Applications to MSDSL;
go
