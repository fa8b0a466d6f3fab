-- Files that customers upload; the bytes lie in the blob store under the row's id. See crates/documents/src/lib.rs.
create table document (
    id uuid primary key,
    account_id uuid not null,
    uploaded_by uuid not null,
    name text not null,
    purpose text not null,
    media_type text not null,
    size bigint not null,
    sha256 text not null,
    uploaded_at timestamptz not null
);
-- Files whose bytes are being stored: what stays here was never kept, and is cleared away.
create table document_upload (
    id uuid primary key,
    begun_at timestamptz not null
);
create index document_upload_begun on document_upload (begun_at);
create index document_account on document (account_id, id);
