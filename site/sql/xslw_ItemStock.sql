-- What lies of each item in each warehouse, and what of it SL counts as available.
-- Read without locks: the answer is for who asks before an order, and SL checks again.
create or alter view dbo.xslw_ItemStock as
select s.InvtID, s.SiteID, s.CpnyID, s.QtyOnHand, s.QtyAvail
from dbo.ItemSite s with (nolock);
go
grant select on dbo.xslw_ItemStock to MSDSL;
go
