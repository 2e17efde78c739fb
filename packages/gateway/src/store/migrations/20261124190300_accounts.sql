-- Accounts: who signs in with a browser, while Waxwing itself knows the people (AUTH_MODE=local). A profile owns rows;
-- an account is the profile's door.

create table accounts (
  user_id uuid primary key references profiles on delete cascade,
  role text not null check (role in ('owner', 'member')),
  password_hash text,              -- scrypt with its parameters; null until a password is set
  created_at timestamptz not null default now()
);
create unique index accounts_one_owner on accounts (role) where role = 'owner';

-- One browser that somebody is signed in with. (A session is a linked number.)
create table sign_ins (
  id uuid primary key,
  user_id uuid not null references accounts on delete cascade,
  hash bytea not null unique,      -- SHA-256 of the cookie: 256 random bits need no slow hash
  method text not null check (method in ('link', 'password')),
  address text,
  user_agent text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null  -- for good; before that it ends when it is not used
);
create index sign_ins_of_user on sign_ins (user_id);

-- A link that signs its holder in, once: using it deletes it.
create table sign_in_links (
  hash bytea primary key,          -- SHA-256 of the token
  user_id uuid not null references accounts on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index sign_in_links_of_user on sign_in_links (user_id);

-- How often somebody tried to sign in, by address and by account. Unlogged: a crash of the server forgives everybody.
create unlogged table sign_in_tries (
  subject bytea primary key,       -- a hash: what people type into the wrong field is nobody's business
  tries integer not null,
  until timestamptz not null
);
create index sign_in_tries_until on sign_in_tries (until);

-- Row security. The gateway owns the tables and is not held by it; it is for whoever else reaches the schema, above all
-- the API that Supabase puts in front of it, with the roles anon and authenticated. Every table is closed, and so are
-- the partitions, which can be asked by name. Tables of later migrations and days to come are closed as they are made
-- (migrate.ts, partitions.ts). Only policies open, and only to read: to change something is to ask the gateway, which checks.
alter table waxwing_migrations enable row level security;
alter table profiles enable row level security;
alter table api_keys enable row level security;
alter table sessions enable row level security;
alter table session_leases enable row level security;
alter table session_creds enable row level security;
alter table session_keys enable row level security;
alter table inbox enable row level security;
alter table webhook_configs enable row level security;
alter table webhook_epoch enable row level security;
alter table events enable row level security;
alter table webhook_deliveries enable row level security;
alter table webhook_attempts enable row level security;
alter table polls enable row level security;
alter table replays enable row level security;

do $$
declare
  day regclass;
begin
  for day in
    select inhrelid from pg_inherits
    where inhparent in ('events'::regclass, 'webhook_deliveries'::regclass, 'webhook_attempts'::regclass)
  loop
    execute format('alter table %s enable row level security', day);
  end loop;
end $$;

-- Where Supabase's auth schema is. Not named in the policies: api_keys, accounts, sign_ins and their kind, whose rows
-- no browser needs. The sub-select lets Postgres ask once per statement instead of once per row.
do $$
declare
  owned text;
begin
  if to_regprocedure('auth.uid()') is null then
    return;
  end if;
  create policy own_profile on profiles for select using (id = (select auth.uid()));
  foreach owned in array array['sessions', 'webhook_configs', 'events', 'webhook_deliveries', 'replays'] loop
    execute format('create policy own_rows on %I for select using (user_id = (select auth.uid()))', owned);
  end loop;
  create policy own_rows on webhook_attempts for select
    using (exists (select from webhook_deliveries d where d.id = delivery_id and d.user_id = (select auth.uid())));
end $$;

-- A profile for every new user of Supabase. The gateway makes one too, for who was there before, so whatever fails here
-- must not keep somebody from signing up: an address that another profile has is left out.
do $$
begin
  if to_regprocedure('auth.uid()') is null or to_regclass('auth.users') is null then
    return;
  end if;
  execute format($function$
    create function waxwing_profile_of_user() returns trigger
      language plpgsql security definer set search_path = '' as $body$
    begin
      insert into %1$I.profiles (id, email) values (new.id, lower(new.email))
        on conflict (id) do update set email = excluded.email;
      return new;
    exception when unique_violation then
      insert into %1$I.profiles (id) values (new.id) on conflict (id) do nothing;
      return new;
    end $body$
  $function$, current_schema());
  create trigger waxwing_profile_of_user after insert or update of email on auth.users
    for each row execute function waxwing_profile_of_user();
exception when insufficient_privilege then
  raise notice 'not allowed to watch auth.users: profiles are made when their people first come';
end $$;
