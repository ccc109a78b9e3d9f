-- Batches with the keys in their user fields, in every module and status.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_BatchByKey as
select b.Module, b.BatNbr, b.Status, b.Rlsed, b.EditScrnNbr, b.JrnlType, b.CpnyID, b.PerPost,
  b.CuryId, b.CuryCtrlTot, b.CuryCrTot, b.CuryDrTot, b.CtrlTot, b.CrTot, b.DrTot, b.User1,
  b.User2, b.Crtd_User, b.DateEnt, b.Crtd_DateTime, b.LUpd_DateTime, b.User3, b.User4, b.User5,
  b.User6, b.User7, b.User8
from dbo.Batch b with (nolock);
go
grant select on dbo.xslw_BatchByKey to MSDSL;
go
