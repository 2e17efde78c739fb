-- The health of an endpoint survives restarts and is shared by all dispatchers (health_state, health_since and
-- health_reason are there since the first migration).

alter table webhook_configs
  -- Deliveries that failed in a row; ids, so that what is told twice counts once.
  add column health_failed uuid[] not null default '{}',
  add column health_denied uuid[] not null default '{}',
  -- Trials that failed in this state; while the backlog drains, the passes made.
  add column health_step integer not null default 0,
  -- Null: claimed from as everybody. Else only from this time on: one trial, or the next portion of the backlog.
  add column health_gate_at timestamptz,
  -- When the episode began; null while healthy.
  add column health_down_since timestamptz,
  -- The worst state of this episode that others were told of.
  add column health_told text check (health_told in ('suspended', 'disabled')),
  -- A notice that is not committed as an event yet.
  add column health_notice jsonb;
