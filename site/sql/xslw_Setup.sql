-- Fiscal calendar, periods and set-up switches; one row.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_Setup as
select g.CpnyId, g.CpnyName, g.BaseCuryId, g.LedgerID, g.NbrPer, g.BegFiscalYr, g.MCActive,
  g.FiscalPerEnd00, g.FiscalPerEnd01, g.FiscalPerEnd02, g.FiscalPerEnd03, g.FiscalPerEnd04,
  g.FiscalPerEnd05, g.FiscalPerEnd06, g.FiscalPerEnd07, g.FiscalPerEnd08, g.FiscalPerEnd09,
  g.FiscalPerEnd10, g.FiscalPerEnd11, g.FiscalPerEnd12, g.PerNbr as GLPerNbr,
  g.LastClosePerNbr as GLLastClosePerNbr, g.ModPriorPost as GLModPriorPost,
  g.UpdateCA as GLUpdateCA, g.LastBatNbr as GLLastBatNbr,
  a.PerNbr as ARPerNbr, a.CurrPerNbr as ARCurrPerNbr,
  a.GLPostOpt as ARGLPostOpt, a.AutoRef as ARAutoRef, a.LastRefNbr as ARLastRefNbr,
  a.LastBatNbr as ARLastBatNbr, a.AutoApplyWO as ARAutoApplyWO, a.SBLimit as ARSBLimit,
  isnull(c.PerNbr, ' ') as CAPerNbr
from dbo.GLSetup g with (nolock)
cross join dbo.ARSetup a with (nolock)
left join dbo.CASetup c with (nolock) on c.SetUpId = 'CA';
go
grant select on dbo.xslw_Setup to MSDSL;
go
