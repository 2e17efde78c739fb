-- The tables of Waxwing. `user_id` is the profile that owns a row, in every table that a user may see.
--
-- Times are timestamptz. Ids are UUIDv7, made by the gateway. Three tables are the river: events,
-- webhook_deliveries and webhook_attempts. They are partitioned by day on their id (the first 48 bits of a UUIDv7
-- are its milliseconds), so the primary key can be the id alone and an event told twice dies on it; retention drops
-- whole days. They carry no foreign keys: those would cost a lookup per row, and would forbid dropping a day.

create table profiles (
  id uuid primary key,
  email text unique,
  display_name text,
  created_at timestamptz not null default now()
);

create table api_keys (
  id uuid primary key,
  user_id uuid not null references profiles on delete cascade,
  name text not null,
  prefix text not null,            -- the first characters, to recognise a key by
  hash bytea not null unique,      -- SHA-256 of the whole key: 256 random bits need no slow hash
  scopes text[] not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now()
);
create index api_keys_of_user on api_keys (user_id);

create table sessions (
  id uuid primary key,
  user_id uuid not null references profiles on delete cascade,
  name text not null,
  network text not null check (network in ('whatsapp', 'sandbox')),
  status text not null default 'created',
  reason text,
  final boolean not null default false,
  phone text,
  lid text,
  push_name text,
  settings jsonb not null default '{}',
  qr text,
  qr_expires_at timestamptz,
  wanted boolean not null default false,
  connected_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index sessions_of_user on sessions (user_id, id);

-- Which engine may speak for a session. A write on its behalf locks this row FOR KEY SHARE and compares the fence.
-- The fence is part of a unique key so that a claim, which changes it, waits for writes in flight, while a renewal,
-- which does not, passes them.
create table session_leases (
  session_id uuid primary key references sessions on delete cascade,
  fence bigint not null default 0,
  holder text,
  expires_at timestamptz not null default '-infinity',
  unique (session_id, fence)
);

create table session_creds (
  session_id uuid primary key references sessions on delete cascade,
  value bytea not null,            -- encrypted
  updated_at timestamptz not null default now()
);

create table session_keys (
  session_id uuid not null references sessions on delete cascade,
  type text not null,              -- free text: the library adds kinds
  id text not null,
  value bytea not null,            -- encrypted
  primary key (session_id, type, id)
);

-- What WhatsApp gave us: each decrypted part of a stanza, written in one statement with the ratchet step that read it,
-- and marked in the transaction that commits its events. Deleted when WhatsApp has confirmed our receipt, for until
-- then it may send the same ciphertext again, which can be decrypted only once.
create table inbox (
  session_id uuid not null references sessions on delete cascade,
  delivery text not null,          -- the stanza; complete when all `parts` of it are here
  part smallint not null,
  parts smallint not null,
  value bytea not null,            -- encrypted: attributes and plaintext
  received_at timestamptz not null default now(),
  published_at timestamptz,
  primary key (session_id, delivery, part)
);
create index inbox_unpublished on inbox (session_id, received_at) where published_at is null;

create table webhook_configs (
  id uuid primary key,
  user_id uuid not null references profiles on delete cascade,
  name text not null,
  webhook_url text not null,
  session_ids uuid[],              -- null: all sessions of the user
  secret text not null,            -- base64 of the encrypted list, newest first
  enabled boolean not null default true,
  subscribed_events jsonb not null default '["messages.received"]',
  retry_config jsonb not null default '{"max_attempts": 3, "backoff_ms": 1000}',
  headers jsonb not null default '{}',
  ordered boolean not null default false,
  rate_limit integer,
  health_state text not null default 'healthy'
    check (health_state in ('healthy', 'degraded', 'suspended', 'disabled')),
  health_since timestamptz not null default now(),
  health_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhook_configs_of_user on webhook_configs (user_id, id);

-- One row. Grows with every change to webhook_configs: who matched events against an older list commits nothing.
create table webhook_epoch (
  only_row boolean primary key default true check (only_row),
  epoch bigint not null
);
insert into webhook_epoch (epoch) values (1);

create table events (
  id uuid primary key,
  user_id uuid not null,
  session_id uuid,
  type text not null,
  chat text,
  body text not null,              -- the envelope, the exact bytes that are signed: not jsonb, which reorders keys
  committed_at timestamptz not null default now()
) partition by range (id);
create table events_default partition of events default;
create index events_of_user on events (user_id, id);

create table webhook_deliveries (
  id uuid primary key,
  webhook_config_id uuid not null,
  event_id uuid not null,
  event_type text not null,
  session_id uuid,
  user_id uuid not null,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'failed', 'cancelled')),
  attempts integer not null default 0,
  manual boolean not null default false,
  next_attempt_at timestamptz,     -- schedule and lease at once; null when finished
  claim_id uuid,                   -- the fence: an outcome is taken only from who holds it
  response_status integer,
  response_body text,
  error_class text,
  error_message text,
  created_at timestamptz not null default now(),
  last_attempt_at timestamptz,
  delivered_at timestamptz
) partition by range (id);
create table webhook_deliveries_default partition of webhook_deliveries default;
create index webhook_deliveries_unfinished on webhook_deliveries (webhook_config_id, next_attempt_at)
  where status = 'pending';
create index webhook_deliveries_of_user on webhook_deliveries (user_id, id);
create index webhook_deliveries_failed on webhook_deliveries (user_id, id) where status = 'failed';

create table webhook_attempts (
  id uuid primary key,             -- its time is the record's, not the event's
  delivery_id uuid not null,
  attempt integer not null,
  started_at timestamptz not null,
  duration_ms integer not null,
  timings jsonb,
  request_headers jsonb not null,
  response_status integer,
  response_headers jsonb,
  response_body text,
  error_class text,
  error_message text
) partition by range (id);
create table webhook_attempts_default partition of webhook_attempts default;
create index webhook_attempts_of_delivery on webhook_attempts (delivery_id);

create table polls (
  session_id uuid not null references sessions on delete cascade,
  message_id text not null,
  chat text not null,
  poll bytea not null,             -- encrypted: question, options and the secret that opens the votes
  votes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (session_id, message_id)
);

create table replays (
  id uuid primary key,
  user_id uuid not null references profiles on delete cascade,
  webhook_id uuid not null references webhook_configs on delete cascade,
  filter jsonb not null,
  status text not null default 'running' check (status in ('running', 'paused', 'cancelled', 'finished')),
  position uuid,                   -- the last delivery or event handled: the keyset cursor
  handled integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index replays_of_user on replays (user_id, id);
