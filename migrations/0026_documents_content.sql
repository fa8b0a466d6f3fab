-- Which document was made of which bytes: a picture is drawn again when it comes in, so that what is kept is not what was sent.
create table document_source (
    account_id uuid not null,
    sha256 text not null,
    document_id uuid not null references document (id),
    primary key (account_id, sha256, document_id)
);

-- What a picture looks like, so that the same picture is known again in another size or format.
create table picture_print (
    document_id uuid primary key references document (id),
    account_id uuid not null,
    -- As it was sent.
    width bigint not null,
    height bigint not null,
    -- 64 bits: whether it grows lighter from each of 8 × 8 places to the next.
    print bigint not null,
    -- How much of it is one colour.
    blank_percent bigint not null
);

-- The four quarters of each print: prints that differ in at most three bits have one in common.
create table picture_print_part (
    part bigint not null,
    document_id uuid not null references document (id),
    primary key (part, document_id)
);
