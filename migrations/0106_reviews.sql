-- What buyers say of products, and what became of it. See crates/reviews/src/lib.rs.
create table product_review (
    id uuid primary key,
    product_id uuid not null,
    account_id uuid not null,
    seller_id uuid not null,
    user_id uuid not null,
    -- By what it was bought: its edition then, and since when it was owned.
    instance_id uuid not null,
    edition jsonb not null,
    bought_at timestamptz not null,
    stars bigint not null check (stars between 1 and 5),
    title text not null,
    text text not null,
    lang text not null,
    state text not null,
    -- What it was bought by was given back; its author sells here too; its author is the same company or person as its seller.
    returned boolean not null,
    sells boolean not null,
    own boolean not null,
    -- Why it is not a part of the rating.
    uncounted text,
    -- Shared by accounts that were verified with the same papers.
    identity text not null,
    written_at timestamptz not null,
    edited_at timestamptz,
    version bigint not null,
    answer text,
    answer_lang text,
    answered_by uuid,
    answered_at timestamptz,
    answer_edited_at timestamptz,
    -- How often its seller has answered, answers that were taken away included.
    answers bigint not null default 0,
    constraint product_review_once unique (product_id, account_id)
);
create index product_review_shown on product_review (product_id, state, id);
create index product_review_rated on product_review (product_id, state, stars, id);
create index product_review_of_account on product_review (account_id, id);
create index product_review_of_seller on product_review (seller_id, state, id);
create index product_review_of_identity on product_review (seller_id, identity);

-- Every version of a review, as it was written.
create table product_review_version (
    review_id uuid not null,
    number bigint not null,
    account_id uuid not null,
    user_id uuid not null,
    stars bigint not null,
    title text not null,
    text text not null,
    lang text not null,
    written_at timestamptz not null,
    primary key (review_id, number)
);
create index product_review_version_of_account on product_review_version (account_id, written_at);

-- What the operator made of reports on a review, and of its author's appeal.
create table product_review_case (
    id uuid primary key,
    review_id uuid not null,
    state text not null,
    opened_at timestamptz not null,
    due_at timestamptz not null,
    decided_at timestamptz,
    decided_by uuid,
    statement text,
    -- The version of the review that was decided on.
    version bigint,
    appeal_until timestamptz,
    appeal text,
    appealed_at timestamptz,
    appealed_by uuid,
    answered_at timestamptz,
    answered_by uuid,
    answer text
);
create unique index product_review_case_open on product_review_case (review_id) where state in ('open', 'appealed');
create index product_review_case_of_review on product_review_case (review_id, id);
create index product_review_case_due on product_review_case (state, due_at, id);

create table product_review_report (
    review_id uuid not null,
    account_id uuid not null,
    user_id uuid not null,
    case_id uuid not null,
    reason text not null,
    note text not null,
    -- What the review said then.
    version bigint not null,
    reported_at timestamptz not null,
    primary key (case_id, account_id)
);
create index product_review_report_of_account on product_review_report (account_id, reported_at);

-- only: sqlite
create trigger product_review_version_no_update before update on product_review_version begin select raise(abort, 'what was written is never changed'); end;
create trigger product_review_version_no_delete before delete on product_review_version begin select raise(abort, 'what was written is never deleted'); end;
-- end
-- only: postgres
create trigger product_review_version_append_only before update or delete or truncate on product_review_version execute function refuse_change();
-- end
