-- The books. Amounts are minor units; a positive posting is what the site owes more to the book's owner.
create table journal (
    id uuid primary key,
    recipe text not null,
    subject uuid not null,
    booked_at timestamptz not null
);
create index journal_subject on journal (subject);

create table posting (
    journal_id uuid not null references journal (id),
    number bigint not null,
    owner uuid not null,
    kind text not null,
    currency text not null,
    slot uuid not null,
    line_id uuid,
    amount bigint not null check (amount <> 0),
    primary key (journal_id, number)
);
create index posting_book on posting (owner, kind, journal_id);

create table balance (
    owner uuid not null,
    kind text not null,
    currency text not null,
    slot uuid not null,
    amount bigint not null check (amount >= 0 or kind not in ('wallet', 'escrow')),
    primary key (owner, kind, currency, slot)
);

create table seal (
    number bigint primary key,
    previous text not null,
    hash text not null,
    journals bigint not null,
    sealed_at timestamptz not null
);

create table sealed_journal (
    journal_id uuid primary key references journal (id),
    seal bigint not null references seal (number),
    position bigint not null
);
create index sealed_journal_seal on sealed_journal (seal, position);

-- History is only ever added to.
-- only: sqlite
create trigger journal_no_update before update on journal begin select raise(abort, 'journals are never changed'); end;
create trigger journal_no_delete before delete on journal begin select raise(abort, 'journals are never deleted'); end;
create trigger posting_no_update before update on posting begin select raise(abort, 'postings are never changed'); end;
create trigger posting_no_delete before delete on posting begin select raise(abort, 'postings are never deleted'); end;
create trigger seal_no_update before update on seal begin select raise(abort, 'seals are never changed'); end;
create trigger seal_no_delete before delete on seal begin select raise(abort, 'seals are never deleted'); end;
create trigger sealed_no_update before update on sealed_journal begin select raise(abort, 'seals are never changed'); end;
create trigger sealed_no_delete before delete on sealed_journal begin select raise(abort, 'seals are never deleted'); end;
-- end
-- only: postgres
create function refuse_change() returns trigger language plpgsql as
$$ begin raise exception '% is only ever added to', tg_table_name; end $$;
create trigger journal_append_only before update or delete or truncate on journal execute function refuse_change();
create trigger posting_append_only before update or delete or truncate on posting execute function refuse_change();
create trigger seal_append_only before update or delete or truncate on seal execute function refuse_change();
create trigger sealed_append_only before update or delete or truncate on sealed_journal execute function refuse_change();
-- end
