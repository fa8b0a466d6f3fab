-- The form in which a seller's system is spoken to: KooGallery's own, or Standard Webhooks.
alter table production_address add column form text not null default 'koogallery_v2';
-- Until then requests are signed with both keys, where the form has room for two signatures.
alter table production_address add column next_until timestamptz;
alter table production_call add column form text not null default 'koogallery_v2';
-- What stood in the head of the request beside its address, a line each.
alter table production_call add column headers text not null default '';
