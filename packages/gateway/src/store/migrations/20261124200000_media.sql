-- Files that came with messages: what they are, and until when they are kept. The bytes lie elsewhere (MEDIA_STORE), under
-- the id. No reference to the session: its rows must outlive it until the bytes are removed.

create table media (
  id uuid primary key,             -- derived from the message: told again, it is the same file
  session_id uuid not null,
  mime_type text not null,         -- as the sender declared it
  file_name text,
  size bigint,                     -- with sha256: null until the bytes are there
  sha256 text,
  expires_at timestamptz not null
);
create index media_by_expiry on media (expires_at);
create index media_of_session on media (session_id);
