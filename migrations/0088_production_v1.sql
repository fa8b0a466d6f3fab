-- Of addresses that are spoken to in KooGallery's V1.0: how phone numbers, mail addresses, user names and passwords are hidden.
alter table production_address add column encryption text not null default 'aes256';
