-- A replay is worked on in turns: whoever has its row locked takes one, and the row says when the next may be.

alter table replays
  -- Deliveries made due; `handled` counts the events looked at.
  add column replayed integer not null default 0,
  add column next_turn_at timestamptz not null default now();
create index replays_running on replays (next_turn_at) where status = 'running';
