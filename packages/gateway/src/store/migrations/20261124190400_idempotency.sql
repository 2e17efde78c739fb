-- What a POST with an Idempotency-Key was answered, so that its repetition gets the same answer and does nothing.
create table idempotency_keys (
  user_id uuid not null references profiles on delete cascade,
  key text not null,
  fingerprint bytea not null,      -- SHA-256 of the request, which may hold what must not be kept
  claim_id uuid not null,          -- the fence: an answer is only taken from who is still at work
  claimed_until timestamptz not null,
  answer bytea,                    -- encrypted, for it may show a secret once; null: still at work
  expires_at timestamptz not null,
  primary key (user_id, key)
);
create index idempotency_keys_expired on idempotency_keys (expires_at);
