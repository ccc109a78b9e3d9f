-- Customers with the keys in their user fields.
-- Read without locks: SL's own release is the deadlock victim, and every answer is checked again
-- by the hub before it acts on it.
create or alter view dbo.xslw_CustomerByKey as
select c.User1, c.User2, c.CustId, c.Name, c.EMailAddr, c.Status, c.ClassId, c.CuryId, c.Terms,
  c.AutoApply, c.ArAcct, c.ArSub, c.Crtd_DateTime
from dbo.Customer c with (nolock);
go
grant select on dbo.xslw_CustomerByKey to MSDSL;
go
