-- Released ledger lines, summed by account, subaccount, currency, period and day.
-- Only the company's actual ledger counts; Posted U waits for posting and is released all the same.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_ClearingBalance as
select t.CpnyID, t.LedgerID, t.Acct, t.Sub, t.BaseCuryID, t.CuryId, t.PerPost, t.TranDate,
  sum(t.CuryDrAmt) as CuryDrAmt, sum(t.CuryCrAmt) as CuryCrAmt, sum(t.DrAmt) as DrAmt,
  sum(t.CrAmt) as CrAmt, count(*) as LineCount
from dbo.GLTran t with (nolock)
join dbo.GLSetup g with (nolock) on g.LedgerID = t.LedgerID
where t.Rlsed = 1 and t.Posted in ('U', 'P')
group by t.CpnyID, t.LedgerID, t.Acct, t.Sub, t.BaseCuryID, t.CuryId, t.PerPost, t.TranDate;
go
grant select on dbo.xslw_ClearingBalance to MSDSL;
go
