-- The keys that something in the database may be encrypted with, by their ids (see vault.ts): noted before the first
-- value is, and forgotten when nothing is left. So a gateway can tell at its start whether it has all of them.

create table encryption_keys (
  key_id text primary key check (key_id ~ '^[0-9a-f]{8}$'),
  since timestamptz not null default now()
);

insert into encryption_keys (key_id)
select distinct encode(substring(value from 2 for 4), 'hex')
from (
  select case when secret ~ '^[A-Za-z0-9+/]{8}' then decode(left(secret, 8), 'base64') end as value
  from webhook_configs
  union all
  select value from session_creds
  union all
  select value from session_keys
  union all
  select value from inbox
) as sealed
where length(value) >= 6 and get_byte(value, 0) = 1;
