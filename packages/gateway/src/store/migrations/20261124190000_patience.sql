-- A receiver that answers 429 or 503 with Retry-After gets nothing until then, from no dispatcher: its gate
-- (health_gate_at) is shut until then, and what is not claimed but announced looks at paused_until.

alter table webhook_configs
  -- When it asked last; what began later and succeeded ends the pause.
  add column paused_at timestamptz,
  add column paused_until timestamptz;
